//! Credit balances, lots and ledger entries.

mod past;
mod uses;

pub(super) use past::{figures, statement, turnovers};
pub(super) use uses::{expiries, lot_uses, request_credits};

use std::collections::HashMap;

use kernel::{
    CreditBalanceId, EntitlementId, Limited, OrganizationId, Page, ServiceRequestId, StoreError, Timestamp,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, prelude::Uuid, sea_query::Expr};
use service_delivery::reads::{
    Above, BalanceQuery, BalanceRow, BalanceSort, LedgerQuery, LedgerSort, LotQuery, LotSort, Viewer,
};
use ust_credits::{
    BalanceRecord, BalanceStatus, Credits, EntryKind, LedgerEntry, LedgerPoint, LotRecord, figures_as_of,
};

use super::{
    cursor, exists,
    filter::Filter,
    key::{Key, KeyValue},
    list::List,
    row::{ABOVE, JOIN_ABOVE, Row},
};
use crate::{credits::rows, entity::credit_lot, error, reader::Reader};

pub(super) async fn credit_balances(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &BalanceQuery,
) -> Result<Page<BalanceRow>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", query.filter.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", query.filter.entitlement.map(EntitlementId::as_uuid));
    let keys = match query.sorted().by {
        BalanceSort::CreatedAt => vec![Key::id("t.id")],
    };
    let page = balance_list(filter).page(db, query, keys, |row| balance_row(row, viewer)).await?;
    let mut lots = open_lots(db, page.items.iter().map(|(balance, _)| balance.id)).await?;
    Ok(page.map(|found| with_figures(found, &mut lots, viewer.now)))
}

pub(super) async fn credit_balance(
    db: &Reader<'_>,
    viewer: Viewer,
    id: CreditBalanceId,
) -> Result<Option<BalanceRow>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let Some(found) = balance_list(filter).one(db, |row| balance_row(row, viewer)).await? else {
        return Ok(None);
    };
    let mut lots = open_lots(db, [id]).await?;
    Ok(Some(with_figures(found, &mut lots, viewer.now)))
}

fn balance_list(filter: Filter) -> List {
    List::new("credit_balances", format!("t.*, {ABOVE}"), format!("credit_balance t{JOIN_ABOVE}"), filter)
}

fn balance_row(row: &Row<'_>, viewer: Viewer) -> Result<(BalanceRecord, Above), StoreError> {
    Ok((rows::balance(row.model()?)?, row.above(viewer.now)?))
}

type Lots = HashMap<CreditBalanceId, Vec<LotRecord>>;

/// The lots of `balances` with something left: few, however long the history.
async fn open_lots(
    db: &impl ConnectionTrait,
    balances: impl IntoIterator<Item = CreditBalanceId>,
) -> Result<Lots, StoreError> {
    use credit_lot::{Column, Entity};
    let balances: Vec<Uuid> = balances.into_iter().map(Uuid::from).collect();
    let mut lots = Lots::new();
    if balances.is_empty() {
        return Ok(lots);
    }
    let found = Entity::find()
        .filter(Column::BalanceId.is_in(balances))
        // Spelt as in the partial index, so that the index is seen to fit.
        .filter(Expr::cust("is_open"));
    for row in found.all(db).await.map_err(error::map)? {
        lots.entry(row.balance_id.into()).or_default().push(rows::lot(row)?);
    }
    Ok(lots)
}

/// What fell due by `now` counts, written down or not (CR-8).
fn with_figures((balance, above): (BalanceRecord, Above), lots: &mut Lots, now: Timestamp) -> BalanceRow {
    let newest = LedgerPoint { at: balance.last_at, totals: balance.totals, is_last: true };
    let lots = lots.remove(&balance.id).unwrap_or_default();
    let own = if balance.frozen { BalanceStatus::Frozen } else { BalanceStatus::Active };
    BalanceRow {
        status: own.seen(above.standing),
        figures: figures_as_of(now.max(balance.last_at), &newest, &lots),
        balance,
        above,
    }
}

pub(super) async fn lots(
    db: &Reader<'_>,
    viewer: Viewer,
    balance: CreditBalanceId,
    query: &LotQuery,
) -> Result<Option<Page<LotRecord>>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "b.organization_id");
    filter.equals("t.balance_id", Some(balance.as_uuid()));
    if let Some(open) = query.filter.open {
        filter.and(if open { "t.is_open" } else { "NOT t.is_open" });
    }
    let keys = match query.sorted().by {
        LotSort::GrantedAt => vec![Key::whole("t.granted_at"), Key::id("t.id")],
    };
    let from = "credit_lot t LEFT JOIN credit_balance b ON b.id = t.balance_id";
    let list = List::new("lots", "t.*", from, filter);
    let page = list.page(db, query, keys, |row| rows::lot(row.model()?)).await?;
    let there = !page.items.is_empty() || exists(db, viewer, "credit_balance", balance).await?;
    Ok(there.then(|| page.map(|lot| expired_at(lot, viewer.now))))
}

/// The lot as it is at `now`: what is available in one whose time is over is gone, written down or not (CR-8).
fn expired_at(lot: LotRecord, now: Timestamp) -> LotRecord {
    if !lot.has_ended(now) {
        return lot;
    }
    let expired = Credits::from_units(lot.expired.units().saturating_add(lot.available.units()));
    LotRecord { available: Credits::ZERO, expired, ..lot }
}

/// Kinds of which a long ledger has few, spelt as in the partial index over them.
const RARE_KINDS: [EntryKind; 5] =
    [EntryKind::Grant, EntryKind::Expire, EntryKind::Adjust, EntryKind::Refund, EntryKind::Excess];
const IS_RARE: &str = "t.kind IN ('grant', 'expire', 'adjust', 'refund', 'excess')";

/// Entries are ordered by their instants and, within one, by their sequence: that is the order of their sequence, and a period
/// is found by an index.
fn ledger_keys() -> Vec<Key> {
    vec![Key::whole("t.at"), Key::whole("t.sequence")]
}

pub(super) async fn ledger(
    db: &Reader<'_>,
    viewer: Viewer,
    balance: CreditBalanceId,
    query: &LedgerQuery,
) -> Result<Option<Page<LedgerEntry>>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "b.organization_id");
    filter.equals("t.balance_id", Some(balance.as_uuid()));
    filter.equals("t.request_id", wanted.request.map(ServiceRequestId::as_uuid));
    filter.equals("t.actor_id", wanted.actor);
    filter.from("t.at", wanted.from);
    filter.until("t.at", wanted.until);
    let LedgerSort::At = query.sorted().by;
    let mut entries = Vec::new();
    for kinds in alike(&wanted.kind) {
        let mut filter = filter.clone();
        filter.and(kinds);
        let from = "ledger_entry t LEFT JOIN credit_balance b ON b.id = t.balance_id";
        let list = List::new("ledger", "t.*", from, filter);
        entries.push(list.page(db, query, ledger_keys(), |row| rows::entry(row.model()?)).await?);
    }
    let page = merged(entries, query);
    let there = !page.items.is_empty() || exists(db, viewer, "credit_balance", balance).await?;
    Ok(there.then_some(page))
}

/// The kinds in groups that are each found quickly, however long the ledger: every rare one by itself, the others together.
fn alike(kinds: &[EntryKind]) -> Vec<String> {
    if kinds.is_empty() {
        return vec!["1 = 1".to_owned()];
    }
    // The words of an enum, not of a caller: spelt out, so that the partial index is seen to fit.
    let rare = RARE_KINDS.into_iter().filter(|kind| kinds.contains(kind));
    let mut groups: Vec<String> = rare.map(|kind| format!("t.kind = '{kind}' AND {IS_RARE}")).collect();
    let mut others: Vec<String> =
        kinds.iter().filter(|kind| !RARE_KINDS.contains(kind)).map(|kind| format!("'{kind}'")).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        groups.push(format!("t.kind IN ({})", others.join(", ")));
    }
    groups
}

/// The first page of all entries together, of the first page of each group.
fn merged(pages: Vec<Page<LedgerEntry>>, query: &LedgerQuery) -> Page<LedgerEntry> {
    let limit = usize::from(query.page.limit());
    let more = pages.iter().any(|page| page.next.is_some());
    let mut items: Vec<LedgerEntry> = pages.into_iter().flat_map(|page| page.items).collect();
    items.sort_unstable_by_key(|entry| entry.sequence);
    if query.sorted().descending {
        items.reverse();
    }
    let more = more || items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| {
        let place = [KeyValue::Whole(last.at.unix_micros()), KeyValue::Whole(last.sequence)];
        cursor::write("ledger", &query.sorted().to_string(), &place)
    });
    Page { items, next }
}
