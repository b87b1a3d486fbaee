//! Orders, as their customers see them.

use std::sync::Arc;

use billing::{OrderStatus, Payment};
use kernel::{EntitlementCode, EntitlementId, OrderId};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{Coded, OrderDetail, OrderFilter, OrderLineDetail, OrderRow, OrderSort};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example, named::EntitlementRef};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Money, Page, Sort, Word, list_query},
};

/// One of our orders, in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalOrderSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<OrderStatus>,
    /// What the shop calls it.
    external_ref: Option<String>,
    /// What it costs.
    total: Money,
    /// What was paid so far.
    paid: Money,
    /// When it was made.
    created_at: Instant,
}

impl From<OrderRow> for PortalOrderSummary {
    fn from(row: OrderRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            status: row.status.into(),
            external_ref: row.external_ref,
            total: row.total.into(),
            paid: row.paid.into(),
            created_at: row.created_at.into(),
        }
    }
}

/// One of our orders, with its lines and payments.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalOrderView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<OrderStatus>,
    /// What the shop calls it.
    external_ref: Option<String>,
    /// What it costs.
    total: Money,
    /// What was paid so far.
    paid: Money,
    /// What is bought.
    lines: Vec<PortalOrderLineView>,
    /// What was paid, in the order in which it was recorded.
    payments: Vec<PortalPaymentView>,
    /// When it was made.
    created_at: Instant,
    /// When it was paid in full.
    paid_at: Option<Instant>,
    /// When everything in it was there.
    fulfilled_at: Option<Instant>,
    /// When it was cancelled or refunded.
    closed_at: Option<Instant>,
}

/// A line of an order: the product as it was then, and what it became.
#[derive(Debug, Object)]
pub(crate) struct PortalOrderLineView {
    /// The product's SKU then.
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

impl From<OrderLineDetail> for PortalOrderLineView {
    fn from(OrderLineDetail { line, entitlements }: OrderLineDetail) -> Self {
        let named = |(id, code): (EntitlementId, EntitlementCode)| EntitlementRef {
            id: id.as_uuid(),
            code: code.to_string(),
        };
        Self {
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
pub(crate) struct PortalPaymentView {
    /// The name that the outside world knows it by.
    external_ref: String,
    /// How much.
    amount: Money,
    /// When it was received.
    received_at: Instant,
}

impl From<Payment> for PortalPaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            external_ref: payment.external_ref,
            amount: payment.amount.into(),
            received_at: payment.received_at.into(),
        }
    }
}

impl From<OrderDetail> for PortalOrderView {
    fn from(OrderDetail { order, organization: _, lines, payments }: OrderDetail) -> Self {
        Self {
            id: order.id.as_uuid(),
            code: order.code.to_string(),
            status: order.status.into(),
            external_ref: order.external_ref,
            total: order.total.into(),
            paid: order.paid.into(),
            lines: lines.into_iter().map(PortalOrderLineView::from).collect(),
            payments: payments.into_iter().map(PortalPaymentView::from).collect(),
            created_at: order.created_at.into(),
            paid_at: order.paid_at.map(Instant),
            fulfilled_at: order.fulfilled_at.map(Instant),
            closed_at: order.closed_at.map(Instant),
        }
    }
}

impl Example for PortalOrderView {
    fn example() -> Self {
        let at = example::instant();
        let price = || Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() };
        let (sku, name) = ("SVC-SUPPORT-1Y".to_owned(), "Support, one year".to_owned());
        let entitlements = vec![example::entitlement()];
        Self {
            id: example::id(4),
            code: "SO-20260001".to_owned(),
            status: Word(OrderStatus::Fulfilled),
            external_ref: Some("shop-10023".to_owned()),
            total: price(),
            paid: price(),
            lines: vec![PortalOrderLineView { sku, name, quantity: 1, unit_price: price(), entitlements }],
            payments: vec![PortalPaymentView {
                external_ref: "pix-7f3a".to_owned(),
                amount: price(),
                received_at: at,
            }],
            created_at: at,
            paid_at: Some(at),
            fulfilled_at: Some(at),
            closed_at: None,
        }
    }
}

pub(crate) struct PortalOrders(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/orders", tag = "Tag::Portal")]
impl PortalOrders {
    /// List our orders
    ///
    /// Without lines and payments, which stand on each order.
    #[oai(path = "/", method = "get", operation_id = "portal_list_orders")]
    async fn list(
        &self,
        By(by): By,
        /// Only those in one of these states.
        status: Query<Option<Vec<Word<OrderStatus>>>>,
        /// Only those with all of these words, or words that begin so, in their code or external reference.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<OrderSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalOrderSummary>>, ApiError> {
        let filter = OrderFilter { status: Word::list(status.0), q: q.0, ..OrderFilter::default() };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.orders(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our orders
    ///
    /// With its lines, its payments and the entitlements that it bought.
    #[oai(path = "/:order", method = "get", operation_id = "portal_get_order")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        order: Path<Key>,
    ) -> Result<Json<PortalOrderView>, ApiError> {
        let id: OrderId = self.0.id(&by, Coded::Order, &order).await?;
        let detail = found(self.0.reads.order(self.0.viewer(&by), id).await?, "order", order.0)?;
        Ok(Json(detail.into()))
    }
}
