//! Invoices and billing runs.

use billing::{BillingRun, LineSource, Skipped};
use kernel::{BillingRunId, InvoiceId, OrganizationId, Page, StoreError};
use sea_orm::prelude::Uuid;
use serde_json::Value as Json;
use service_delivery::reads::{
    BillingRunQuery, BillingRunSort, InvoiceDetail, InvoiceQuery, InvoiceRow, InvoiceSort, Viewer,
};

use super::{
    filter::Filter,
    key::Key,
    list::List,
    row::{JOIN_ORGANIZATION, ORGANIZATION, Row},
};
use crate::{
    billing::invoice as rows,
    entity::billing_run,
    reader::Reader,
    rows::{Reading, actor},
};

pub(super) async fn invoices(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &InvoiceQuery,
) -> Result<Page<InvoiceRow>, StoreError> {
    let mut filter = visible_to(viewer);
    filter.one_of("t.status", &query.filter.status);
    filter.equals("t.organization_id", query.filter.organization.map(OrganizationId::as_uuid));
    filter.equals("t.billing_run_id", query.filter.billing_run.map(BillingRunId::as_uuid));
    filter.from("t.issued_at", query.filter.issued_from);
    filter.until("t.issued_at", query.filter.issued_until);
    filter.search(db, "invoice", query.filter.q.as_deref()).await?;
    let keys = match query.sorted().by {
        InvoiceSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        InvoiceSort::Code => vec![Key::text("t.code").or_absent(), Key::id("t.id")],
        InvoiceSort::IssuedAt => {
            let issued = query.filter.issued_from.is_some() || query.filter.issued_until.is_some();
            vec![Key::whole("t.issued_at").or_absent_unless(issued), Key::id("t.id")]
        }
        InvoiceSort::DueAt => vec![Key::whole("t.due_at").or_absent(), Key::id("t.id")],
        InvoiceSort::Status => vec![Key::text("t.status"), Key::whole("t.created_at"), Key::id("t.id")],
    };
    invoice_list(filter).page(db, query, keys, invoice_row).await
}

/// A draft is no invoice to its customer.
fn visible_to(viewer: Viewer) -> Filter {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    if viewer.tenant.is_some() {
        filter.and("t.status <> 'draft'");
    }
    filter
}

fn invoice_list(filter: Filter) -> List {
    List::new("invoices", format!("t.*, {ORGANIZATION}"), format!("invoice t{JOIN_ORGANIZATION}"), filter)
}

fn invoice_row(row: &Row<'_>) -> Result<InvoiceRow, StoreError> {
    let invoice = rows::record(row.model()?)?;
    Ok(InvoiceRow {
        id: invoice.id,
        code: invoice.code,
        organization: row.organization()?.ok_or_else(|| row.missing("organization"))?,
        billing_run: invoice.billing_run,
        value: invoice.value,
        covered: invoice.covered,
        due: invoice.due,
        status: invoice.status,
        created_at: invoice.created_at,
        issued_at: invoice.issued_at,
        due_at: invoice.due_at,
    })
}

pub(super) async fn invoice(
    db: &Reader<'_>,
    viewer: Viewer,
    id: InvoiceId,
) -> Result<Option<InvoiceDetail>, StoreError> {
    let mut filter = visible_to(viewer);
    filter.equals("t.id", Some(id.as_uuid()));
    let read = |row: &Row<'_>| {
        let organization = row.organization()?.ok_or_else(|| row.missing("organization"))?;
        Ok((rows::record(row.model()?)?, organization))
    };
    let Some((invoice, organization)) = invoice_list(filter).one(db, read).await? else { return Ok(None) };
    let mut of_invoice = Filter::default();
    of_invoice.equals("t.invoice_id", Some(id.as_uuid()));
    let lines = List::new("invoice lines", "t.*", "invoice_line t", of_invoice);
    let lines = lines.all(db, "t.position", |row| rows::line_record(row.model()?, invoice.currency)).await?;
    Ok(Some(InvoiceDetail { invoice, organization, lines }))
}

pub(super) async fn billing_runs(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &BillingRunQuery,
) -> Result<Page<BillingRun>, StoreError> {
    let keys = match query.sorted().by {
        BillingRunSort::At => vec![Key::whole("t.at"), Key::id("t.id")],
    };
    billing_run_list(viewer, Filter::default()).page(db, query, keys, billing_run_row).await
}

pub(super) async fn billing_run(
    db: &Reader<'_>,
    viewer: Viewer,
    id: BillingRunId,
) -> Result<Option<BillingRun>, StoreError> {
    let mut filter = Filter::default();
    filter.equals("t.id", Some(id.as_uuid()));
    billing_run_list(viewer, filter).one(db, billing_run_row).await
}

fn billing_run_list(viewer: Viewer, mut filter: Filter) -> List {
    // A run bills every organization: it is no customer's.
    if viewer.tenant.is_some() {
        filter.nothing();
    }
    List::new("billing_runs", "t.*", "billing_run t", filter)
}

fn billing_run_row(row: &Row<'_>) -> Result<BillingRun, StoreError> {
    let row: billing_run::Model = row.model()?;
    let read = Reading::of("billing run", row.id);
    let skipped = row.skipped.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(BillingRun {
        id: row.id.into(),
        at: read.instant(row.at)?,
        actor: actor(&read, &row.actor_kind, row.actor_id, row.actor_name)?,
        invoices: read.number(row.invoices)?,
        lines: read.number(row.lines)?,
        skipped: skipped.iter().map(|skipped| skipped_source(&read, skipped)).collect::<Result<_, _>>()?,
    })
}

fn skipped_source(read: &Reading, skipped: &Json) -> Result<Skipped, StoreError> {
    let text = |field: &str| skipped.get(field).and_then(Json::as_str).unwrap_or_default();
    Ok(Skipped {
        source: LineSource { kind: read.parse(text("kind"))?, id: read.parse::<Uuid>(text("id"))? },
        reason: read.parse(text("reason"))?,
        detail: text("detail").to_owned(),
    })
}
