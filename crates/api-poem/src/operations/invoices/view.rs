//! What invoices look like to staff.

use billing::{InvoiceLineRecord, InvoiceStatus, LineKind};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{InvoiceDetail, InvoiceRow};
use uuid::Uuid;

use crate::{
    operations::{example, named::OrganizationRef},
    wire::{Instant, Money, Word},
};

/// An invoice in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct InvoiceSummary {
    /// Its id.
    id: Uuid,
    /// Its code; absent for a draft.
    code: Option<String>,
    /// Where it stands.
    status: Word<InvoiceStatus>,
    /// Who is billed.
    organization: OrganizationRef,
    /// The id of the billing run that made it.
    billing_run_id: Option<Uuid>,
    /// What its lines are worth.
    value: Money,
    /// The part that is covered already, by prepaid credits or by payments.
    covered: Money,
    /// The part to be paid.
    due: Money,
    /// When it was made.
    created_at: Instant,
    /// When it was issued.
    issued_at: Option<Instant>,
    /// When it falls due.
    due_at: Option<Instant>,
}

impl From<InvoiceRow> for InvoiceSummary {
    fn from(row: InvoiceRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.map(|code| code.to_string()),
            status: row.status.into(),
            organization: row.organization.into(),
            billing_run_id: row.billing_run.map(Uuid::from),
            value: row.value.into(),
            covered: row.covered.into(),
            due: row.due.into(),
            created_at: row.created_at.into(),
            issued_at: row.issued_at.map(Instant),
            due_at: row.due_at.map(Instant),
        }
    }
}

/// An invoice with its lines.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct InvoiceView {
    /// Its id.
    id: Uuid,
    /// Its code; absent for a draft.
    code: Option<String>,
    /// Where it stands.
    status: Word<InvoiceStatus>,
    /// Who is billed.
    organization: OrganizationRef,
    /// The id of the billing run that made it.
    billing_run_id: Option<Uuid>,
    /// What its lines are worth.
    value: Money,
    /// The part that is covered already, by prepaid credits or by payments.
    covered: Money,
    /// The part to be paid.
    due: Money,
    /// What it bills.
    lines: Vec<InvoiceLineView>,
    /// When it was made.
    created_at: Instant,
    /// When it was issued.
    issued_at: Option<Instant>,
    /// When it falls due.
    due_at: Option<Instant>,
    /// When it was paid or made void.
    closed_at: Option<Instant>,
}

/// One thing that an invoice bills.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct InvoiceLineView {
    /// Its id.
    id: Uuid,
    /// What kind of thing it bills.
    kind: Word<LineKind>,
    /// The id of what it bills: of the order line, the service request …
    source_id: Uuid,
    /// The id of the line of an earlier invoice that it corrects.
    corrects_id: Option<Uuid>,
    /// What it bills, in words.
    description: String,
    /// How much of it, a decimal text: pieces, credits, months.
    quantity: String,
    /// The full value.
    value: Money,
    /// The part that is covered already.
    covered: Money,
    /// The part to be paid.
    due: Money,
}

impl From<InvoiceLineRecord> for InvoiceLineView {
    fn from(line: InvoiceLineRecord) -> Self {
        Self {
            id: line.id.as_uuid(),
            kind: line.source.kind.into(),
            source_id: line.source.id,
            corrects_id: line.corrects.map(Uuid::from),
            description: line.description,
            quantity: line.quantity.normalize().to_string(),
            value: line.value.into(),
            covered: line.covered.into(),
            due: line.due.into(),
        }
    }
}

impl From<InvoiceDetail> for InvoiceView {
    fn from(InvoiceDetail { invoice: row, organization, lines }: InvoiceDetail) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.map(|code| code.to_string()),
            status: row.status.into(),
            organization: organization.into(),
            billing_run_id: row.billing_run.map(Uuid::from),
            value: row.value.into(),
            covered: row.covered.into(),
            due: row.due.into(),
            lines: lines.into_iter().map(InvoiceLineView::from).collect(),
            created_at: row.created_at.into(),
            issued_at: row.issued_at.map(Instant),
            due_at: row.due_at.map(Instant),
            closed_at: row.closed_at.map(Instant),
        }
    }
}

impl Example for InvoiceView {
    fn example() -> Self {
        let at = example::instant();
        let brl = |amount: &str| Money { amount: amount.to_owned(), currency: "BRL".to_owned() };
        Self {
            id: example::id(20),
            code: Some("INV-20260001".to_owned()),
            status: Word(InvoiceStatus::Issued),
            organization: example::organization(),
            billing_run_id: Some(example::id(18)),
            value: brl("900.00"),
            covered: brl("600.00"),
            due: brl("300.00"),
            lines: vec![InvoiceLineView {
                id: example::id(21),
                kind: Word(LineKind::ServiceRequest),
                source_id: example::id(22),
                corrects_id: None,
                description: "SR-20260042 New course theme".to_owned(),
                quantity: "4.5".to_owned(),
                value: brl("900.00"),
                covered: brl("600.00"),
                due: brl("300.00"),
            }],
            created_at: at,
            issued_at: Some(at),
            due_at: Some(Instant(at.0.plus_days(30))),
            closed_at: None,
        }
    }
}
