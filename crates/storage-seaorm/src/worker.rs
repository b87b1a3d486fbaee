//! What falls due by itself: found, in order, and handled many at a time.

use std::{collections::BTreeMap, fmt::Write as _};

use ::entitlement::Entitlement;
use async_trait::async_trait;
use kernel::{CreditBalanceId, EntitlementId, ServiceRequestId, StoreError, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IntoActiveModel,
    Iterable, PrimaryKeyToColumn, QueryFilter, QueryOrder, Statement, Value,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr},
};
use service_delivery::{
    policy_documents::PolicyPlace,
    worker::{Due, Schedule, Setback, Timed},
};
use ust_credits::{BalanceRows, CreditBalance, LotRecord, Store as _, Touching};

use crate::{
    Database,
    credits::rows,
    entitlements::entitlement as entitlement_rows,
    entity::{credit_balance, credit_hold, credit_lot, entitlement},
    error,
    rows::{Reading, insert_all, locked},
    unit_of_work::Transaction,
};

/// Where due instants lie: the column is indexed where it is not null, together with the id.
struct Source {
    table: &'static str,
    column: &'static str,
    timed: fn(Uuid) -> Timed,
}

/// In the order of [`Timed`]: at one instant, the earlier source comes first.
const SOURCES: [Source; 2] = [
    Source {
        table: "credit_balance",
        column: "next_due",
        timed: |id| Timed::CreditBalance(CreditBalanceId::new(id)),
    },
    Source {
        table: "service_request",
        column: "next_due",
        timed: |id| Timed::ServiceRequest(ServiceRequestId::new(id)),
    },
];

/// Databases limit the parameters of a statement (SQLite: 32,766).
const ROWS_PER_STATEMENT: usize = 500;

impl Database {
    /// Since when the longest due step has been due; none where nothing is due by `now`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn due_since(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        first_due(&self.reader(), "<=", now).await
    }
}

/// The first instant at which something falls due, among those that are `bound` to `than`.
async fn first_due(
    connection: &impl ConnectionTrait,
    bound: &str,
    than: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let parts = SOURCES.iter().map(|Source { table, column, .. }| {
        format!("SELECT min({column}) AS due FROM {table} WHERE {column} {bound} $1")
    });
    let parts: Vec<String> = parts.collect();
    let sql = format!("SELECT min(due) FROM ({}) AS d", parts.join(" UNION ALL "));
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [than.unix_micros().into()]);
    let Some(row) = connection.query_one_raw(statement).await.map_err(error::map)? else { return Ok(None) };
    let due: Option<i64> = row.try_get_by_index(0).map_err(error::map)?;
    Reading::of("due step", "-").instant_some(due)
}

#[async_trait]
impl Schedule for Transaction {
    async fn take_turn(&mut self, wait: bool) -> Result<bool, StoreError> {
        // On SQLite, whoever may write has the turn.
        if self.backend() == DbBackend::Sqlite {
            return Ok(true);
        }
        let skip = if wait { "" } else { "SKIP LOCKED" };
        let sql = format!("SELECT lane FROM worker_turn WHERE lane = 'timed_steps' FOR UPDATE {skip}");
        Ok(self.rows(&sql, vec![]).await?.len() == 1)
    }

    async fn due(&mut self, until: Timestamp, limit: u16, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let values = vec![until.unix_micros().into(), i64::from(limit).into(), now.unix_micros().into()];
        // Whether something is set back is looked up row by row, in the order in which they are due: joined, the databases might
        // sort all that is due instead.
        let parts = SOURCES.iter().enumerate().map(|(rank, Source { table, column, .. })| {
            format!(
                "SELECT * FROM (SELECT {column} AS due, {rank} AS source, id FROM {table} t
                    WHERE {column} <= $1 AND coalesce((SELECT s.retry_at FROM timed_setback s
                        WHERE s.source = '{table}' AND s.id = t.id AND s.due = t.{column}), $3) <= $3
                    ORDER BY {column}, id LIMIT $2) AS s{rank}"
            )
        });
        let parts: Vec<String> = parts.collect();
        let sql = format!(
            "SELECT due, source, id FROM ({}) AS d ORDER BY due, source, id LIMIT $2",
            parts.join(" UNION ALL ")
        );
        let rows = self.rows(&sql, values).await?;
        let read = |row: &sea_orm::QueryResult| {
            let (due, source, id): (i64, i32, Uuid) = row.try_get_many_by_index().map_err(error::map)?;
            let read = Reading::of("due step", id);
            let source = SOURCES.get(usize::try_from(source).unwrap_or_default());
            let source = source.ok_or_else(|| read.corrupt("of no known source"))?;
            Ok(Due { at: read.instant(due)?, what: (source.timed)(id) })
        };
        rows.iter().map(read).collect()
    }

    async fn failures(&mut self, due: Due) -> Result<u32, StoreError> {
        let sql = "SELECT failures FROM timed_setback WHERE source = $1 AND id = $2 AND due = $3";
        let values =
            vec![source_of(due.what).table.into(), id_of(&due.what).into(), due.at.unix_micros().into()];
        let rows = self.rows(sql, values).await?;
        let failures: i64 = rows.first().map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(error::map)?;
        Ok(u32::try_from(failures).unwrap_or(u32::MAX))
    }

    async fn set_back(&mut self, setback: &Setback) -> Result<(), StoreError> {
        let Setback { due, failures, retry_at, reason } = setback;
        let sql = "INSERT INTO timed_setback (source, id, due, failures, retry_at, reason) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (source, id) DO UPDATE SET due = excluded.due, failures = excluded.failures,
                retry_at = excluded.retry_at, reason = excluded.reason";
        let values: [Value; 6] = [
            source_of(due.what).table.into(),
            id_of(&due.what).into(),
            due.at.unix_micros().into(),
            i64::from(*failures).into(),
            retry_at.unix_micros().into(),
            reason.replace('\0', " ").into(),
        ];
        self.execute(sql, values).await.map(drop)
    }

    async fn forget_setbacks(&mut self, what: &[Timed]) -> Result<(), StoreError> {
        let (mut values, ids) = (Vec::new(), what.iter().map(id_of).collect::<Vec<_>>());
        let sql = format!("DELETE FROM timed_setback WHERE id IN {}", places(&mut values, &ids));
        self.execute(&sql, values).await.map(drop)
    }

    async fn due_after(&mut self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        first_due(self.tx().await?, ">", after).await
    }

    async fn lock_balances(&mut self, ids: &[CreditBalanceId]) -> Result<Vec<CreditBalance>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let found = credit_balance::Entity::find()
            .filter(credit_balance::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(credit_balance::Column::Id);
        let found = locked(found).all(self.tx().await?).await.map_err(error::map)?;
        // Spelt as in the partial index, so that the index is seen to fit.
        let open = credit_lot::Entity::find()
            .filter(credit_lot::Column::BalanceId.is_in(ids.iter().copied()))
            .filter(Expr::cust("is_open"));
        let mut lots: BTreeMap<Uuid, Vec<LotRecord>> = BTreeMap::new();
        for row in open.all(self.tx().await?).await.map_err(error::map)? {
            lots.entry(row.balance_id).or_default().push(rows::lot(row)?);
        }
        let mut balances = Vec::with_capacity(found.len());
        for row in found {
            let lots = lots.remove(&row.id).unwrap_or_default();
            let record = rows::balance(row)?;
            // Few are overdrawn; their holds are needed too.
            if record.totals.overdraft.is_positive() {
                balances.extend(self.lock_balance(record.id, &Touching::nothing()).await?);
                continue;
            }
            let touching = Touching::nothing();
            balances.push(CreditBalance::restore(BalanceRows { record, lots, holds: vec![], touching })?);
        }
        Ok(balances)
    }

    async fn save_balances(&mut self, balances: &mut [CreditBalance]) -> Result<(), StoreError> {
        let (mut records, mut lots, mut holds, mut entries) = (vec![], vec![], vec![], vec![]);
        for balance in balances {
            let Some(changes) = balance.take_changes() else { continue };
            let id = changes.balance.row.id;
            records.push(rows::balance_row(&changes.balance.row));
            lots.extend(changes.lots.iter().map(|lot| rows::lot_row(id, &lot.row)));
            holds.extend(changes.holds.iter().map(|hold| rows::hold_row(&hold.row)));
            entries.extend(changes.entries.iter().map(rows::entry_row));
        }
        {
            use credit_balance::{Column, Entity};
            let loaded = Expr::col((Entity, Column::Version)).eq(Expr::cust("excluded.version - 1"));
            self.write_all(records, &[Column::EntitlementId], Some(loaded), "credit balance").await?;
        }
        self.write_all(lots, &[credit_lot::Column::BalanceId], None, "lot").await?;
        self.write_all(holds, &[credit_hold::Column::BalanceId], None, "credit hold").await?;
        insert_all(self.tx().await?, entries).await
    }

    async fn entitlements(&mut self, ids: &[EntitlementId]) -> Result<Vec<Entitlement>, StoreError> {
        let ids = ids.iter().map(|id| id.as_uuid());
        let found = entitlement::Entity::find().filter(entitlement::Column::Id.is_in(ids));
        let found = found.all(self.tx().await?).await.map_err(error::map)?;
        found.into_iter().map(entitlement_rows::restore).collect()
    }

    async fn look_again(&mut self, place: PolicyPlace, at: Timestamp) -> Result<(), StoreError> {
        let mut values: Vec<Value> = vec![at.unix_micros().into()];
        let place: Option<(&str, Value)> = match place {
            PolicyPlace::Everywhere => None,
            PolicyPlace::Class(class) => Some(("class", class.to_string().into())),
            PolicyPlace::Organization(id) => Some(("organization_id", id.as_uuid().into())),
            PolicyPlace::Product(id) => Some(("product_id", id.as_uuid().into())),
            PolicyPlace::Entitlement(id) => Some(("id", id.as_uuid().into())),
        };
        let mut under = String::new();
        if let Some((column, value)) = place {
            under = format!("AND entitlement_id IN (SELECT id FROM entitlement WHERE {column} = $2)");
            values.push(value);
        }
        // In the order of their ids, so that whoever locks several is in nobody's way.
        let sqlite = self.backend() == DbBackend::Sqlite;
        let lock = if sqlite { "" } else { "ORDER BY id FOR NO KEY UPDATE" };
        let sql = format!(
            "UPDATE service_request SET next_due = $1 WHERE id IN (
                SELECT id FROM service_request WHERE (next_due IS NULL OR next_due > $1) {under} AND (
                    (status IN ('draft', 'pending_approval') AND estimated_credits IS NOT NULL
                        AND credit_balance_id IS NOT NULL AND NOT hold_given_back)
                    OR (status = 'completed' AND accepted_at IS NULL))
                {lock})"
        );
        self.execute(&sql, values).await.map(drop)
    }

    async fn lock_all(&mut self, what: &[Timed]) -> Result<(), StoreError> {
        let ids =
            |rank| what.iter().filter(move |what| rank_of(**what) == rank).map(id_of).collect::<Vec<_>>();
        let (balances, requests) = (ids(0), ids(1));
        // On SQLite nobody else writes; balances alone are locked when they are loaded.
        if self.backend() == DbBackend::Sqlite || requests.is_empty() {
            return Ok(());
        }
        let mut values = Vec::new();
        let requests = places(&mut values, &requests);
        let sql = format!(
            "SELECT id FROM entitlement WHERE id IN (
                SELECT entitlement_id FROM service_request WHERE id IN {requests} UNION
                SELECT b.entitlement_id FROM credit_balance b
                    JOIN service_request r ON r.credit_balance_id = b.id WHERE r.id IN {requests}
            ) ORDER BY id FOR SHARE"
        );
        self.rows(&sql, values.clone()).await?;
        let mut with_balances = values.clone();
        let own = if balances.is_empty() {
            String::new()
        } else {
            let balances = places(&mut with_balances, &balances);
            format!("UNION SELECT id FROM credit_balance WHERE id IN {balances}")
        };
        let sql = format!(
            "SELECT id FROM credit_balance WHERE id IN (
                SELECT credit_balance_id FROM service_request WHERE id IN {requests} {own}
            ) ORDER BY id FOR NO KEY UPDATE"
        );
        self.rows(&sql, with_balances).await?;
        let sql =
            format!("SELECT id FROM service_request WHERE id IN {requests} ORDER BY id FOR NO KEY UPDATE");
        self.rows(&sql, values).await?;
        Ok(())
    }

    async fn forget_commands(&mut self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let sql =
            "DELETE FROM command WHERE id IN (SELECT id FROM command WHERE at < $1 ORDER BY at LIMIT $2)";
        self.execute(sql, [before.unix_micros().into(), i64::from(limit).into()]).await
    }
}

impl Transaction {
    async fn rows(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<sea_orm::QueryResult>, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.tx().await?.query_all_raw(statement).await.map_err(error::map)
    }

    /// The number of rows that it touched.
    async fn execute(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(self.tx().await?.execute_raw(statement).await.map_err(error::map)?.rows_affected())
    }

    /// Writes many rows of one table, changed ones and new ones, of which none changes its key or a column of `fixed`. Where
    /// `only_if` does not hold for one that is there, that one is stale.
    async fn write_all<M, A>(
        &mut self,
        rows: Vec<M>,
        fixed: &[<A::Entity as EntityTrait>::Column],
        only_if: Option<SimpleExpr>,
        entity: &'static str,
    ) -> Result<(), StoreError>
    where
        M: IntoActiveModel<A>,
        A: ActiveModelTrait,
    {
        let is = |one: &<A::Entity as EntityTrait>::Column, other: &<A::Entity as EntityTrait>::Column| {
            one.as_str() == other.as_str()
        };
        let keys: Vec<_> =
            <A::Entity as EntityTrait>::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let changing = <A::Entity as EntityTrait>::Column::iter()
            .filter(|column| !keys.iter().chain(fixed).any(|kept| is(kept, column)));
        let mut on_conflict = OnConflict::columns(keys.iter().copied());
        on_conflict.update_columns(changing);
        if let Some(only_if) = only_if {
            on_conflict.action_and_where(only_if);
        }
        let mut rows: Vec<A> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS_PER_STATEMENT));
            let count = rows.len();
            let insert = A::Entity::insert_many(rows).on_conflict(on_conflict.clone());
            let written = insert.exec_without_returning(self.tx().await?).await.map_err(error::map)?;
            if written != count as u64 {
                return Err(StoreError::Stale { entity });
            }
            rows = rest;
        }
        Ok(())
    }
}

impl Database {
    /// How far a settable clock is ahead of the system's, in microseconds (WK-3).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn clock_ahead(&self) -> Result<i64, StoreError> {
        let sql = "SELECT ahead FROM clock_offset WHERE id = 1";
        let row = self.reader().query_one_raw(Statement::from_string(self.backend(), sql)).await;
        let row = row.map_err(error::map)?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(error::map)
    }

    /// Sets a settable clock ahead by so many microseconds, unless it is further ahead already (WK-3).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn set_clock_ahead(&self, micros: i64) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        let sql = "UPDATE clock_offset SET ahead = $1 WHERE id = 1 AND ahead < $1";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [micros.into()]);
        tx.execute_raw(statement).await.map_err(error::map)?;
        tx.commit().await
    }
}

fn rank_of(what: Timed) -> usize {
    match what {
        Timed::CreditBalance(_) => 0,
        Timed::ServiceRequest(_) => 1,
    }
}

fn source_of(what: Timed) -> &'static Source {
    &SOURCES[rank_of(what)]
}

fn id_of(what: &Timed) -> Uuid {
    match what {
        Timed::CreditBalance(id) => id.as_uuid(),
        Timed::ServiceRequest(id) => id.as_uuid(),
    }
}

/// `($3, $4)` for `ids`, which become the next values.
fn places(values: &mut Vec<Value>, ids: &[Uuid]) -> String {
    let mut text = String::from("(");
    for id in ids {
        values.push((*id).into());
        let comma = if text.len() > 1 { ", " } else { "" };
        // Writing into a text does not fail.
        let _ = write!(text, "{comma}${}", values.len());
    }
    text + ")"
}
