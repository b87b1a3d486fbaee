//! Writes that are sent together: every statement costs a round trip on PostgreSQL, and two changes of threads on SQLite, while others
//! wait for the rows that are locked.

use kernel::StoreError;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryTrait, Statement, StatementBuilder,
    sea_query::{
        CommonTableExpression, Expr, InsertStatement, Query, SubQueryStatement, UpdateStatement, WithClause,
    },
};

use crate::{error, rows::Versioned};

/// SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535. No table has more than 40 columns.
const ROWS_PER_INSERT: usize = 500;
/// How many rows are written together at most. What is more is sent statement by statement.
const ROWS_TOGETHER: usize = 50;

/// Writes, of which no two write the same row, and none needs another one to be there before it. The rows of one
/// [`Batch::insert_all`] are inserted in their order.
#[derive(Default)]
pub(crate) struct Batch {
    writes: Vec<Write>,
    rows: usize,
}

enum Write {
    Insert(InsertStatement),
    /// It must find its row, or what is called so is stale.
    Update(UpdateStatement, &'static str),
}

impl Batch {
    /// Inserts all `rows`, many in a statement, in their order.
    pub(crate) fn insert_all<M, A>(&mut self, rows: impl IntoIterator<Item = M>)
    where
        M: IntoActiveModel<A>,
        A: ActiveModelTrait,
    {
        let mut rows: Vec<A> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
        self.rows += rows.len();
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS_PER_INSERT));
            self.writes.push(Write::Insert(A::Entity::insert_many(rows).into_query()));
            rows = rest;
        }
    }

    /// Writes every column of `row`, whose version is the one that was loaded, and counts the change.
    pub(crate) fn save<E, A>(&mut self, row: E::Model) -> Result<(), StoreError>
    where
        E: Versioned,
        E::Model: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = E>,
    {
        let mut row = row.into_active_model().reset_all();
        let (id, version) = (row.take(E::ID).into_value(), row.take(E::VERSION).into_value());
        let next = match &version {
            Some(sea_orm::Value::BigInt(Some(version))) => version.checked_add(1),
            _ => None,
        };
        let (Some(id), Some(version), Some(next)) = (id, version, next) else {
            return Err(StoreError::corrupt(E::NAME, "-", "no id, or a version out of bounds"));
        };
        row.set(E::VERSION, next.into());
        let update = E::update_many().set(row).filter(E::ID.eq(id)).filter(E::VERSION.eq(version));
        self.rows += 1;
        self.writes.push(Write::Update(update.into_query(), E::NAME));
        Ok(())
    }

    /// Writes every column of `row`, which has no version of its own: a lock protects it. `entity` is what it is called.
    pub(crate) fn update<M, A>(&mut self, row: M, entity: &'static str) -> Result<(), StoreError>
    where
        M: IntoActiveModel<A>,
        A: ActiveModelTrait,
    {
        let update = A::Entity::update(row.into_active_model().reset_all());
        let update = update.validate().map_err(error::map)?;
        self.rows += 1;
        self.writes.push(Write::Update(update.into_query(), entity));
        Ok(())
    }

    /// Sends them all.
    pub(crate) async fn send(self, tx: &DatabaseTransaction) -> Result<(), StoreError> {
        if self.rows <= ROWS_TOGETHER && self.writes.len() > 1 {
            let sent = match tx.get_database_backend() {
                DbBackend::Postgres => in_one(tx, self.writes).await,
                _ => in_turn(tx, self.writes, self.rows).await,
            };
            return sent.map_err(stale_before);
        }
        for write in self.writes {
            one(tx, write).await.map_err(stale_before)?;
        }
        Ok(())
    }
}

async fn one(tx: &DatabaseTransaction, write: Write) -> Result<(), StoreError> {
    match write {
        Write::Insert(insert) => execute(tx, &insert).await.map(drop),
        Write::Update(update, entity) => match execute(tx, &update).await? {
            0 => Err(StoreError::Stale { entity }),
            _ => Ok(()),
        },
    }
}

async fn execute(tx: &DatabaseTransaction, statement: &impl StatementBuilder) -> Result<u64, StoreError> {
    Ok(tx.execute(statement).await.map_err(error::map)?.rows_affected())
}

/// One statement for all: `WITH w0 AS (INSERT …), w1 AS (UPDATE … RETURNING 1) SELECT 1, (SELECT count(*) FROM w1)`.
async fn in_one(tx: &DatabaseTransaction, writes: Vec<Write>) -> Result<(), StoreError> {
    let (mut with, mut found, mut updated) = (WithClause::new(), Query::select(), vec![]);
    found.expr(Expr::cust("1"));
    for (number, write) in writes.into_iter().enumerate() {
        let name = format!("w{number}");
        let query: SubQueryStatement = match write {
            Write::Insert(insert) => insert.into(),
            Write::Update(mut update, entity) => {
                updated.push(entity);
                found.expr(Expr::cust(format!("(SELECT count(*) FROM {name})")));
                update.returning(Query::returning().expr(Expr::cust("1"))).take().into()
            }
        };
        let mut part = CommonTableExpression::new();
        part.table_name(name).query(query);
        with.cte(part);
    }
    let row = tx.query_one(&found.with(with)).await.map_err(error::map)?;
    let row = row.ok_or_else(|| StoreError::corrupt("batch", "-", "no answer"))?;
    for (number, entity) in updated.into_iter().enumerate() {
        let count: i64 = row.try_get_by_index(number + 1).map_err(error::map)?;
        if count == 0 {
            return Err(StoreError::Stale { entity });
        }
    }
    Ok(())
}

/// `INSERT …; UPDATE …` with the values of all of them. Each row is written, or something is stale: then fewer are.
async fn in_turn(tx: &DatabaseTransaction, writes: Vec<Write>, rows: usize) -> Result<(), StoreError> {
    let (backend, mut stale) = (tx.get_database_backend(), None);
    let (mut sql, mut values) = (String::new(), vec![]);
    for write in writes {
        let statement = match write {
            Write::Insert(insert) => backend.build(&insert),
            Write::Update(update, entity) => {
                stale.get_or_insert(entity);
                backend.build(&update)
            }
        };
        sql += &statement.sql;
        sql.push(';');
        values.extend(statement.values.into_iter().flatten());
    }
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let written = tx.execute_raw(statement).await.map_err(error::map)?.rows_affected();
    match stale {
        Some(entity) if written < rows as u64 => Err(StoreError::Stale { entity }),
        _ => Ok(()),
    }
}

/// What is sent together is refused by whichever part fails first: a balance that is stale has numbered its entry as another one.
fn stale_before(error: StoreError) -> StoreError {
    match error {
        StoreError::Duplicate { constraint } if constraint == "ledger_entry_pkey" => {
            StoreError::Stale { entity: "credit balance" }
        }
        // On SQLite, what keeps entries from being replaced is quicker than their key.
        StoreError::Corrupt { reason, .. } if reason.starts_with("the ledger is append-only") => {
            StoreError::Stale { entity: "credit balance" }
        }
        error => error,
    }
}
