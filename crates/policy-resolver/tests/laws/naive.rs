//! The semantics once more, as plainly as possible: JSON values, linear searches, no compilation.
//!
//! It shares nothing with the crate but the plain data of documents.

use policy_resolver::{Document, Timestamp};
use serde_json::{Value, json};

/// The levels of the laws, from general to specific.
pub(crate) const LEVELS: [&str; 4] = ["root", "region", "team", "user"];

/// A subject: its target at each targeted level.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) region: Option<u8>,
    pub(crate) team: Option<u8>,
    pub(crate) user: Option<u8>,
}

impl Who {
    fn target(&self, level: &str) -> Option<Option<String>> {
        match level {
            "root" => Some(None),
            "region" => self.region.map(|n| Some(n.to_string())),
            "team" => self.team.map(|n| Some(n.to_string())),
            _ => self.user.map(|n| Some(n.to_string())),
        }
    }
}

pub(crate) fn default(field: &str) -> Value {
    match field {
        "number" => json!(7),
        "limit" => json!(3),
        "tags" => json!(["a", "b"]),
        "pair.low" => json!(1),
        _ => json!(9),
    }
}

/// Whether a document is known, and the newest of its id, and valid.
fn in_force(document: &Document, all: &[Document], at: Timestamp) -> bool {
    let known = |own: &Document| own.recorded_at.is_none_or(|recorded| recorded <= at);
    known(document)
        && !all.iter().any(|own| own.id == document.id && own.version > document.version && known(own))
        && document.effective_from.is_none_or(|from| from <= at)
        && document.effective_until.is_none_or(|until| at < until)
}

/// The documents in force at a subject's place of one level.
pub(crate) fn at_place<'a>(all: &'a [Document], who: &Who, level: &str, at: Timestamp) -> Vec<&'a Document> {
    let Some(target) = who.target(level) else { return Vec::new() };
    let here = |own: &&Document| own.level == level && own.target == target && in_force(own, all, at);
    all.iter().filter(here).collect()
}

fn operation(change: &Value) -> (&str, Value) {
    match change.as_object() {
        Some(object) => object.iter().map(|(name, value)| (name.as_str(), value.clone())).next().unwrap(),
        None => ("set", change.clone()),
    }
}

/// The value of a field.
pub(crate) fn fold(all: &[Document], who: &Who, field: &str, at: Timestamp) -> Value {
    let mut value = default(field);
    let mut allowed = vec!["set", "append", "remove", "reset", "unset"];
    for level in LEVELS {
        let documents = at_place(all, who, level, at);
        if let Some(change) = documents.iter().find_map(|own| own.fields.get(field)) {
            let (name, argument) = operation(change);
            if allowed.contains(&name) {
                value = match name {
                    "set" => argument,
                    "reset" => default(field),
                    "unset" => Value::Null,
                    list => {
                        let mut items = value.as_array().unwrap().clone();
                        for item in argument.as_array().unwrap() {
                            match (list, items.contains(item)) {
                                ("append", false) => items.push(item.clone()),
                                ("remove", true) => items.retain(|own| own != item),
                                _ => {}
                            }
                        }
                        Value::Array(items)
                    }
                };
            }
        }
        for guard in documents.iter().filter_map(|own| own.guard.get(field)) {
            let below: Vec<&str> = guard
                .as_array()
                .map(|names| names.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            allowed.retain(|name| below.contains(name));
        }
    }
    value
}

/// Whether two documents that are in force at one place change one field differently at any of these instants.
pub(crate) fn disagree(all: &[Document], instants: &[Timestamp]) -> bool {
    instants.iter().any(|at| {
        all.iter().enumerate().any(|(index, one)| {
            all[index + 1..].iter().any(|other| {
                one.level == other.level
                    && one.target == other.target
                    && in_force(one, all, *at)
                    && in_force(other, all, *at)
                    && one.fields.iter().any(|(field, change)| {
                        other.fields.get(field).is_some_and(|own| operation(own) != operation(change))
                    })
            })
        })
    })
}
