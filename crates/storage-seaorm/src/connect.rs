//! Connections: which pools there are and how each connection is set up.

use std::{ops::Deref, time::Duration};

use kernel::StoreError;
use sea_orm::{
    AccessMode, ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection, Executor, PgConnection,
        postgres::PgConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{
    commands::{self, UnderWay},
    error,
    group_commit::{Turn, Turns},
    reader::Reader,
};

/// How to connect. The defaults suit a server on two cores.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections that may write, on PostgreSQL (SQLite has one). 8 to 16 per two cores.
    pub connections: u32,
    /// Connections of the read models, on SQLite (PostgreSQL has one pool for both).
    pub readers: u32,
    /// How long to wait for a free connection before the storage counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long to wait for a lock that another process or a stuck transaction holds.
    pub lock_timeout: Duration,
    /// Whether a SQLite file that is missing is made; else it is an error.
    pub create: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 12,
            readers: 4,
            acquire_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            create: true,
        }
    }
}

/// The connections of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolFigures {
    /// `writer`, which reads too on PostgreSQL, or `reader`.
    pub name: &'static str,
    /// Those that are being used.
    pub in_use: u32,
    /// Those that wait to be.
    pub idle: u32,
}

fn pool_figures(name: &'static str, pool: &DatabaseConnection) -> PoolFigures {
    let (size, idle) = match pool.get_database_backend() {
        DbBackend::Postgres => {
            let pool = pool.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        }
        _ => {
            let pool = pool.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        }
    };
    let idle = u32::try_from(idle).unwrap_or(size);
    PoolFigures { name, in_use: size.saturating_sub(idle), idle }
}

/// A database with the schema of this crate: SQLite or PostgreSQL, alike in behaviour.
#[derive(Clone, Debug)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    /// One connection for what must not be part of a unit of work: new sequences, schema changes.
    aside: DatabaseConnection,
    /// On SQLite, where those who write take turns.
    turns: Option<Turns>,
    /// The commands that are being carried out.
    under_way: UnderWay,
}

/// A transaction that writes. Dropping it undoes it.
#[derive(Debug)]
pub(crate) enum WriteTransaction {
    /// One of its own, on PostgreSQL.
    Own(DatabaseTransaction),
    /// One's turn, on SQLite.
    Turn(Turn),
}

impl WriteTransaction {
    /// Makes durable what was done in it.
    ///
    /// # Errors
    /// Nothing of it is there; or that is unknown: [`StoreError::Undecided`].
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Own(tx) => tx.commit().await.map_err(error::at_commit),
            Self::Turn(turn) => turn.commit().await,
        }
    }
}

impl Deref for WriteTransaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        match self {
            Self::Own(tx) => tx,
            Self::Turn(turn) => turn,
        }
    }
}

impl Database {
    /// What URLs of databases begin with.
    pub const SCHEMES: [&'static str; 3] = ["sqlite:", "postgres://", "postgresql://"];

    /// Connects to `url`: `sqlite://path/to/file.sqlite` (made where it is missing and [`Options::create`] says so),
    /// `sqlite::memory:`, `postgres://…` or `postgresql://…`.
    ///
    /// Neither reads nor changes the schema: see [`Database::schema_state`] and [`Database::migrate_up`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no such database, or none that answers in time; or where `url` begins with none of
    /// [`Database::SCHEMES`].
    pub async fn connect(url: &str, options: &Options) -> Result<Self, StoreError> {
        if !Self::SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            let reason = format!("the database's URL begins with none of {}", Self::SCHEMES.join(", "));
            return Err(StoreError::Unavailable { reason });
        }
        if url.starts_with("sqlite:") {
            Self::sqlite(url, options).await
        } else {
            Self::postgres(url, options).await
        }
    }

    async fn sqlite(url: &str, options: &Options) -> Result<Self, StoreError> {
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        if !options.create && !in_memory {
            must_exist(url)?;
        }
        // SQLite lets one write at a time and polls unfairly for its lock: a pool of one queues in order of arrival.
        let writer = open(sqlite_pool(url, options, 1, false)).await?;
        let reader = if in_memory {
            writer.clone()
        } else {
            open(sqlite_pool(url, options, options.readers.max(1), true)).await?
        };
        let turns = Some(Turns::new(writer.clone(), options.acquire_timeout));
        Ok(Self { aside: writer.clone(), writer, reader, turns, under_way: UnderWay::default() })
    }

    async fn postgres(url: &str, options: &Options) -> Result<Self, StoreError> {
        let writer = match open(postgres_pool(url, options, options.connections.max(1))).await {
            Ok(writer) => writer,
            Err(error) => return Err(why_unreachable(url).await.unwrap_or(error)),
        };
        let mut aside = postgres_pool(url, options, 1);
        aside.connect_lazy(true).min_connections(0).idle_timeout(Duration::from_secs(10));
        let aside = open(aside).await?;
        Ok(Self { reader: writer.clone(), aside, writer, turns: None, under_way: UnderWay::default() })
    }

    /// Which of the two databases it is.
    pub(crate) fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// The connections for read models; in the midst of a command, its own transaction, so that its answer shows what it has done.
    pub(crate) fn reader(&self) -> Reader<'_> {
        match commands::running().and_then(|command| command.reading()) {
            Some(tx) => Reader::Command(tx),
            None => Reader::Pool(&self.reader),
        }
    }

    /// The connections for read models, whatever is being carried out. They cannot write on SQLite; on PostgreSQL nobody should.
    pub(crate) fn readers(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The commands that this server carries out.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.under_way
    }

    /// The connections that write.
    #[cfg(feature = "testing")]
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// The connection beside all units of work.
    pub(crate) fn aside(&self) -> &DatabaseConnection {
        &self.aside
    }

    /// The one way to begin a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where no connection is free in time, or another process keeps the SQLite file locked.
    pub(crate) async fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        match &self.turns {
            None => begin_write(&self.writer).await.map(WriteTransaction::Own),
            Some(turns) => turns.next().await.map(WriteTransaction::Turn),
        }
    }

    /// How many connections there are, per pool.
    pub fn pools(&self) -> Vec<PoolFigures> {
        let mut pools = vec![pool_figures("writer", &self.writer)];
        if self.backend() == DbBackend::Sqlite {
            pools.push(pool_figures("reader", &self.reader));
        }
        pools
    }

    /// Everything as it stands at one instant, for reading: what is written meanwhile is not seen, and nobody is blocked.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        let (isolation, access) = match self.backend() {
            DbBackend::Postgres => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)),
            _ => (None, None),
        };
        let begun = whole(self.readers(), || self.readers().begin_with_config(isolation, access));
        begun.await.map_err(error::at_begin)
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        for pool in [&self.writer, &self.reader, &self.aside] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "a connection pool did not close");
            }
        }
    }
}

/// Begins a transaction that holds SQLite's write lock from its first statement on: one that reads first and writes later would
/// fail at the write, whatever the timeout.
pub(crate) async fn begin_write(pool: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    let begun = whole(pool, || {
        pool.begin_with_options(TransactionOptions { sqlite_transaction_mode, ..Default::default() })
    });
    begun.await.map_err(error::at_begin)
}

/// Does what may be done again with another connection of `pool`, where the one that it got was lost meanwhile: as often as all of
/// them may be.
pub(crate) async fn whole<T, F: Future<Output = Result<T, DbErr>>>(
    pool: &DatabaseConnection,
    mut act: impl FnMut() -> F,
) -> Result<T, DbErr> {
    let connections = match pool.get_database_backend() {
        DbBackend::Postgres => pool.get_postgres_connection_pool().options().get_max_connections(),
        _ => 0,
    };
    for _ in 0..connections {
        match act().await {
            Err(error) if error::is_lost_connection(&error) => {
                tracing::debug!(%error, "with another connection")
            }
            done => return done,
        }
    }
    act().await
}

/// SQLite itself would only say that it cannot open the file. A URL that cannot be read is told where it is opened.
fn must_exist(url: &str) -> Result<(), StoreError> {
    match url.parse::<SqliteConnectOptions>() {
        Ok(options) if !options.get_filename().exists() => {
            let file = options.get_filename().display();
            let reason = format!("there is no such file: {file}; migrating makes one");
            Err(StoreError::Unavailable { reason })
        }
        _ => Ok(()),
    }
}

/// A pool only says for how long it waited. A connection of its own says what for.
async fn why_unreachable(url: &str) -> Option<StoreError> {
    let wait = Duration::from_secs(3);
    let attempt = async {
        let options = url.parse::<PgConnectOptions>()?;
        PgConnection::connect_with(&options).await?.close().await
    };
    let reason = match tokio::time::timeout(wait, attempt).await {
        Ok(Ok(())) => return None,
        Ok(Err(cause)) => cause.to_string(),
        Err(_) => format!("there is no answer within {} s", wait.as_secs()),
    };
    Some(StoreError::Unavailable { reason })
}

pub(crate) async fn open(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    sea_orm::Database::connect(options).await.map_err(error::at_begin)
}

fn pool(url: &str, options: &Options, connections: u32) -> ConnectOptions {
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        .sqlx_logging(false)
        .test_before_acquire(false);
    pool
}

pub(crate) fn sqlite_pool(url: &str, options: &Options, connections: u32, read_only: bool) -> ConnectOptions {
    let mut pool = pool(url, options, connections);
    let (lock_timeout, create) = (options.lock_timeout, options.create && !read_only);
    // A database in memory lives as long as its connection.
    pool.min_connections(1).idle_timeout(None).max_lifetime(None);
    pool.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(lock_timeout)
            .foreign_keys(true)
            .statement_cache_capacity(256)
            // In KiB: a customer's rows among a million, so that they are not fetched anew for each page.
            .pragma("cache_size", "-16384");
        if read_only {
            sqlite.pragma("query_only", "ON")
        } else {
            // A statement that may fail keeps what its pages were before it: a request has pages in twenty indexes, which would
            // go to a file of their own each time. And many writes change the same pages: in pages of 4 KiB, what is copied
            // into the database at once.
            sqlite.pragma("temp_store", "MEMORY").pragma("wal_autocheckpoint", "4000")
        }
    });
    // SQLite ends a transaction by itself where the disk fails it; the driver goes on counting it, and would begin the next one
    // within it, which never ends. Whoever asks for such a connection gets a new one.
    pool.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
    });
    pool
}

fn postgres_pool(url: &str, options: &Options, connections: u32) -> ConnectOptions {
    let mut pool = pool(url, options, connections);
    let settings = format!(
        "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 60000",
        options.lock_timeout.as_millis()
    );
    pool.set_application_name("middag-account");
    // After a failover a connection may be to a server that only reads: none lives long.
    pool.max_lifetime(Duration::from_secs(300));
    // A busy connection is not tested before use (a fifth of the rate), one that has been idle is.
    pool.test_before_acquire_if_idle_for(Duration::from_secs(2));
    pool.map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(256));
    pool.map_sqlx_postgres_pool_opts(move |pool| {
        let settings = settings.clone();
        pool.after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(
                async move { connection.execute(sea_orm::sqlx::AssertSqlSafe(settings)).await.map(|_| ()) },
            )
        })
    });
    pool
}
