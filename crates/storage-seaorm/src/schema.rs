//! The version of the schema: what `migrate` changes and `serve` checks before it starts.

use std::collections::BTreeSet;

use kernel::StoreError;
use migrations::{IntoSchemaManagerConnection, Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, TransactionTrait};

use crate::{Database, connect::begin_write, error, words};

/// How the schema of a database stands to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// Every step is taken, and no other.
    UpToDate,
    /// Steps are missing: `account migrate` takes them.
    Behind {
        /// Their names, in order.
        pending: Vec<String>,
    },
    /// Steps were taken that this program does not know: it is older than the schema.
    Ahead {
        /// Their names, in order.
        unknown: Vec<String>,
    },
}

/// Any number that no other program locks: the first bytes of "middag.account" in ASCII.
const MIGRATION_LOCK: i64 = 0x006d_6964_6461_672e;

impl Database {
    /// Compares the schema with what this program expects. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let applied = self.applied_steps().await.map_err(error::map)?;
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        let unknown: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
        let pending: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
        Ok(if !unknown.is_empty() {
            SchemaState::Ahead { unknown }
        } else if !pending.is_empty() {
            SchemaState::Behind { pending }
        } else {
            SchemaState::UpToDate
        })
    }

    async fn applied_steps(&self) -> Result<BTreeSet<String>, DbErr> {
        let sql = match self.backend() {
            DbBackend::Postgres => "SELECT to_regclass('seaql_migrations') IS NOT NULL",
            _ => {
                "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations')"
            }
        };
        let found = self.readers().query_one_raw(Statement::from_string(self.backend(), sql)).await?;
        if !found.is_some_and(|row| row.try_get_by_index(0).unwrap_or(false)) {
            return Ok(BTreeSet::new());
        }
        let sql = "SELECT version FROM seaql_migrations";
        let rows = self.readers().query_all_raw(Statement::from_string(self.backend(), sql)).await?;
        rows.iter().map(|row| row.try_get_by_index(0)).collect()
    }

    /// Takes the next `steps` steps, or all, and writes what lists are searched by where it is missing. However many servers do so at the same time, each step is taken once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database does not answer, [`StoreError::Corrupt`] where a step fails; that step then
    /// has not taken place.
    pub async fn migrate_up(&self, steps: Option<u32>) -> Result<(), StoreError> {
        self.migrate(Direction::Up, steps).await
    }

    /// Takes back the last `steps` steps, or all, with all data in them.
    ///
    /// # Errors
    /// As [`Database::migrate_up`].
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), StoreError> {
        self.migrate(Direction::Down, steps).await
    }

    async fn migrate(&self, direction: Direction, steps: Option<u32>) -> Result<(), StoreError> {
        match self.backend() {
            DbBackend::Postgres => self.migrate_postgres(direction, steps).await,
            _ => self.migrate_sqlite(direction, steps).await,
        }
    }

    /// SQLite's write lock keeps others out, so that all steps are one transaction.
    async fn migrate_sqlite(&self, direction: Direction, steps: Option<u32>) -> Result<(), StoreError> {
        let transaction = begin_write(self.aside()).await?;
        take(&transaction, direction, steps).await?;
        transaction.commit().await.map_err(error::map)
    }

    /// Simultaneous migrations would collide in PostgreSQL's catalog: an advisory lock lets one through at a time. It belongs to
    /// the session, hence a transaction that holds it while the steps run in their own on another connection.
    async fn migrate_postgres(&self, direction: Direction, steps: Option<u32>) -> Result<(), StoreError> {
        let lock = self.begin_write().await?;
        let sql = format!(
            "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
        );
        lock.execute_unprepared(&sql).await.map_err(error::map)?;
        let outcome = take(self.aside(), direction, steps).await;
        lock.commit().await?;
        outcome
    }
}

async fn take<'c, C>(db: &'c C, direction: Direction, steps: Option<u32>) -> Result<(), StoreError>
where
    C: ConnectionTrait + TransactionTrait,
    &'c C: IntoSchemaManagerConnection<'c>,
{
    match direction {
        Direction::Up => Migrator::up(db, steps).await,
        Direction::Down => Migrator::down(db, steps).await,
    }
    .map_err(error::map)?;
    if Migrator::get_pending_migrations(db).await.map_err(error::map)?.is_empty() {
        words::fill(db).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}
