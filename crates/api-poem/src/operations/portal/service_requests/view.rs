//! What customers see of their service requests (SR-10): these types have no field for anything else.

use poem_openapi::{Object, types::Example};
use service_delivery::reads::{RequestDetail, RequestRow};
use sr_workflow::{CloseReason, Priority, RequestStatus};
use uuid::Uuid;

use super::super::super::{
    catalog_items::CatalogItemRef,
    example,
    named::EntitlementRef,
    service_requests::{PlaceRef, place},
};
use crate::wire::{Credits, Day, Instant, Word};

/// A service request, in short, as its customer sees it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalServiceRequestSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// What is asked for, in short.
    title: String,
    /// The environment that it is made on.
    environment: Option<PlaceRef>,
    /// The service that it is made on.
    service: Option<PlaceRef>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Where it stands.
    status: Word<RequestStatus>,
    /// Whether it was accepted as done.
    accepted: bool,
    /// How urgent it is.
    priority: Word<Priority>,
    /// The day by which it is wanted.
    due_date: Option<Day>,
    /// What it is expected to cost.
    estimated_credits: Option<Credits>,
    /// What it did cost; there once it is billed.
    consumed_credits: Option<Credits>,
    /// When it was made.
    created_at: Instant,
}

/// What it did cost, once that is the customer's to know (SR-10).
fn consumed(status: RequestStatus, cost: Option<ust_credits::Credits>) -> Option<Credits> {
    cost.filter(|_| status == RequestStatus::Billed).map(Credits)
}

impl From<RequestRow> for PortalServiceRequestSummary {
    fn from(row: RequestRow) -> Self {
        let (environment, service) = place(row.place);
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            title: row.title,
            environment,
            service,
            entitlement: (&row.above).into(),
            status: row.status.into(),
            accepted: row.accepted,
            priority: row.priority.into(),
            due_date: row.due_date.map(Day),
            estimated_credits: row.estimated_credits.map(Credits),
            consumed_credits: consumed(row.status, row.actual_credits),
            created_at: row.created_at.into(),
        }
    }
}

/// A service request, as its customer sees it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalServiceRequestView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// What is asked for, in short.
    title: String,
    /// What is asked for, at length; may be empty.
    description: String,
    /// The environment that it is made on.
    environment: Option<PlaceRef>,
    /// The service that it is made on.
    service: Option<PlaceRef>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// The catalog item that was chosen.
    catalog_item: Option<CatalogItemRef>,
    /// Where it stands.
    status: Word<RequestStatus>,
    /// Whether it was accepted as done.
    accepted: bool,
    /// How it was closed, where it was.
    closed_as: Option<Word<CloseReason>>,
    /// How urgent it is.
    priority: Word<Priority>,
    /// The day by which it is wanted.
    due_date: Option<Day>,
    /// What it is expected to cost.
    estimated_credits: Option<Credits>,
    /// What it did cost; there once it is billed.
    consumed_credits: Option<Credits>,
    /// When it was made.
    created_at: Instant,
}

impl From<RequestDetail> for PortalServiceRequestView {
    fn from(RequestDetail { request, place: on, above, catalog_item, .. }: RequestDetail) -> Self {
        let (environment, service) = place(on);
        Self {
            id: request.id.as_uuid(),
            code: request.code.to_string(),
            title: request.title,
            description: request.description,
            environment,
            service,
            entitlement: (&above).into(),
            catalog_item: catalog_item.map(CatalogItemRef::from),
            status: request.status.into(),
            accepted: request.acceptance.is_some(),
            closed_as: request.closure.map(|closure| Word(closure.reason)),
            priority: request.priority.into(),
            due_date: request.due_date.map(Day),
            estimated_credits: request.estimated_credits.map(Credits),
            consumed_credits: consumed(request.status, request.completion.map(|done| done.actual.credits)),
            created_at: request.created_at.into(),
        }
    }
}

impl Example for PortalServiceRequestSummary {
    fn example() -> Self {
        Self {
            id: example::id(30),
            code: "SR-20260042".to_owned(),
            title: "Update the plugins".to_owned(),
            environment: Some(PlaceRef { id: example::id(15), name: "ava.example.com".to_owned() }),
            service: None,
            entitlement: example::entitlement(),
            status: Word(RequestStatus::PendingApproval),
            accepted: false,
            priority: Word(Priority::High),
            due_date: Some(example::day()),
            estimated_credits: Some(Credits(ust_credits::Credits::from_units(60))),
            consumed_credits: None,
            created_at: example::instant(),
        }
    }
}

impl Example for PortalServiceRequestView {
    fn example() -> Self {
        let short = PortalServiceRequestSummary::example();
        let (id, code, name) = (example::id(16), "PLUGIN-UPDATE".to_owned(), "Plugin update".to_owned());
        Self {
            id: short.id,
            code: short.code,
            title: short.title,
            description: "All of them, and check the gradebook afterwards.".to_owned(),
            environment: short.environment,
            service: short.service,
            entitlement: short.entitlement,
            catalog_item: Some(CatalogItemRef { id, code, name }),
            status: short.status,
            accepted: short.accepted,
            closed_as: None,
            priority: short.priority,
            due_date: short.due_date,
            estimated_credits: short.estimated_credits,
            consumed_credits: short.consumed_credits,
            created_at: short.created_at,
        }
    }
}
