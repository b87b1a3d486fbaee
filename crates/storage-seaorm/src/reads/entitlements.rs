//! Entitlements.

use entitlement::{EntitlementStatus, Holder};
use kernel::{EntitlementId, OrganizationId, Page, ProductId, StoreError};
use service_delivery::reads::{
    EntitlementDetail, EntitlementQuery, EntitlementRow, EntitlementSort, OrderName, Viewer,
};

use super::{
    filter::Filter,
    key::Key,
    list::List,
    row::{JOIN_ORGANIZATION, JOIN_PRODUCT, ORGANIZATION, PRODUCT, Row},
};
use crate::{
    entitlements::{entitlement as rows, under::provisioned},
    reader::Reader,
};

pub(super) async fn entitlements(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &EntitlementQuery,
) -> Result<Page<EntitlementRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.reads("t.class", wanted.class);
    filter.one_of("t.status", &wanted.status);
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.product_id", wanted.product.map(ProductId::as_uuid));
    filter.reads("t.support_class", wanted.support_class);
    filter.from("t.term_ends_at", wanted.ends_from);
    filter.until("t.term_ends_at", wanted.ends_until);
    filter.search(db, "entitlement", wanted.q.as_deref()).await?;
    let keys = match query.sorted().by {
        EntitlementSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        EntitlementSort::Code => vec![Key::text("t.code")],
        EntitlementSort::Status => vec![Key::text("t.status"), Key::whole("t.created_at"), Key::id("t.id")],
        EntitlementSort::EndsAt => {
            let ends = wanted.ends_from.is_some() || wanted.ends_until.is_some();
            vec![Key::whole("t.term_ends_at").or_absent_unless(ends), Key::id("t.id")]
        }
    };
    let list = List::new(
        "entitlements",
        format!(
            "t.id, t.code, t.class, t.status, t.renewal_grace_ends_at, t.support_class, t.holder_name, t.holder_email, \
             t.trial_ends_at, t.starts_at, t.term_ends_at, t.cancel_at, t.created_at, {ORGANIZATION}, {PRODUCT}"
        ),
        format!("entitlement t{JOIN_ORGANIZATION}{JOIN_PRODUCT}"),
        filter,
    );
    list.page(db, query, keys, |row| entitlement_row(row, viewer)).await
}

fn entitlement_row(row: &Row<'_>, viewer: Viewer) -> Result<EntitlementRow, StoreError> {
    let status: EntitlementStatus = row.parse("status")?;
    let name: Option<String> = row.get("holder_name")?;
    let holder = match (name, row.parse_some("holder_email")?) {
        (Some(name), Some(email)) => Some(Holder { name, email }),
        _ => None,
    };
    Ok(EntitlementRow {
        id: row.id("id")?,
        code: row.parse("code")?,
        class: row.parse("class")?,
        status,
        standing: status.standing(row.instant_some("renewal_grace_ends_at")?, viewer.now),
        support_class: row.parse("support_class")?,
        organization: row.organization()?,
        holder,
        product: row.product()?,
        trial_ends_at: row.instant_some("trial_ends_at")?,
        starts_at: row.instant_some("starts_at")?,
        ends_at: row.instant_some("term_ends_at")?,
        cancel_at: row.instant_some("cancel_at")?,
        created_at: row.instant("created_at")?,
    })
}

pub(super) async fn entitlement(
    db: &Reader<'_>,
    viewer: Viewer,
    id: EntitlementId,
) -> Result<Option<EntitlementDetail>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let list = List::new(
        "entitlements",
        format!(
            "t.*, {ORGANIZATION}, p.sku AS product_sku, p.name AS product_name, s.id AS order_id, s.code AS order_code, \
             s.organization_id AS order_organization"
        ),
        format!(
            "entitlement t{JOIN_ORGANIZATION}{JOIN_PRODUCT} LEFT JOIN order_line l ON l.id = t.order_line_id \
             LEFT JOIN sales_order s ON s.id = l.order_id"
        ),
        filter,
    );
    let read = |row: &Row<'_>| {
        let record = rows::restore(row.model()?)?.record().clone();
        // An entitlement may have been attached to an organization that did not buy it.
        let buyer = row.id_some("order_organization")?;
        let order = match row.id_some("order_id")? {
            Some(id) if viewer.tenant.is_none() || viewer.tenant == buyer => {
                Some(OrderName { id, code: row.parse("order_code")? })
            }
            _ => None,
        };
        Ok((record, row.organization()?, row.product()?, order))
    };
    let Some((entitlement, organization, product, order)) = list.one(db, read).await? else {
        return Ok(None);
    };
    Ok(Some(EntitlementDetail {
        standing: entitlement.status.standing(entitlement.renewal_grace_ends_at, viewer.now),
        entitlement,
        organization,
        product,
        order,
        provisioned: provisioned(db, id.into()).await?,
    }))
}
