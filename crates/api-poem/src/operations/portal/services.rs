//! Services, as their customers see them: they approve proposals and accept what is delivered (SV-2, SV-3).

use std::sync::Arc;

use kernel::{ServiceId, ServiceMode, ServiceType};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    ServiceChange,
    access::Caller,
    reads::{Coded, ServiceDetail, ServiceFilter, ServiceRow, ServiceSort},
};
use sr_workflow::{Consent, ServiceStatus};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example, named::EntitlementRef, services::SERVICE};
use crate::{
    http::{ApiError, By},
    wire::{Day, Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// One of our services, in a list.
#[derive(Debug, Object)]
pub(crate) struct PortalServiceSummary {
    /// Its id.
    id: Uuid,
    /// What it is called.
    title: String,
    /// What kind of work it is.
    service_type: Word<ServiceType>,
    /// Whether it goes on or ends.
    mode: Word<ServiceMode>,
    /// Where it stands.
    status: Word<ServiceStatus>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// When it was made.
    created_at: Instant,
}

impl From<ServiceRow> for PortalServiceSummary {
    fn from(row: ServiceRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            title: row.title,
            service_type: row.service_type.into(),
            mode: row.mode.into(),
            status: row.status.into(),
            entitlement: (&row.above).into(),
            created_at: row.created_at.into(),
        }
    }
}

/// One of our services.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalServiceView {
    /// Its id.
    id: Uuid,
    /// What it is called.
    title: String,
    /// What kind of work it is.
    service_type: Word<ServiceType>,
    /// Whether it goes on or ends.
    mode: Word<ServiceMode>,
    /// Where it stands.
    status: Word<ServiceStatus>,
    /// The day on which it begins.
    start: Option<Day>,
    /// The day on which a project is meant to end.
    estimated_end: Option<Day>,
    /// The day on which work ended.
    ended_on: Option<Day>,
    /// What a project hands over.
    deliverables: Vec<String>,
    /// That the proposal was approved.
    approval: Option<PortalConsentView>,
    /// That the delivery was accepted.
    acceptance: Option<PortalConsentView>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// When it was made.
    created_at: Instant,
}

/// Our yes.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalConsentView {
    /// Who gave it.
    by: String,
    /// When.
    at: Instant,
    /// Why staff gave it on our behalf; absent where we gave it ourselves.
    on_behalf: Option<String>,
}

impl From<Consent> for PortalConsentView {
    fn from(Consent { by, at, on_behalf }: Consent) -> Self {
        Self { by: by.name, at: at.into(), on_behalf }
    }
}

impl From<ServiceDetail> for PortalServiceView {
    fn from(ServiceDetail { service, status, above, work: _ }: ServiceDetail) -> Self {
        let content = service.content;
        Self {
            id: service.id.as_uuid(),
            title: content.title,
            service_type: content.service_type.into(),
            mode: service.mode.into(),
            status: status.into(),
            start: content.start.map(Day),
            estimated_end: content.estimated_end.map(Day),
            ended_on: service.actual_end.map(Day),
            deliverables: content.deliverables,
            approval: service.approval.map(PortalConsentView::from),
            acceptance: service.acceptance.map(PortalConsentView::from),
            entitlement: (&above).into(),
            created_at: service.created_at.into(),
        }
    }
}

impl Example for PortalServiceView {
    fn example() -> Self {
        let at = example::instant();
        Self {
            id: example::id(20),
            title: "Moodle support".to_owned(),
            service_type: Word(ServiceType::Support),
            mode: Word(ServiceMode::Ongoing),
            status: Word(ServiceStatus::Active),
            start: Some(example::day()),
            estimated_end: None,
            ended_on: None,
            deliverables: vec![],
            approval: Some(PortalConsentView { by: "Ana Souza".to_owned(), at, on_behalf: None }),
            acceptance: None,
            entitlement: example::entitlement(),
            created_at: at,
        }
    }
}

type Shown = Result<Json<PortalServiceView>, ApiError>;

pub(crate) struct PortalServices(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/services", tag = "Tag::Portal")]
impl PortalServices {
    /// List our services
    ///
    /// The containers of work under our entitlements.
    #[oai(path = "/", method = "get", operation_id = "portal_list_services")]
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
        /// Only those under this entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        /// Only those with all of these words, or words that begin so, in their title.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<ServiceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalServiceSummary>>, ApiError> {
        let filter = ServiceFilter {
            service_type: service_type.0.map(|Word(word)| word),
            mode: mode.0.map(|Word(word)| word),
            status: Word::list(status.0),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            q: q.0,
            ..ServiceFilter::default()
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.services(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our services
    ///
    /// With what was proposed, and where it stands.
    #[oai(path = "/:service", method = "get", operation_id = "portal_get_service")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Shown {
        self.show(&by, service.id(SERVICE)?).await
    }

    /// Approve the proposal of one of our services
    ///
    /// It may begin from now on.
    #[oai(path = "/:service/approve", method = "post", operation_id = "portal_approve_service")]
    async fn approve(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Shown {
        self.change(&by, &service, ServiceChange::Approve { on_behalf: None }).await
    }

    /// Accept what one of our projects delivered
    ///
    /// The project is closed then.
    #[oai(path = "/:service/accept-delivery", method = "post", operation_id = "portal_accept_delivery")]
    async fn accept_delivery(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Shown {
        self.change(&by, &service, ServiceChange::Close { on_behalf: None }).await
    }

    /// Send back what one of our projects delivered
    ///
    /// Work on it goes on.
    #[oai(path = "/:service/reject-delivery", method = "post", operation_id = "portal_reject_delivery")]
    async fn reject_delivery(
        &self,
        By(by): By,
        /// Its id.
        service: Path<Key>,
    ) -> Shown {
        self.change(&by, &service, ServiceChange::Rework).await
    }
}

impl PortalServices {
    async fn show(&self, by: &Caller, id: ServiceId) -> Shown {
        Ok(Json(found(self.0.reads.service(self.0.viewer(by), id).await?, SERVICE, id)?.into()))
    }

    async fn change(&self, by: &Caller, service: &Key, change: ServiceChange) -> Shown {
        let id = service.id(SERVICE)?;
        self.0.service.change_service(by, id, &change).await?;
        self.show(by, id).await
    }
}
