//! Orders as rows.

use kernel::{
    Currency, Money, OrderCode, OrderId, OrderLineId, OrganizationId, ProductId, QuoteId, StoreError,
    Timestamp,
};

use crate::{Buyer, Item, Order, OrderLine, OrderStatus, item::total_of, record::RowCheck};

/// An order as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the accessor's of the same name")]
pub struct OrderRecord {
    pub id: OrderId,
    pub code: OrderCode,
    /// None for a person, who then has a name and an e-mail.
    pub organization: Option<OrganizationId>,
    pub holder_name: Option<String>,
    pub holder_email: Option<String>,
    pub currency: Currency,
    pub external_ref: Option<String>,
    pub quote: Option<QuoteId>,
    pub total: Money,
    pub paid: Money,
    pub status: OrderStatus,
    pub created_at: Timestamp,
    /// When the last payment came.
    pub paid_at: Option<Timestamp>,
    pub fulfilled_at: Option<Timestamp>,
    /// When it was cancelled or refunded.
    pub closed_at: Option<Timestamp>,
    pub version: i64,
}

/// A line of an order as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is that of the line or its item")]
pub struct OrderLineRecord {
    pub id: OrderLineId,
    pub order: OrderId,
    /// From 0; unique within the order.
    pub position: i32,
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    /// In the order's currency.
    pub unit_price: Money,
}

impl Order {
    /// The row and its lines' rows, for storage.
    pub fn to_record(&self) -> (OrderRecord, Vec<OrderLineRecord>) {
        let (organization, holder_name, holder_email) = self.buyer.to_columns();
        let record = OrderRecord {
            id: self.id,
            code: self.code,
            organization,
            holder_name,
            holder_email,
            currency: self.currency,
            external_ref: self.external_ref.clone(),
            quote: self.quote,
            total: self.total,
            paid: self.paid,
            status: self.status,
            created_at: self.created_at,
            paid_at: self.paid_at,
            fulfilled_at: self.fulfilled_at,
            closed_at: self.closed_at,
            version: self.version,
        };
        let lines = (0..).zip(&self.lines).map(|(position, line)| OrderLineRecord {
            id: line.id,
            order: self.id,
            position,
            product: line.item.product,
            sku: line.item.sku.clone(),
            name: line.item.name.clone(),
            quantity: line.item.quantity,
            unit_price: line.item.unit_price,
        });
        (record, lines.collect())
    }

    /// Rebuilds an order from its row and its lines' rows, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are no order: a line of another order, sums that do not come out,
    /// a status that contradicts what was paid.
    pub fn restore(record: OrderRecord, mut lines: Vec<OrderLineRecord>) -> Result<Self, StoreError> {
        let row = RowCheck::new("order", record.id);
        let buyer = Buyer::from_columns(record.organization, record.holder_name, record.holder_email)
            .ok_or_else(|| row.corrupt("it names an organization and a person, or neither"))?;
        lines.sort_by_key(|line| line.position);
        row.that(!lines.is_empty(), "it has no lines")?;
        row.that(lines.iter().all(|line| line.order == record.id), "a line is another order's")?;
        for line in &lines {
            row.currency("a line", line.unit_price, record.currency)?;
        }
        let lines: Vec<OrderLine> = lines.into_iter().map(OrderLine::from).collect();
        let reckoned = total_of(lines.iter().map(|line| &line.item), record.currency);
        let total = row.same_money("the total", record.total, reckoned)?;
        row.currency("what is paid", record.paid, record.currency)?;
        let left = total.checked_sub(record.paid).map_err(|error| row.corrupt(error))?;
        row.that(!record.paid.is_negative() && !left.is_negative(), "more or less than the total is paid")?;
        let (paid_up, untouched) = (left.is_zero(), record.paid.is_zero());
        let fits = match record.status {
            OrderStatus::Pending => (!paid_up || total.is_zero()) && record.closed_at.is_none(),
            OrderStatus::Paid => paid_up && record.paid_at.is_some() && record.closed_at.is_none(),
            OrderStatus::Fulfilled => paid_up && record.fulfilled_at.is_some() && record.closed_at.is_none(),
            OrderStatus::Cancelled => untouched && record.closed_at.is_some(),
            OrderStatus::Refunded => record.closed_at.is_some(),
        };
        row.that(fits, "its status contradicts what was paid or its instants")?;
        Ok(Self {
            id: record.id,
            code: record.code,
            buyer,
            currency: record.currency,
            external_ref: record.external_ref,
            quote: record.quote,
            lines,
            total,
            paid: record.paid,
            status: record.status,
            created_at: record.created_at,
            paid_at: record.paid_at,
            fulfilled_at: record.fulfilled_at,
            closed_at: record.closed_at,
            version: record.version,
        })
    }
}

impl From<OrderLineRecord> for OrderLine {
    fn from(record: OrderLineRecord) -> Self {
        let OrderLineRecord { id, product, sku, name, quantity, unit_price, .. } = record;
        Self { id, item: Item { product, sku, name, quantity, unit_price } }
    }
}
