//! Notes, as rows.

use sr_workflow::Note;

use crate::entity::note;

pub(super) fn row(note: &Note) -> note::Model {
    let record = note.record().clone();
    note::Model {
        id: record.id.into(),
        request_id: record.request.into(),
        visibility: record.visibility.to_string(),
        author_kind: record.author.kind.to_string(),
        author_id: record.author.id,
        author_name: record.author.name,
        body: record.body,
        at: record.at.unix_micros(),
    }
}
