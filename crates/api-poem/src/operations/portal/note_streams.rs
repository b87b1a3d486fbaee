//! Notes in real time, as customers see them: client notes only (SR-10).

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    types::Example,
};
use service_delivery::reads::{NotePlace, NotesFollowed, WrittenNote};
use sr_workflow::NoteVisibility;

use super::{
    super::{
        Context, Tag,
        note_streams::{Notes, Placed, ServiceRequestRef},
    },
    notes::PortalNoteView,
};
use crate::{
    http::{ApiError, By, StillMay},
    wire::Key,
};

/// That a note was written on one of our requests.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PortalNoteWritten {
    /// The request that it is on.
    service_request: ServiceRequestRef,
    /// The note.
    note: PortalNoteView,
    /// Where it stands in the stream: the event's id, not its data.
    #[oai(skip)]
    place: NotePlace,
}

impl From<WrittenNote> for PortalNoteWritten {
    fn from(WrittenNote { place, note, request, organization: _ }: WrittenNote) -> Self {
        Self { service_request: request.into(), note: note.into(), place }
    }
}

impl Placed for PortalNoteWritten {
    fn place(&self) -> NotePlace {
        self.place
    }
}

impl Example for PortalNoteWritten {
    fn example() -> Self {
        let (service_request, note) = (ServiceRequestRef::example(), PortalNoteView::example());
        Self { service_request, note, place: NotePlace::default() }
    }
}

pub(crate) struct PortalNoteStreams(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal", tag = "Tag::Portal")]
impl PortalNoteStreams {
    /// Follow the notes on all our service requests
    ///
    /// Server-sent events, one for each note when it is written. Whoever sends the id of the last event they got as
    /// `Last-Event-ID` gets every note since, each once. A comment now and then shows that the connection is alive. One
    /// stream more than a caller may have on a server (10, unless it is set otherwise) ends the oldest of theirs, which can be
    /// resumed in the same way.
    #[oai(path = "/notes/stream", method = "get", operation_id = "portal_stream_notes")]
    async fn all(
        &self,
        By(by): By,
        /// The id of the last event that was received.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        still_may: StillMay,
    ) -> Result<Notes<PortalNoteWritten>, ApiError> {
        let ours = super::ours(&by)?;
        let visibility = Some(NoteVisibility::Client);
        let followed = NotesFollowed { request: None, organization: Some(ours), visibility };
        self.0.follow(followed, last_event_id, still_may).await
    }

    /// Follow the notes on one of our service requests
    ///
    /// As server-sent events.
    #[oai(
        path = "/service-requests/:service_request/notes/stream",
        method = "get",
        operation_id = "portal_stream_service_request_notes"
    )]
    async fn of_request(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        /// The id of the last event that was received.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        still_may: StillMay,
    ) -> Result<Notes<PortalNoteWritten>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.request(&by, id).await?;
        let (organization, visibility) = (Some(super::ours(&by)?), Some(NoteVisibility::Client));
        let followed = NotesFollowed { request: Some(id), organization, visibility };
        self.0.follow(followed, last_event_id, still_may).await
    }
}
