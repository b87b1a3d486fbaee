//! Invoices as rows.

use kernel::{BillingRunId, Currency, InvoiceCode, InvoiceId, Money, OrganizationId, StoreError, Timestamp};

use crate::{Invoice, InvoiceLine, InvoiceLineRecord, InvoiceStatus, InvoiceTotals, record::RowCheck};

/// An invoice as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the accessor's of the same name")]
pub struct InvoiceRecord {
    pub id: InvoiceId,
    /// None for a draft, and for what was made void as a draft.
    pub code: Option<InvoiceCode>,
    pub organization: OrganizationId,
    pub currency: Currency,
    pub billing_run: Option<BillingRunId>,
    /// The sum of the lines, as the two below.
    pub value: Money,
    pub covered: Money,
    pub due: Money,
    pub status: InvoiceStatus,
    pub created_at: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// When it was paid or made void.
    pub closed_at: Option<Timestamp>,
    pub version: i64,
}

impl Invoice {
    /// The row and its lines' rows, for storage.
    pub fn to_record(&self) -> (InvoiceRecord, Vec<InvoiceLineRecord>) {
        let record = InvoiceRecord {
            id: self.id,
            code: self.code,
            organization: self.organization,
            currency: self.currency,
            billing_run: self.billing_run,
            value: self.totals.value,
            covered: self.totals.covered,
            due: self.totals.due,
            status: self.status,
            created_at: self.created_at,
            issued_at: self.issued_at,
            due_at: self.due_at,
            closed_at: self.closed_at,
            version: self.version,
        };
        let lines = (0..).zip(&self.lines).map(|(position, line)| InvoiceLineRecord {
            id: line.id(),
            invoice: self.id,
            position,
            source: line.source(),
            claims_source: self.status != InvoiceStatus::Void,
            corrects: line.corrects(),
            description: line.description().to_owned(),
            quantity: line.quantity(),
            value: line.value(),
            covered: line.covered(),
            due: line.due(),
        });
        (record, lines.collect())
    }

    /// Rebuilds an invoice from its row and its lines' rows, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are no invoice: a line of another invoice, sums that do not come out,
    /// a code without issue or the other way round.
    pub fn restore(record: InvoiceRecord, mut lines: Vec<InvoiceLineRecord>) -> Result<Self, StoreError> {
        let row = RowCheck::new("invoice", record.id);
        lines.sort_by_key(|line| line.position);
        let void = record.status == InvoiceStatus::Void;
        for line in &lines {
            row.that(line.invoice == record.id, "a line is another invoice's")?;
            row.that(line.claims_source != void, "a line's claim on its source contradicts the status")?;
            row.same_money("a line's value", line.value, line.covered.checked_add(line.due))?;
        }
        let lines: Vec<InvoiceLine> = lines.into_iter().map(InvoiceLine::from).collect();
        let totals = InvoiceTotals::of(&lines, record.currency).map_err(|error| row.corrupt(error))?;
        let stored = InvoiceTotals { value: record.value, covered: record.covered, due: record.due };
        row.that(stored == totals, "its totals are not the sums of its lines")?;
        let issued = [record.code.is_some(), record.issued_at.is_some(), record.due_at.is_some()];
        let fits = match record.status {
            InvoiceStatus::Draft => issued == [false; 3] && record.closed_at.is_none(),
            InvoiceStatus::Issued | InvoiceStatus::Overdue => {
                issued == [true; 3] && record.closed_at.is_none()
            }
            InvoiceStatus::Paid => issued == [true; 3] && record.closed_at.is_some(),
            InvoiceStatus::Void => {
                (issued == [false; 3] || issued == [true; 3]) && record.closed_at.is_some()
            }
        };
        row.that(fits, "its status contradicts its code or its instants")?;
        row.that(issued == [false; 3] || !lines.is_empty(), "it was issued without lines")?;
        Ok(Self {
            id: record.id,
            code: record.code,
            organization: record.organization,
            currency: record.currency,
            billing_run: record.billing_run,
            lines,
            totals,
            status: record.status,
            created_at: record.created_at,
            issued_at: record.issued_at,
            due_at: record.due_at,
            closed_at: record.closed_at,
            version: record.version,
        })
    }
}
