//! Licenses, environments and contracts.

use entitlement::{ContractStatus, EnvironmentStatus, LicenseStatus};
use kernel::{
    ContractId, EntitlementId, EnvironmentId, LicenseId, Limited, OrganizationId, Page, ProductId, StoreError,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service_delivery::reads::{
    ContractDetail, ContractQuery, ContractRow, ContractSort, EnvironmentDetail, EnvironmentQuery,
    EnvironmentRow, EnvironmentSort, LicenseDetail, LicenseQuery, LicenseRow, LicenseSort, Viewer,
};

use super::{
    filter::Filter,
    key::Key,
    list::List,
    row::{ABOVE, JOIN_ABOVE, JOIN_PRODUCT, PRODUCT, Row},
};
use crate::{entitlements as rows, entity, error, reader::Reader};

pub(super) async fn licenses(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &LicenseQuery,
) -> Result<Page<LicenseRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", wanted.entitlement.map(EntitlementId::as_uuid));
    filter.equals("t.product_id", wanted.product.map(ProductId::as_uuid));
    filter.seen_as("t.status", &wanted.status, viewer.now);
    let mut keys = vec![Key::whole("t.created_at"), Key::id("t.id")];
    match query.sorted().by {
        LicenseSort::CreatedAt => {}
        LicenseSort::Status => {
            keys.insert(0, Key::text(filter.seen::<LicenseStatus>("t.status", viewer.now)));
        }
    }
    let list = List::new(
        "licenses",
        format!(
            "t.id, t.key, t.status, t.sites_allowed, t.created_at, {ABOVE}, {PRODUCT}, \
             (SELECT count(*) FROM license_site s WHERE s.license_id = t.id) AS sites_activated"
        ),
        format!("license t{JOIN_ABOVE}{JOIN_PRODUCT}"),
        filter,
    );
    list.page(db, query, keys, |row| license_row(row, viewer)).await
}

fn license_row(row: &Row<'_>, viewer: Viewer) -> Result<LicenseRow, StoreError> {
    let own_status: LicenseStatus = row.parse("status")?;
    let above = row.above(viewer.now)?;
    Ok(LicenseRow {
        id: row.id("id")?,
        key: row.get::<String>("key")?.parse().map_err(|_| row.missing("key"))?,
        product: row.product()?,
        own_status,
        status: own_status.seen(above.standing),
        sites_allowed: row.number("sites_allowed")?,
        sites_activated: row.number("sites_activated")?,
        above,
        created_at: row.instant("created_at")?,
    })
}

pub(super) async fn license(
    db: &Reader<'_>,
    viewer: Viewer,
    id: LicenseId,
) -> Result<Option<LicenseDetail>, StoreError> {
    use entity::license_site::{Column, Entity};
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let list = List::new(
        "licenses",
        format!("t.*, {ABOVE}, p.sku AS product_sku, p.name AS product_name"),
        format!("license t{JOIN_ABOVE}{JOIN_PRODUCT}"),
        filter,
    );
    let read =
        |row: &Row<'_>| Ok((row.model::<entity::license::Model>()?, row.above(viewer.now)?, row.product()?));
    let Some((license, above, product)) = list.one(db, read).await? else { return Ok(None) };
    let sites = Entity::find()
        .filter(Column::LicenseId.eq(license.id))
        .order_by_asc(Column::ActivatedAt)
        .order_by_asc(Column::Position);
    let sites = sites.all(db).await.map_err(error::map)?;
    let license = rows::license::restore(license, sites)?.record().clone();
    Ok(Some(LicenseDetail { status: license.status.seen(above.standing), license, product, above }))
}

pub(super) async fn environments(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &EnvironmentQuery,
) -> Result<Page<EnvironmentRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = handed_over(viewer);
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", wanted.entitlement.map(EntitlementId::as_uuid));
    filter.reads("t.platform", wanted.platform);
    filter.reads("t.server", wanted.server.as_deref());
    filter.seen_as("t.status", &wanted.status, viewer.now);
    filter.search(db, "environment", wanted.q.as_deref()).await?;
    let mut keys = vec![Key::whole("t.created_at"), Key::id("t.id")];
    match query.sorted().by {
        EnvironmentSort::CreatedAt => {}
        EnvironmentSort::Name => keys[0] = Key::text("t.name"),
        EnvironmentSort::Status => {
            keys.insert(0, Key::text(filter.seen::<EnvironmentStatus>("t.status", viewer.now)));
        }
    }
    let list = List::new(
        "environments",
        format!(
            "t.id, t.name, t.status, t.platform, t.server, t.primary_url, t.activated_at, t.created_at, {ABOVE}"
        ),
        format!("environment t{JOIN_ABOVE}"),
        filter,
    );
    list.page(db, query, keys, |row| environment_row(row, viewer)).await
}

fn environment_row(row: &Row<'_>, viewer: Viewer) -> Result<EnvironmentRow, StoreError> {
    let own_status: EnvironmentStatus = row.parse("status")?;
    let above = row.above(viewer.now)?;
    Ok(EnvironmentRow {
        id: row.id("id")?,
        name: row.get("name")?,
        own_status,
        status: own_status.seen(above.standing),
        platform: row.parse_some("platform")?,
        server: row.get("server")?,
        primary_url: row.get("primary_url")?,
        above,
        activated_at: row.instant_some("activated_at")?,
        created_at: row.instant("created_at")?,
    })
}

pub(super) async fn environment(
    db: &Reader<'_>,
    viewer: Viewer,
    id: EnvironmentId,
) -> Result<Option<EnvironmentDetail>, StoreError> {
    let mut filter = handed_over(viewer);
    filter.equals("t.id", Some(id.as_uuid()));
    let list =
        List::new("environments", format!("t.*, {ABOVE}"), format!("environment t{JOIN_ABOVE}"), filter);
    let read = |row: &Row<'_>| {
        let environment = rows::environment::restore(row.model()?)?.record().clone();
        let above = row.above(viewer.now)?;
        Ok(EnvironmentDetail { status: environment.status.seen(above.standing), environment, above })
    };
    list.one(db, read).await
}

/// Customers see an environment once it was active (PV-3).
fn handed_over(viewer: Viewer) -> Filter {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    if viewer.tenant.is_some() {
        filter.and("t.activated_at IS NOT NULL");
    }
    filter
}

pub(super) async fn contracts(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &ContractQuery,
) -> Result<Page<ContractRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", wanted.entitlement.map(EntitlementId::as_uuid));
    filter.compare("t.ends_on", ">=", wanted.ends_from);
    filter.compare("t.ends_on", "<=", wanted.ends_to);
    filter.seen_as("t.status", &wanted.status, viewer.now);
    filter.search(db, "contract", wanted.q.as_deref()).await?;
    let mut keys = vec![Key::whole("t.created_at"), Key::id("t.id")];
    match query.sorted().by {
        ContractSort::CreatedAt => {}
        ContractSort::Code => keys = vec![Key::text("t.code")],
        ContractSort::EndsOn => keys[0] = Key::day("t.ends_on"),
        ContractSort::Status => {
            keys.insert(0, Key::text(filter.seen::<ContractStatus>("t.status", viewer.now)));
        }
    }
    let list = List::new(
        "contracts",
        format!(
            "t.id, t.code, t.status, t.support_class, t.starts_on, t.ends_on, t.created_at, v.value, v.currency, {ABOVE}"
        ),
        format!(
            "contract t{JOIN_ABOVE} LEFT JOIN contract_version v ON v.contract_id = t.id AND v.position = \
             (SELECT max(w.position) FROM contract_version w WHERE w.contract_id = t.id)"
        ),
        filter,
    );
    list.page(db, query, keys, |row| contract_row(row, viewer)).await
}

fn contract_row(row: &Row<'_>, viewer: Viewer) -> Result<ContractRow, StoreError> {
    let own_status: ContractStatus = row.parse("status")?;
    let above = row.above(viewer.now)?;
    Ok(ContractRow {
        id: row.id("id")?,
        code: row.parse("code")?,
        own_status,
        status: own_status.seen(above.standing),
        support_class: row.parse("support_class")?,
        starts_on: row.day("starts_on")?,
        ends_on: row.day("ends_on")?,
        value: row.money("value")?,
        above,
        created_at: row.instant("created_at")?,
    })
}

pub(super) async fn contract(
    db: &Reader<'_>,
    viewer: Viewer,
    id: ContractId,
) -> Result<Option<ContractDetail>, StoreError> {
    use entity::contract_version::{Column, Entity};
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let list = List::new(
        "contracts",
        format!("t.*, r.id AS renewed_by_id, r.code AS renewed_by_code, {ABOVE}"),
        format!("contract t{JOIN_ABOVE} LEFT JOIN contract r ON r.renews_id = t.id"),
        filter,
    );
    let read = |row: &Row<'_>| {
        let renewed_by = match row.id_some::<ContractId>("renewed_by_id")? {
            Some(id) => Some((id, row.parse("renewed_by_code")?)),
            None => None,
        };
        Ok((row.model::<entity::contract::Model>()?, row.above(viewer.now)?, renewed_by))
    };
    let Some((contract, above, renewed_by)) = list.one(db, read).await? else { return Ok(None) };
    let versions = Entity::find().filter(Column::ContractId.eq(contract.id)).order_by_asc(Column::Position);
    let versions = versions.all(db).await.map_err(error::map)?;
    let contract = rows::contract::restore(contract, versions)?.record().clone();
    Ok(Some(ContractDetail { status: contract.status.seen(above.standing), contract, above, renewed_by }))
}
