//! Invoices (OD-5).

mod error;
mod record;
mod status;

#[cfg(test)]
mod tests;

use kernel::{
    BillingRunId, Currency, IllegalMove, InvoiceCode, InvoiceId, Money, MoneyError, OrganizationId,
    Timestamp, step,
};

pub use error::{AddInvoiceLine, IssueInvoice, MarkOverdue};
pub use record::InvoiceRecord;
pub use status::{InvoiceCommand, InvoiceStatus};

use crate::{InvoiceLine, InvoiceLineDraft, Outcome};

/// The sums of an invoice's lines. Value = covered + due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceTotals {
    /// The full value.
    pub value: Money,
    /// What is paid already, by prepaid credits or by payments.
    pub covered: Money,
    /// What is asked for; negative where the customer gets something back.
    pub due: Money,
}

impl InvoiceTotals {
    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        let nothing = Money::zero(currency).rounded();
        Self { value: nothing, covered: nothing, due: nothing }
    }

    /// With one more line.
    ///
    /// # Errors
    /// Another currency, or a sum that does not fit.
    pub fn with(self, line: &InvoiceLine) -> Result<Self, MoneyError> {
        Ok(Self {
            value: self.value.checked_add(line.value())?,
            covered: self.covered.checked_add(line.covered())?,
            due: self.due.checked_add(line.due())?,
        })
    }

    pub(crate) fn of(lines: &[InvoiceLine], currency: Currency) -> Result<Self, MoneyError> {
        lines.iter().try_fold(Self::zero(currency), Self::with)
    }
}

/// An invoice to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// The id it gets.
    pub id: InvoiceId,
    /// Who is billed.
    pub organization: OrganizationId,
    /// The currency of every amount.
    pub currency: Currency,
    /// The run that gathered it; none where staff made it.
    pub billing_run: Option<BillingRunId>,
}

/// What is asked of an organization in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    id: InvoiceId,
    code: Option<InvoiceCode>,
    organization: OrganizationId,
    currency: Currency,
    billing_run: Option<BillingRunId>,
    lines: Vec<InvoiceLine>,
    totals: InvoiceTotals,
    status: InvoiceStatus,
    created_at: Timestamp,
    issued_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    version: i64,
}

impl Invoice {
    /// A draft without lines. It has no code: numbers are given at the issue, so that they have no gaps (ID-6).
    pub fn new(draft: InvoiceDraft, now: Timestamp) -> Self {
        Self {
            id: draft.id,
            code: None,
            organization: draft.organization,
            currency: draft.currency,
            billing_run: draft.billing_run,
            lines: Vec::new(),
            totals: InvoiceTotals::zero(draft.currency),
            status: InvoiceStatus::Draft,
            created_at: now,
            issued_at: None,
            due_at: None,
            closed_at: None,
            version: 1,
        }
    }

    /// Adds a line to a draft.
    ///
    /// # Errors
    /// [`AddInvoiceLine`]; nothing is changed then.
    pub fn add_line(&mut self, draft: InvoiceLineDraft) -> Result<(), AddInvoiceLine> {
        step(self.status, InvoiceCommand::AddLine)?;
        let line = InvoiceLine::try_new(draft, self.currency)?;
        if self.lines.iter().any(|other| other.source() == line.source()) {
            return Err(AddInvoiceLine::BilledAlready { source_of_line: line.source() });
        }
        self.totals = self.totals.with(&line).map_err(|cause| AddInvoiceLine::Totals { cause })?;
        self.lines.push(line);
        Ok(())
    }

    /// Whether [`Invoice::issue`] would change anything now. Ask before a code is drawn, so that only what is issued draws one.
    ///
    /// # Errors
    /// [`IssueInvoice`] as the issue itself would.
    pub fn can_issue(&self, due_at: Timestamp, now: Timestamp) -> Result<Outcome, IssueInvoice> {
        // Only what is asked for a second time is done already: another due date would change what was sent.
        if self.issued_at.is_some() && self.status != InvoiceStatus::Void && self.due_at == Some(due_at) {
            return Ok(Outcome::Unchanged);
        }
        step(self.status, InvoiceCommand::Issue)?;
        if self.lines.is_empty() {
            return Err(IssueInvoice::NoLines);
        }
        if due_at < now {
            return Err(IssueInvoice::DueInThePast { due_at });
        }
        Ok(Outcome::Changed)
    }

    /// Gives it its code and a due date: from then on nothing on it changes. Where nothing is due, because all is
    /// covered, it is settled at once: issued, then paid. Repeating it with the same due date changes nothing and leaves
    /// `code` unused; with another one it is refused.
    ///
    /// # Errors
    /// [`IssueInvoice`]; nothing is changed then.
    pub fn issue(
        &mut self,
        code: InvoiceCode,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<Outcome, IssueInvoice> {
        if self.can_issue(due_at, now)? == Outcome::Unchanged {
            return Ok(Outcome::Unchanged);
        }
        let issued = step(self.status, InvoiceCommand::Issue)?;
        let settled = if self.totals.due.is_zero() { Some(step(issued, InvoiceCommand::Pay)?) } else { None };
        self.status = settled.unwrap_or(issued);
        self.closed_at = settled.map(|_| now);
        self.code = Some(code);
        self.issued_at = Some(now);
        self.due_at = Some(due_at);
        Ok(Outcome::Changed)
    }

    /// Notes that what was due was paid; a negative amount was paid out. Repeating changes nothing.
    ///
    /// # Errors
    /// [`IllegalMove`]; nothing is changed then.
    pub fn pay(&mut self, now: Timestamp) -> Result<Outcome, IllegalMove> {
        if self.status == InvoiceStatus::Paid {
            return Ok(Outcome::Unchanged);
        }
        self.status = step(self.status, InvoiceCommand::Pay)?;
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Notes that its due date is past: from the very instant `due_at` on. Repeating changes nothing.
    ///
    /// # Errors
    /// [`MarkOverdue`]; nothing is changed then.
    pub fn mark_overdue(&mut self, now: Timestamp) -> Result<Outcome, MarkOverdue> {
        if self.status == InvoiceStatus::Overdue {
            return Ok(Outcome::Unchanged);
        }
        let next = step(self.status, InvoiceCommand::MarkOverdue)?;
        if self.totals.due.is_negative() {
            return Err(MarkOverdue::NothingOwed);
        }
        if let Some(due_at) = self.due_at.filter(|due_at| now < *due_at) {
            return Err(MarkOverdue::NotYet { due_at });
        }
        self.status = next;
        Ok(Outcome::Changed)
    }

    /// Withdraws it: what it billed may be billed again. It keeps its code. Repeating changes nothing.
    ///
    /// # Errors
    /// [`IllegalMove`] where it is paid; nothing is changed then.
    pub fn void(&mut self, now: Timestamp) -> Result<Outcome, IllegalMove> {
        if self.status == InvoiceStatus::Void {
            return Ok(Outcome::Unchanged);
        }
        self.status = step(self.status, InvoiceCommand::Void)?;
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Its id.
    pub fn id(&self) -> InvoiceId {
        self.id
    }

    /// Its code, once issued.
    pub fn code(&self) -> Option<InvoiceCode> {
        self.code
    }

    /// Who is billed.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The currency of every amount in it.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The run that gathered it.
    pub fn billing_run(&self) -> Option<BillingRunId> {
        self.billing_run
    }

    /// What is billed.
    pub fn lines(&self) -> &[InvoiceLine] {
        &self.lines
    }

    /// The sums of its lines.
    pub fn totals(&self) -> InvoiceTotals {
        self.totals
    }

    /// Where it stands.
    pub fn status(&self) -> InvoiceStatus {
        self.status
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was issued.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// From this instant on it is overdue.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// When it was paid or made void.
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.closed_at
    }

    /// Grows with every change; for `If-Match` (AP-5).
    pub fn version(&self) -> i64 {
        self.version
    }
}
