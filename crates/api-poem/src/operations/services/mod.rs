//! Services (SV-1 … SV-3).

mod view;

use std::sync::Arc;

use kernel::{Invalid, OrganizationId, ServiceId, ServiceMode, ServiceType};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    ServiceChange,
    access::Caller,
    reads::{Coded, ServiceFilter, ServiceSort},
};
use sr_workflow::{JiraProjectKey, ServiceContent, ServiceStatus};
use uuid::Uuid;

use self::view::{ServiceSummary, ServiceView};
use super::{
    Context, Tag,
    context::found,
    reason::{OptionalReason, Reason, given},
};
use crate::{
    http::{ApiError, Body, By},
    wire::{Day, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};

/// What it is called where there is none.
pub(crate) const SERVICE: &str = "service";

/// What is said about a service. What is absent is empty afterwards.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct ServiceContentBody {
    /// What it is called: up to 200 characters.
    #[oai(validator(max_length = 200))]
    title: String,
    /// What kind of work it is.
    service_type: Word<ServiceType>,
    /// The Jira project in which its work is tracked: `ACME`.
    jira_project_key: Option<String>,
    /// The day on which it begins; a project needs one to start.
    start: Option<Day>,
    /// The day on which a project is meant to end; it needs one to start. An ongoing service has none.
    estimated_end: Option<Day>,
    /// What a project hands over, up to 100 of up to 500 characters each; needed to deliver it.
    deliverables: Option<Vec<String>>,
}

impl Example for ServiceContentBody {
    fn example() -> Self {
        Self {
            title: "Moodle support".to_owned(),
            service_type: Word(ServiceType::Support),
            jira_project_key: Some("ACME".to_owned()),
            start: Some(super::example::day()),
            estimated_end: None,
            deliverables: None,
        }
    }
}

impl ServiceContentBody {
    fn read(self) -> Result<ServiceContent, Invalid> {
        let key = self.jira_project_key.map(|key| key.parse::<JiraProjectKey>()).transpose();
        Ok(ServiceContent {
            title: self.title,
            service_type: self.service_type.0,
            jira_project_key: key.map_err(|error| Invalid::field("jira_project_key", error.to_string()))?,
            start: self.start.map(|Day(day)| day),
            estimated_end: self.estimated_end.map(|Day(day)| day),
            deliverables: self.deliverables.unwrap_or_default(),
        })
    }
}

pub(crate) struct Services(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/services", tag = "Tag::Services")]
impl Services {
    /// List services
    ///
    /// The containers of work under service entitlements.
    #[oai(path = "/", method = "get", operation_id = "list_services")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this type.
        service_type: Query<Option<Word<ServiceType>>>,
        /// Only those of this mode.
        mode: Query<Option<Word<ServiceMode>>>,
        /// Only those seen in one of these states.
        status: Query<Option<Vec<Word<ServiceStatus>>>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those under this entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        /// Only those whose work is tracked in this Jira project.
        jira_project_key: Query<Option<String>>,
        /// Only those with all of these words, or words that begin so, in their title.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<ServiceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<ServiceSummary>>, ApiError> {
        let entitlement = entitlement.0.as_ref();
        let key = jira_project_key.0.map(|key| key.parse::<JiraProjectKey>()).transpose();
        let filter = ServiceFilter {
            service_type: service_type.0.map(|Word(word)| word),
            mode: mode.0.map(|Word(word)| word),
            status: status.0.into_iter().flatten().map(|Word(word)| word).collect(),
            organization: organization_id.0.map(OrganizationId::new),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement).await?,
            jira_project_key: key.map_err(|error| Invalid::field("jira_project_key", error.to_string()))?,
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.services(self.0.viewer(&by), &query).await?)))
    }

    /// Show a service
    ///
    /// With the `ETag` that a change of it needs.
    #[oai(path = "/:service", method = "get", operation_id = "get_service")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.show(&by, service.id(SERVICE)?).await
    }

    /// Change a service
    ///
    /// Replaces everything that is said about it, until it is over.
    #[oai(path = "/:service", method = "put", operation_id = "update_service")]
    async fn update(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<ServiceContentBody>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        let (expected, id) = (expected_version(if_match)?, service.id(SERVICE)?);
        self.0.service.update_service(&by, id, &body.read()?, expected).await?;
        self.show(&by, id).await
    }

    /// Approve a service on the customer's behalf
    ///
    /// The reason says why staff speak for the customer.
    #[oai(path = "/:service/approve", method = "post", operation_id = "approve_service")]
    async fn approve(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Approve { on_behalf: Some(body.reason) }).await
    }

    /// Begin an ongoing service
    ///
    /// It must be approved. It has no end, and renews with its entitlement.
    #[oai(path = "/:service/activate", method = "post", operation_id = "activate_service")]
    async fn activate(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Activate).await
    }

    /// Begin a project
    ///
    /// Its start and estimated end are needed.
    #[oai(path = "/:service/start", method = "post", operation_id = "start_service")]
    async fn start(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Start).await
    }

    /// Pause a service
    ///
    /// It must be at work. It goes on when it is resumed.
    #[oai(path = "/:service/hold", method = "post", operation_id = "hold_service")]
    async fn hold(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Hold).await
    }

    /// Go on with a service after a pause
    ///
    /// It is at work again.
    #[oai(path = "/:service/resume", method = "post", operation_id = "resume_service")]
    async fn resume(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Resume).await
    }

    /// Hand a project over
    ///
    /// Its deliverables are needed.
    #[oai(path = "/:service/deliver", method = "post", operation_id = "deliver_service")]
    async fn deliver(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Deliver).await
    }

    /// Go on with a project whose delivery was not accepted
    ///
    /// It must be delivered; it is in progress again.
    #[oai(path = "/:service/rework", method = "post", operation_id = "rework_service")]
    async fn rework(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Rework).await
    }

    /// Close a service
    ///
    /// Accepts a project's delivery on the customer's behalf, for which a reason is needed; or ends an ongoing service.
    #[oai(path = "/:service/close", method = "post", operation_id = "close_service")]
    async fn close(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Close { on_behalf: given(body) }).await
    }

    /// Give a service up
    ///
    /// For good, at any point before it is closed.
    #[oai(path = "/:service/cancel", method = "post", operation_id = "cancel_service")]
    async fn cancel(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        self.change(&by, &service, ServiceChange::Cancel).await
    }
}

impl Services {
    async fn show(&self, by: &Caller, id: ServiceId) -> Result<Tagged<ServiceView>, ApiError> {
        let detail = found(self.0.reads.service(self.0.viewer(by), id).await?, SERVICE, id)?;
        Ok(Tagged::at(detail.service.version, detail.into()))
    }

    async fn change(
        &self,
        by: &Caller,
        service: &Key,
        change: ServiceChange,
    ) -> Result<Tagged<ServiceView>, ApiError> {
        let id = service.id(SERVICE)?;
        self.0.service.change_service(by, id, &change).await?;
        self.show(by, id).await
    }
}

#[cfg(test)]
mod tests;
