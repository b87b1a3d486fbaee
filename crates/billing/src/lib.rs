//! Quotes, orders, payments, invoices and billing runs: what was sold, what was paid, what is asked for (OD-2 … OD-7).
//!
//! Pure: no I/O, no system clock, no randomness. All that the crate needs from outside is in [`ports`].
//! Amounts of credits do not occur here: what credits pay for arrives as [`kernel::Money`].

mod billing_run;
mod buyer;
mod invoice;
mod invoice_line;
mod item;
mod order;
mod order_content;
mod outcome;
mod payment;
mod quote;
mod record;
#[cfg(test)]
mod test_support;

pub mod ports;

pub use billing_run::{
    Billable, BillableAmounts, BillingRun, Gathering, InvoicePlan, SkipReason, Skipped, gather,
};
pub use buyer::Buyer;
pub use invoice::{
    AddInvoiceLine, Invoice, InvoiceCommand, InvoiceDraft, InvoiceRecord, InvoiceStatus, InvoiceTotals,
    IssueInvoice, MarkOverdue,
};
pub use invoice_line::{InvoiceLine, InvoiceLineDraft, InvoiceLineRecord, LineKind, LineSource};
pub use item::{Item, MAX_LINES, MAX_QUANTITY};
pub use order::{
    CancelOrder, FulfilOrder, Order, OrderCommand, OrderDraft, OrderLine, OrderLineRecord, OrderRecord,
    OrderStatus, PaidInFull, RefundOrder,
};
pub use order_content::{ItemContent, OrderConflict, OrderContent};
pub use outcome::Outcome;
pub use payment::{Payment, PaymentDraft, PaymentOutcome, RecordPayment};
pub use ports::Store;
pub use quote::{
    AcceptOutcome, AcceptQuote, AcceptedQuote, ConvertQuote, ExpireQuote, Quote, QuoteCommand, QuoteDraft,
    QuoteLineRecord, QuoteRecord, QuoteStatus, ReviseQuote, SendQuote,
};
