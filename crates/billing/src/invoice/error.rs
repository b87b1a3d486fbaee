//! Why an invoice did not change.

use kernel::{IllegalMove, Invalid, MoneyError, Timestamp};

use crate::LineSource;

/// Why no line was added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddInvoiceLine {
    /// An issued invoice never changes: a correction is an adjustment on a new one.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// Fields that are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The invoice bills it already.
    #[error("the invoice bills {} {} already", .source_of_line.kind, .source_of_line.id)]
    BilledAlready {
        /// What both lines bill.
        source_of_line: LineSource,
    },
    /// The totals would not fit.
    #[error("the invoice's totals: {cause}")]
    Totals {
        /// Why.
        cause: MoneyError,
    },
}

/// Why an invoice was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueInvoice {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// There is nothing on it.
    #[error("the invoice has no lines")]
    NoLines,
    /// It would be overdue at once.
    #[error("the due date {due_at} is in the past")]
    DueInThePast {
        /// The due date asked for.
        due_at: Timestamp,
    },
}

/// Why an invoice was not marked overdue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkOverdue {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// Its due date is not past.
    #[error("the invoice is due at {due_at}")]
    NotYet {
        /// When it becomes overdue.
        due_at: Timestamp,
    },
    /// The customer owes nothing on it: a credit note waits to be paid out, and never becomes overdue.
    #[error("the customer owes nothing on this invoice")]
    NothingOwed,
}
