//! Invoices, their lines and billing runs, as rows and back.

use billing::{BillingRun, Invoice, InvoiceLineRecord, InvoiceRecord, LineSource};
use kernel::{Currency, StoreError};
use serde_json::json;

use crate::{
    entity::{billing_run, invoice, invoice_line},
    rows::{Reading, amount, micros},
    words,
};

pub(super) fn rows(invoice: &Invoice) -> (invoice::Model, Vec<invoice_line::Model>) {
    let (record, lines) = invoice.to_record();
    let code = record.code.map(|code| code.to_string());
    let row = invoice::Model {
        id: record.id.into(),
        words: words::column(code.as_deref()),
        code,
        organization_id: record.organization.into(),
        currency: record.currency.to_string(),
        billing_run_id: record.billing_run.map(Into::into),
        value: amount(record.value),
        covered: amount(record.covered),
        due: amount(record.due),
        status: record.status.to_string(),
        created_at: record.created_at.unix_micros(),
        issued_at: micros(record.issued_at),
        due_at: micros(record.due_at),
        closed_at: micros(record.closed_at),
        version: record.version,
    };
    (row, lines.into_iter().map(line_row).collect())
}

fn line_row(line: InvoiceLineRecord) -> invoice_line::Model {
    invoice_line::Model {
        id: line.id.into(),
        invoice_id: line.invoice.into(),
        position: line.position,
        source_kind: line.source.kind.to_string(),
        source_id: line.source.id,
        claims_source: line.claims_source,
        corrects_id: line.corrects.map(Into::into),
        description: line.description,
        quantity: line.quantity.to_string(),
        value: amount(line.value),
        covered: amount(line.covered),
        due: amount(line.due),
    }
}

pub(super) fn restore(row: invoice::Model, lines: Vec<invoice_line::Model>) -> Result<Invoice, StoreError> {
    let record = record(row)?;
    let lines = lines.into_iter().map(|line| line_record(line, record.currency));
    let lines = lines.collect::<Result<_, _>>()?;
    Invoice::restore(record, lines)
}

/// The row by itself, not checked against its lines.
pub(crate) fn record(row: invoice::Model) -> Result<InvoiceRecord, StoreError> {
    let read = Reading::of("invoice", row.id);
    let currency = read.parse(&row.currency)?;
    Ok(InvoiceRecord {
        id: row.id.into(),
        code: read.parse_some(row.code.as_deref())?,
        organization: row.organization_id.into(),
        currency,
        billing_run: row.billing_run_id.map(Into::into),
        value: read.money(&row.value, currency)?,
        covered: read.money(&row.covered, currency)?,
        due: read.money(&row.due, currency)?,
        status: read.parse(&row.status)?,
        created_at: read.instant(row.created_at)?,
        issued_at: read.instant_some(row.issued_at)?,
        due_at: read.instant_some(row.due_at)?,
        closed_at: read.instant_some(row.closed_at)?,
        version: row.version,
    })
}

pub(crate) fn line_record(
    line: invoice_line::Model,
    currency: Currency,
) -> Result<InvoiceLineRecord, StoreError> {
    let read = Reading::of("invoice line", line.id);
    Ok(InvoiceLineRecord {
        id: line.id.into(),
        invoice: line.invoice_id.into(),
        position: line.position,
        source: LineSource { kind: read.parse(&line.source_kind)?, id: line.source_id },
        claims_source: line.claims_source,
        corrects: line.corrects_id.map(Into::into),
        description: line.description,
        quantity: read.parse(&line.quantity)?,
        value: read.money(&line.value, currency)?,
        covered: read.money(&line.covered, currency)?,
        due: read.money(&line.due, currency)?,
    })
}

pub(super) fn run_row(run: &BillingRun) -> billing_run::Model {
    let skipped = run.skipped.iter().map(|skipped| {
        json!({
            "kind": skipped.source.kind.to_string(),
            "id": skipped.source.id,
            "reason": skipped.reason.to_string(),
            "detail": skipped.detail,
        })
    });
    billing_run::Model {
        id: run.id.into(),
        at: run.at.unix_micros(),
        actor_kind: run.actor.kind.to_string(),
        actor_id: run.actor.id,
        actor_name: run.actor.name.clone(),
        invoices: run.invoices.into(),
        lines: run.lines.into(),
        skipped: skipped.collect(),
    }
}
