//! Documents as text: JSON, TOML and YAML with the same keys. Reading inverts writing.

mod node;
#[cfg(feature = "toml")]
mod toml_text;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use self::node::Node;
use crate::{
    Diagnostic, Diagnostics, Document, DocumentRef, Timestamp,
    declare::choice,
    diagnostic::{Code, Severity},
    document::usual_id,
    value_type::show,
};

choice! {
    /// The formats that documents are written in.
    pub enum Format {
        /// JSON.
        Json,
        /// TOML.
        #[cfg(feature = "toml")]
        Toml,
        /// YAML.
        #[cfg(feature = "yaml")]
        Yaml,
    }
}

impl Format {
    /// The format that a file's name ends in: `.json`, `.toml`, `.yaml` or `.yml`.
    pub fn of_file_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            #[cfg(feature = "toml")]
            "toml" => Some(Self::Toml),
            #[cfg(feature = "yaml")]
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// How much may be read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole text; 64 MiB.
    pub text_bytes: usize,
    /// Bytes of one document, reckoned from its content; 1 MiB.
    pub document_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 64 << 20, document_bytes: 1 << 20 }
    }
}

/// What a text holds: the documents, and everything that is wrong with how they are written.
///
/// Documents with errors are among them as far as they could be read, so that compiling finds what else is wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The documents.
    pub documents: Vec<Document>,
    /// What is wrong with the text.
    pub diagnostics: Diagnostics,
}

impl Reading {
    /// Adds what another text holds.
    pub fn and(mut self, other: Self) -> Self {
        self.documents.extend(other.documents);
        self.diagnostics.0.extend(other.diagnostics.0);
        self
    }

    /// The documents, if nothing is wrong with the text.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn into_documents(self) -> Result<Vec<Document>, Diagnostics> {
        if self.diagnostics.has_errors() { Err(self.diagnostics) } else { Ok(self.documents) }
    }
}

/// Reads the documents of a text, within the usual [`Limits`]: one document, a list of documents, or
/// `documents = [...]`.
///
/// ```
/// use policy_resolver::{Format, read};
///
/// let reading = read(r#"
///     [[documents]]
///     kind = "renewal"
///     level = "organization"
///     target = "acme"
///     fields.notice_days = { append = [60] }
/// "#, Format::Toml);
/// let documents = reading.into_documents()?;
/// assert_eq!(documents[0].id, "renewal/organization/acme");
/// # Ok::<(), policy_resolver::Diagnostics>(())
/// ```
pub fn read(text: &str, format: Format) -> Reading {
    read_within(text, format, Limits::default())
}

/// Reads the documents of a text, within limits.
pub fn read_within(text: &str, format: Format, limits: Limits) -> Reading {
    let mut reading = Reading::default();
    if text.len() > limits.text_bytes {
        reading.diagnostics.push(
            Diagnostic::error(Code::TooLarge, "", "the text is too large")
                .found(format!("{} bytes", text.len()))
                .expected(format!("{} bytes at most", limits.text_bytes)),
        );
        return reading;
    }
    match parse(text, format, &mut reading.diagnostics) {
        None => {}
        Some(Node::List(items)) => {
            for (index, item) in items.into_iter().enumerate() {
                reading.take(item, &format!("[{index}]"), limits);
            }
        }
        Some(Node::Map(mut entries)) if entries.iter().any(|(key, _)| key == "documents") => {
            let mut documents = Vec::new();
            entries.retain_mut(|(key, node)| {
                let ours = key == "documents";
                if ours {
                    documents.push(std::mem::replace(node, Node::Null));
                }
                !ours
            });
            if documents.len() > 1 {
                let message = "the key stands twice";
                reading.diagnostics.push(Diagnostic::error(Code::DuplicateKey, "documents", message));
            }
            for (key, _) in entries {
                reading.unknown_key(&key, "only `documents` is expected beside them", None);
            }
            for node in documents {
                match node {
                    Node::List(items) => {
                        for (index, item) in items.into_iter().enumerate() {
                            reading.take(item, &format!("documents[{index}]"), limits);
                        }
                    }
                    _ => reading.diagnostics.push(
                        Diagnostic::error(Code::WrongType, "documents", "the documents are no list")
                            .expected("a list of documents"),
                    ),
                }
            }
        }
        Some(node) => reading.take(node, "", limits),
    }
    reading
}

/// What a text holds, where it can be read at all.
fn parse(text: &str, format: Format, found: &mut Diagnostics) -> Option<Node> {
    let node = match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        #[cfg(feature = "toml")]
        Format::Toml => return toml_text::parse(text, found),
        #[cfg(feature = "yaml")]
        Format::Yaml => node::from_yaml(text),
    };
    node.map_err(|message| found.push(Diagnostic::error(Code::Syntax, "", message.trim()))).ok()
}

const KEYS: [&str; 12] = [
    "id",
    "kind",
    "level",
    "target",
    "version",
    "author",
    "reason",
    "recorded_at",
    "effective_from",
    "effective_until",
    "guard",
    "fields",
];

/// Collects what is wrong with one document, under its path in the text.
struct Header<'a> {
    path: &'a str,
    entries: Map<String, Json>,
    wrong: Vec<Diagnostic>,
}

impl Header<'_> {
    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.entries.remove(key)? {
            Json::String(text) => Some(text),
            Json::Null => None,
            other => {
                self.wrong_type(key, &other, "a text");
                None
            }
        }
    }

    fn required(&mut self, key: &str) -> String {
        if !self.entries.contains_key(key) {
            let diagnostic = Diagnostic::error(Code::MissingField, self.at(key), "the key is required");
            self.wrong.push(diagnostic.expected("a text"));
        }
        self.text(key).unwrap_or_default()
    }

    fn instant(&mut self, key: &str) -> Option<Timestamp> {
        let text = self.text(key)?;
        let parsed = text.parse();
        if parsed.is_err() {
            self.wrong_type(key, &Json::String(text), "an instant such as \"2026-05-01T12:00:00Z\"");
        }
        parsed.ok()
    }

    fn version(&mut self) -> u32 {
        match self.entries.remove("version") {
            None => 1,
            Some(json) => match json.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0) {
                Some(version) => version,
                None => {
                    self.wrong_type("version", &json, "a whole number from 1");
                    1
                }
            },
        }
    }

    fn map(&mut self, key: &str) -> Map<String, Json> {
        match self.entries.remove(key) {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(map)) => map,
            Some(other) => {
                self.wrong_type(key, &other, "a map of fields");
                Map::new()
            }
        }
    }

    fn wrong_type(&mut self, key: &str, found: &Json, expected: &str) {
        let diagnostic = Diagnostic::error(Code::WrongType, self.at(key), "the value does not fit");
        self.wrong.push(diagnostic.found(show(found)).expected(expected));
    }
}

impl Reading {
    fn unknown_key(&mut self, path: &str, expected: &str, document: Option<&DocumentRef>) {
        let mut diagnostic = Diagnostic::error(Code::UnknownKey, path, "no such key").expected(expected);
        diagnostic.documents.extend(document.cloned());
        self.diagnostics.push(diagnostic);
    }

    fn take(&mut self, node: Node, path: &str, limits: Limits) {
        let bytes = node.bytes();
        let mut wrong = Vec::new();
        let Json::Object(entries) = node.into_json(path, 0, &mut wrong) else {
            let diagnostic = Diagnostic::error(Code::WrongType, path, "a document is a map");
            self.diagnostics.push(diagnostic.expected("a map with `kind`, `level` and `fields`"));
            return;
        };
        let mut header = Header { path, entries, wrong };
        let (kind, level) = (header.required("kind"), header.required("level"));
        let target = header.text("target");
        let document = Document {
            id: header.text("id").unwrap_or_else(|| usual_id(&kind, &level, target.as_deref())),
            kind,
            level,
            target,
            version: header.version(),
            author: header.text("author"),
            reason: header.text("reason"),
            recorded_at: header.instant("recorded_at"),
            effective_from: header.instant("effective_from"),
            effective_until: header.instant("effective_until"),
            guard: header.map("guard"),
            fields: header.map("fields"),
        };
        let unknown: Vec<_> = header.entries.keys().map(|key| header.at(key)).collect();
        let reference = document.reference();
        for diagnostic in header.wrong {
            self.diagnostics.push(diagnostic.of(reference.clone()));
        }
        for path in unknown {
            self.unknown_key(&path, &format!("one of {}", KEYS.join(", ")), Some(&reference));
        }
        if bytes > limits.document_bytes {
            self.diagnostics.push(
                Diagnostic::error(Code::TooLarge, path, "the document is too large")
                    .found(format!("{bytes} bytes"))
                    .expected(format!("{} bytes at most", limits.document_bytes))
                    .of(reference),
            );
            return;
        }
        self.documents.push(document);
    }
}

#[derive(Serialize)]
struct Bundle<'a> {
    documents: &'a [Document],
}

/// Writes documents as one text that [`read`] reads back as the same documents.
///
/// # Errors
/// Where a value cannot be written in that format: TOML knows no null.
pub fn write(documents: &[Document], format: Format) -> Result<String, Diagnostics> {
    let bundle = Bundle { documents };
    let written = match format {
        Format::Json => serde_json::to_string_pretty(&bundle).map_err(|error| error.to_string()),
        #[cfg(feature = "toml")]
        Format::Toml => toml::to_string_pretty(&bundle).map_err(|error| error.to_string()),
        #[cfg(feature = "yaml")]
        Format::Yaml => serde_saphyr::to_string(&bundle).map_err(|error| error.to_string()),
    };
    written.map_err(|message| Diagnostics(vec![Diagnostic::new(Code::Syntax, Severity::Error, "", message)]))
}
