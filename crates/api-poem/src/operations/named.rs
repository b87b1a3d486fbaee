//! Things by the names that people know them by, within the views of others.

use poem_openapi::Object;
use service_delivery::reads::OrganizationName;
use uuid::Uuid;

/// An organization by its name.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct OrganizationRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// What people call it.
    pub(crate) name: String,
}

impl From<OrganizationName> for OrganizationRef {
    fn from(OrganizationName { id, name }: OrganizationName) -> Self {
        Self { id: id.as_uuid(), name }
    }
}
