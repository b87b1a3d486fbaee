//! What a balance was (CR-8, CR-11), in a snapshot: as of an instant, over a period, month by month. Each instant costs the
//! newest entry before it and a few lots, however long the history.

use std::collections::HashMap;

use kernel::{CreditBalanceId, Page, ServiceRequestCode, StoreError, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid,
};
use service_delivery::reads::{
    LedgerSort, ListQuery, MovementRow, NoFilter, RequestName, Sorted, StatementPage, StatementQuery, Viewer,
};
use ust_credits::{
    BalanceRecord, Figures, LedgerEntry, LotRecord, Totals, Touching, Turnover, figures_as_of,
};

use super::{
    super::{cursor, filter::Filter, key::KeyValue, list::List, row::Row},
    ledger_keys,
};
use crate::{
    Database,
    credits::{balance_of_row, ledger_point, lots_for, open_lots, rows},
    entity::{credit_balance, service_request},
    error,
};

/// One balance, in one snapshot.
struct Past {
    tx: DatabaseTransaction,
    row: credit_balance::Model,
    record: BalanceRecord,
}

impl Past {
    async fn open(db: &Database, viewer: Viewer, id: CreditBalanceId) -> Result<Option<Self>, StoreError> {
        let tx = db.snapshot().await?;
        let row = credit_balance::Entity::find_by_id(id.as_uuid()).one(&tx).await.map_err(error::map)?;
        let Some(row) = row else { return Ok(None) };
        let record = rows::balance(row.clone())?;
        let visible = viewer.tenant.is_none_or(|tenant| record.organization == Some(tenant));
        Ok(visible.then_some(Self { tx, row, record }))
    }

    /// The latest instant that anything is known of.
    fn latest(&self, viewer: Viewer) -> Timestamp {
        viewer.now.max(self.record.last_at)
    }

    async fn figures(&self, at: Timestamp) -> Result<Figures, StoreError> {
        let point = ledger_point(&self.tx, &self.record, at).await?;
        let lots: Vec<LotRecord> = lots_for(&self.tx, self.record.id, at, point.is_last).await?;
        Ok(figures_as_of(at, &point, &lots))
    }

    /// As [`Past::figures`], where it does not matter what could be used already.
    async fn totals(&self, at: Timestamp) -> Result<Totals, StoreError> {
        let point = ledger_point(&self.tx, &self.record, at).await?;
        let lots = if point.is_last { open_lots(&self.tx, self.record.id).await? } else { Vec::new() };
        Ok(figures_as_of(at, &point, &lots).totals)
    }

    /// What fell due after `after` up to and at `until` and is not written down yet.
    async fn due(&self, after: Timestamp, until: Timestamp) -> Result<Vec<LedgerEntry>, StoreError> {
        if self.record.next_due.is_none_or(|due| due > until) {
            return Ok(Vec::new());
        }
        let balance = balance_of_row(&self.tx, self.row.clone(), &Touching::nothing()).await?;
        Ok(balance.due_entries(until).into_iter().filter(|entry| entry.at > after).collect())
    }

    async fn close<T>(self, told: T) -> Result<Option<T>, StoreError> {
        self.tx.rollback().await.map_err(error::map)?;
        Ok(Some(told))
    }
}

pub(in crate::reads) async fn figures(
    db: &Database,
    viewer: Viewer,
    id: CreditBalanceId,
    at: Timestamp,
) -> Result<Option<Figures>, StoreError> {
    let Some(past) = Past::open(db, viewer, id).await? else { return Ok(None) };
    let figures = past.figures(at).await?;
    past.close(figures).await
}

pub(in crate::reads) async fn turnovers(
    db: &Database,
    viewer: Viewer,
    id: CreditBalanceId,
    bounds: &[Timestamp],
) -> Result<Option<Vec<Turnover>>, StoreError> {
    let Some(past) = Past::open(db, viewer, id).await? else { return Ok(None) };
    let latest = past.latest(viewer);
    let mut totals = Vec::with_capacity(bounds.len());
    for bound in bounds {
        totals.push(past.totals(bound.just_before().min(latest)).await?);
    }
    let turnovers = totals.iter().zip(totals.iter().skip(1)).map(|(from, to)| Turnover::between(from, to));
    let turnovers = turnovers.collect();
    past.close(turnovers).await
}

pub(in crate::reads) async fn statement(
    db: &Database,
    viewer: Viewer,
    id: CreditBalanceId,
    query: &StatementQuery,
) -> Result<Option<StatementPage>, StoreError> {
    let Some(past) = Past::open(db, viewer, id).await? else { return Ok(None) };
    let latest = past.latest(viewer);
    let closing_at = query.period.closing_instant().min(latest);
    let opening_at = query.period.opening_instant().min(closing_at);
    let page = StatementPage {
        opening: past.figures(opening_at).await?,
        closing: past.figures(closing_at).await?,
        closing_at,
        movements: movements(&past, opening_at, closing_at, query).await?,
    };
    past.close(page).await
}

/// A page of what is written, and after all of that of what fell due and is not.
async fn movements(
    past: &Past,
    after: Timestamp,
    until: Timestamp,
    query: &StatementQuery,
) -> Result<Page<MovementRow>, StoreError> {
    const NAME: &str = "statement";
    let sort = Some(Sorted::ascending(LedgerSort::At));
    let query = &ListQuery { filter: NoFilter, sort, page: query.page.clone() };
    let mut filter = Filter::default();
    filter.equals("t.balance_id", Some(past.record.id.as_uuid()));
    filter.compare("t.at", ">", Some(after.unix_micros()));
    filter.compare("t.at", "<=", Some(until.unix_micros()));
    let from = "ledger_entry t LEFT JOIN service_request r ON r.id = t.request_id";
    let list = List::new(NAME, "t.*, r.code AS request_code", from, filter);
    let mut page = list.page(&past.tx, query, ledger_keys(), movement).await?;
    if page.next.is_some() {
        return Ok(page);
    }
    let order = query.sorted().to_string();
    let place =
        query.page.cursor().map(|given| cursor::read(given, NAME, &order, &ledger_keys())).transpose()?;
    let mut due = past.due(after, until).await?;
    due.retain(|entry| place.as_ref().is_none_or(|place| place_of(entry).as_slice() > place.as_slice()));
    let limit = usize::from(query.page.limit());
    page.items.extend(with_codes(&past.tx, due).await?);
    if page.items.len() > limit {
        page.items.truncate(limit);
        page.next = page.items.last().map(|last| cursor::write(NAME, &order, &place_of(&last.entry)));
    }
    Ok(page)
}

fn place_of(entry: &LedgerEntry) -> [KeyValue; 2] {
    [KeyValue::Whole(entry.at.unix_micros()), KeyValue::Whole(entry.sequence)]
}

fn movement(row: &Row<'_>) -> Result<MovementRow, StoreError> {
    let entry = rows::entry(row.model()?)?;
    let code = row.parse_some("request_code")?;
    Ok(MovementRow { request: named(&entry, code), entry })
}

fn named(entry: &LedgerEntry, code: Option<ServiceRequestCode>) -> Option<RequestName> {
    entry.request.zip(code).map(|(id, code)| RequestName { id, code })
}

async fn with_codes(
    db: &impl ConnectionTrait,
    entries: Vec<LedgerEntry>,
) -> Result<Vec<MovementRow>, StoreError> {
    use service_request::{Column, Entity};
    let ids: Vec<Uuid> = entries.iter().filter_map(|entry| entry.request).map(Uuid::from).collect();
    let mut codes: HashMap<Uuid, ServiceRequestCode> = HashMap::new();
    if !ids.is_empty() {
        let found = Entity::find().select_only().column(Column::Id).column(Column::Code);
        let found: Vec<(Uuid, String)> =
            found.filter(Column::Id.is_in(ids)).into_tuple().all(db).await.map_err(error::map)?;
        for (id, code) in found {
            codes.insert(id, crate::rows::Reading::of("service request", id).parse(&code)?);
        }
    }
    let row = |entry: LedgerEntry| {
        let code = entry.request.and_then(|id| codes.get(&id.as_uuid()).copied());
        MovementRow { request: named(&entry, code), entry }
    };
    Ok(entries.into_iter().map(row).collect())
}
