//! Things by the names that people know them by, within the views of others.

use poem_openapi::Object;
use service_delivery::reads::{Above, OrganizationName};
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

/// An entitlement by its code.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct EntitlementRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its code.
    pub(crate) code: String,
}

impl From<&Above> for EntitlementRef {
    fn from(above: &Above) -> Self {
        Self { id: above.entitlement.as_uuid(), code: above.code.to_string() }
    }
}
