//! Invoices, as their customers see them: from the moment at which they are issued.

use std::sync::Arc;

use billing::{InvoiceLineRecord, InvoiceStatus, LineKind};
use kernel::InvoiceId;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{Coded, InvoiceDetail, InvoiceFilter, InvoiceRow, InvoiceSort};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Money, Page, Sort, Word, list_query},
};

/// One of our invoices, in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalInvoiceSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: Option<String>,
    /// Where it stands.
    status: Word<InvoiceStatus>,
    /// What its lines are worth.
    value: Money,
    /// The part that is covered already, by prepaid credits or by payments.
    covered: Money,
    /// The part to be paid.
    due: Money,
    /// When it was issued.
    issued_at: Option<Instant>,
    /// When it falls due.
    due_at: Option<Instant>,
}

impl From<InvoiceRow> for PortalInvoiceSummary {
    fn from(row: InvoiceRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.map(|code| code.to_string()),
            status: row.status.into(),
            value: row.value.into(),
            covered: row.covered.into(),
            due: row.due.into(),
            issued_at: row.issued_at.map(Instant),
            due_at: row.due_at.map(Instant),
        }
    }
}

/// One of our invoices, with its lines.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalInvoiceView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: Option<String>,
    /// Where it stands.
    status: Word<InvoiceStatus>,
    /// What its lines are worth.
    value: Money,
    /// The part that is covered already, by prepaid credits or by payments.
    covered: Money,
    /// The part to be paid.
    due: Money,
    /// What it is for.
    lines: Vec<PortalInvoiceLineView>,
    /// When it was issued.
    issued_at: Option<Instant>,
    /// When it falls due.
    due_at: Option<Instant>,
    /// When it was paid or made void.
    closed_at: Option<Instant>,
}

/// One thing that an invoice is for.
#[derive(Debug, Object)]
pub(crate) struct PortalInvoiceLineView {
    /// What kind of thing it is.
    kind: Word<LineKind>,
    /// What it is for, in words.
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

impl From<InvoiceLineRecord> for PortalInvoiceLineView {
    fn from(line: InvoiceLineRecord) -> Self {
        Self {
            kind: line.source.kind.into(),
            description: line.description,
            quantity: line.quantity.normalize().to_string(),
            value: line.value.into(),
            covered: line.covered.into(),
            due: line.due.into(),
        }
    }
}

impl From<InvoiceDetail> for PortalInvoiceView {
    fn from(InvoiceDetail { invoice: row, organization: _, lines }: InvoiceDetail) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.map(|code| code.to_string()),
            status: row.status.into(),
            value: row.value.into(),
            covered: row.covered.into(),
            due: row.due.into(),
            lines: lines.into_iter().map(PortalInvoiceLineView::from).collect(),
            issued_at: row.issued_at.map(Instant),
            due_at: row.due_at.map(Instant),
            closed_at: row.closed_at.map(Instant),
        }
    }
}

impl Example for PortalInvoiceView {
    fn example() -> Self {
        let at = example::instant();
        let brl = |amount: &str| Money { amount: amount.to_owned(), currency: "BRL".to_owned() };
        Self {
            id: example::id(20),
            code: Some("INV-20260001".to_owned()),
            status: Word(InvoiceStatus::Issued),
            value: brl("900.00"),
            covered: brl("600.00"),
            due: brl("300.00"),
            lines: vec![PortalInvoiceLineView {
                kind: Word(LineKind::ServiceRequest),
                description: "SR-20260042 New course theme".to_owned(),
                quantity: "4.5".to_owned(),
                value: brl("900.00"),
                covered: brl("600.00"),
                due: brl("300.00"),
            }],
            issued_at: Some(at),
            due_at: Some(Instant(at.0.plus_days(30))),
            closed_at: None,
        }
    }
}

pub(crate) struct PortalInvoices(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/invoices", tag = "Tag::Portal")]
impl PortalInvoices {
    /// List our invoices
    ///
    /// Drafts are none of them.
    #[oai(path = "/", method = "get", operation_id = "portal_list_invoices")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those in one of these states.
        status: Query<Option<Vec<Word<InvoiceStatus>>>>,
        /// Only those issued at this instant or later.
        issued_from: Query<Option<Instant>>,
        /// Only those issued before this instant.
        issued_until: Query<Option<Instant>>,
        /// Only those with all of these words, or words that begin so, in their code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<InvoiceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalInvoiceSummary>>, ApiError> {
        let filter = InvoiceFilter {
            status: Word::list(status.0),
            issued_from: issued_from.0.map(|Instant(at)| at),
            issued_until: issued_until.0.map(|Instant(at)| at),
            q: q.0,
            ..InvoiceFilter::default()
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.invoices(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our invoices
    ///
    /// With its lines: what each thing is worth, what is covered, and what is due.
    #[oai(path = "/:invoice", method = "get", operation_id = "portal_get_invoice")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        invoice: Path<Key>,
    ) -> Result<Json<PortalInvoiceView>, ApiError> {
        let id: InvoiceId = self.0.id(&by, Coded::Invoice, &invoice).await?;
        let detail = found(self.0.reads.invoice(self.0.viewer(&by), id).await?, "invoice", invoice.0)?;
        Ok(Json(detail.into()))
    }
}
