//! Orders and their payments (OD-3, OD-4).

mod body;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use billing::OrderStatus;
use kernel::{OrderId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{Coded, OrderFilter, OrderSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Instant, Key, Limit, Page, Repeatable, Sort, Tagged, Word, list_query},
};
use body::{NewOrder, NewPayment};
use view::{OrderSummary, OrderView};

pub(crate) struct Orders(pub(crate) Arc<Context>);

impl Orders {
    async fn shown(&self, by: &Caller, id: OrderId) -> Result<(i64, OrderView), ApiError> {
        let detail = found(self.0.reads.order(self.0.viewer(by), id).await?, "order", id)?;
        Ok((detail.order.version, detail.into()))
    }
}

#[OpenApi(prefix_path = "/v1/orders", tag = "Tag::Orders")]
impl Orders {
    /// List orders
    ///
    /// Without lines and payments, which stand on each order.
    #[oai(path = "/", method = "get", operation_id = "list_orders")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those in this state; may be repeated.
        status: Query<Option<Vec<Word<OrderStatus>>>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those made at this instant or later.
        created_from: Query<Option<Instant>>,
        /// Only those made before this instant.
        created_until: Query<Option<Instant>>,
        /// Only those with all of these words, or words that begin so, in their code or external reference.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<OrderSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<OrderSummary>>, ApiError> {
        let filter = OrderFilter {
            status: Word::list(status.0),
            organization: organization_id.0.map(OrganizationId::new),
            created_from: created_from.0.map(|Instant(at)| at),
            created_until: created_until.0.map(|Instant(at)| at),
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.orders(self.0.viewer(&by), &query).await?)))
    }

    /// Take an order
    ///
    /// Sending an order twice under one `external_ref` yields the one order. One that costs nothing is paid in full, and
    /// provisioned, at once.
    #[oai(path = "/", method = "post", operation_id = "create_order")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<NewOrder>,
    ) -> Result<Repeatable<OrderView>, ApiError> {
        let order = body.read(&self.0, &by).await?;
        let made = self.0.service.create_order(&by, &order).await?;
        let id = made.into_inner();
        let (_, view) = self.shown(&by, id).await?;
        Ok(Repeatable::at(&made, format!("/v1/orders/{id}"), view))
    }

    /// Show an order
    ///
    /// With its lines, its payments and the entitlements that it bought.
    #[oai(path = "/:order", method = "get", operation_id = "get_order")]
    async fn show(
        &self,
        By(by): By,
        /// Its id or code.
        order: Path<Key>,
    ) -> Result<Tagged<OrderView>, ApiError> {
        let id = self.0.id(&by, Coded::Order, &order).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Give an order up
    ///
    /// Before anything is paid. Repeating it changes nothing.
    #[oai(path = "/:order/cancel", method = "post", operation_id = "cancel_order")]
    async fn cancel(
        &self,
        By(by): By,
        /// Its id or code.
        order: Path<Key>,
    ) -> Result<Tagged<OrderView>, ApiError> {
        let id = self.0.id(&by, Coded::Order, &order).await?;
        self.0.service.cancel_order(&by, id).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Record a payment
    ///
    /// When the order is paid in full, the entitlements of every line are created and provisioned at the same time: all
    /// of them or none. Sending a payment twice under one `external_ref` records it once. The answer is the order.
    #[oai(path = "/:order/payments", method = "post", operation_id = "record_payment")]
    async fn pay(
        &self,
        By(by): By,
        /// The order's id or code.
        order: Path<Key>,
        Body(body): Body<NewPayment>,
    ) -> Result<Repeatable<OrderView>, ApiError> {
        let payment = body.read()?;
        let id = self.0.id(&by, Coded::Order, &order).await?;
        let made = self.0.service.record_payment(&by, id, &payment).await?;
        let (_, view) = self.shown(&by, id).await?;
        Ok(Repeatable::at(&made, format!("/v1/orders/{id}"), view))
    }
}
