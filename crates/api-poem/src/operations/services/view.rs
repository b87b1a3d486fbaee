//! What staff see of a service.

use kernel::{ServiceMode, ServiceType};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{ServiceDetail, ServiceRow, WorkFigures};
use sr_workflow::{Consent, ServiceContent, ServiceStatus};
use uuid::Uuid;

use super::super::{
    by::ActorView,
    example,
    named::{EntitlementRef, OrganizationRef},
};
use crate::wire::{Credits, Day, Instant, Word};

/// A service, in short.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ServiceSummary {
    /// Its id.
    id: Uuid,
    /// What it is called.
    title: String,
    /// What kind of work it is.
    service_type: Word<ServiceType>,
    /// Whether it goes on or ends.
    mode: Word<ServiceMode>,
    /// The status that counts: its own, limited by its entitlement's.
    status: Word<ServiceStatus>,
    /// Its own status.
    own_status: Word<ServiceStatus>,
    /// The Jira project in which its work is tracked.
    jira_project_key: Option<String>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was made.
    created_at: Instant,
}

impl From<ServiceRow> for ServiceSummary {
    fn from(row: ServiceRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            title: row.title,
            service_type: row.service_type.into(),
            mode: row.mode.into(),
            status: row.status.into(),
            own_status: row.own_status.into(),
            jira_project_key: row.jira_project_key.map(|key| key.to_string()),
            entitlement: (&row.above).into(),
            organization: row.above.organization.map(OrganizationRef::from),
            created_at: row.created_at.into(),
        }
    }
}

impl Example for ServiceSummary {
    fn example() -> Self {
        Self {
            id: example::id(20),
            title: "Moodle support".to_owned(),
            service_type: Word(ServiceType::Support),
            mode: Word(ServiceMode::Ongoing),
            status: Word(ServiceStatus::Active),
            own_status: Word(ServiceStatus::Active),
            jira_project_key: Some("ACME".to_owned()),
            entitlement: example::entitlement(),
            organization: Some(example::organization()),
            created_at: example::instant(),
        }
    }
}

/// A service.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ServiceView {
    /// Its id.
    id: Uuid,
    /// What it is called.
    title: String,
    /// What kind of work it is.
    service_type: Word<ServiceType>,
    /// Whether it goes on or ends.
    mode: Word<ServiceMode>,
    /// The status that counts: its own, limited by its entitlement's.
    status: Word<ServiceStatus>,
    /// Its own status.
    own_status: Word<ServiceStatus>,
    /// The Jira project in which its work is tracked.
    jira_project_key: Option<String>,
    /// The day on which it begins.
    start: Option<Day>,
    /// The day on which a project is meant to end.
    estimated_end: Option<Day>,
    /// The day on which work ended.
    actual_end: Option<Day>,
    /// What a project hands over.
    deliverables: Vec<String>,
    /// That the customer agreed to the proposal.
    approval: Option<ConsentView>,
    /// That the customer accepted the delivery.
    acceptance: Option<ConsentView>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// What its service requests add up to.
    work: WorkTotals,
    /// When it was made.
    created_at: Instant,
    /// When it was last changed.
    changed_at: Instant,
}

/// The customer's yes.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ConsentView {
    /// Who gave it.
    by: ActorView,
    /// When.
    at: Instant,
    /// Why staff gave it on the customer's behalf; absent where the customer gave it.
    on_behalf: Option<String>,
}

impl From<Consent> for ConsentView {
    fn from(Consent { by, at, on_behalf }: Consent) -> Self {
        Self { by: by.into(), at: at.into(), on_behalf }
    }
}

/// What service requests add up to.
#[derive(Debug, Object)]
pub(crate) struct WorkTotals {
    /// How many there are.
    requests: u64,
    /// What they were estimated at.
    estimated: Credits,
    /// What is held for them.
    held: Credits,
    /// What was used for them, excess included.
    consumed: Credits,
}

impl From<WorkFigures> for WorkTotals {
    fn from(work: WorkFigures) -> Self {
        Self {
            requests: work.requests,
            estimated: work.estimated.into(),
            held: work.held.into(),
            consumed: work.consumed.into(),
        }
    }
}

impl From<ServiceDetail> for ServiceView {
    fn from(ServiceDetail { service, status, above, work }: ServiceDetail) -> Self {
        let ServiceContent { title, service_type, jira_project_key, start, estimated_end, deliverables } =
            service.content;
        Self {
            id: service.id.as_uuid(),
            title,
            service_type: service_type.into(),
            mode: service.mode.into(),
            status: status.into(),
            own_status: service.status.into(),
            jira_project_key: jira_project_key.map(|key| key.to_string()),
            start: start.map(Day),
            estimated_end: estimated_end.map(Day),
            actual_end: service.actual_end.map(Day),
            deliverables,
            approval: service.approval.map(ConsentView::from),
            acceptance: service.acceptance.map(ConsentView::from),
            entitlement: (&above).into(),
            organization: above.organization.map(OrganizationRef::from),
            work: work.into(),
            created_at: service.created_at.into(),
            changed_at: service.changed_at.into(),
        }
    }
}

impl Example for ServiceView {
    fn example() -> Self {
        let short = ServiceSummary::example();
        let credits = |units| Credits(ust_credits::Credits::from_units(units));
        Self {
            id: short.id,
            title: short.title,
            service_type: short.service_type,
            mode: short.mode,
            status: short.status,
            own_status: short.own_status,
            jira_project_key: short.jira_project_key,
            start: Some(example::day()),
            estimated_end: None,
            actual_end: None,
            deliverables: vec![],
            approval: None,
            acceptance: None,
            entitlement: short.entitlement,
            organization: short.organization,
            work: WorkTotals {
                requests: 3,
                estimated: credits(180),
                held: credits(60),
                consumed: credits(120),
            },
            created_at: short.created_at,
            changed_at: example::instant(),
        }
    }
}
