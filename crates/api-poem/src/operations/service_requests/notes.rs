//! Notes on service requests, as staff see them (SR-10).

use poem_openapi::{Object, types::Example};
use sr_workflow::{NoteRecord, NoteVisibility};
use uuid::Uuid;

use super::super::{by::ActorView, example};
use crate::wire::{Instant, Word};

/// A note to be written.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct NewNote {
    /// Who sees it: customer and staff, or staff only.
    pub(super) visibility: Word<NoteVisibility>,
    /// What it says: up to 20,000 characters.
    #[oai(validator(max_length = 20_000))]
    pub(super) body: String,
}

impl Example for NewNote {
    fn example() -> Self {
        Self { visibility: Word(NoteVisibility::Client), body: "We begin on Monday.".to_owned() }
    }
}

/// A note. It never changes.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct NoteView {
    /// Its id.
    id: Uuid,
    /// Who sees it.
    visibility: Word<NoteVisibility>,
    /// Who wrote it.
    author: ActorView,
    /// What it says.
    body: String,
    /// When it was written.
    at: Instant,
}

impl From<NoteRecord> for NoteView {
    fn from(note: NoteRecord) -> Self {
        Self {
            id: note.id.as_uuid(),
            visibility: note.visibility.into(),
            author: note.author.into(),
            body: note.body,
            at: note.at.into(),
        }
    }
}

impl Example for NoteView {
    fn example() -> Self {
        let NewNote { visibility, body } = NewNote::example();
        Self { id: example::id(32), visibility, author: example::staff(), body, at: example::instant() }
    }
}
