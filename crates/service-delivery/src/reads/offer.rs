//! Lists of what is offered: products and catalog items.

use kernel::{EntitlementClass, ServiceType};

use super::{ListQuery, query::sort_by};

/// Which products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Of that class.
    pub class: Option<EntitlementClass>,
    /// Whether they are on sale.
    pub active: Option<bool>,
    /// Each of its words begins a word of the SKU or name.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of products; the newest come first.
    ProductSort, descending CreatedAt:
    /// By when they were recorded.
    CreatedAt,
    /// By name.
    Name,
    /// By SKU.
    Sku,
}

/// A page of products.
pub type ProductQuery = ListQuery<ProductFilter, ProductSort>;

/// Which catalog items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogItemFilter {
    /// Of that service type.
    pub service_type: Option<ServiceType>,
    /// Whether they may be chosen.
    pub active: Option<bool>,
    /// Each of its words begins a word of the code, name or description.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of catalog items; by name where none is asked for.
    CatalogItemSort, ascending Name:
    /// By name.
    Name,
    /// By code.
    Code,
}

/// A page of catalog items.
pub type CatalogItemQuery = ListQuery<CatalogItemFilter, CatalogItemSort>;
