//! A kind of policy as data: from Rust or, at run time, from JSON.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Diagnostic, Diagnostics, Field, Operation, Operations, Rule, Value, ValueType, diagnostic::Code,
};

/// A kind of policy: its fields, the rules between them, its defaults.
///
/// From JSON a kind needs no Rust at all:
///
/// ```
/// use policy_resolver::KindSchema;
///
/// let kind = KindSchema::from_json(r#"{
///     "name": "backup",
///     "fields": [
///         { "path": "every_hours", "type": "integer", "min": 1, "max": 168, "unit": "hours", "default": 24 },
///         { "path": "targets", "type": "list", "items": { "type": "text" }, "default": [] }
///     ]
/// }"#)?;
/// assert_eq!(kind.fields()[0].path, "every_hours");
/// # Ok::<(), policy_resolver::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct KindSchema {
    name: String,
    doc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    levels: Vec<String>,
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    profiles: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(skip)]
    index: HashMap<String, u16>,
    #[serde(skip)]
    sections: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    name: String,
    #[serde(default)]
    doc: String,
    #[serde(default)]
    levels: Vec<String>,
    fields: Vec<RawField>,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    profiles: BTreeMap<String, BTreeMap<String, Json>>,
}

#[derive(Deserialize)]
struct RawField {
    path: String,
    #[serde(default)]
    doc: String,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    default: Json,
    #[serde(default)]
    operations: Option<Operations>,
    #[serde(default)]
    group: Option<String>,
    #[serde(flatten)]
    value_type: serde_json::Map<String, Json>,
}

fn invalid(path: impl Into<String>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidSchema, path, message)
}

impl KindSchema {
    /// The kind that a JSON text declares; what `serde_json` writes of a kind reads back as the same.
    ///
    /// # Errors
    /// Everything that is wrong with the declaration.
    pub fn from_json(text: &str) -> Result<Self, Diagnostics> {
        let raw: RawKind = serde_json::from_str(text)
            .map_err(|error| Diagnostics(vec![Diagnostic::error(Code::Syntax, "", error.to_string())]))?;
        let mut found = Diagnostics::default();
        let mut fields = Vec::new();
        for (index, raw) in raw.fields.into_iter().enumerate() {
            let at = format!("fields[{index}]");
            match serde_json::from_value::<ValueType>(Json::Object(raw.value_type)) {
                Err(error) => found.push(invalid(at, error.to_string())),
                Ok(value_type) => {
                    let default = if raw.default.is_null() && raw.optional {
                        Value::None
                    } else {
                        match value_type.check(&raw.default) {
                            Ok(value) => value,
                            Err(problems) => {
                                for p in problems {
                                    found.push(
                                        invalid(
                                            format!("{at}.default{}", p.path),
                                            "the default does not fit",
                                        )
                                        .found(p.found)
                                        .expected(p.expected),
                                    );
                                }
                                continue;
                            }
                        }
                    };
                    let operations = raw.operations.unwrap_or_else(|| {
                        Field::usual_operations(&value_type, raw.optional, raw.group.is_some())
                    });
                    fields.push(Field {
                        path: raw.path,
                        doc: raw.doc,
                        value_type,
                        optional: raw.optional,
                        unit: raw.unit,
                        default,
                        operations,
                        group: raw.group,
                    });
                }
            }
        }
        if found.has_errors() {
            return Err(found);
        }
        let mut profiles = BTreeMap::new();
        for (profile, defaults) in raw.profiles {
            let mut values = BTreeMap::new();
            for (path, json) in defaults {
                let at = format!("profiles.{profile}.{path}");
                match fields.iter().find(|field| field.path == path) {
                    None => found.push(invalid(at, "no field of that path")),
                    Some(field) if field.optional && json.is_null() => {
                        values.insert(path, Value::None);
                    }
                    Some(field) => match field.value_type.check(&json) {
                        Ok(value) => {
                            values.insert(path, value);
                        }
                        Err(problems) => {
                            for p in problems {
                                found.push(
                                    invalid(format!("{at}{}", p.path), "the default does not fit")
                                        .found(p.found)
                                        .expected(p.expected),
                                );
                            }
                        }
                    },
                }
            }
            profiles.insert(profile, values);
        }
        if found.has_errors() {
            return Err(found);
        }
        Self::new(raw.name, raw.doc, raw.levels, fields, raw.rules, profiles)
    }

    pub(crate) fn new(
        name: String,
        doc: String,
        levels: Vec<String>,
        fields: Vec<Field>,
        rules: Vec<Rule>,
        profiles: BTreeMap<String, BTreeMap<String, Value>>,
    ) -> Result<Self, Diagnostics> {
        let mut kind = Self {
            name,
            doc,
            levels,
            fields,
            rules,
            profiles,
            index: HashMap::new(),
            sections: HashSet::new(),
        };
        let found = kind.check();
        if found.has_errors() { Err(found) } else { Ok(kind) }
    }

    fn check(&mut self) -> Diagnostics {
        let mut found = Diagnostics::default();
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if !word(&self.name) {
            found.push(invalid("name", "a name of small letters, digits and underscores is expected"));
        }
        if self.fields.is_empty() || self.fields.len() > usize::from(u16::MAX) {
            found.push(invalid("fields", "a kind has 1 to 65535 fields"));
        }
        for (index, field) in self.fields.iter().enumerate() {
            let at = format!("fields[{index}]");
            if !field.path.split('.').all(word) {
                found.push(invalid(&at, format!("`{}` is no path of small letters", field.path)));
            }
            if field.path.split('.').any(|part| part.parse::<Operation>().is_ok()) {
                found.push(invalid(&at, format!("`{}` is the name of an operation", field.path)));
            }
            if self.index.insert(field.path.clone(), u16::try_from(index).unwrap_or(u16::MAX)).is_some() {
                found.push(invalid(&at, format!("the field `{}` stands twice", field.path)));
            }
            for (dot, _) in field.path.match_indices('.') {
                self.sections.insert(field.path[..dot].to_owned());
            }
            let mut usual = Field::usual_operations(&field.value_type, field.optional, field.group.is_some());
            usual = field.operations.intersection(usual);
            if usual != field.operations {
                found.push(invalid(
                    &at,
                    format!("the operations of `{}` do not all fit its type", field.path),
                ));
            }
        }
        for section in self.sections.iter().filter(|section| self.index.contains_key(*section)) {
            found.push(invalid("fields", format!("`{section}` is a field and a section")));
        }
        for rule in &self.rules {
            let (left, right) = rule.fields();
            for path in [left, right] {
                match self.field(path) {
                    None => found.push(invalid("rules", format!("no field `{path}`"))),
                    Some(field)
                        if matches!(
                            field.value_type,
                            ValueType::List { .. } | ValueType::Record { .. } | ValueType::Boolean {}
                        ) =>
                    {
                        found.push(invalid("rules", format!("`{path}` cannot be compared")));
                    }
                    Some(_) => {}
                }
            }
        }
        if found.has_errors() {
            return found;
        }
        let profiles: Vec<Option<&str>> =
            std::iter::once(None).chain(self.profiles.keys().map(|name| Some(name.as_str()))).collect();
        for profile in profiles {
            let defaults = self.defaults(profile);
            let value = |path: &str| self.field_index(path).map(|index| &defaults[index]);
            for rule in &self.rules {
                let (left, right) = rule.fields();
                if let (Some(a), Some(b)) = (value(left), value(right))
                    && !rule.holds(a, b)
                {
                    let of = profile.map_or(String::new(), |profile| format!(" of profile `{profile}`"));
                    found.push(invalid(
                        "rules",
                        format!("the defaults{of} break the rule: {}", rule.describe()),
                    ));
                }
            }
        }
        found
    }

    /// The kind's name, as documents name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn doc(&self) -> &str {
        &self.doc
    }

    /// Its levels from general to specific; empty where it has those of the schema (PO-11).
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// Its fields, in their order of declaration.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What must hold between fields after merging.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The names of the profiles that have defaults of their own.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The field at a path.
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.field_index(path).and_then(|index| self.fields.get(index))
    }

    pub(crate) fn field_index(&self, path: &str) -> Option<usize> {
        self.index.get(path).map(|index| usize::from(*index))
    }

    pub(crate) fn is_section(&self, path: &str) -> bool {
        self.sections.contains(path)
    }

    /// The defaults of a profile, in the order of the fields; those of the kind where the profile has none.
    pub fn defaults(&self, profile: Option<&str>) -> Vec<Value> {
        let own = profile.and_then(|profile| self.profiles.get(profile));
        self.fields
            .iter()
            .map(|field| own.and_then(|own| own.get(&field.path)).unwrap_or(&field.default).clone())
            .collect()
    }
}
