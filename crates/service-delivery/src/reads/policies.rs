//! Lists of policy documents.

use kernel::Timestamp;

use super::{ListQuery, NoFilter, query::sort_by};

/// Which policy documents, by what they are in their newest version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDocumentFilter {
    /// Of that kind.
    pub kind: Option<String>,
    /// At that level.
    pub level: Option<String>,
    /// For that target: an id, or a class.
    pub target: Option<String>,
    /// With that name.
    pub name: Option<String>,
    /// Valid at that instant.
    pub valid_at: Option<Timestamp>,
}

sort_by! {
    /// The orders of policy documents; by name where none is asked for.
    PolicyDocumentSort, ascending Name:
    /// By name.
    Name,
    /// By when they were last changed.
    RecordedAt,
}

/// A page of policy documents.
pub type PolicyDocumentQuery = ListQuery<PolicyDocumentFilter, PolicyDocumentSort>;

sort_by! {
    /// The orders of the versions of a document; the newest come first.
    PolicyVersionSort, descending Version:
    /// By version.
    Version,
}

/// A page of versions.
pub type PolicyVersionQuery = ListQuery<NoFilter, PolicyVersionSort>;
