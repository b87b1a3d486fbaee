//! Products, as rows and back.

use entitlement::{CreditAmount, Product, ProductRecord, ProductTerms, ServiceKind, Tier};
use kernel::{OrderLineId, StoreError};

use crate::{
    entity::{product, sold_product},
    rows::{Reading, amount},
    words,
};

pub(super) fn row(product: &Product) -> product::Model {
    let record = product.record().clone();
    let terms = record.terms;
    let sku = record.sku.to_string();
    product::Model {
        id: record.id.into(),
        words: words::column([&sku, &terms.name]),
        sku,
        class: record.class.to_string(),
        name: terms.name,
        price: amount(terms.price),
        currency: terms.price.currency().to_string(),
        term_months: terms.term_months.map(Into::into),
        trial_days: terms.trial_days.into(),
        support_class: terms.support_class.to_string(),
        tier_rank: terms.tier.as_ref().map(|tier| tier.rank),
        tier_name: terms.tier.map(|tier| tier.name),
        service_type: terms.service.map(|service| service.service_type.to_string()),
        service_mode: terms.service.map(|service| service.mode.to_string()),
        credits_included: terms.credits_included.units(),
        sites_allowed: terms.sites_allowed.map(Into::into),
        active: record.active,
        version: record.version,
        created_at: record.created_at.unix_micros(),
    }
}

pub(crate) fn restore(row: product::Model) -> Result<Product, StoreError> {
    let read = Reading::of("product", row.id);
    let service = row.service_type.as_deref().zip(row.service_mode.as_deref());
    let service = service
        .map(|(service_type, mode)| {
            Ok::<_, StoreError>(ServiceKind {
                service_type: read.parse(service_type)?,
                mode: read.parse(mode)?,
            })
        })
        .transpose()?;
    let record = ProductRecord {
        id: row.id.into(),
        sku: read.parse(&row.sku)?,
        class: read.parse(&row.class)?,
        terms: ProductTerms {
            name: row.name,
            price: read.money(&row.price, read.parse(&row.currency)?)?,
            term_months: row.term_months.map(|months| read.number(months)).transpose()?,
            trial_days: read.number(row.trial_days)?,
            support_class: read.parse(&row.support_class)?,
            tier: row.tier_name.zip(row.tier_rank).map(|(name, rank)| Tier { name, rank }),
            service,
            credits_included: CreditAmount::from_units(row.credits_included),
            sites_allowed: row.sites_allowed.map(|sites| read.number(sites)).transpose()?,
        },
        active: row.active,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Product::restore(record).map_err(|invalid| read.corrupt(invalid))
}

/// The row that keeps `product` as `line` sells it.
pub(super) fn sold_row(line: OrderLineId, product: &Product) -> Result<sold_product::Model, StoreError> {
    let product = serde_json::to_value(row(product))
        .map_err(|error| StoreError::corrupt("sold product", line, error))?;
    Ok(sold_product::Model { order_line_id: line.into(), product })
}

pub(super) fn restore_sold(sold: sold_product::Model) -> Result<Product, StoreError> {
    let read = Reading::of("sold product", sold.order_line_id);
    let row: product::Model = serde_json::from_value(sold.product).map_err(|error| read.corrupt(error))?;
    restore(row)
}
