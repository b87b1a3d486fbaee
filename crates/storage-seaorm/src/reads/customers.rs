//! Organizations, their people and their keys.

use entitlement::{CollaboratorRecord, OrganizationRecord};
use kernel::{ApiKeyId, CollaboratorId, OrganizationId, Page, StoreError};
use service_delivery::reads::{
    ApiKeyQuery, ApiKeyRow, ApiKeySort, CollaboratorQuery, CollaboratorSort, OrganizationQuery,
    OrganizationSort, Viewer,
};

use super::{
    filter::Filter,
    key::Key,
    list::List,
    row::{JOIN_ORGANIZATION, ORGANIZATION, Row},
};
use crate::{access, entitlements::organization as rows, reader::Reader};

pub(super) async fn organizations(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &OrganizationQuery,
) -> Result<Page<OrganizationRecord>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.id");
    filter.search(db, "organization", query.filter.q.as_deref()).await?;
    filter.reads("t.country", query.filter.country);
    filter.reads("t.currency", query.filter.currency);
    let keys = match query.sorted().by {
        OrganizationSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        OrganizationSort::Name => vec![Key::text("t.name"), Key::id("t.id")],
    };
    organization_list(filter).page(db, query, keys, organization_row).await
}

pub(super) async fn organization(
    db: &Reader<'_>,
    viewer: Viewer,
    id: OrganizationId,
) -> Result<Option<OrganizationRecord>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.id");
    filter.equals("t.id", Some(id.as_uuid()));
    organization_list(filter).one(db, organization_row).await
}

fn organization_list(filter: Filter) -> List {
    List::new("organizations", "t.*", "organization t", filter)
}

fn organization_row(row: &Row<'_>) -> Result<OrganizationRecord, StoreError> {
    rows::restore(row.model()?).map(|organization| organization.record().clone())
}

pub(super) async fn collaborators(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &CollaboratorQuery,
) -> Result<Page<CollaboratorRecord>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", query.filter.organization.map(OrganizationId::as_uuid));
    filter.reads("t.role", query.filter.role);
    filter.search(db, "collaborator", query.filter.q.as_deref()).await?;
    let keys = match query.sorted().by {
        CollaboratorSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        CollaboratorSort::Name => vec![Key::text("t.name"), Key::id("t.id")],
    };
    collaborator_list(filter).page(db, query, keys, collaborator_row).await
}

pub(super) async fn collaborator(
    db: &Reader<'_>,
    viewer: Viewer,
    id: CollaboratorId,
) -> Result<Option<CollaboratorRecord>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    collaborator_list(filter).one(db, collaborator_row).await
}

fn collaborator_list(filter: Filter) -> List {
    List::new("collaborators", "t.*", "collaborator t", filter)
}

fn collaborator_row(row: &Row<'_>) -> Result<CollaboratorRecord, StoreError> {
    rows::restore_collaborator(row.model()?).map(|collaborator| collaborator.record().clone())
}

pub(super) async fn api_keys(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &ApiKeyQuery,
) -> Result<Page<ApiKeyRow>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", query.filter.organization.map(OrganizationId::as_uuid));
    if let Some(valid) = query.filter.valid {
        let now = filter.bind(viewer.now.unix_micros());
        let holds = format!("t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > {now})");
        filter.and(if valid { format!("({holds})") } else { format!("NOT ({holds})") });
    }
    let keys = match query.sorted().by {
        ApiKeySort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
    };
    api_key_list(filter).page(db, query, keys, api_key_row).await
}

pub(super) async fn api_key(
    db: &Reader<'_>,
    viewer: Viewer,
    id: ApiKeyId,
) -> Result<Option<ApiKeyRow>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    api_key_list(filter).one(db, api_key_row).await
}

fn api_key_list(filter: Filter) -> List {
    List::new("api_keys", format!("t.*, {ORGANIZATION}"), format!("api_key t{JOIN_ORGANIZATION}"), filter)
}

fn api_key_row(row: &Row<'_>) -> Result<ApiKeyRow, StoreError> {
    let key = access::restore(row.model()?)?;
    let record = key.record().clone();
    Ok(ApiKeyRow {
        id: record.id,
        name: record.name,
        grant: record.grant,
        organization: row.organization()?,
        created_at: record.created_at,
        expires_at: record.expires_at,
        revoked_at: record.revoked_at,
        rotated_at: record.rotated_at,
        previous_until: record.previous.map(|(_, until)| until),
        last_used_at: record.last_used_at,
    })
}
