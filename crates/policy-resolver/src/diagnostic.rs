//! What is wrong, or worth knowing, about documents and schemas: all of it at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::declare::choice;

choice! {
    /// What sort of thing was found. The texts are stable.
    pub enum Code {
        /// The text is no JSON, TOML or YAML.
        Syntax,
        /// A key stands twice in one place.
        DuplicateKey,
        /// A document, or the whole text, is too large.
        TooLarge,
        /// A date where no date belongs.
        DateValue,
        /// A key that no document has.
        UnknownKey,
        /// Something required is not there.
        MissingField,
        /// No kind of that name.
        UnknownKind,
        /// No level of that name, or none that this kind has.
        UnknownLevel,
        /// A target where none belongs, or none where one does.
        WrongTarget,
        /// No field of that path in this kind.
        UnknownField,
        /// No operation of that name, or more than one.
        UnknownOperation,
        /// An operation that the field does not allow.
        IllegalOperation,
        /// A value of another type.
        WrongType,
        /// A value of the right type beyond its bounds.
        OutOfRange,
        /// An item that stands twice in a list.
        DuplicateItem,
        /// Part of a group without the rest, or not in one way.
        PartialGroup,
        /// `until` is not after `from`.
        EmptyWindow,
        /// Two documents with one id and version, or versions that contradict each other.
        VersionConflict,
        /// Two documents at one place set a field differently at the same time.
        Conflict,
        /// Two documents at one place set a field to the same at the same time.
        SameTwice,
        /// A combination that is invalid only after merging.
        InvalidCombination,
        /// Too many combinations to check without knowing the subjects.
        TooManyCombinations,
        /// A change that a guard above keeps from taking effect.
        Blocked,
        /// A change that never takes effect because a guard above always blocks it.
        Unreachable,
        /// A change to what holds anyway.
        Redundant,
        /// Two levels of which neither contains the other set the same field.
        CrossAxis,
        /// The schema contradicts itself.
        InvalidSchema,
    }
}

choice! {
    /// How bad it is.
    pub enum Severity {
        /// Worth knowing.
        Note,
        /// Probably not meant.
        Warning,
        /// Refused.
        Error,
    }
}

/// A document's name in a diagnostic or an explanation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentRef {
    /// The document's id.
    pub id: String,
    /// Its version.
    pub version: u32,
}

impl fmt::Display for DocumentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.id, self.version)
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// What sort of thing.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// Where: a path into the document or schema, such as `fields.notice_days[1]`.
    pub path: String,
    /// In words.
    pub message: String,
    /// What stands there, where that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What would be right, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The documents concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentRef>,
}

impl Diagnostic {
    pub(crate) fn new(
        code: Code,
        severity: Severity,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            path: path.into(),
            message: message.into(),
            found: None,
            expected: None,
            documents: Vec::new(),
        }
    }

    pub(crate) fn error(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, path, message)
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn of(mut self, document: DocumentRef) -> Self {
        self.documents.push(document);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.severity, self.code)?;
        for (index, document) in self.documents.iter().take(4).enumerate() {
            write!(f, "{}{document}", if index == 0 { " " } else { ", " })?;
        }
        if self.documents.len() > 4 {
            write!(f, " and {} more", self.documents.len() - 4)?;
        }
        if !self.path.is_empty() {
            write!(f, " at {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(found) = &self.found {
            write!(f, "; found {found}")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        Ok(())
    }
}

/// Everything that was found, as an error: nothing was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether something is refused.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The diagnostics, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Whether one of that sort is among them.
    pub fn contains(&self, code: Code) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.code == code)
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
