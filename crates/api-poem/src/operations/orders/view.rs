//! What orders look like.

use billing::{OrderStatus, Payment};
use kernel::{EntitlementCode, EntitlementId};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{OrderDetail, OrderLineDetail, OrderRow};
use uuid::Uuid;

use crate::{
    operations::{
        example,
        named::{EntitlementRef, HolderRef, OrganizationRef},
    },
    wire::{Instant, Money, Word},
};

/// An order in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct OrderSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<OrderStatus>,
    /// The organization that buys.
    organization: Option<OrganizationRef>,
    /// The person who buys, where no organization does.
    holder: Option<HolderRef>,
    /// What the shop calls it.
    external_ref: Option<String>,
    /// What it costs.
    total: Money,
    /// What was paid so far.
    paid: Money,
    /// When it was made.
    created_at: Instant,
}

impl From<OrderRow> for OrderSummary {
    fn from(row: OrderRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            status: row.status.into(),
            organization: row.organization.map(OrganizationRef::from),
            holder: HolderRef::of(row.holder_name, row.holder_email),
            external_ref: row.external_ref,
            total: row.total.into(),
            paid: row.paid.into(),
            created_at: row.created_at.into(),
        }
    }
}

/// An order with its lines and payments.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct OrderView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<OrderStatus>,
    /// The organization that buys.
    organization: Option<OrganizationRef>,
    /// The person who buys, where no organization does.
    holder: Option<HolderRef>,
    /// What the shop calls it.
    external_ref: Option<String>,
    /// What it costs.
    total: Money,
    /// What was paid so far.
    paid: Money,
    /// What is bought.
    lines: Vec<OrderLineView>,
    /// What was paid, in the order in which it was recorded.
    payments: Vec<PaymentView>,
    /// When it was made.
    created_at: Instant,
    /// When it was paid in full.
    paid_at: Option<Instant>,
    /// When everything in it was provisioned.
    fulfilled_at: Option<Instant>,
    /// When it was cancelled or refunded.
    closed_at: Option<Instant>,
}

impl From<OrderDetail> for OrderView {
    fn from(OrderDetail { order, organization, lines, payments }: OrderDetail) -> Self {
        Self {
            id: order.id.as_uuid(),
            code: order.code.to_string(),
            status: order.status.into(),
            organization: organization.map(OrganizationRef::from),
            holder: HolderRef::of(order.holder_name, order.holder_email),
            external_ref: order.external_ref,
            total: order.total.into(),
            paid: order.paid.into(),
            lines: lines.into_iter().map(OrderLineView::from).collect(),
            payments: payments.into_iter().map(PaymentView::from).collect(),
            created_at: order.created_at.into(),
            paid_at: order.paid_at.map(Instant),
            fulfilled_at: order.fulfilled_at.map(Instant),
            closed_at: order.closed_at.map(Instant),
        }
    }
}

/// A line of an order: the product as it was then, and what it became.
#[derive(Debug, Object)]
pub(crate) struct OrderLineView {
    /// Its id.
    id: Uuid,
    /// The product's id.
    product_id: Uuid,
    /// Its SKU then.
    sku: String,
    /// Its name then.
    name: String,
    /// How many pieces.
    quantity: u32,
    /// The price of one piece.
    unit_price: Money,
    /// The entitlements that it bought; none before the order is paid.
    entitlements: Vec<EntitlementRef>,
}

impl From<OrderLineDetail> for OrderLineView {
    fn from(OrderLineDetail { line, entitlements }: OrderLineDetail) -> Self {
        let named = |(id, code): (EntitlementId, EntitlementCode)| EntitlementRef {
            id: id.as_uuid(),
            code: code.to_string(),
        };
        Self {
            id: line.id.as_uuid(),
            product_id: line.product.as_uuid(),
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            entitlements: entitlements.into_iter().map(named).collect(),
        }
    }
}

/// A payment that was recorded.
#[derive(Debug, Object)]
pub(crate) struct PaymentView {
    /// Its id.
    id: Uuid,
    /// The name that the outside world knows it by.
    external_ref: String,
    /// How much.
    amount: Money,
    /// When it was received.
    received_at: Instant,
    /// When it was recorded here.
    recorded_at: Instant,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id.as_uuid(),
            external_ref: payment.external_ref,
            amount: payment.amount.into(),
            received_at: payment.received_at.into(),
            recorded_at: payment.recorded_at.into(),
        }
    }
}

impl Example for OrderView {
    fn example() -> Self {
        let at = example::instant();
        let price = || Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() };
        Self {
            id: example::id(4),
            code: "SO-20260001".to_owned(),
            status: Word(OrderStatus::Fulfilled),
            organization: Some(example::organization()),
            holder: None,
            external_ref: Some("shop-10023".to_owned()),
            total: price(),
            paid: price(),
            lines: vec![OrderLineView {
                id: example::id(5),
                product_id: example::id(3),
                sku: "SVC-SUPPORT-1Y".to_owned(),
                name: "Support, one year".to_owned(),
                quantity: 1,
                unit_price: price(),
                entitlements: vec![example::entitlement()],
            }],
            payments: vec![PaymentView {
                id: example::id(6),
                external_ref: "pix-7f3a".to_owned(),
                amount: price(),
                received_at: at,
                recorded_at: at,
            }],
            created_at: at,
            paid_at: Some(at),
            fulfilled_at: Some(at),
            closed_at: None,
        }
    }
}
