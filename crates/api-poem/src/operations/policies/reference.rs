//! Policy documents by their names.

use poem_openapi::{Object, types::Example};
use service_delivery::PolicyRef;

/// One version of a policy document.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(example)]
pub(crate) struct PolicyRefView {
    /// The document's name.
    pub(crate) document: String,
    /// The version.
    pub(crate) version: u32,
}

impl Example for PolicyRefView {
    fn example() -> Self {
        Self { document: "credits/class/SVC".to_owned(), version: 3 }
    }
}

impl From<PolicyRef> for PolicyRefView {
    fn from(PolicyRef { document, version }: PolicyRef) -> Self {
        Self { document, version }
    }
}

impl From<&policy_resolver::DocumentRef> for PolicyRefView {
    fn from(own: &policy_resolver::DocumentRef) -> Self {
        Self { document: own.id.clone(), version: own.version }
    }
}
