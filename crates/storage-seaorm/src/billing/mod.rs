//! Quotes, orders, payments, invoices, billing runs.

pub(crate) mod invoice;
pub(crate) mod order;
mod quote;

use async_trait::async_trait;
use billing::{
    Billable, BillableAmounts, BillingRun, Invoice, InvoiceStatus, LineKind, LineSource, Order, OrderStatus,
    Payment, Quote, QuoteStatus, Store,
};
use kernel::{Currency, InvoiceId, OrderId, QuoteId, StoreError, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement, prelude::Uuid,
};

use crate::{
    entity, error,
    rows::{Reading, insert, insert_all, lock, locked, save},
    unit_of_work::Transaction,
};

/// Held by the billing run that is under way, on PostgreSQL.
const BILLING_RUN_LOCK: i64 = 0x6269_6c6c_696e_6772;

#[async_trait]
impl Store for Transaction {
    async fn insert_quote(&mut self, quote: &Quote) -> Result<(), StoreError> {
        let (row, lines) = quote::rows(quote);
        insert(self.tx().await?, row).await?;
        insert_all(self.tx().await?, lines).await
    }

    async fn lock_quote(&mut self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        let Some(row) = lock::<entity::quote::Entity>(self.tx().await?, id).await? else { return Ok(None) };
        let lines = entity::quote_line::Entity::find()
            .filter(entity::quote_line::Column::QuoteId.eq(row.id))
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        quote::restore(row, lines).map(Some)
    }

    async fn save_quote(&mut self, quote: &Quote) -> Result<(), StoreError> {
        let (row, lines) = quote::rows(quote);
        let id = row.id;
        save::<entity::quote::Entity, _>(self.tx().await?, row).await?;
        entity::quote_line::Entity::delete_many()
            .filter(entity::quote_line::Column::QuoteId.eq(id))
            .exec(self.tx().await?)
            .await
            .map_err(error::map)?;
        insert_all(self.tx().await?, lines).await
    }

    async fn quotes_past_validity(&mut self, now: Timestamp, limit: u16) -> Result<Vec<QuoteId>, StoreError> {
        use entity::quote::Column;
        let ids: Vec<Uuid> = entity::quote::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Status.eq(QuoteStatus::Sent.to_string()))
            .filter(Column::ValidUntil.lte(now.unix_micros()))
            .order_by_asc(Column::ValidUntil)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    async fn insert_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let (row, lines) = order::rows(order);
        insert(self.tx().await?, row).await?;
        insert_all(self.tx().await?, lines).await
    }

    async fn lock_order(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let row = lock::<entity::order::Entity>(self.tx().await?, id).await?;
        self.whole_order(row).await
    }

    async fn lock_order_by_external_ref(&mut self, external_ref: &str) -> Result<Option<Order>, StoreError> {
        let found = entity::order::Entity::find().filter(entity::order::Column::ExternalRef.eq(external_ref));
        let row = locked(found).one(self.tx().await?).await.map_err(error::map)?;
        self.whole_order(row).await
    }

    async fn save_order(&mut self, order: &Order) -> Result<(), StoreError> {
        save::<entity::order::Entity, _>(self.tx().await?, order::rows(order).0).await
    }

    async fn insert_payment(&mut self, payment: &Payment) -> Result<(), StoreError> {
        insert(self.tx().await?, order::payment_row(payment)).await
    }

    async fn payment_by_external_ref(&mut self, external_ref: &str) -> Result<Option<Payment>, StoreError> {
        let row = entity::payment::Entity::find()
            .filter(entity::payment::Column::ExternalRef.eq(external_ref))
            .one(self.tx().await?)
            .await
            .map_err(error::map)?;
        row.map(order::restore_payment).transpose()
    }

    async fn insert_invoice(&mut self, invoice: &Invoice) -> Result<(), StoreError> {
        let (row, lines) = invoice::rows(invoice);
        insert(self.tx().await?, row).await?;
        insert_all(self.tx().await?, lines).await
    }

    async fn lock_invoice(&mut self, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        let Some(row) = lock::<entity::invoice::Entity>(self.tx().await?, id).await? else { return Ok(None) };
        let lines = self.invoice_lines(row.id).await?;
        invoice::restore(row, lines).map(Some)
    }

    async fn save_invoice(&mut self, invoice: &Invoice) -> Result<(), StoreError> {
        use entity::invoice_line::{Column, Entity};
        let (row, mut lines) = invoice::rows(invoice);
        let (id, claims) = (row.id, invoice.status() != InvoiceStatus::Void);
        save::<entity::invoice::Entity, _>(self.tx().await?, row).await?;
        let stored = self.invoice_lines(id).await?;
        if stored.iter().any(|line| line.claims_source != claims) {
            Entity::update_many()
                .col_expr(Column::ClaimsSource, claims.into())
                .filter(Column::InvoiceId.eq(id))
                .exec(self.tx().await?)
                .await
                .map_err(error::map)?;
        }
        lines.retain(|line| stored.iter().all(|known| known.id != line.id));
        insert_all(self.tx().await?, lines).await
    }

    async fn invoices_past_due(&mut self, now: Timestamp, limit: u16) -> Result<Vec<InvoiceId>, StoreError> {
        use entity::invoice::Column;
        // Amounts are texts: what asks for nothing is spelt with zeros only.
        let ids: Vec<Uuid> = entity::invoice::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Status.eq(InvoiceStatus::Issued.to_string()))
            .filter(Column::DueAt.lte(now.unix_micros()))
            .filter(Column::Due.is_not_in(["0", "0.0", "0.00", "0.000", "0.0000"]))
            .filter(Column::Due.not_like("-%"))
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    async fn lock_billing_runs(&mut self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Postgres {
            let sql = format!("SELECT pg_advisory_xact_lock({BILLING_RUN_LOCK})");
            self.tx().await?.execute_unprepared(&sql).await.map_err(error::map)?;
        }
        Ok(())
    }

    async fn uninvoiced_order_lines(&mut self) -> Result<Vec<Billable>, StoreError> {
        let sql = "SELECT l.id, l.name, l.quantity, l.unit_price, o.organization_id, o.currency
            FROM order_line l JOIN sales_order o ON o.id = l.order_id
            WHERE o.status IN ($1, $2) AND NOT EXISTS (
                SELECT 1 FROM invoice_line i WHERE i.source_kind = $3 AND i.source_id = l.id AND i.claims_source)
            ORDER BY o.created_at, o.id, l.position";
        let values = [
            OrderStatus::Paid.to_string().into(),
            OrderStatus::Fulfilled.to_string().into(),
            LineKind::OrderLine.to_string().into(),
        ];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.tx().await?.query_all_raw(statement).await.map_err(error::map)?;
        rows.iter().map(|row| SoldLine::from_query_result(row, "").map_err(error::map)?.billable()).collect()
    }

    async fn invoiced_sources(&mut self, sources: &[LineSource]) -> Result<Vec<LineSource>, StoreError> {
        use entity::invoice_line::{Column, Entity};
        let mut found = Vec::new();
        let mut sorted = sources.to_vec();
        sorted.sort_unstable();
        for group in sorted.chunk_by(|one, other| one.kind == other.kind) {
            for chunk in group.chunks(1_000) {
                let ids: Vec<Uuid> = Entity::find()
                    .select_only()
                    .column(Column::SourceId)
                    .filter(Column::ClaimsSource.eq(true))
                    .filter(Column::SourceKind.eq(group[0].kind.to_string()))
                    .filter(Column::SourceId.is_in(chunk.iter().map(|source| source.id)))
                    .into_tuple()
                    .all(self.tx().await?)
                    .await
                    .map_err(error::map)?;
                found.extend(ids.into_iter().map(|id| LineSource { kind: group[0].kind, id }));
            }
        }
        Ok(found)
    }

    async fn insert_billing_run(&mut self, run: &BillingRun) -> Result<(), StoreError> {
        insert(self.tx().await?, invoice::run_row(run)).await
    }
}

impl Transaction {
    async fn whole_order(&mut self, row: Option<entity::order::Model>) -> Result<Option<Order>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let lines = entity::order_line::Entity::find()
            .filter(entity::order_line::Column::OrderId.eq(row.id))
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        order::restore(row, lines).map(Some)
    }

    async fn invoice_lines(&mut self, invoice: Uuid) -> Result<Vec<entity::invoice_line::Model>, StoreError> {
        entity::invoice_line::Entity::find()
            .filter(entity::invoice_line::Column::InvoiceId.eq(invoice))
            .all(self.tx().await?)
            .await
            .map_err(error::map)
    }
}

/// A line of an order that is paid.
#[derive(FromQueryResult)]
struct SoldLine {
    id: Uuid,
    name: String,
    quantity: i64,
    unit_price: String,
    organization_id: Option<Uuid>,
    currency: String,
}

impl SoldLine {
    /// All of it is paid: value and covered are both its total.
    fn billable(self) -> Result<Billable, StoreError> {
        let read = Reading::of("order line", self.id);
        let currency: Currency = read.parse(&self.currency)?;
        let quantity = self.quantity.into();
        let value = read
            .money(&self.unit_price, currency)?
            .checked_mul(quantity)
            .map_err(|error| read.corrupt(error))?;
        Ok(Billable {
            source: LineSource::order_line(self.id.into()),
            organization: self.organization_id.map(Into::into),
            description: self.name,
            quantity,
            amounts: Some(BillableAmounts { value, covered: value }),
        })
    }
}
