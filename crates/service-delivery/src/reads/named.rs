//! Things by the names that people know them by.

use kernel::{
    CatalogItemId, EntitlementCode, EntitlementId, InvoiceCode, InvoiceId, OrderCode, OrderId,
    OrganizationId, ProductId, ServiceRequestCode, ServiceRequestId, Standing,
};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What has a code, SKU or key besides its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Coded {
    /// A product, by its SKU.
    Product,
    /// A catalog item, by its code.
    CatalogItem,
    /// A quote, by its code.
    Quote,
    /// An order, by its code.
    Order,
    /// An entitlement, by its code.
    Entitlement,
    /// A license, by its key in any spelling.
    License,
    /// A contract, by its code.
    Contract,
    /// A service request, by its code.
    ServiceRequest,
    /// An invoice, by its code.
    Invoice,
}

/// An organization by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationName {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
}

/// A product by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductName {
    /// Its id.
    pub id: ProductId,
    /// Its SKU.
    pub sku: String,
    /// What it is called now.
    pub name: String,
}

/// A catalog item by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogItemName {
    /// Its id.
    pub id: CatalogItemId,
    /// Its code.
    pub code: String,
    /// What it is called now.
    pub name: String,
}

/// An order by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderName {
    /// Its id.
    pub id: OrderId,
    /// Its code.
    pub code: OrderCode,
}

/// A request by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestName {
    /// Its id.
    pub id: ServiceRequestId,
    /// Its code.
    pub code: ServiceRequestCode,
}

/// An invoice by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceName {
    /// Its id.
    pub id: InvoiceId,
    /// Its code; none for a draft.
    pub code: Option<InvoiceCode>,
}

/// The entitlement that something lies under, and whose that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Above {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// Its code.
    pub code: EntitlementCode,
    /// What it allows at the viewer's instant (EN-5).
    pub standing: Standing,
    /// Its organization; none for a sovereign one (EN-3).
    pub organization: Option<OrganizationName>,
}
