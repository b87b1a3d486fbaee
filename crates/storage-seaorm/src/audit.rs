//! The audit of all ledgers (CR-9, CR-10): in one snapshot, in constant memory, whatever their number and length.

use std::collections::BTreeMap;

use kernel::{CreditBalanceId, EntitlementCode, StoreError};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseTransaction, DbBackend, EntityName as _, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement, Value, prelude::Uuid,
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
            let rows: Vec<(Key, &RawValue)> = read(&page)?;
            let Some((last, _)) = rows.last() else { return Ok(count) };
            let last = *last;
            count += rows.len() as u64;
            // The database is asked for the next page, and looks for it while this one is replayed.
            let (next, replayed) = tokio::join!(self.page(by, Some(last), bounds), async {
                rows.into_iter()
                    .try_for_each(|(key, row)| batch.feed(key.0, read(row.get()).and_then(restore), feed))
            });
            replayed?;
            page = next?;
        }
    }

    /// The next rows after `after`, as JSON: `[[key, row], …]`, where key and row are the arrays of their columns. One value for all
    /// of them, as SQLite hands over rows one by one and value by value from another thread, which takes longer than to read them.
    async fn page<C>(
        &self,
        by: &[C],
        after: Option<Key>,
        (first, last): (Uuid, Uuid),
    ) -> Result<String, StoreError>
    where
        C: ColumnTrait,
        C::EntityName: EntityTrait<Column = C>,
    {
        let backend = self.tx.get_database_backend();
        let (array, all) = match backend {
            DbBackend::Postgres => ("json_build_array", "json_agg"),
            _ => ("json_array", "json_group_array"),
        };
        let json = |column: &C| match (backend, column.def().get_column_type()) {
            (DbBackend::Sqlite, ColumnType::Uuid) => format!("nullif(hex({}), '')", column.as_str()),
            (DbBackend::Sqlite, ColumnType::Boolean) => {
                format!("json(iif({}, 'true', 'false'))", column.as_str())
            }
            _ => column.as_str().to_owned(),
        };
        let list = |columns: &mut dyn Iterator<Item = String>| columns.collect::<Vec<_>>().join(", ");
        let key = list(&mut by.iter().map(json).chain(["NULL".to_owned()]).take(3));
        let columns = list(&mut C::iter().map(|column| json(&column)));
        let order = list(&mut by.iter().map(|column| column.as_str().to_owned()));
        // There is one lower bound, so that the index is entered at the key however many rows of the balance come before it.
        let mut values: Vec<Value> = vec![last.into()];
        let balance = by[0].as_str();
        let begin = match after {
            None => {
                values.push(first.into());
                format!("{balance} >= $2")
            }
            Some(Key(balance, number, id)) => {
                values.extend([balance.into(), number.into()]);
                values.extend(id.map(Value::from));
                let places = list(&mut (2..=values.len()).map(|place| format!("${place}")));
                format!("({order}) > ({places})")
            }
        };
        let table = C::EntityName::default();
        let sql = format!(
            "SELECT CAST({all}({array}({array}({key}), {array}({columns})) ORDER BY {order}) AS TEXT) FROM (
                SELECT * FROM {} WHERE {begin} AND {balance} <= $1 ORDER BY {order} LIMIT {ROWS}) AS page",
            table.table_name(),
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let row = self.tx.query_one_raw(statement).await.map_err(error::map)?;
        let page: Option<String> = row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(error::map)?;
        Ok(page.unwrap_or_else(|| "[]".to_owned()))
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

/// By what the rows of a table are ordered: their balance, a number, and where that is not enough, an id.
#[derive(Clone, Copy, Deserialize)]
struct Key(Uuid, i64, Option<Uuid>);

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt("row", json, error))
}
