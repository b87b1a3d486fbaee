//! Documents: what somebody wants to be different at one place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::{DocumentRef, Operation, Operations, Timestamp};

/// One version of one document: what it changes in one kind, at one place.
///
/// Documents are plain data: nothing is checked before they are compiled with [`Schema::compile`](crate::Schema::compile).
/// In JSON, TOML and YAML they have the same keys as here, and keys without a value are left out.
///
/// ```
/// use policy_resolver::{Document, Operation};
///
/// let document = Document::new("credits", "organization", Some("acme"))
///     .set("expiry_months", 24)
///     .unset("draft_hold_days")
///     .enforce("expiry_months")
///     .by("ana", "contract of 2026");
/// assert_eq!(document.id, "credits/organization/acme");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its name, the same in every version.
    pub id: String,
    /// The kind whose fields it changes.
    pub kind: String,
    /// The level at which it stands.
    pub level: String,
    /// What it stands for at that level: an organization's id, say. None at levels that are one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The version, counted from 1. A later version takes the place of the earlier ones.
    #[serde(default = "first")]
    pub version: u32,
    /// Who wrote this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was written: before, the earlier version holds. None: it has always been known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// From when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Timestamp>,
    /// Until when it is valid, that instant not included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<Timestamp>,
    /// By field or section: `"enforced"`, or the list of operations that are allowed below.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub guard: Map<String, Json>,
    /// By field: a plain value, or one operation such as `{"append": [60]}`, `{"reset": true}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Json>,
}

fn first() -> u32 {
    1
}

/// The id of a document that names none.
pub(crate) fn usual_id(kind: &str, level: &str, target: Option<&str>) -> String {
    match target {
        Some(target) => format!("{kind}/{level}/{target}"),
        None => format!("{kind}/{level}"),
    }
}

impl Document {
    /// A document that changes nothing yet, in version 1, always valid, named after its place.
    pub fn new(kind: &str, level: &str, target: Option<&str>) -> Self {
        Self {
            id: usual_id(kind, level, target),
            kind: kind.to_owned(),
            level: level.to_owned(),
            target: target.map(str::to_owned),
            version: 1,
            author: None,
            reason: None,
            recorded_at: None,
            effective_from: None,
            effective_until: None,
            guard: Map::new(),
            fields: Map::new(),
        }
    }

    /// Under another id.
    pub fn named(mut self, id: &str) -> Self {
        self.id = id.to_owned();
        self
    }

    /// Gives a field a value.
    pub fn set(self, path: &str, value: impl Into<Json>) -> Self {
        self.change(path, Operation::Set, value.into())
    }

    /// Adds items to an inherited list.
    pub fn append(self, path: &str, items: impl Into<Json>) -> Self {
        self.change(path, Operation::Append, items.into())
    }

    /// Takes items out of an inherited list.
    pub fn remove(self, path: &str, items: impl Into<Json>) -> Self {
        self.change(path, Operation::Remove, items.into())
    }

    /// Sets a field back to its built-in default.
    pub fn reset(self, path: &str) -> Self {
        self.change(path, Operation::Reset, Json::Bool(true))
    }

    /// Makes an optional field explicitly none.
    pub fn unset(self, path: &str) -> Self {
        self.change(path, Operation::Unset, Json::Bool(true))
    }

    fn change(mut self, path: &str, operation: Operation, value: Json) -> Self {
        let change =
            if operation == Operation::Set { value } else { json!({ operation.to_string(): value }) };
        self.fields.insert(path.to_owned(), change);
        self
    }

    /// Lets no level below change a field.
    pub fn enforce(mut self, path: &str) -> Self {
        self.guard.insert(path.to_owned(), json!("enforced"));
        self
    }

    /// Allows only some operations on a field below.
    pub fn allow_only(mut self, path: &str, operations: &[Operation]) -> Self {
        let names: Vec<Json> = Operations::of(operations).iter().map(|o| json!(o.to_string())).collect();
        self.guard.insert(path.to_owned(), Json::Array(names));
        self
    }

    /// Valid from one instant until another, that one not included.
    pub fn effective(mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        (self.effective_from, self.effective_until) = (from, until);
        self
    }

    /// As a later version, written at an instant.
    pub fn revised(mut self, version: u32, recorded_at: Timestamp) -> Self {
        (self.version, self.recorded_at) = (version, Some(recorded_at));
        self
    }

    /// Written by somebody for a reason.
    pub fn by(mut self, author: &str, reason: &str) -> Self {
        (self.author, self.reason) = (Some(author.to_owned()), Some(reason.to_owned()));
        self
    }

    /// Its id and version.
    pub fn reference(&self) -> DocumentRef {
        DocumentRef { id: self.id.clone(), version: self.version }
    }
}

/// The documents of each id, by version.
pub(crate) fn by_id<'a>(
    documents: impl Iterator<Item = (usize, &'a Document)>,
) -> BTreeMap<&'a str, Vec<usize>> {
    let mut ids: BTreeMap<&str, Vec<(u32, usize)>> = BTreeMap::new();
    for (index, document) in documents {
        ids.entry(&document.id).or_default().push((document.version, index));
    }
    ids.into_iter()
        .map(|(id, mut versions)| {
            versions.sort_unstable();
            (id, versions.into_iter().map(|(_, index)| index).collect())
        })
        .collect()
}
