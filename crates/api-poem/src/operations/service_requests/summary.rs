//! What a list of service requests shows to staff.

use poem_openapi::{Object, types::Example};
use service_delivery::reads::{RequestPlace, RequestRow};
use sr_workflow::{Priority, RequestKind, RequestOrigin, RequestStatus};
use uuid::Uuid;

use super::super::{
    example,
    named::{EntitlementRef, OrganizationRef},
};
use crate::wire::{Credits, Day, Instant, Word};

/// What a request is made on.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct PlaceRef {
    /// The environment's or the service's id.
    pub(crate) id: Uuid,
    /// The environment's name or the service's title.
    pub(crate) name: String,
}

/// The environment or the service that it is.
pub(crate) fn place(place: RequestPlace) -> (Option<PlaceRef>, Option<PlaceRef>) {
    let name = place.name;
    match place.origin {
        RequestOrigin::Standalone(id) => (Some(PlaceRef { id: id.as_uuid(), name }), None),
        RequestOrigin::ServiceLinked(id) => (None, Some(PlaceRef { id: id.as_uuid(), name })),
    }
}

/// A service request, in short.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ServiceRequestSummary {
    /// Its id.
    pub(super) id: Uuid,
    /// Its code.
    pub(super) code: String,
    /// What is asked for, in short.
    pub(super) title: String,
    /// On an environment or on a service.
    pub(super) kind: Word<RequestKind>,
    /// The environment that it is made on.
    pub(super) environment: Option<PlaceRef>,
    /// The service that it is made on.
    pub(super) service: Option<PlaceRef>,
    /// What it lies under.
    pub(super) entitlement: EntitlementRef,
    /// Whose it is.
    pub(super) organization: Option<OrganizationRef>,
    /// Where it stands.
    pub(super) status: Word<RequestStatus>,
    /// Whether it was accepted as done.
    pub(super) accepted: bool,
    /// The priority that counts.
    pub(super) priority: Word<Priority>,
    /// The priority that the customer suggested.
    pub(super) suggested_priority: Option<Word<Priority>>,
    /// The day by which it is wanted.
    pub(super) due_date: Option<Day>,
    /// Who does it.
    pub(super) assignee: Option<String>,
    /// The issue in Jira.
    pub(super) jira_issue_key: Option<String>,
    /// The estimate, complexity counted in.
    pub(super) estimated_credits: Option<Credits>,
    /// What it did cost, complexity counted in.
    pub(super) actual_credits: Option<Credits>,
    /// When it was made.
    pub(super) created_at: Instant,
    /// When anything about it was last changed.
    pub(super) changed_at: Instant,
}

impl From<RequestRow> for ServiceRequestSummary {
    fn from(row: RequestRow) -> Self {
        let kind = row.place.origin.kind();
        let (environment, service) = place(row.place);
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            title: row.title,
            kind: kind.into(),
            environment,
            service,
            entitlement: (&row.above).into(),
            organization: row.above.organization.map(OrganizationRef::from),
            status: row.status.into(),
            accepted: row.accepted,
            priority: row.priority.into(),
            suggested_priority: row.suggested_priority.map(Word),
            due_date: row.due_date.map(Day),
            assignee: row.assignee,
            jira_issue_key: row.jira_issue_key.map(|key| key.to_string()),
            estimated_credits: row.estimated_credits.map(Credits),
            actual_credits: row.actual_credits.map(Credits),
            created_at: row.created_at.into(),
            changed_at: row.changed_at.into(),
        }
    }
}

impl Example for ServiceRequestSummary {
    fn example() -> Self {
        Self {
            id: example::id(30),
            code: "SR-20260042".to_owned(),
            title: "Update the plugins".to_owned(),
            kind: Word(RequestKind::Standalone),
            environment: Some(PlaceRef { id: example::id(15), name: "ava.example.com".to_owned() }),
            service: None,
            entitlement: example::entitlement(),
            organization: Some(example::organization()),
            status: Word(RequestStatus::InProgress),
            accepted: false,
            priority: Word(Priority::High),
            suggested_priority: Some(Word(Priority::Urgent)),
            due_date: Some(example::day()),
            assignee: Some("Bo".to_owned()),
            jira_issue_key: Some("ACME-17".to_owned()),
            estimated_credits: Some(Credits(ust_credits::Credits::from_units(60))),
            actual_credits: None,
            created_at: example::instant(),
            changed_at: example::instant(),
        }
    }
}
