//! The audit of all ledgers (CR-9, CR-10): in one snapshot, in constant memory, whatever their number and length.

use std::collections::BTreeMap;

use kernel::{CreditBalanceId, EntitlementCode, StoreError};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseTransaction, DbBackend, EntityName, EntityTrait,
    ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select, Statement,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, SimpleExpr, ValueType},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use ust_credits::{BalanceRecord, Difference, Replay};

use crate::{
    Database,
    credits::rows,
    entity::{credit_balance, credit_hold, credit_lot, ledger_entry},
    error,
    rows::by_id,
};

/// Balances that are replayed at the same time.
const BALANCES: u64 = 500;
/// Rows that are read at once.
const ROWS: u64 = 5_000;

/// One thing about one balance that is not as its ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The balance.
    pub balance: CreditBalanceId,
    /// The code of the entitlement that it lies under; none where that cannot be told, as there is no such balance.
    pub entitlement: Option<EntitlementCode>,
    /// What differs, and by how much.
    pub difference: Difference,
}

/// What an audit looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Balances.
    pub balances: u64,
    /// Ledger entries.
    pub entries: u64,
    /// Differences.
    pub findings: u64,
}

impl Database {
    /// Replays every ledger and hands each difference from what is stored to `report`. Changes nothing, blocks nobody; what
    /// is written meanwhile is not seen.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer. A row that cannot be read is a finding, not an error.
    pub async fn audit(&self, report: &mut (dyn FnMut(Finding) + Send)) -> Result<Audited, StoreError> {
        let tx = self.snapshot().await?;
        let mut audit = Audit { tx: &tx, report, audited: Audited::default() };
        audit.run().await?;
        let audited = audit.audited;
        tx.rollback().await.map_err(error::map)?;
        Ok(audited)
    }
}

struct Audit<'a> {
    tx: &'a DatabaseTransaction,
    report: &'a mut (dyn FnMut(Finding) + Send),
    audited: Audited,
}

/// The replays under way, and what could not even be read.
#[derive(Default)]
struct Batch {
    /// None for a balance whose own row cannot be read.
    replays: BTreeMap<Uuid, Option<Replay>>,
    unreadable: Vec<(Uuid, Difference)>,
    /// How many rows of which table are of a balance that does not exist.
    strays: BTreeMap<(Uuid, &'static str), u64>,
}

impl Batch {
    /// Feeds a row of `balance` in `table`, or notes that it is none, or that there is no such balance.
    fn feed<T>(
        &mut self,
        table: &'static str,
        balance: Uuid,
        row: Result<T, StoreError>,
        feed: fn(&mut Replay, &T),
    ) -> Result<(), StoreError> {
        let Some(replay) = self.replays.get_mut(&balance) else {
            *self.strays.entry((balance, table)).or_default() += 1;
            return Ok(());
        };
        match row {
            Ok(row) => {
                if let Some(replay) = replay {
                    feed(replay, &row);
                }
                Ok(())
            }
            Err(error) => self.cannot_read(balance, error),
        }
    }

    /// Notes that a row of `balance` cannot be read, because of `error`; hands on what is wrong with more than a row.
    fn cannot_read(&mut self, balance: Uuid, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Corrupt { entity, id, reason } => {
                let row = format!("{entity} {id}");
                self.unreadable.push((balance, Difference::Row { row, fault: reason }));
                Ok(())
            }
            error => Err(error),
        }
    }
}

/// The balances of a run, each with its row or why that cannot be read.
type Run = Vec<(Uuid, Result<BalanceRecord, StoreError>)>;

impl Audit<'_> {
    /// The bounds of the runs leave no id out, so that rows are read whether or not their balance exists.
    async fn run(&mut self) -> Result<(), StoreError> {
        let mut first = Uuid::nil();
        loop {
            let run = self.balances(first).await?;
            let last = run.last().map(|(id, _)| *id);
            self.audit(run, (first, last.unwrap_or(Uuid::max()))).await?;
            match last.and_then(|last| last.as_u128().checked_add(1)) {
                Some(next) => first = Uuid::from_u128(next),
                None => return Ok(()),
            }
        }
    }

    /// The next balances, beginning with the id `first`.
    async fn balances(&self, first: Uuid) -> Result<Run, StoreError> {
        use credit_balance::{Column, Entity};
        let select = || Entity::find().filter(Column::Id.gte(first)).order_by_asc(Column::Id).limit(BALANCES);
        match select().all(self.tx).await.map_err(error::map) {
            Ok(rows) => Ok(rows.into_iter().map(|row| (row.id, rows::balance(row))).collect()),
            Err(StoreError::Corrupt { .. }) => {
                let ids = select().select_only().column(Column::Id).into_tuple::<Uuid>().all(self.tx).await;
                self.one_by_one(ids.map_err(error::map)?).await
            }
            Err(error) => Err(error),
        }
    }

    /// The balances `ids`, each read by itself: a value of another type, which SQLite keeps in any column, makes a whole page
    /// unreadable, and here no more than its row.
    async fn one_by_one(&self, ids: Vec<Uuid>) -> Result<Run, StoreError> {
        let mut run = Vec::new();
        for id in ids {
            let record = match by_id::<credit_balance::Entity>(self.tx, id).await {
                Ok(Some(row)) => rows::balance(row),
                Ok(None) => continue,
                Err(StoreError::Corrupt { reason, .. }) => {
                    Err(StoreError::corrupt("credit balance", id, reason))
                }
                Err(error) => return Err(error),
            };
            run.push((id, record));
        }
        Ok(run)
    }

    /// Replays a run of neighbouring balances, all that there are within `bounds`; those that differ once more, to name every
    /// figure.
    async fn audit(&mut self, run: Run, bounds: (Uuid, Uuid)) -> Result<(), StoreError> {
        self.audited.balances += run.len() as u64;
        let (mut batch, mut records) = (Batch::default(), BTreeMap::new());
        for (id, record) in run {
            let replay = match record {
                Ok(record) => {
                    records.insert(id, record.clone());
                    Some(Replay::new(record))
                }
                Err(error) => {
                    batch.cannot_read(id, error)?;
                    None
                }
            };
            batch.replays.insert(id, replay);
        }
        self.audited.entries += self.replay(&mut batch, bounds).await?;
        for ((balance, table), rows) in batch.strays {
            self.found(balance, Difference::NoBalance { table, rows }).await?;
        }
        for (balance, difference) in batch.unreadable {
            self.found(balance, difference).await?;
        }
        for (balance, replay) in batch.replays {
            let differences = replay.map(Replay::finish).unwrap_or_default();
            let in_detail = differences.contains(&Difference::Rows);
            let differences = match records.remove(&balance) {
                Some(record) if in_detail => self.in_detail(balance, record).await?,
                _ => differences,
            };
            for difference in differences {
                self.found(balance, difference).await?;
            }
        }
        Ok(())
    }

    async fn in_detail(&self, id: Uuid, record: BalanceRecord) -> Result<Vec<Difference>, StoreError> {
        let replays = BTreeMap::from([(id, Some(Replay::in_detail(record)))]);
        let mut batch = Batch { replays, ..Batch::default() };
        self.replay(&mut batch, (id, id)).await?;
        Ok(batch.replays.into_values().flatten().flat_map(Replay::finish).collect())
    }

    /// Feeds all rows of the balances from the first to the last of `bounds`; gives the number of entries.
    async fn replay(&self, batch: &mut Batch, bounds: (Uuid, Uuid)) -> Result<u64, StoreError> {
        let count = {
            use ledger_entry::Column::{BalanceId, Sequence};
            self.feed(batch, &[BalanceId, Sequence], bounds, rows::entry, Replay::entry).await?
        };
        {
            use credit_lot::Column::{BalanceId, GrantedAt, Id};
            self.feed(batch, &[BalanceId, GrantedAt, Id], bounds, rows::lot, Replay::lot).await?;
        }
        {
            use credit_hold::Column::{BalanceId, ChangedAt, RequestId};
            self.feed(batch, &[BalanceId, ChangedAt, RequestId], bounds, rows::hold, Replay::hold).await?;
        }
        Ok(count)
    }

    /// Feeds the rows of one table in the order of `by`, of which no two rows have the same; gives their number.
    async fn feed<C, T>(
        &self,
        batch: &mut Batch,
        by: &[C],
        bounds: (Uuid, Uuid),
        restore: fn(<C::EntityName as EntityTrait>::Model) -> Result<T, StoreError>,
        feed: fn(&mut Replay, &T),
    ) -> Result<u64, StoreError>
    where
        C: ColumnTrait,
        C::EntityName: EntityTrait<Column = C>,
        <C::EntityName as EntityTrait>::Model: DeserializeOwned,
    {
        let table = EntityName::table_name(&C::EntityName::default());
        let (mut count, mut page) = (0, self.page(by, None, bounds).await?);
        loop {
            let rows = page.rows(by)?;
            let Some((last, _)) = rows.last() else { return Ok(count) };
            let last = *last;
            count += rows.len() as u64;
            // The database is asked for the next page, and looks for it while this one is replayed.
            let (next, replayed) = tokio::join!(self.page(by, Some(last), bounds), async {
                rows.into_iter()
                    .try_for_each(|(key, row)| batch.feed(table, key.0, row.read().and_then(restore), feed))
            });
            replayed?;
            page = next?;
        }
    }

    /// The next rows after `after`. There is one lower bound, so that the index is entered at the key however many rows of the balance
    /// come before it.
    async fn page<C>(
        &self,
        by: &[C],
        after: Option<Key>,
        (first, last): (Uuid, Uuid),
    ) -> Result<Page<<C::EntityName as EntityTrait>::Model>, StoreError>
    where
        C: ColumnTrait,
        C::EntityName: EntityTrait<Column = C>,
    {
        let balance = by[0];
        let begin = match after {
            None => balance.gte(first),
            Some(Key(balance, number, id)) => {
                let columns = by.iter().map(|column| Expr::col(column.as_column_ref()));
                let key = [Some(balance.into()), Some(number.into()), id.map(SimpleExpr::from)];
                Expr::tuple(columns).gt(Expr::tuple(key.into_iter().flatten()))
            }
        };
        let select = C::EntityName::find().filter(begin).filter(balance.lte(last)).limit(ROWS);
        let select = by.iter().fold(select, |select, column| select.order_by_asc(*column));
        match self.tx.get_database_backend() {
            DbBackend::Sqlite => self.json(by, select).await.map(Page::Json),
            _ => select.all(self.tx).await.map(Page::Rows).map_err(error::map),
        }
    }

    /// The rows that `select` finds on SQLite as JSON, `[[key, row], …]`, where key and row are the arrays of their columns. One value
    /// for all of them, as SQLite hands over rows one by one and value by value from another thread, which takes longer than to
    /// read them.
    async fn json<C>(&self, by: &[C], select: Select<C::EntityName>) -> Result<String, StoreError>
    where
        C: ColumnTrait,
        C::EntityName: EntityTrait<Column = C>,
    {
        let json = |column: &C| match column.def().get_column_type() {
            ColumnType::Uuid => format!("nullif(hex({}), '')", column.as_str()),
            ColumnType::Boolean => format!("json(iif({}, 'true', 'false'))", column.as_str()),
            _ => column.as_str().to_owned(),
        };
        let list = |columns: &mut dyn Iterator<Item = String>| columns.collect::<Vec<_>>().join(", ");
        let key = list(&mut by.iter().map(json).chain(["NULL".to_owned()]).take(3));
        let columns = list(&mut C::iter().map(|column| json(&column)));
        let order = list(&mut by.iter().map(|column| column.as_str().to_owned()));
        let mut statement = select.build(DbBackend::Sqlite);
        statement.sql = format!(
            "SELECT json_group_array(json_array(json_array({key}), json_array({columns})) ORDER BY {order}) FROM ({})",
            statement.sql
        );
        let row = self.tx.query_one_raw(statement).await.map_err(error::map)?;
        row.map_or_else(|| Ok("[]".to_owned()), |row| row.try_get_by_index(0)).map_err(error::map)
    }

    async fn found(&mut self, balance: Uuid, difference: Difference) -> Result<(), StoreError> {
        let sql = "SELECT e.code FROM credit_balance b JOIN entitlement e ON e.id = b.entitlement_id WHERE b.id = $1";
        let backend = self.tx.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, [balance.into()]);
        let row = self.tx.query_one_raw(statement).await.map_err(error::map)?;
        // What is damaged is reported all the same.
        let code = row.and_then(|row| row.try_get_by_index::<String>(0).ok());
        let entitlement = code.and_then(|code| code.parse().ok());
        self.audited.findings += 1;
        (self.report)(Finding { balance: balance.into(), entitlement, difference });
        Ok(())
    }
}

/// Rows, as the database hands them over most quickly.
enum Page<M> {
    Rows(Vec<M>),
    Json(String),
}

/// A row on its way.
enum Row<'a, M> {
    Whole(M),
    Json(&'a RawValue),
}

/// By what the rows of a table are ordered: their balance, a number, and where that is not enough, an id.
#[derive(Clone, Copy, Deserialize)]
struct Key(Uuid, i64, Option<Uuid>);

impl<M: ModelTrait> Page<M> {
    /// Its rows with their keys, which are the columns `by`.
    fn rows(
        &mut self,
        by: &[<M::Entity as EntityTrait>::Column],
    ) -> Result<Vec<(Key, Row<'_, M>)>, StoreError> {
        match self {
            Self::Rows(rows) => std::mem::take(rows)
                .into_iter()
                .map(|row| {
                    Ok((
                        Key(
                            part(&row, by[0])?,
                            part(&row, by[1])?,
                            by.get(2).map(|id| part(&row, *id)).transpose()?,
                        ),
                        Row::Whole(row),
                    ))
                })
                .collect(),
            Self::Json(json) => {
                let rows: Vec<(Key, &RawValue)> = read(json)?;
                Ok(rows.into_iter().map(|(key, row)| (key, Row::Json(row))).collect())
            }
        }
    }
}

/// One column of a key.
fn part<M: ModelTrait, T: ValueType>(
    row: &M,
    column: <M::Entity as EntityTrait>::Column,
) -> Result<T, StoreError> {
    T::try_from(row.get(column)).map_err(|_| StoreError::corrupt("row", "-", "its key is of another type"))
}

impl<M: DeserializeOwned> Row<'_, M> {
    fn read(self) -> Result<M, StoreError> {
        match self {
            Self::Whole(row) => Ok(row),
            Self::Json(json) => read(json.get()),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt("row", json, error))
}
