//! Orders and payments.

use std::collections::HashMap;

use billing::Payment;
use kernel::{EntitlementCode, EntitlementId, OrderId, OrderLineId, OrganizationId, Page, StoreError};
use service_delivery::reads::{
    OrderDetail, OrderLineDetail, OrderQuery, OrderRow, OrderSort, PaymentQuery, PaymentSort, Viewer,
};

use super::{
    exists,
    filter::Filter,
    key::Key,
    list::List,
    row::{JOIN_ORGANIZATION, ORGANIZATION, Row},
};
use crate::{billing::order as rows, reader::Reader};

pub(super) async fn orders(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &OrderQuery,
) -> Result<Page<OrderRow>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.one_of("t.status", &query.filter.status);
    filter.equals("t.organization_id", query.filter.organization.map(OrganizationId::as_uuid));
    filter.from("t.created_at", query.filter.created_from);
    filter.until("t.created_at", query.filter.created_until);
    filter.search(db, "sales_order", query.filter.q.as_deref()).await?;
    let keys = match query.sorted().by {
        OrderSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        OrderSort::Code => vec![Key::text("t.code")],
        OrderSort::Status => vec![Key::text("t.status"), Key::whole("t.created_at"), Key::id("t.id")],
    };
    order_list(filter).page(db, query, keys, order_row).await
}

fn order_list(filter: Filter) -> List {
    List::new("orders", format!("t.*, {ORGANIZATION}"), format!("sales_order t{JOIN_ORGANIZATION}"), filter)
}

fn order_row(row: &Row<'_>) -> Result<OrderRow, StoreError> {
    let order = rows::record(row.model()?)?;
    Ok(OrderRow {
        id: order.id,
        code: order.code,
        organization: row.organization()?,
        holder_name: order.holder_name,
        holder_email: order.holder_email,
        external_ref: order.external_ref,
        total: order.total,
        paid: order.paid,
        status: order.status,
        created_at: order.created_at,
    })
}

pub(super) async fn order(
    db: &Reader<'_>,
    viewer: Viewer,
    id: OrderId,
) -> Result<Option<OrderDetail>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let read = |row: &Row<'_>| Ok((rows::record(row.model()?)?, row.organization()?));
    let Some((order, organization)) = order_list(filter).one(db, read).await? else { return Ok(None) };

    let mut of_order = Filter::default();
    of_order.equals("t.order_id", Some(id.as_uuid()));
    let currency = order.currency;
    let lines = List::new("order lines", "t.*", "order_line t", of_order.clone());
    let lines = lines.all(db, "t.position", |row| rows::line_record(row.model()?, currency)).await?;
    let bought = List::new(
        "entitlements",
        "e.id, e.code, e.order_line_id",
        "order_line t JOIN entitlement e ON e.order_line_id = t.id",
        of_order.clone(),
    );
    let read = |row: &Row<'_>| Ok((row.id("order_line_id")?, (row.id("id")?, row.parse("code")?)));
    let mut entitlements: HashMap<OrderLineId, Vec<(EntitlementId, EntitlementCode)>> = HashMap::new();
    for (line, entitlement) in bought.all(db, "e.created_at, e.id", read).await? {
        entitlements.entry(line).or_default().push(entitlement);
    }
    let lines = lines.into_iter().map(|line| OrderLineDetail {
        entitlements: entitlements.remove(&line.id).unwrap_or_default(),
        line,
    });
    let lines = lines.collect();
    let payments = List::new("payments", "t.*", "payment t", of_order);
    let payments = payments.all(db, "t.recorded_at, t.id", payment_row).await?;
    Ok(Some(OrderDetail { order, organization, lines, payments }))
}

pub(super) async fn payments(
    db: &Reader<'_>,
    viewer: Viewer,
    order: OrderId,
    query: &PaymentQuery,
) -> Result<Option<Page<Payment>>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "o.organization_id");
    filter.equals("t.order_id", Some(order.as_uuid()));
    let keys = match query.sorted().by {
        PaymentSort::RecordedAt => vec![Key::whole("t.recorded_at"), Key::id("t.id")],
    };
    let list = List::new("payments", "t.*", "payment t LEFT JOIN sales_order o ON o.id = t.order_id", filter);
    let page = list.page(db, query, keys, payment_row).await?;
    let there = !page.items.is_empty() || exists(db, viewer, "sales_order", order).await?;
    Ok(there.then_some(page))
}

fn payment_row(row: &Row<'_>) -> Result<Payment, StoreError> {
    rows::restore_payment(row.model()?)
}
