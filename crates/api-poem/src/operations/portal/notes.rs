//! Notes on service requests, as their customers see them: client notes only (SR-10).

use std::sync::Arc;

use kernel::ActorKind;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{NoteFilter, NoteSort};
use sr_workflow::{NoteRecord, NoteVisibility};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example, service_requests::REQUEST};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Instant, Key, Limit, Page, Sort, list_query},
};

/// A note to be written: customer and staff see it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct PortalNewNote {
    /// What it says: up to 20,000 characters.
    #[oai(validator(max_length = 20_000))]
    pub(super) body: String,
}

impl Example for PortalNewNote {
    fn example() -> Self {
        Self { body: "Please not on Friday.".to_owned() }
    }
}

/// A note that customer and staff see. It never changes.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PortalNoteView {
    /// Its id.
    id: Uuid,
    /// Whether somebody of ours wrote it; staff, where not.
    ours: bool,
    /// Who wrote it.
    author: String,
    /// What it says.
    body: String,
    /// When it was written.
    at: Instant,
}

impl From<NoteRecord> for PortalNoteView {
    fn from(note: NoteRecord) -> Self {
        Self {
            id: note.id.as_uuid(),
            ours: note.author.kind == ActorKind::Customer,
            author: note.author.name,
            body: note.body,
            at: note.at.into(),
        }
    }
}

impl Example for PortalNoteView {
    fn example() -> Self {
        Self {
            id: example::id(32),
            ours: true,
            author: "Ana Souza".to_owned(),
            body: "Please not on Friday.".to_owned(),
            at: example::instant(),
        }
    }
}

pub(crate) struct PortalNotes(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/service-requests", tag = "Tag::Portal")]
impl PortalNotes {
    /// List the notes on one of our service requests
    ///
    /// What we and MIDDAG have written to each other.
    #[oai(path = "/:service_request/notes", method = "get", operation_id = "portal_list_notes")]
    async fn notes(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        sort: Query<Option<Sort<NoteSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalNoteView>>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let query = list_query(NoteFilter { visibility: Some(NoteVisibility::Client) }, sort, limit, cursor)?;
        let page = self.0.reads.notes(self.0.viewer(&by), id, &query).await?;
        Ok(Json(Page::of(found(page, REQUEST, id)?)))
    }

    /// Write a note on one of our service requests
    ///
    /// MIDDAG's staff see it at once.
    #[oai(path = "/:service_request/notes", method = "post", operation_id = "portal_add_note")]
    async fn add_note(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        Body(body): Body<PortalNewNote>,
    ) -> Result<Created<PortalNoteView>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let note = self.0.service.add_note(&by, id, NoteVisibility::Client, &body.body).await?;
        let note = self.0.note(&by, id, note).await?;
        Ok(Created::at(format!("/v1/portal/service-requests/{id}/notes/{}", note.id), note.into()))
    }

    /// Show a note on one of our service requests
    ///
    /// Written by us or by staff; it never changes.
    #[oai(path = "/:service_request/notes/:note", method = "get", operation_id = "portal_get_note")]
    async fn get(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        /// The note's id.
        note: Path<Key>,
    ) -> Result<Json<PortalNoteView>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        Ok(Json(self.0.note(&by, id, note.id("note")?).await?.into()))
    }
}
