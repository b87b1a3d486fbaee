//! Service requests, for staff (SR-1 … SR-11).

mod body;
mod commands;
mod credits;
mod history;
mod notes;
mod summary;
mod view;

use std::sync::Arc;

use kernel::{Invalid, OrganizationId, ServiceRequestId};
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{Coded, NoteFilter, NoteSort, RequestDetail, RequestFilter, RequestSort},
};
use sr_workflow::{JiraIssueKey, NoteVisibility, Priority, RequestEdit, RequestStatus};
use uuid::Uuid;

pub(crate) use self::{
    body::ground,
    commands::ServiceRequestCommands,
    credits::RequestCreditsOperations,
    notes::NoteView,
    summary::{PlaceRef, place},
    view::RequestRef,
};
use self::{
    body::{NewServiceRequest, ServiceRequestChanges},
    notes::NewNote,
    summary::ServiceRequestSummary,
    view::ServiceRequestView,
};
use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Day, Instant, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};

/// What it is called where there is none.
pub(crate) const REQUEST: &str = "service request";

impl Context {
    /// The id of the request that `key` names.
    pub(crate) async fn request_id(&self, by: &Caller, key: &Key) -> Result<ServiceRequestId, ApiError> {
        self.id(by, Coded::ServiceRequest, key).await
    }

    /// All of the request that `by` may see; what of it is shown is for the view to choose.
    pub(crate) async fn request(&self, by: &Caller, id: ServiceRequestId) -> Result<RequestDetail, ApiError> {
        found(self.reads.service_request(self.viewer(by), id).await?, REQUEST, id)
    }

    /// A note on `request` that `by` may see.
    pub(crate) async fn note(
        &self,
        by: &Caller,
        request: ServiceRequestId,
        id: kernel::NoteId,
    ) -> Result<sr_workflow::NoteRecord, ApiError> {
        found(self.reads.note(self.viewer(by), request, id).await?, "note", id)
    }

    async fn show(&self, by: &Caller, id: ServiceRequestId) -> Result<Tagged<ServiceRequestView>, ApiError> {
        let detail = self.request(by, id).await?;
        Ok(Tagged::at(detail.request.version, detail.into()))
    }
}

pub(crate) struct ServiceRequests(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/service-requests", tag = "Tag::ServiceRequests")]
impl ServiceRequests {
    /// List service requests
    ///
    /// Without estimate and settlement in full, which stand on each request.
    #[oai(path = "/", method = "get", operation_id = "list_service_requests")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those with all of these words, or words that begin so, in their code or title.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those under this entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        /// Only those on this service.
        service_id: Query<Option<Uuid>>,
        /// Only those on this environment.
        environment_id: Query<Option<Uuid>>,
        /// Only those with one of these priorities.
        priority: Query<Option<Vec<Word<Priority>>>>,
        /// Only those in one of these states.
        status: Query<Option<Vec<Word<RequestStatus>>>>,
        /// Only those done by exactly this person.
        assignee: Query<Option<String>>,
        /// Only those that somebody does, or only those that nobody does yet.
        assigned: Query<Option<bool>>,
        /// Only those with this issue in Jira.
        jira_issue_key: Query<Option<String>>,
        /// Only those made at this instant or later.
        created_from: Query<Option<Instant>>,
        /// Only those made before this instant.
        created_until: Query<Option<Instant>>,
        /// Only those wanted on this day or later; with `sort=due_date` or `-due_date`.
        due_from: Query<Option<Day>>,
        /// Only those wanted on this day or earlier; with `sort=due_date` or `-due_date`.
        due_to: Query<Option<Day>>,
        sort: Query<Option<Sort<RequestSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<ServiceRequestSummary>>, ApiError> {
        let entitlement = entitlement.0.as_ref();
        let key = jira_issue_key.0.map(|key| key.parse::<JiraIssueKey>()).transpose();
        let filter = RequestFilter {
            q: q.0,
            organization: organization_id.0.map(OrganizationId::new),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement).await?,
            service: service_id.0.map(Into::into),
            environment: environment_id.0.map(Into::into),
            priority: priority.0.into_iter().flatten().map(|Word(priority)| priority).collect(),
            status: status.0.into_iter().flatten().map(|Word(status)| status).collect(),
            assignee: assignee.0,
            assigned: assigned.0,
            jira_issue_key: key.map_err(|error| Invalid::field("jira_issue_key", error.to_string()))?,
            created_from: created_from.0.map(|Instant(at)| at),
            created_until: created_until.0.map(|Instant(at)| at),
            due_from: due_from.0.map(|Day(day)| day),
            due_to: due_to.0.map(|Day(day)| day),
        };
        filter.fits(sort.0.map(|Sort(sorted)| sorted))?;
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.service_requests(self.0.viewer(&by), &query).await?)))
    }

    /// Show a service request
    ///
    /// With everything that was recorded about it: estimate, approval, hold, settlement, acceptance, billing.
    #[oai(path = "/:service_request", method = "get", operation_id = "get_service_request")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Result<Tagged<ServiceRequestView>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.show(&by, id).await
    }

    /// Make a service request
    ///
    /// A draft. Where there is an estimate, by a catalog item or as a figure, its credits are held at once.
    #[oai(path = "/", method = "post", operation_id = "create_service_request")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<NewServiceRequest>,
    ) -> Result<Created<ServiceRequestView>, ApiError> {
        let (item, analysis) = (body.catalog_item.as_ref(), body.analysis.as_ref());
        let item = self.0.id_in(&by, Coded::CatalogItem, "catalog_item", item).await?;
        let analysis = self.0.id_in(&by, Coded::ServiceRequest, "analysis", analysis).await?;
        let id = self.0.service.create_request(&by, &body.read(item, analysis)?).await?;
        let detail = self.0.request(&by, id).await?;
        Ok(Created::tagged(format!("/v1/service-requests/{id}"), detail.request.version, detail.into()))
    }

    /// Change what is said about a service request
    ///
    /// What is absent stays as it is; `null` clears the due date, the assignee, the Jira issue.
    #[oai(path = "/:service_request", method = "patch", operation_id = "update_service_request")]
    async fn update(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<ServiceRequestChanges>,
    ) -> Result<Tagged<ServiceRequestView>, ApiError> {
        self.edit(&by, &service_request, body.read()?, expected_version(if_match)?).await
    }

    /// List the notes on a service request
    ///
    /// Those that the customer sees as well as the internal ones.
    #[oai(path = "/:service_request/notes", method = "get", operation_id = "list_notes")]
    async fn notes(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        /// Only those seen by these.
        visibility: Query<Option<Word<NoteVisibility>>>,
        sort: Query<Option<Sort<NoteSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<NoteView>>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let visibility = visibility.0.map(|Word(visibility)| visibility);
        let query = list_query(NoteFilter { visibility }, sort, limit, cursor)?;
        let page = self.0.reads.notes(self.0.viewer(&by), id, &query).await?;
        Ok(Json(Page::of(found(page, REQUEST, id)?)))
    }

    /// Write a note on a service request
    ///
    /// The customer sees client notes, and never internal ones.
    #[oai(path = "/:service_request/notes", method = "post", operation_id = "add_note")]
    async fn add_note(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        Body(body): Body<NewNote>,
    ) -> Result<Created<NoteView>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let note = self.0.service.add_note(&by, id, body.visibility.0, &body.body).await?;
        let note = self.0.note(&by, id, note).await?;
        Ok(Created::at(format!("/v1/service-requests/{id}/notes/{}", note.id), note.into()))
    }

    /// Show a note on a service request
    ///
    /// It never changes.
    #[oai(path = "/:service_request/notes/:note", method = "get", operation_id = "get_note")]
    async fn get_note(
        &self,
        By(by): By,
        /// The request's id or code.
        service_request: Path<Key>,
        /// The note's id.
        note: Path<Key>,
    ) -> Result<Json<NoteView>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        Ok(Json(self.0.note(&by, id, note.id("note")?).await?.into()))
    }
}

impl ServiceRequests {
    async fn edit(
        &self,
        by: &Caller,
        key: &Key,
        edit: RequestEdit,
        expected: Option<i64>,
    ) -> Result<Tagged<ServiceRequestView>, ApiError> {
        let id = self.0.request_id(by, key).await?;
        self.0.service.update_request(by, id, &edit, expected).await?;
        self.0.show(by, id).await
    }
}

#[cfg(test)]
mod tests;
