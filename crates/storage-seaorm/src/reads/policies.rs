//! Policy documents, and whom they are for.

use kernel::{EntitlementId, Page, PolicyDocumentId, StoreError};
use service_delivery::{
    PolicyScope,
    policy_documents::{PlacedScope, PolicyPlace, PolicyVersion},
    reads::{PolicyDocumentQuery, PolicyDocumentSort, PolicyVersionQuery, PolicyVersionSort, Viewer},
};

use super::{filter::Filter, key::Key, list::List, row::Row};
use crate::{
    policies::{COLUMNS, NEWEST, VERSIONS, VersionRow},
    reader::Reader,
};

pub(super) async fn documents(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &PolicyDocumentQuery,
) -> Result<Page<PolicyVersion>, StoreError> {
    let mut filter = for_staff(viewer);
    let wanted = &query.filter;
    filter.reads("d.kind", wanted.kind.as_deref());
    filter.reads("d.level", wanted.level.as_deref());
    filter.reads("d.target", wanted.target.as_deref());
    filter.reads("d.name", wanted.name.as_deref());
    if let Some(at) = wanted.valid_at {
        let at = filter.bind(at.unix_micros());
        filter.and(format!("(v.effective_from IS NULL OR v.effective_from <= {at})"));
        filter.and(format!("(v.effective_until IS NULL OR v.effective_until > {at})"));
    }
    let keys = match query.sorted().by {
        PolicyDocumentSort::Name => vec![Key::text("d.name")],
        PolicyDocumentSort::RecordedAt => vec![Key::whole("v.recorded_at"), Key::whole("v.revision")],
    };
    List::new("policy_documents", COLUMNS, NEWEST, filter).page(db, query, keys, version).await
}

pub(super) async fn document(
    db: &Reader<'_>,
    viewer: Viewer,
    id: PolicyDocumentId,
) -> Result<Option<PolicyVersion>, StoreError> {
    let mut filter = for_staff(viewer);
    filter.equals("d.id", Some(id.as_uuid()));
    List::new("policy_documents", COLUMNS, NEWEST, filter).one(db, version).await
}

pub(super) async fn versions(
    db: &Reader<'_>,
    viewer: Viewer,
    id: PolicyDocumentId,
    query: &PolicyVersionQuery,
) -> Result<Option<Page<PolicyVersion>>, StoreError> {
    if document(db, viewer, id).await?.is_none() {
        return Ok(None);
    }
    let mut filter = Filter::default();
    filter.equals("v.document_id", Some(id.as_uuid()));
    let keys = match query.sorted().by {
        PolicyVersionSort::Version => vec![Key::whole("v.version")],
    };
    List::new("policy_versions", COLUMNS, VERSIONS, filter).page(db, query, keys, version).await.map(Some)
}

pub(super) async fn scopes(
    db: &Reader<'_>,
    viewer: Viewer,
    place: PolicyPlace,
    after: Option<EntitlementId>,
    limit: u32,
) -> Result<Vec<PlacedScope>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    match place {
        PolicyPlace::Everywhere => {}
        PolicyPlace::Class(class) => filter.reads("t.class", Some(class)),
        PolicyPlace::Organization(id) => filter.equals("t.organization_id", Some(id.as_uuid())),
        PolicyPlace::Product(id) => filter.equals("t.product_id", Some(id.as_uuid())),
        PolicyPlace::Entitlement(id) => filter.equals("t.id", Some(id.as_uuid())),
    }
    filter.compare("t.id", ">", after.map(EntitlementId::as_uuid));
    let columns = "t.id, t.code, t.class, t.organization_id, t.product_id, t.support_class";
    let list = List::new("policy_scopes", columns, "entitlement t", filter);
    list.all(db, &format!("t.id LIMIT {limit}"), scope).await
}

/// Policies are no customer's.
fn for_staff(viewer: Viewer) -> Filter {
    let mut filter = Filter::default();
    if viewer.tenant.is_some() {
        filter.nothing();
    }
    filter
}

fn version(row: &Row<'_>) -> Result<PolicyVersion, StoreError> {
    row.model::<VersionRow>()?.restore()
}

fn scope(row: &Row<'_>) -> Result<PlacedScope, StoreError> {
    let entitlement = row.id("id")?;
    Ok(PlacedScope {
        entitlement,
        code: row.parse("code")?,
        scope: PolicyScope {
            class: row.parse("class")?,
            organization: row.id_some("organization_id")?,
            product: row.id_some("product_id")?,
            entitlement: Some(entitlement),
            support_class: row.parse("support_class")?,
        },
    })
}
