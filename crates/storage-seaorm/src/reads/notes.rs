//! Notes: pages of them, one, and those after a place in the order of writing.

use kernel::{NoteId, OrganizationId, Page, ServiceRequestId, StoreError};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use service_delivery::reads::{
    NotePlace, NoteQuery, NoteSort, NotesFollowed, RequestName, Viewer, WrittenNote,
};
use sr_workflow::{NoteRecord, NoteVisibility};

use super::{exists, filter::Filter, key::Key, list::List, row::Row};
use crate::{
    entity, error,
    reader::Reader,
    rows::{Reading, actor},
};

const FROM: &str = "note t LEFT JOIN service_request r ON r.id = t.request_id";

/// What was written by a transaction that no unfinished one is older than: after the place of such a note, nothing appears before
/// it any more.
const SETTLED: &str = "t.written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Customers get client notes on requests of theirs, whatever else is asked (SR-10).
fn visible_to(viewer: Viewer) -> Filter {
    let mut filter = Filter::visible_to(viewer, "r.organization_id");
    filter.reads("t.visibility", viewer.tenant.map(|_| NoteVisibility::Client));
    filter
}

pub(super) async fn notes(
    db: &Reader<'_>,
    viewer: Viewer,
    request: ServiceRequestId,
    query: &NoteQuery,
) -> Result<Option<Page<NoteRecord>>, StoreError> {
    let mut filter = visible_to(viewer);
    filter.equals("t.request_id", Some(request.as_uuid()));
    filter.reads("t.visibility", query.filter.visibility);
    let keys = match query.sorted().by {
        NoteSort::At => vec![Key::whole("t.at"), Key::id("t.id")],
    };
    let page = List::new("notes", "t.*", FROM, filter).page(db, query, keys, note_row).await?;
    let there = !page.items.is_empty() || exists(db, viewer, "service_request", request).await?;
    Ok(there.then_some(page))
}

pub(super) async fn note(
    db: &Reader<'_>,
    viewer: Viewer,
    request: ServiceRequestId,
    id: NoteId,
) -> Result<Option<NoteRecord>, StoreError> {
    let mut filter = visible_to(viewer);
    filter.equals("t.id", Some(id.as_uuid()));
    filter.equals("t.request_id", Some(request.as_uuid()));
    List::new("notes", "t.*", FROM, filter).one(db, note_row).await
}

pub(super) async fn notes_after(
    db: &Reader<'_>,
    viewer: Viewer,
    followed: &NotesFollowed,
    after: NotePlace,
    limit: u16,
) -> Result<Vec<WrittenNote>, StoreError> {
    let mut filter = visible_to(viewer);
    filter.equals("t.request_id", followed.request.map(ServiceRequestId::as_uuid));
    filter.equals("r.organization_id", followed.organization.map(OrganizationId::as_uuid));
    filter.reads("t.visibility", followed.visibility);
    let (transaction, position) = (filter.bind(after.transaction), filter.bind(after.position));
    filter.and(format!("(t.written_in, t.position) > ({transaction}, {position})"));
    if db.get_database_backend() == DbBackend::Postgres {
        filter.and(SETTLED);
    }
    let columns = "t.*, r.code AS request_code, r.organization_id AS of_id";
    let list = List::new("notes", columns, FROM, filter);
    list.all(db, &format!("t.written_in, t.position LIMIT {limit}"), written_row).await
}

pub(super) async fn last_note(db: &Reader<'_>) -> Result<NotePlace, StoreError> {
    let backend = db.get_database_backend();
    let settled = if backend == DbBackend::Postgres { SETTLED } else { "1 = 1" };
    let sql = format!(
        "SELECT t.written_in, t.position FROM note t WHERE {settled} \
         ORDER BY t.written_in DESC, t.position DESC LIMIT 1"
    );
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await.map_err(error::map)?;
    row.map_or(Ok(NotePlace::default()), |row| place(&Row::of("notes", &row)))
}

fn place(row: &Row<'_>) -> Result<NotePlace, StoreError> {
    Ok(NotePlace { transaction: row.get("written_in")?, position: row.get("position")? })
}

fn written_row(row: &Row<'_>) -> Result<WrittenNote, StoreError> {
    let note = note_row(row)?;
    Ok(WrittenNote {
        place: place(row)?,
        request: RequestName { id: note.request, code: row.parse("request_code")? },
        organization: row.id_some("of_id")?,
        note,
    })
}

fn note_row(row: &Row<'_>) -> Result<NoteRecord, StoreError> {
    let row: entity::note::Model = row.model()?;
    let read = Reading::of("note", row.id);
    Ok(NoteRecord {
        id: row.id.into(),
        request: row.request_id.into(),
        visibility: read.parse(&row.visibility)?,
        author: actor(&read, &row.author_kind, row.author_id, row.author_name)?,
        body: row.body,
        at: read.instant(row.at)?,
    })
}
