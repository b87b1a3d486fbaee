//! The audit of all ledgers (CR-9, CR-10): in one snapshot, in constant memory, whatever their number and length.

use std::collections::BTreeMap;

use kernel::{CreditBalanceId, EntitlementCode, StoreError};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, ModelTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select, Statement,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, SimpleExpr, ValueType},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use ust_credits::{Difference, Replay};

use crate::{
    Database,
    credits::rows,
    entity::{credit_balance, credit_hold, credit_lot, ledger_entry},
    error,
    rows::Reading,
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
    /// The code of the entitlement that it lies under.
    pub entitlement: EntitlementCode,
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
    replays: BTreeMap<Uuid, Replay>,
    unreadable: Vec<(Uuid, Difference)>,
}

impl Batch {
    /// Feeds a row of `balance`, or notes that it is none.
    fn feed<T>(
        &mut self,
        balance: Uuid,
        row: Result<T, StoreError>,
        feed: fn(&mut Replay, &T),
    ) -> Result<(), StoreError> {
        match (row, self.replays.get_mut(&balance)) {
            (Ok(row), Some(replay)) => feed(replay, &row),
            (Ok(_), None) => {}
            (Err(StoreError::Corrupt { entity, id, reason }), _) => {
                let row = format!("{entity} {id}");
                self.unreadable.push((balance, Difference::Row { row, fault: reason }));
            }
            (Err(error), _) => return Err(error),
        }
        Ok(())
    }
}

impl Audit<'_> {
    async fn run(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let rows = self.balances(after).await?;
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
            after = Some(last);
            self.audit(rows).await?;
        }
    }

    async fn balances(&self, after: Option<Uuid>) -> Result<Vec<credit_balance::Model>, StoreError> {
        use credit_balance::{Column, Entity};
        let mut select = Entity::find().order_by_asc(Column::Id).limit(BALANCES);
        if let Some(after) = after {
            select = select.filter(Column::Id.gt(after));
        }
        select.all(self.tx).await.map_err(error::map)
    }

    /// Replays a run of neighbouring balances; those that differ once more, to name every figure.
    async fn audit(&mut self, rows: Vec<credit_balance::Model>) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (rows.first().map(|row| row.id), rows.last().map(|row| row.id))
        else {
            return Ok(());
        };
        self.audited.balances += rows.len() as u64;
        let mut batch = Batch::default();
        for row in rows.clone() {
            match rows::balance(row.clone()) {
                Ok(record) => drop(batch.replays.insert(row.id, Replay::new(record))),
                Err(error) => batch.feed::<()>(row.id, Err(error), |_, ()| {})?,
            }
        }
        self.audited.entries += self.replay(&mut batch, first, last).await?;
        for (balance, difference) in batch.unreadable {
            self.found(balance, difference).await?;
        }
        for (balance, replay) in batch.replays {
            let differences = replay.finish();
            let in_detail = differences.contains(&Difference::Rows);
            let differences = match rows.iter().find(|row| row.id == balance) {
                Some(row) if in_detail => self.in_detail(row).await?,
                _ => differences,
            };
            for difference in differences {
                self.found(balance, difference).await?;
            }
        }
        Ok(())
    }

    async fn in_detail(&self, row: &credit_balance::Model) -> Result<Vec<Difference>, StoreError> {
        let replay = Replay::in_detail(rows::balance(row.clone())?);
        let mut batch = Batch { replays: BTreeMap::from([(row.id, replay)]), unreadable: Vec::new() };
        self.replay(&mut batch, row.id, row.id).await?;
        Ok(batch.replays.into_values().flat_map(Replay::finish).collect())
    }

    /// Feeds all rows of the balances from `first` to `last`; gives the number of entries.
    async fn replay(&self, batch: &mut Batch, first: Uuid, last: Uuid) -> Result<u64, StoreError> {
        let count = {
            use ledger_entry::Column::{BalanceId, Sequence};
            self.feed(batch, &[BalanceId, Sequence], (first, last), rows::entry, Replay::entry).await?
        };
        {
            use credit_lot::Column::{BalanceId, GrantedAt, Id};
            self.feed(batch, &[BalanceId, GrantedAt, Id], (first, last), rows::lot, Replay::lot).await?;
        }
        {
            use credit_hold::Column::{BalanceId, ChangedAt, RequestId};
            self.feed(batch, &[BalanceId, ChangedAt, RequestId], (first, last), rows::hold, Replay::hold)
                .await?;
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
        let (mut count, mut page) = (0, self.page(by, None, bounds).await?);
        loop {
            let rows = page.rows(by)?;
            let Some((last, _)) = rows.last() else { return Ok(count) };
            let last = *last;
            count += rows.len() as u64;
            // The database is asked for the next page, and looks for it while this one is replayed.
            let (next, replayed) = tokio::join!(self.page(by, Some(last), bounds), async {
                rows.into_iter()
                    .try_for_each(|(key, row)| batch.feed(key.0, row.read().and_then(restore), feed))
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
        let code: String =
            row.map_or(Ok(String::new()), |row| row.try_get_by_index(0)).map_err(error::map)?;
        let entitlement = Reading::of("entitlement of balance", balance).parse(&code)?;
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
