//! From the codes that people use to ids.

use entitlement::{LicenseKey, Sku};
use kernel::{
    ContractCode, EntitlementCode, InvoiceCode, OrderCode, QuoteCode, ServiceRequestCode, StoreError,
};
use sea_orm::prelude::Uuid;
use service_delivery::reads::{Coded, Viewer};

use super::{filter::Filter, list::List};
use crate::reader::Reader;

/// Where a kind of thing is, and what makes a text its code.
struct Place {
    table: &'static str,
    column: &'static str,
    /// Whether it belongs to an organization.
    owned: bool,
    /// The one spelling that is stored; none where the text is no code of this kind.
    canonical: fn(&str) -> Option<String>,
}

pub(super) async fn id_of(
    db: &Reader<'_>,
    viewer: Viewer,
    kind: Coded,
    text: &str,
) -> Result<Option<Uuid>, StoreError> {
    let Place { table, column, owned, canonical } = place(kind);
    let Some(code) = canonical(text) else { return Ok(None) };
    let mut filter = if owned { Filter::visible_to(viewer, "t.organization_id") } else { Filter::default() };
    filter.reads(&format!("t.{column}"), Some(code));
    List::new("codes", "t.id", format!("{table} t"), filter).one(db, |row| row.id("id")).await
}

fn place(kind: Coded) -> Place {
    let coded = |table, canonical| Place { table, column: "code", owned: true, canonical };
    match kind {
        Coded::Product => {
            Place { table: "product", column: "sku", owned: false, canonical: canonical::<Sku> }
        }
        Coded::CatalogItem => {
            Place { table: "catalog_item", column: "code", owned: false, canonical: canonical::<String> }
        }
        Coded::Quote => coded("quote", canonical::<QuoteCode>),
        Coded::Order => coded("sales_order", canonical::<OrderCode>),
        Coded::Entitlement => coded("entitlement", canonical::<EntitlementCode>),
        Coded::License => {
            Place { table: "license", column: "key", owned: true, canonical: canonical::<LicenseKey> }
        }
        Coded::Contract => coded("contract", canonical::<ContractCode>),
        Coded::ServiceRequest => coded("service_request", canonical::<ServiceRequestCode>),
        Coded::Invoice => coded("invoice", canonical::<InvoiceCode>),
    }
}

fn canonical<T: std::str::FromStr + ToString>(text: &str) -> Option<String> {
    text.parse::<T>().ok().map(|code| code.to_string())
}
