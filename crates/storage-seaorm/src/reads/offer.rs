//! Products and catalog items.

use entitlement::ProductRecord;
use kernel::{CatalogItemId, Page, ProductId, StoreError};
use service_delivery::reads::{CatalogItemQuery, CatalogItemSort, ProductQuery, ProductSort, Viewer};
use ust_credits::CatalogItemRecord;

use super::{filter::Filter, key::Key, list::List, row::Row};
use crate::{credits::rows as credit_rows, entitlements::product as rows, reader::Reader};

pub(super) async fn products(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &ProductQuery,
) -> Result<Page<ProductRecord>, StoreError> {
    let mut filter = on_offer(viewer);
    filter.reads("t.class", query.filter.class);
    filter.equals("t.active", query.filter.active);
    filter.search(db, "product", query.filter.q.as_deref()).await?;
    let keys = match query.sorted().by {
        ProductSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        ProductSort::Name => vec![Key::text("t.name"), Key::id("t.id")],
        ProductSort::Sku => vec![Key::text("t.sku")],
    };
    product_list(filter).page(db, query, keys, product_row).await
}

pub(super) async fn product(db: &Reader<'_>, id: ProductId) -> Result<Option<ProductRecord>, StoreError> {
    let mut filter = Filter::default();
    filter.equals("t.id", Some(id.as_uuid()));
    product_list(filter).one(db, product_row).await
}

fn product_list(filter: Filter) -> List {
    List::new("products", "t.*", "product t", filter)
}

fn product_row(row: &Row<'_>) -> Result<ProductRecord, StoreError> {
    rows::restore(row.model()?).map(|product| product.record().clone())
}

pub(super) async fn catalog_items(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &CatalogItemQuery,
) -> Result<Page<CatalogItemRecord>, StoreError> {
    let mut filter = on_offer(viewer);
    filter.reads("t.service_type", query.filter.service_type);
    filter.equals("t.active", query.filter.active);
    filter.search(db, "catalog_item", query.filter.q.as_deref()).await?;
    let keys = match query.sorted().by {
        CatalogItemSort::Name => vec![Key::text("t.name"), Key::id("t.id")],
        CatalogItemSort::Code => vec![Key::text("t.code")],
    };
    catalog_item_list(filter).page(db, query, keys, catalog_item_row).await
}

pub(super) async fn catalog_item(
    db: &Reader<'_>,
    id: CatalogItemId,
) -> Result<Option<CatalogItemRecord>, StoreError> {
    let mut filter = Filter::default();
    filter.equals("t.id", Some(id.as_uuid()));
    catalog_item_list(filter).one(db, catalog_item_row).await
}

fn catalog_item_list(filter: Filter) -> List {
    List::new("catalog_items", "t.*", "catalog_item t", filter)
}

fn catalog_item_row(row: &Row<'_>) -> Result<CatalogItemRecord, StoreError> {
    credit_rows::catalog_item(row.model()?).map(|item| item.record().clone())
}

/// What is offered is nobody's; customers are shown what they can choose.
fn on_offer(viewer: Viewer) -> Filter {
    let mut filter = Filter::default();
    filter.equals("t.active", viewer.tenant.map(|_| true));
    filter
}
