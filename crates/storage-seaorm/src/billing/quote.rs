//! Quotes and their lines, as rows and back.

use billing::{Quote, QuoteLineRecord, QuoteRecord};
use kernel::{Currency, StoreError};

use crate::{
    entity::{quote, quote_line},
    rows::{Reading, amount, micros},
};

pub(super) fn rows(quote: &Quote) -> (quote::Model, Vec<quote_line::Model>) {
    let (record, lines) = quote.to_record();
    let row = quote::Model {
        id: record.id.into(),
        code: record.code.to_string(),
        organization_id: record.organization.map(Into::into),
        holder_name: record.holder_name,
        holder_email: record.holder_email,
        currency: record.currency.to_string(),
        title: record.title,
        service_request_id: record.service_request.map(Into::into),
        valid_until: record.valid_until.unix_micros(),
        total: amount(record.total),
        status: record.status.to_string(),
        order_id: record.order.map(Into::into),
        created_at: record.created_at.unix_micros(),
        sent_at: micros(record.sent_at),
        closed_at: micros(record.closed_at),
        version: record.version,
    };
    (row, lines.into_iter().map(line_row).collect())
}

fn line_row(line: QuoteLineRecord) -> quote_line::Model {
    quote_line::Model {
        quote_id: line.quote.into(),
        position: line.position,
        product_id: line.product.into(),
        sku: line.sku,
        name: line.name,
        quantity: line.quantity.into(),
        unit_price: amount(line.unit_price),
    }
}

pub(super) fn restore(row: quote::Model, lines: Vec<quote_line::Model>) -> Result<Quote, StoreError> {
    let read = Reading::of("quote", row.id);
    let currency = read.parse(&row.currency)?;
    let record = QuoteRecord {
        id: row.id.into(),
        code: read.parse(&row.code)?,
        organization: row.organization_id.map(Into::into),
        holder_name: row.holder_name,
        holder_email: row.holder_email,
        currency,
        title: row.title,
        service_request: row.service_request_id.map(Into::into),
        valid_until: read.instant(row.valid_until)?,
        total: read.money(&row.total, currency)?,
        status: read.parse(&row.status)?,
        order: row.order_id.map(Into::into),
        created_at: read.instant(row.created_at)?,
        sent_at: read.instant_some(row.sent_at)?,
        closed_at: read.instant_some(row.closed_at)?,
        version: row.version,
    };
    let lines = lines.into_iter().map(|line| restore_line(&read, line, currency));
    Quote::restore(record, lines.collect::<Result<_, _>>()?)
}

fn restore_line(
    read: &Reading,
    line: quote_line::Model,
    currency: Currency,
) -> Result<QuoteLineRecord, StoreError> {
    Ok(QuoteLineRecord {
        quote: line.quote_id.into(),
        position: line.position,
        product: line.product_id.into(),
        sku: line.sku,
        name: line.name,
        quantity: read.number(line.quantity)?,
        unit_price: read.money(&line.unit_price, currency)?,
    })
}
