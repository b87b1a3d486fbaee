//! Commands that take place once (AP-4): the transaction of a command stays open until its answer is known, and is committed with it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use kernel::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use service_delivery::{Command, Commands, Once, Work};

use crate::{Database, connect::WriteTransaction, error, unit_of_work::Afterwards};

tokio::task_local! {
    /// The command that this task carries out.
    static RUNNING: Arc<Running>;
}

/// The command that this task carries out, if it carries out one.
pub(crate) fn running() -> Option<Arc<Running>> {
    RUNNING.try_with(Arc::clone).ok()
}

/// A command that is being carried out.
pub(crate) struct Running {
    command: Command,
    open: Mutex<Open>,
}

/// The transaction of a command, while no unit of work has it.
enum Open {
    /// There is none, or a unit of work has it.
    No,
    /// Begun; nothing was done in it.
    Begun(Arc<WriteTransaction>),
    /// A unit of work has ended in it; it waits for the answer.
    Done(Arc<WriteTransaction>, Afterwards),
}

impl Running {
    /// The transaction for the next unit of work. What the one before it has done becomes durable by itself.
    pub(crate) async fn begin(&self, db: &Database) -> Result<WriteTransaction, StoreError> {
        match self.take() {
            Open::Begun(tx) => sole(tx),
            Open::Done(tx, afterwards) => {
                commit(sole(tx)?, afterwards).await?;
                self.begin_anew(db).await
            }
            Open::No => self.begin_anew(db).await,
        }
    }

    async fn begin_anew(&self, db: &Database) -> Result<WriteTransaction, StoreError> {
        let tx = db.begin_write().await?;
        if tx.get_database_backend() == DbBackend::Postgres && claim(&*tx, &self.command).await?.is_some() {
            // Somebody else has begun it since: whoever tries again learns what came of it.
            return Err(StoreError::Conflict);
        }
        Ok(tx)
    }

    /// A unit of work has ended.
    pub(crate) fn done(&self, tx: WriteTransaction, afterwards: Afterwards) {
        self.put(Open::Done(Arc::new(tx), afterwards));
    }

    /// The transaction, for reading what the command has done so far.
    pub(crate) fn reading(&self) -> Option<Arc<WriteTransaction>> {
        match &*self.open.lock().unwrap_or_else(PoisonError::into_inner) {
            Open::No => None,
            Open::Begun(tx) | Open::Done(tx, _) => Some(tx.clone()),
        }
    }

    /// Makes what was done durable, together with the answer.
    async fn finish(&self, db: &Database, answer: Vec<u8>) -> Result<(), StoreError> {
        let (tx, afterwards) = match self.take() {
            Open::Done(tx, afterwards) => (sole(tx)?, afterwards),
            Open::Begun(tx) => (sole(tx)?, vec![]),
            Open::No => (self.begin_anew(db).await?, vec![]),
        };
        let Command { id, content, at } = self.command;
        let sql = "INSERT INTO command (id, content, answer, at) VALUES ($1, $2, $3, $4)";
        let values = [id.to_vec().into(), content.to_vec().into(), answer.into(), at.unix_micros().into()];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        tx.execute_raw(statement).await.map_err(error::map)?;
        commit(tx, afterwards).await
    }

    fn take(&self) -> Open {
        self.put(Open::No)
    }

    fn put(&self, open: Open) -> Open {
        std::mem::replace(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner), open)
    }
}

/// Commits, and does what was to be done then.
pub(crate) async fn commit(tx: WriteTransaction, afterwards: Afterwards) -> Result<(), StoreError> {
    tx.commit().await?;
    for act in afterwards {
        act();
    }
    Ok(())
}

fn sole(tx: Arc<WriteTransaction>) -> Result<WriteTransaction, StoreError> {
    Arc::try_unwrap(tx).map_err(|_| StoreError::Unavailable {
        reason: "something still reads in the transaction".to_owned(),
    })
}

/// Says whether `command` has taken place. On PostgreSQL, `db` is a transaction, which the command then belongs to, unless another
/// server has it. On SQLite there is no other server, and [`UnderWay`] knows who has it in this one.
async fn claim(db: &impl ConnectionTrait, command: &Command) -> Result<Option<Once>, StoreError> {
    let backend = db.get_database_backend();
    let id = command.id.to_vec().into();
    let statement = match backend {
        // The lock is the transaction's: it goes with it, whatever becomes of this server.
        DbBackend::Postgres => {
            let lock = command.id.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
            let sql = "SELECT pg_try_advisory_xact_lock($1), c.content, c.answer
                FROM (SELECT 1) AS one LEFT JOIN command c ON c.id = $2";
            Statement::from_sql_and_values(backend, sql, [lock.into(), id])
        }
        _ => {
            let sql =
                "SELECT TRUE, c.content, c.answer FROM (SELECT 1) AS one LEFT JOIN command c ON c.id = $1";
            Statement::from_sql_and_values(backend, sql, [id])
        }
    };
    let row = db.query_one_raw(statement).await.map_err(error::map)?;
    let row = row.ok_or_else(|| StoreError::corrupt("command", "-", "no answer to its claim"))?;
    let content: Option<Vec<u8>> = row.try_get_by_index(1).map_err(error::map)?;
    if let Some(content) = content {
        let content = content.try_into();
        let content =
            content.map_err(|_| StoreError::corrupt("command", "-", "its hash is not of 32 bytes"))?;
        return Ok(Some(Once::Before { content, answer: row.try_get_by_index(2).map_err(error::map)? }));
    }
    let free: bool = row.try_get_by_index(0).map_err(error::map)?;
    Ok((!free).then_some(Once::UnderWay))
}

/// The commands that this server carries out: whoever sends one again is told so without taking a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashSet<[u8; 32]>>>);

impl UnderWay {
    fn enter(&self, id: [u8; 32]) -> Option<Entered<'_>> {
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        // Only whoever is in leaves again.
        new.then(|| Entered(self, id))
    }
}

struct Entered<'a>(&'a UnderWay, [u8; 32]);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

#[async_trait]
impl Commands for Database {
    async fn once(&self, command: &Command, work: Work<'_>) -> Result<Once, StoreError> {
        let Some(_entered) = self.under_way().enter(command.id) else { return Ok(Once::UnderWay) };
        let (once, open) = match self.backend() {
            DbBackend::Postgres => {
                let tx = self.begin_write().await?;
                (claim(&*tx, command).await?, Open::Begun(Arc::new(tx)))
            }
            // Nobody waits for those who write only to learn that a command has taken place, or that it is refused.
            _ => (claim(self.readers(), command).await?, Open::No),
        };
        if let Some(once) = once {
            return Ok(once);
        }
        let running = Arc::new(Running { command: *command, open: Mutex::new(open) });
        let Some(answer) = RUNNING.scope(running.clone(), work).await else { return Ok(Once::Now) };
        match running.finish(self, answer).await {
            // Another server had it at the same time, and was quicker: what was done here is undone.
            Err(StoreError::Duplicate { constraint }) if constraint == "command_pkey" => {
                claim(&*self.begin_write().await?, command).await?.ok_or(StoreError::Conflict)
            }
            finished => finished.map(|()| Once::Now),
        }
    }
}
