//! Quotes as rows.

use kernel::{
    Currency, Money, OrderId, OrganizationId, ProductId, QuoteCode, QuoteId, ServiceRequestId, StoreError,
    Timestamp,
};

use crate::{Buyer, Item, Quote, QuoteStatus, item::total_of, record::RowCheck};

/// A quote as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the accessor's of the same name")]
pub struct QuoteRecord {
    pub id: QuoteId,
    pub code: QuoteCode,
    /// None for a person, who then has a name and an e-mail.
    pub organization: Option<OrganizationId>,
    pub holder_name: Option<String>,
    pub holder_email: Option<String>,
    pub currency: Currency,
    pub title: String,
    pub service_request: Option<ServiceRequestId>,
    pub valid_until: Timestamp,
    pub total: Money,
    pub status: QuoteStatus,
    pub order: Option<OrderId>,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// When it was converted, declined or expired.
    pub closed_at: Option<Timestamp>,
    pub version: i64,
}

/// A line of a quote as a row; its key is the quote and the position.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the item's of the same name")]
pub struct QuoteLineRecord {
    pub quote: QuoteId,
    /// From 0; unique within the quote.
    pub position: i32,
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    /// In the quote's currency.
    pub unit_price: Money,
}

impl Quote {
    /// The row and its lines' rows, for storage.
    pub fn to_record(&self) -> (QuoteRecord, Vec<QuoteLineRecord>) {
        let (organization, holder_name, holder_email) = self.buyer.to_columns();
        let record = QuoteRecord {
            id: self.id,
            code: self.code,
            organization,
            holder_name,
            holder_email,
            currency: self.currency,
            title: self.title.clone(),
            service_request: self.service_request,
            valid_until: self.valid_until,
            total: self.total,
            status: self.status,
            order: self.order,
            created_at: self.created_at,
            sent_at: self.sent_at,
            closed_at: self.closed_at,
            version: self.version,
        };
        let lines = (0..).zip(&self.lines).map(|(position, item)| QuoteLineRecord {
            quote: self.id,
            position,
            product: item.product,
            sku: item.sku.clone(),
            name: item.name.clone(),
            quantity: item.quantity,
            unit_price: item.unit_price,
        });
        (record, lines.collect())
    }

    /// Rebuilds a quote from its row and its lines' rows, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are no quote: a line of another quote, a sum that does not come out,
    /// an order without conversion or the other way round.
    pub fn restore(record: QuoteRecord, mut lines: Vec<QuoteLineRecord>) -> Result<Self, StoreError> {
        let row = RowCheck::new("quote", record.id);
        let buyer = Buyer::from_columns(record.organization, record.holder_name, record.holder_email)
            .ok_or_else(|| row.corrupt("it names an organization and a person, or neither"))?;
        lines.sort_by_key(|line| line.position);
        row.that(lines.iter().all(|line| line.quote == record.id), "a line is another quote's")?;
        let lines: Vec<Item> = lines.into_iter().map(Item::from).collect();
        let total = row.same_money("the total", record.total, total_of(&lines, record.currency))?;
        let converted = record.status == QuoteStatus::Converted;
        row.that(record.order.is_some() == converted, "converted and having an order belong together")?;
        let closed =
            matches!(record.status, QuoteStatus::Converted | QuoteStatus::Declined | QuoteStatus::Expired);
        row.that(record.closed_at.is_some() == closed, "its status contradicts its instants")?;
        let unsent = matches!(record.status, QuoteStatus::Draft | QuoteStatus::Declined);
        row.that(unsent || !lines.is_empty(), "it was sent without lines")?;
        Ok(Self {
            id: record.id,
            code: record.code,
            buyer,
            currency: record.currency,
            title: record.title,
            service_request: record.service_request,
            valid_until: record.valid_until,
            lines,
            total,
            status: record.status,
            order: record.order,
            created_at: record.created_at,
            sent_at: record.sent_at,
            closed_at: record.closed_at,
            version: record.version,
        })
    }
}

impl From<QuoteLineRecord> for Item {
    fn from(record: QuoteLineRecord) -> Self {
        let QuoteLineRecord { product, sku, name, quantity, unit_price, .. } = record;
        Self { product, sku, name, quantity, unit_price }
    }
}
