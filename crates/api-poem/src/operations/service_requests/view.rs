//! What staff see of a service request.

use kernel::{CreditBalanceId, QuoteId};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{InvoiceName, RequestDetail, RequestName};
use sr_workflow::{HeldFrom, Priority, RequestKind, RequestStatus};
use ust_credits::Complexity;
use uuid::Uuid;

use super::{
    super::{
        by::ActorView,
        catalog_items::CatalogItemRef,
        example,
        named::{EntitlementRef, OrganizationRef},
    },
    history::{
        AcceptanceView, ApprovalView, BillingView, ClosureView, CompletionView, CreditHoldView,
        ReopeningView, SettlementView,
    },
    summary::{PlaceRef, ServiceRequestSummary, place},
};
use crate::wire::{Credits, Day, Instant, Money, Word};

/// A service request.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ServiceRequestView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// What is asked for, in short.
    title: String,
    /// What is asked for, at length; may be empty.
    description: String,
    /// On an environment or on a service.
    kind: Word<RequestKind>,
    /// The environment that it is made on.
    environment: Option<PlaceRef>,
    /// The service that it is made on.
    service: Option<PlaceRef>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// Where it stands.
    status: Word<RequestStatus>,
    /// Whether it was accepted as done.
    accepted: bool,
    /// Where it goes back to from on hold.
    held_from: Option<Word<HeldFrom>>,
    /// Why it is on hold.
    hold_reason: Option<String>,
    /// The priority that counts.
    priority: Word<Priority>,
    /// The priority that the customer suggested.
    suggested_priority: Option<Word<Priority>>,
    /// The day by which it is wanted.
    due_date: Option<Day>,
    /// Who does it.
    assignee: Option<String>,
    /// The issue in Jira.
    jira_issue_key: Option<String>,
    /// The analysis that has to be completed before it starts.
    analysis: Option<RequestRef>,
    /// The catalog item that was chosen.
    catalog_item: Option<CatalogItemRef>,
    /// How hard it is.
    complexity: Option<Word<Complexity>>,
    /// The estimate before complexity.
    estimated_base: Option<Credits>,
    /// The estimate, complexity counted in.
    estimated_credits: Option<Credits>,
    /// The balance that pays; absent where none does.
    credit_balance_id: Option<Uuid>,
    /// What the balance holds for it, or did.
    credit_hold: Option<CreditHoldView>,
    /// Whether its credits were given back because nobody moved it; they are held again when somebody does.
    hold_given_back: bool,
    /// What a credit was worth when it was made.
    base_credit_value: Option<Money>,
    /// Who asked for it.
    requested_by: ActorView,
    /// How it came to be approved.
    approval: Option<ApprovalView>,
    /// The work as done.
    completion: Option<CompletionView>,
    /// What became of its credits.
    settlement: Option<SettlementView>,
    /// The work as accepted.
    acceptance: Option<AcceptanceView>,
    /// How it was last sent back.
    reopening: Option<ReopeningView>,
    /// What it is worth; there once it is billed.
    billing: Option<BillingView>,
    /// The invoice that bills it.
    invoice: Option<RequestInvoiceRef>,
    /// How it ended without being billed.
    closure: Option<ClosureView>,
    /// When it was made.
    created_at: Instant,
    /// When it was last moved from state to state or estimated.
    moved_at: Instant,
    /// When anything about it was last changed.
    changed_at: Instant,
}

/// A service request by its code.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct RequestRef {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
}

impl From<RequestName> for RequestRef {
    fn from(RequestName { id, code }: RequestName) -> Self {
        Self { id: id.as_uuid(), code: code.to_string() }
    }
}

/// An invoice by its code.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct RequestInvoiceRef {
    /// Its id.
    id: Uuid,
    /// Its code; absent on a draft.
    code: Option<String>,
}

impl From<InvoiceName> for RequestInvoiceRef {
    fn from(InvoiceName { id, code }: InvoiceName) -> Self {
        Self { id: id.as_uuid(), code: code.map(|code| code.to_string()) }
    }
}

impl From<RequestDetail> for ServiceRequestView {
    fn from(detail: RequestDetail) -> Self {
        let RequestDetail { request, place: on, above, catalog_item, analysis, hold, invoice } = detail;
        let (environment, service) = place(on);
        Self {
            id: request.id.as_uuid(),
            code: request.code.to_string(),
            title: request.title,
            description: request.description,
            kind: request.origin.kind().into(),
            environment,
            service,
            entitlement: (&above).into(),
            organization: above.organization.map(OrganizationRef::from),
            status: request.status.into(),
            accepted: request.acceptance.is_some(),
            held_from: request.held_from.map(Word),
            hold_reason: request.hold_reason,
            priority: request.priority.into(),
            suggested_priority: request.suggested_priority.map(Word),
            due_date: request.due_date.map(Day),
            assignee: request.assignee,
            jira_issue_key: request.jira_issue_key.map(|key| key.to_string()),
            analysis: analysis.map(RequestRef::from),
            catalog_item: catalog_item.map(CatalogItemRef::from),
            complexity: request.complexity.map(Word),
            estimated_base: request.estimated_base.map(Credits),
            estimated_credits: request.estimated_credits.map(Credits),
            credit_balance_id: request.credit_balance.map(CreditBalanceId::as_uuid),
            credit_hold: hold.map(CreditHoldView::from),
            hold_given_back: request.hold_given_back,
            base_credit_value: request.base_credit_value.map(Money::from),
            requested_by: request.requested_by.into(),
            approval: request.approval.map(ApprovalView::from),
            completion: request.completion.map(CompletionView::from),
            settlement: request.settled.map(SettlementView::from),
            acceptance: request.acceptance.map(AcceptanceView::from),
            reopening: request.reopening.map(ReopeningView::from),
            billing: request.billing.map(BillingView::from),
            invoice: invoice.map(RequestInvoiceRef::from),
            closure: request.closure.map(ClosureView::from),
            created_at: request.created_at.into(),
            moved_at: request.moved_at.into(),
            changed_at: request.changed_at.into(),
        }
    }
}

/// A service request that became a quote.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct RequestQuoted {
    /// The draft quote.
    quote_id: Uuid,
    /// The request, closed.
    service_request: ServiceRequestView,
}

impl RequestQuoted {
    pub(super) fn new(quote: QuoteId, request: ServiceRequestView) -> Self {
        Self { quote_id: quote.as_uuid(), service_request: request }
    }
}

impl Example for RequestQuoted {
    fn example() -> Self {
        Self { quote_id: example::id(31), service_request: Example::example() }
    }
}

fn credits(units: i64) -> Credits {
    Credits(ust_credits::Credits::from_units(units))
}

impl Example for ServiceRequestView {
    fn example() -> Self {
        let short = ServiceRequestSummary::example();
        let (id, code, name) = (example::id(16), "PLUGIN-UPDATE".to_owned(), "Plugin update".to_owned());
        Self {
            id: short.id,
            code: short.code,
            title: short.title,
            description: "All of them, and check the gradebook afterwards.".to_owned(),
            kind: short.kind,
            environment: short.environment,
            service: short.service,
            entitlement: short.entitlement,
            organization: short.organization,
            status: short.status,
            accepted: short.accepted,
            held_from: None,
            hold_reason: None,
            priority: short.priority,
            suggested_priority: short.suggested_priority,
            due_date: short.due_date,
            assignee: short.assignee,
            jira_issue_key: short.jira_issue_key,
            analysis: None,
            catalog_item: Some(CatalogItemRef { id, code, name }),
            complexity: Some(Word(Complexity::Medium)),
            estimated_base: Some(credits(40)),
            estimated_credits: short.estimated_credits,
            credit_balance_id: Some(example::id(9)),
            credit_hold: Some(CreditHoldView::example()),
            hold_given_back: false,
            base_credit_value: Some(Money::example()),
            requested_by: example::customer(),
            approval: Some(ApprovalView::example()),
            completion: None,
            settlement: None,
            acceptance: None,
            reopening: None,
            billing: None,
            invoice: None,
            closure: None,
            created_at: short.created_at,
            moved_at: example::instant(),
            changed_at: short.changed_at,
        }
    }
}
