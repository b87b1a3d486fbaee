//! The life cycle of an invoice (OD-5).

use kernel::LifeCycle;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where an invoice stands (OD-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceStatus {
    /// Being gathered; it has no code and may grow.
    Draft,
    /// Sent to the customer; nothing on it changes any more.
    Issued,
    /// Past its due date and not paid.
    Overdue,
    /// Settled. Final.
    Paid,
    /// Withdrawn; what it billed may be billed again. Final.
    Void,
}

/// What can be done to an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceCommand {
    /// Add a line.
    AddLine,
    /// Give it its code and send it.
    Issue,
    /// Note that it is settled.
    Pay,
    /// Note that its due date is past.
    MarkOverdue,
    /// Withdraw it.
    Void,
}

impl LifeCycle for InvoiceStatus {
    type Command = InvoiceCommand;
    const ENTITY: &'static str = "invoice";

    fn next(self, command: InvoiceCommand) -> Option<Self> {
        use InvoiceCommand::{AddLine, Issue, MarkOverdue, Pay, Void};
        match (self, command) {
            (Self::Draft, AddLine) => Some(Self::Draft),
            (Self::Draft, Issue) => Some(Self::Issued),
            (Self::Issued | Self::Overdue, Pay) => Some(Self::Paid),
            (Self::Issued, MarkOverdue) => Some(Self::Overdue),
            (Self::Draft | Self::Issued | Self::Overdue, Void) => Some(Self::Void),
            (Self::Draft, Pay | MarkOverdue)
            | (Self::Issued, AddLine | Issue)
            | (Self::Overdue, AddLine | Issue | MarkOverdue)
            | (Self::Paid | Self::Void, _) => None,
        }
    }
}
