//! Notes in real time, as staff see them.

use std::sync::Arc;

use futures_util::{StreamExt, stream::BoxStream};
use kernel::OrganizationId;
use poem::web::sse::Event;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::EventStream,
    types::{Example, ToJSON},
};
use service_delivery::reads::{NotePlace, NotesFollowed, RequestName, WrittenNote};
use sr_workflow::NoteVisibility;
use uuid::Uuid;

use super::{Context, Tag, example, service_requests::NoteView};
use crate::{
    http::{ApiError, By, StillMay},
    wire::{Key, Word},
};

/// A service request by its code.
#[derive(Clone, Debug, Object)]
pub(crate) struct ServiceRequestRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its code.
    pub(crate) code: String,
}

impl From<RequestName> for ServiceRequestRef {
    fn from(RequestName { id, code }: RequestName) -> Self {
        Self { id: id.as_uuid(), code: code.to_string() }
    }
}

impl Example for ServiceRequestRef {
    fn example() -> Self {
        Self { id: example::id(30), code: "SR-20260042".to_owned() }
    }
}

/// That a note was written.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct NoteWritten {
    /// The request that it is on.
    service_request: ServiceRequestRef,
    /// The id of the organization that the request belongs to.
    organization_id: Option<Uuid>,
    /// The note.
    note: NoteView,
    /// Where it stands in the stream: the event's id, not its data.
    #[oai(skip)]
    place: NotePlace,
}

impl From<WrittenNote> for NoteWritten {
    fn from(WrittenNote { place, note, request, organization }: WrittenNote) -> Self {
        Self {
            service_request: request.into(),
            organization_id: organization.map(OrganizationId::as_uuid),
            note: note.into(),
            place,
        }
    }
}

impl Placed for NoteWritten {
    fn place(&self) -> NotePlace {
        self.place
    }
}

impl Example for NoteWritten {
    fn example() -> Self {
        Self {
            service_request: ServiceRequestRef::example(),
            organization_id: Some(example::id(1)),
            note: NoteView::example(),
            place: NotePlace::default(),
        }
    }
}

/// What an event shows, and where it stands in its stream.
pub(crate) trait Placed {
    /// Where it stands.
    fn place(&self) -> NotePlace;
}

/// Events, each of them a note.
pub(crate) type Notes<T> = EventStream<BoxStream<'static, T>>;

impl Context {
    /// The notes of `followed` as events, after the one that `last_event_id` names or from now on.
    ///
    /// # Errors
    /// An id of no event, or the storage failed.
    pub(crate) async fn follow<T>(
        &self,
        followed: NotesFollowed,
        Header(last_event_id): Header<Option<String>>,
        still_may: StillMay,
    ) -> Result<Notes<T>, ApiError>
    where
        T: From<WrittenNote> + Placed + ToJSON + Send + 'static,
    {
        let after = last_event_id.map(|id| id.parse::<NotePlace>()).transpose();
        let after = after.map_err(|error| ApiError::field("Last-Event-ID", error.to_string()))?;
        let notes = self.note_streams.follow(followed, after, still_may).await?;
        let shown = notes.map(|note| T::from(Arc::unwrap_or_clone(note))).boxed();
        let event = |shown: T| {
            Event::message(shown.to_json_string()).id(shown.place().to_string()).event_type("note")
        };
        Ok(EventStream::new(shown).to_event(event).keep_alive(self.note_streams.heartbeat()))
    }
}

pub(crate) struct NoteStreamOperations(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::ServiceRequests")]
impl NoteStreamOperations {
    /// Follow the notes on all service requests
    ///
    /// Server-sent events, one for each note when it is written. Whoever sends the id of the last event they got as
    /// `Last-Event-ID` gets every note since, each once. A comment now and then shows that the connection is alive. One
    /// stream more than a caller may have on a server (10, unless it is set otherwise) ends the oldest of theirs, which can be
    /// resumed in the same way.
    #[oai(path = "/notes/stream", method = "get", operation_id = "stream_notes")]
    async fn all(
        &self,
        By(_by): By,
        /// Only those on requests of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those seen by these.
        visibility: Query<Option<Word<NoteVisibility>>>,
        /// The id of the last event that was received.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        still_may: StillMay,
    ) -> Result<Notes<NoteWritten>, ApiError> {
        let followed = NotesFollowed {
            organization: organization_id.0.map(OrganizationId::new),
            visibility: visibility.0.map(|Word(visibility)| visibility),
            request: None,
        };
        self.0.follow(followed, last_event_id, still_may).await
    }

    /// Follow the notes on a service request
    ///
    /// Client notes and internal ones, as server-sent events.
    #[oai(
        path = "/service-requests/:service_request/notes/stream",
        method = "get",
        operation_id = "stream_service_request_notes"
    )]
    async fn of_request(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        /// Only those seen by these.
        visibility: Query<Option<Word<NoteVisibility>>>,
        /// The id of the last event that was received.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<String>>,
        still_may: StillMay,
    ) -> Result<Notes<NoteWritten>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.request(&by, id).await?;
        let visibility = visibility.0.map(|Word(visibility)| visibility);
        let followed = NotesFollowed { request: Some(id), visibility, organization: None };
        self.0.follow(followed, last_event_id, still_may).await
    }
}

#[cfg(test)]
#[path = "note_streams_tests.rs"]
mod tests;
