//! Orders, their lines and payments, as rows and back.

use billing::{Order, OrderLineRecord, OrderRecord, Payment};
use kernel::{Currency, StoreError};

use crate::{
    entity::{order, order_line, payment},
    rows::{Reading, amount, micros},
    words,
};

pub(super) fn rows(order: &Order) -> (order::Model, Vec<order_line::Model>) {
    let (record, lines) = order.to_record();
    let code = record.code.to_string();
    let row = order::Model {
        id: record.id.into(),
        words: words::column([code.as_str(), record.external_ref.as_deref().unwrap_or_default()]),
        code,
        organization_id: record.organization.map(Into::into),
        holder_name: record.holder_name,
        holder_email: record.holder_email,
        currency: record.currency.to_string(),
        external_ref: record.external_ref,
        quote_id: record.quote.map(Into::into),
        total: amount(record.total),
        paid: amount(record.paid),
        status: record.status.to_string(),
        created_at: record.created_at.unix_micros(),
        paid_at: micros(record.paid_at),
        fulfilled_at: micros(record.fulfilled_at),
        closed_at: micros(record.closed_at),
        version: record.version,
    };
    (row, lines.into_iter().map(line_row).collect())
}

fn line_row(line: OrderLineRecord) -> order_line::Model {
    order_line::Model {
        id: line.id.into(),
        order_id: line.order.into(),
        position: line.position,
        product_id: line.product.into(),
        sku: line.sku,
        name: line.name,
        quantity: line.quantity.into(),
        unit_price: amount(line.unit_price),
    }
}

pub(super) fn restore(row: order::Model, lines: Vec<order_line::Model>) -> Result<Order, StoreError> {
    let record = record(row)?;
    let lines = lines.into_iter().map(|line| line_record(line, record.currency));
    let lines = lines.collect::<Result<_, _>>()?;
    Order::restore(record, lines)
}

/// The row by itself, not checked against its lines.
pub(crate) fn record(row: order::Model) -> Result<OrderRecord, StoreError> {
    let read = Reading::of("order", row.id);
    let currency = read.parse(&row.currency)?;
    Ok(OrderRecord {
        id: row.id.into(),
        code: read.parse(&row.code)?,
        organization: row.organization_id.map(Into::into),
        holder_name: row.holder_name,
        holder_email: row.holder_email,
        currency,
        external_ref: row.external_ref,
        quote: row.quote_id.map(Into::into),
        total: read.money(&row.total, currency)?,
        paid: read.money(&row.paid, currency)?,
        status: read.parse(&row.status)?,
        created_at: read.instant(row.created_at)?,
        paid_at: read.instant_some(row.paid_at)?,
        fulfilled_at: read.instant_some(row.fulfilled_at)?,
        closed_at: read.instant_some(row.closed_at)?,
        version: row.version,
    })
}

pub(crate) fn line_record(
    line: order_line::Model,
    currency: Currency,
) -> Result<OrderLineRecord, StoreError> {
    let read = Reading::of("order line", line.id);
    Ok(OrderLineRecord {
        id: line.id.into(),
        order: line.order_id.into(),
        position: line.position,
        product: line.product_id.into(),
        sku: line.sku,
        name: line.name,
        quantity: read.number(line.quantity)?,
        unit_price: read.money(&line.unit_price, currency)?,
    })
}

pub(super) fn payment_row(payment: &Payment) -> payment::Model {
    payment::Model {
        id: payment.id.into(),
        order_id: payment.order.into(),
        external_ref: payment.external_ref.clone(),
        amount: amount(payment.amount),
        currency: payment.amount.currency().to_string(),
        received_at: payment.received_at.unix_micros(),
        recorded_at: payment.recorded_at.unix_micros(),
    }
}

pub(crate) fn restore_payment(row: payment::Model) -> Result<Payment, StoreError> {
    let read = Reading::of("payment", row.id);
    Ok(Payment {
        id: row.id.into(),
        order: row.order_id.into(),
        amount: read.money(&row.amount, read.parse(&row.currency)?)?,
        external_ref: row.external_ref,
        received_at: read.instant(row.received_at)?,
        recorded_at: read.instant(row.recorded_at)?,
    })
}
