//! Things by the names that people know them by, within the views of others.

use poem_openapi::Object;
use service_delivery::reads::{Above, OrderName, OrganizationName, ProductName};
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

/// A product by its name.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct ProductRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its SKU.
    pub(crate) sku: String,
    /// What it is called now.
    pub(crate) name: String,
}

impl From<ProductName> for ProductRef {
    fn from(ProductName { id, sku, name }: ProductName) -> Self {
        Self { id: id.as_uuid(), sku, name }
    }
}

/// An order by its code.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct OrderRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its code.
    pub(crate) code: String,
}

impl From<OrderName> for OrderRef {
    fn from(OrderName { id, code }: OrderName) -> Self {
        Self { id: id.as_uuid(), code: code.to_string() }
    }
}

/// A person who holds an entitlement that no organization has (EN-3).
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct HolderRef {
    /// Their name.
    pub(crate) name: String,
    /// Where they are written to.
    pub(crate) email: String,
}

impl HolderRef {
    /// Somebody, where both are known.
    pub(crate) fn of(name: Option<String>, email: Option<String>) -> Option<Self> {
        name.zip(email).map(|(name, email)| Self { name, email })
    }
}

/// A person to hold an entitlement that no organization has (EN-3).
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct HolderBody {
    /// Their name.
    #[oai(validator(max_length = 200))]
    pub(crate) name: String,
    /// Where they are written to.
    #[oai(validator(max_length = 254))]
    pub(crate) email: String,
}
