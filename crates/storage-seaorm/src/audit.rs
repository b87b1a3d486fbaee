//! The audit of all ledgers (CR-9, CR-10): in one snapshot, in constant memory, whatever their number and length.

use std::collections::BTreeMap;

use kernel::{CreditBalanceId, EntitlementCode, StoreError};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};
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
        let mut count = 0;
        let mut after: Option<(Uuid, i64)> = None;
        loop {
            use ledger_entry::{Column, Entity};
            let key = after.map(|(balance, sequence)| [balance.into(), sequence.into()]);
            let select = Entity::find()
                .filter(page([Column::BalanceId, Column::Sequence], key, (first, last)))
                .order_by_asc(Column::BalanceId)
                .order_by_asc(Column::Sequence);
            let rows = select.limit(ROWS).all(self.tx).await.map_err(error::map)?;
            let Some(end) = rows.last() else { break };
            after = Some((end.balance_id, end.sequence));
            count += rows.len() as u64;
            for row in rows {
                batch.feed(row.balance_id, rows::entry(row), Replay::entry)?;
            }
        }
        let mut after: Option<(Uuid, i64, Uuid)> = None;
        loop {
            use credit_lot::{Column, Entity};
            let key = after.map(|(balance, at, lot)| [balance.into(), at.into(), lot.into()]);
            let columns = [Column::BalanceId, Column::GrantedAt, Column::Id];
            let select = Entity::find()
                .filter(page(columns, key, (first, last)))
                .order_by_asc(Column::BalanceId)
                .order_by_asc(Column::GrantedAt)
                .order_by_asc(Column::Id);
            let rows = select.limit(ROWS).all(self.tx).await.map_err(error::map)?;
            let Some(end) = rows.last() else { break };
            after = Some((end.balance_id, end.granted_at, end.id));
            for row in rows {
                batch.feed(row.balance_id, rows::lot(row), Replay::lot)?;
            }
        }
        let mut after: Option<(Uuid, i64, Uuid)> = None;
        loop {
            use credit_hold::{Column, Entity};
            let key = after.map(|(balance, at, request)| [balance.into(), at.into(), request.into()]);
            let columns = [Column::BalanceId, Column::ChangedAt, Column::RequestId];
            let select = Entity::find()
                .filter(page(columns, key, (first, last)))
                .order_by_asc(Column::BalanceId)
                .order_by_asc(Column::ChangedAt)
                .order_by_asc(Column::RequestId);
            let rows = select.limit(ROWS).all(self.tx).await.map_err(error::map)?;
            let Some(end) = rows.last() else { break };
            after = Some((end.balance_id, end.changed_at, end.request_id));
            for row in rows {
                batch.feed(row.balance_id, rows::hold(row), Replay::hold)?;
            }
        }
        Ok(count)
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

/// From balance `first` to `last`, and past `key` in the order of `columns`, the first of which is the balance. There is one
/// lower bound, so that the index is entered at the key however many rows of the balance come before it.
fn page<C: ColumnTrait, const N: usize>(
    columns: [C; N],
    key: Option<[SimpleExpr; N]>,
    (first, last): (Uuid, Uuid),
) -> Condition {
    let begin = match key {
        None => columns[0].gte(first),
        Some(key) => {
            Expr::tuple(columns.map(|column| Expr::col(column.as_column_ref()))).gt(Expr::tuple(key))
        }
    };
    Condition::all().add(begin).add(columns[0].lte(last))
}
