//! Events, and the timelines of entitlements (EN-6).

use kernel::{EntitlementId, OrganizationId, Page, StoreError};
use service_delivery::{
    Event, Subject,
    reads::{EventQuery, EventSort, Viewer},
};

use super::{exists, filter::Filter, key::Key, list::List, row::Row};
use crate::{
    entity::event,
    journal::read_policies,
    reader::Reader,
    rows::{Reading, actor},
};

pub(super) async fn timeline(
    db: &Reader<'_>,
    viewer: Viewer,
    entitlement: EntitlementId,
    query: &EventQuery,
) -> Result<Option<Page<Event>>, StoreError> {
    // What happened before the entitlement was attached to its organization has none, and is its history all the same.
    if !exists(db, viewer, "entitlement", entitlement).await? {
        return Ok(None);
    }
    let mut filter = Filter::default();
    filter.equals("t.entitlement_id", Some(entitlement.as_uuid()));
    page(db, "timeline", filter, query).await.map(Some)
}

pub(super) async fn events(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &EventQuery,
) -> Result<Page<Event>, StoreError> {
    page(db, "events", Filter::visible_to(viewer, "t.organization_id"), query).await
}

async fn page(
    db: &Reader<'_>,
    name: &'static str,
    mut filter: Filter,
    query: &EventQuery,
) -> Result<Page<Event>, StoreError> {
    let wanted = &query.filter;
    filter.equals("t.subject_id", wanted.subject);
    filter.reads("t.subject_kind", wanted.subject_kind);
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.from("t.at", wanted.from);
    filter.until("t.at", wanted.until);
    let keys = match query.sorted().by {
        EventSort::At => vec![Key::whole("t.seq")],
    };
    List::new(name, "t.*", "event t", filter).page(db, query, keys, event_row).await
}

fn event_row(row: &Row<'_>) -> Result<Event, StoreError> {
    let row: event::Model = row.model()?;
    let read = Reading::of("event", row.id);
    Ok(Event {
        id: row.id.into(),
        at: read.instant(row.at)?,
        name: row.name,
        actor: actor(&read, &row.actor_kind, row.actor_id, row.actor_name)?,
        cause: row.cause,
        subject: Subject {
            kind: read.parse(&row.subject_kind)?,
            id: row.subject_id,
            code: row.subject_code,
            entitlement: row.entitlement_id.map(Into::into),
            organization: row.organization_id.map(Into::into),
        },
        before: row.before,
        after: row.after,
        policies: read_policies(&read, row.policies)?,
    })
}
