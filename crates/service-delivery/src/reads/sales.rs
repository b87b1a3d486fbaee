//! Lists of orders, payments, invoices and billing runs.

use billing::{
    InvoiceLineRecord, InvoiceRecord, InvoiceStatus, OrderLineRecord, OrderRecord, OrderStatus, Payment,
};
use kernel::{
    BillingRunId, EntitlementCode, EntitlementId, InvoiceCode, InvoiceId, Money, OrderCode, OrderId,
    OrganizationId, Timestamp,
};

use super::{ListQuery, NoFilter, OrganizationName, query::sort_by};

/// Which orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// In one of these states; in any where empty.
    pub status: Vec<OrderStatus>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Made then or later.
    pub created_from: Option<Timestamp>,
    /// Made before then.
    pub created_until: Option<Timestamp>,
    /// Each of its words begins a word of the code or external reference.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of orders; the newest come first.
    OrderSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By status, then by when they were made.
    Status,
}

/// A page of orders.
pub type OrderQuery = ListQuery<OrderFilter, OrderSort>;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id.
    pub id: OrderId,
    /// Its code.
    pub code: OrderCode,
    /// Who buys, where it is an organization.
    pub organization: Option<OrganizationName>,
    /// Who buys, where it is a person.
    pub holder_name: Option<String>,
    /// Their e-mail address.
    pub holder_email: Option<String>,
    /// What the shop calls it.
    pub external_ref: Option<String>,
    /// What it costs.
    pub total: Money,
    /// What was paid so far.
    pub paid: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An order with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDetail {
    /// Its row.
    pub order: OrderRecord,
    /// Who buys, where it is an organization.
    pub organization: Option<OrganizationName>,
    /// Its lines, in their order.
    pub lines: Vec<OrderLineDetail>,
    /// Its payments, in the order in which they were recorded.
    pub payments: Vec<Payment>,
}

/// A line of an order, and what it created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLineDetail {
    /// Its row.
    pub line: OrderLineRecord,
    /// The entitlements that it bought, in the order in which they were made.
    pub entitlements: Vec<(EntitlementId, EntitlementCode)>,
}

sort_by! {
    /// The orders of payments; the oldest come first.
    PaymentSort, ascending RecordedAt:
    /// By when they were recorded.
    RecordedAt,
}

/// A page of payments.
pub type PaymentQuery = ListQuery<NoFilter, PaymentSort>;

/// Which invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// In one of these states; in any where empty.
    pub status: Vec<InvoiceStatus>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Made by that billing run.
    pub billing_run: Option<BillingRunId>,
    /// Issued then or later.
    pub issued_from: Option<Timestamp>,
    /// Issued before then.
    pub issued_until: Option<Timestamp>,
    /// Each of its words begins a word of the code.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of invoices; the newest come first.
    InvoiceSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By when they were issued.
    IssuedAt,
    /// By when they fall due.
    DueAt,
    /// By status, then by when they were made.
    Status,
}

/// A page of invoices.
pub type InvoiceQuery = ListQuery<InvoiceFilter, InvoiceSort>;

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Its id.
    pub id: InvoiceId,
    /// Its code; none for a draft.
    pub code: Option<InvoiceCode>,
    /// Who is billed.
    pub organization: OrganizationName,
    /// The run that made it.
    pub billing_run: Option<BillingRunId>,
    /// What its lines are worth.
    pub value: Money,
    /// The part that is covered already.
    pub covered: Money,
    /// The part to be paid.
    pub due: Money,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// When it falls due.
    pub due_at: Option<Timestamp>,
}

/// An invoice with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDetail {
    /// Its row.
    pub invoice: InvoiceRecord,
    /// Who is billed.
    pub organization: OrganizationName,
    /// Its lines, in their order.
    pub lines: Vec<InvoiceLineRecord>,
}

sort_by! {
    /// The orders of billing runs; the newest come first.
    BillingRunSort, descending At:
    /// By when they ran.
    At,
}

/// A page of billing runs.
pub type BillingRunQuery = ListQuery<NoFilter, BillingRunSort>;
