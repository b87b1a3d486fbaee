//! All that billing needs from outside: storage, inside the caller's transaction.

use async_trait::async_trait;
use kernel::{InvoiceId, OrderId, QuoteId, StoreError, Timestamp};

use crate::{Billable, BillingRun, Invoice, LineSource, Order, Payment, Quote};

/// The storage of quotes, orders, payments, invoices and billing runs, within one transaction.
///
/// `lock_…` reads what is newest and keeps others from changing it until the transaction ends. `save_…` writes what
/// `lock_…` gave, where its version is still the stored one, and increments that; else [`StoreError::Stale`].
///
/// Unique in the database, each refused with [`StoreError::Duplicate`]: codes; an order's external reference; an
/// order's quote; a payment's external reference; kind and id of an invoice line's source, among the lines that
/// claim theirs (OD-6).
#[async_trait]
pub trait Store: Send {
    /// Adds a quote and its lines.
    async fn insert_quote(&mut self, quote: &Quote) -> Result<(), StoreError>;
    /// The quote, locked; none where there is none.
    async fn lock_quote(&mut self, id: QuoteId) -> Result<Option<Quote>, StoreError>;
    /// Writes the quote; its lines are replaced.
    async fn save_quote(&mut self, quote: &Quote) -> Result<(), StoreError>;
    /// At most `limit` quotes that are sent and whose validity ended at `now` or before, the first that ended first.
    async fn quotes_past_validity(&mut self, now: Timestamp, limit: u16) -> Result<Vec<QuoteId>, StoreError>;

    /// Adds an order and its lines.
    async fn insert_order(&mut self, order: &Order) -> Result<(), StoreError>;
    /// The order, locked; none where there is none.
    async fn lock_order(&mut self, id: OrderId) -> Result<Option<Order>, StoreError>;
    /// The order with this external reference, locked; none where there is none.
    async fn lock_order_by_external_ref(&mut self, external_ref: &str) -> Result<Option<Order>, StoreError>;
    /// Writes the order's row; its lines never change.
    async fn save_order(&mut self, order: &Order) -> Result<(), StoreError>;

    /// Adds a payment.
    async fn insert_payment(&mut self, payment: &Payment) -> Result<(), StoreError>;
    /// The payment with this external reference, whatever order it pays.
    async fn payment_by_external_ref(&mut self, external_ref: &str) -> Result<Option<Payment>, StoreError>;

    /// Adds an invoice and its lines.
    async fn insert_invoice(&mut self, invoice: &Invoice) -> Result<(), StoreError>;
    /// The invoice, locked; none where there is none.
    async fn lock_invoice(&mut self, id: InvoiceId) -> Result<Option<Invoice>, StoreError>;
    /// Writes the invoice's row, adds the lines that are new, and keeps on every line whether it claims its source.
    async fn save_invoice(&mut self, invoice: &Invoice) -> Result<(), StoreError>;
    /// At most `limit` invoices that are issued, ask for something, and whose due date came at `now` or before, the
    /// first that fell due first.
    async fn invoices_past_due(&mut self, now: Timestamp, limit: u16) -> Result<Vec<InvoiceId>, StoreError>;

    /// Keeps other billing runs waiting until the transaction ends, so that a run neither sees what another is about
    /// to bill nor fails on it.
    async fn lock_billing_runs(&mut self) -> Result<(), StoreError>;
    /// The lines of paid and fulfilled orders that no line claims: value and covered are both the line's total, as
    /// all of it is paid. Oldest order first, then by position.
    async fn uninvoiced_order_lines(&mut self) -> Result<Vec<Billable>, StoreError>;
    /// Which of `sources` are claimed by a line of an invoice that is not void.
    async fn invoiced_sources(&mut self, sources: &[LineSource]) -> Result<Vec<LineSource>, StoreError>;
    /// Adds the record of a run.
    async fn insert_billing_run(&mut self, run: &BillingRun) -> Result<(), StoreError>;
}
