//! Service requests, as their customers see them (SR-10).

mod body;
mod view;

use std::sync::Arc;

use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::{
    RequestChange,
    access::Caller,
    reads::{Coded, CustomerRequestSort, RequestFilter, RequestSort, Sorted},
};
use sr_workflow::{Priority, RequestStatus};
use uuid::Uuid;

use self::{
    body::PortalNewServiceRequest,
    view::{PortalServiceRequestSummary, PortalServiceRequestView},
};
use super::super::{
    Context, Tag,
    reason::{OptionalReason, Reason, given},
};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Day, Instant, Key, Limit, Page, Sort, Word, list_query},
};

type Shown = Result<Json<PortalServiceRequestView>, ApiError>;

pub(crate) struct PortalServiceRequests(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/service-requests", tag = "Tag::Portal")]
impl PortalServiceRequests {
    /// List our service requests
    ///
    /// Those of our organization.
    #[oai(path = "/", method = "get", operation_id = "portal_list_service_requests")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those with all of these words, or words that begin so, in their code or title.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
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
        /// Only those made at this instant or later.
        created_from: Query<Option<Instant>>,
        /// Only those made before this instant.
        created_until: Query<Option<Instant>>,
        /// Only those wanted on this day or later; with `sort=due_date` or `-due_date`.
        due_from: Query<Option<Day>>,
        /// Only those wanted on this day or earlier; with `sort=due_date` or `-due_date`.
        due_to: Query<Option<Day>>,
        sort: Query<Option<Sort<CustomerRequestSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalServiceRequestSummary>>, ApiError> {
        let entitlement = entitlement.0.as_ref();
        let filter = RequestFilter {
            q: q.0,
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement).await?,
            service: service_id.0.map(Into::into),
            environment: environment_id.0.map(Into::into),
            priority: priority.0.into_iter().flatten().map(|Word(priority)| priority).collect(),
            status: status.0.into_iter().flatten().map(|Word(status)| status).collect(),
            created_from: created_from.0.map(|Instant(at)| at),
            created_until: created_until.0.map(|Instant(at)| at),
            due_from: due_from.0.map(|Day(day)| day),
            due_to: due_to.0.map(|Day(day)| day),
            ..RequestFilter::default()
        };
        let ours = |Sort(Sorted { by, descending })| Sort(Sorted { by: RequestSort::from(by), descending });
        let sort = sort.0.map(ours);
        filter.fits(sort.map(|Sort(sorted)| sorted))?;
        let query = list_query(filter, Query(sort), limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.service_requests(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our service requests
    ///
    /// With its estimate, and what it took once that is billed.
    #[oai(path = "/:service_request", method = "get", operation_id = "portal_get_service_request")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.show(&by, id).await
    }

    /// Ask for work
    ///
    /// Makes a draft. With a catalog item its credits are held at once, and it can be submitted; without one, staff estimate
    /// it.
    #[oai(path = "/", method = "post", operation_id = "portal_create_service_request")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<PortalNewServiceRequest>,
    ) -> Result<Created<PortalServiceRequestView>, ApiError> {
        let item = body.catalog_item.as_ref();
        let item = self.0.id_in(&by, Coded::CatalogItem, "catalog_item", item).await?;
        let id = self.0.service.create_request(&by, &body.read(item)?).await?;
        let view = self.0.request(&by, id).await?.into();
        Ok(Created::at(format!("/v1/portal/service-requests/{id}"), view))
    }

    /// Submit one of our service requests
    ///
    /// Approved at once where it is pre-approved, else it waits for our approval.
    #[oai(path = "/:service_request/submit", method = "post", operation_id = "portal_submit_service_request")]
    async fn submit(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Submit).await
    }

    /// Approve the estimate of one of our service requests
    ///
    /// Work may begin. What was estimated stays held for it.
    #[oai(
        path = "/:service_request/approve",
        method = "post",
        operation_id = "portal_approve_service_request"
    )]
    async fn approve(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Approve { on_behalf: None }).await
    }

    /// Reject one of our service requests
    ///
    /// A draft or one that waits for our approval; its credits are given back.
    #[oai(path = "/:service_request/reject", method = "post", operation_id = "portal_reject_service_request")]
    async fn reject(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.reject_request(&by, id, given(body).as_deref()).await?;
        self.show(&by, id).await
    }

    /// Accept the work on one of our service requests
    ///
    /// The work is as it was asked for, and can be billed.
    #[oai(path = "/:service_request/accept", method = "post", operation_id = "portal_accept_service_request")]
    async fn accept(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.accept_request(&by, id).await?;
        self.show(&by, id).await
    }

    /// Send completed work back
    ///
    /// Until it is accepted.
    #[oai(path = "/:service_request/reopen", method = "post", operation_id = "portal_reopen_service_request")]
    async fn reopen(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.reopen_request(&by, id, &body.reason).await?;
        self.show(&by, id).await
    }

    /// Cancel one of our service requests
    ///
    /// Until it is approved; its credits are given back.
    #[oai(path = "/:service_request/cancel", method = "post", operation_id = "portal_cancel_service_request")]
    async fn cancel(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.cancel_request(&by, id, given(body).as_deref()).await?;
        self.show(&by, id).await
    }
}

impl PortalServiceRequests {
    async fn show(&self, by: &Caller, id: kernel::ServiceRequestId) -> Shown {
        Ok(Json(self.0.request(by, id).await?.into()))
    }

    async fn change(&self, by: &Caller, key: &Key, change: RequestChange) -> Shown {
        let id = self.0.request_id(by, key).await?;
        self.0.service.move_request(by, id, &change).await?;
        self.show(by, id).await
    }
}

#[cfg(test)]
mod tests;
