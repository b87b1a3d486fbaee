//! Fresh, migrated databases for tests. Every test gets one of its own.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{Database, Options};

/// Names the server for the tests, as a URL of somebody who may create databases.
pub const POSTGRES_URL: &str = "ACCOUNT_TEST_POSTGRES_URL";

/// A database that goes when this value goes.
pub struct TestDatabase {
    database: Database,
    url: String,
    leftover: Leftover,
}

enum Leftover {
    Folder(#[expect(dead_code, reason = "removes the folder when dropped")] TempDir),
    Postgres { admin: String, name: String },
}

impl TestDatabase {
    /// Its URL, to connect to it as another server would.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the server's administrator, on PostgreSQL.
    pub fn admin_url(&self) -> Option<&str> {
        match &self.leftover {
            Leftover::Folder(_) => None,
            Leftover::Postgres { admin, .. } => Some(admin),
        }
    }

    /// Runs SQL past every rule of the adapter, to see what the database itself refuses.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, sql: &str) -> Result<u64, kernel::StoreError> {
        let done = self.database.writer().execute_unprepared(sql).await.map_err(crate::error::map)?;
        Ok(done.rows_affected())
    }

    /// The whole number that `sql` selects.
    ///
    /// # Errors
    /// What the database says.
    pub async fn number(&self, sql: &str) -> Result<i64, kernel::StoreError> {
        let statement = sea_orm::Statement::from_string(self.database.backend(), sql);
        let row = self.database.writer().query_one_raw(statement).await.map_err(crate::error::map)?;
        row.ok_or_else(|| kernel::StoreError::corrupt("test", sql, "no row"))?
            .try_get_by_index(0)
            .map_err(crate::error::map)
    }

    /// The text that `sql` selects.
    ///
    /// # Errors
    /// What the database says.
    pub async fn text(&self, sql: &str) -> Result<Option<String>, kernel::StoreError> {
        let statement = sea_orm::Statement::from_string(self.database.backend(), sql);
        let row = self.database.writer().query_one_raw(statement).await.map_err(crate::error::map)?;
        row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(crate::error::map)
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// Runs SQL on a database past every rule of the adapter.
///
/// # Errors
/// What the database says.
pub async fn run(database: &Database, sql: &str) -> Result<(), kernel::StoreError> {
    database.writer().execute_unprepared(sql).await.map(|_| ()).map_err(crate::error::map)
}

/// A SQLite database in a folder of its own: a copy of one that was migrated once.
///
/// # Panics
/// Where the folder for temporary files cannot be written.
pub async fn sqlite() -> TestDatabase {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let empty = empty_sqlite().await;
            empty.migrate_up(None).await.expect("the schema can be made");
            // Closing the last connection moves the write-ahead log into the file.
            empty.close().await;
            std::fs::read(sqlite_path(&empty)).expect("the template can be read")
        })
        .await;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("test.sqlite");
    std::fs::write(&path, template).expect("the template can be copied");
    connect_sqlite(folder, path).await
}

/// A SQLite database without any table.
///
/// # Panics
/// Where the folder for temporary files cannot be written.
pub async fn empty_sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("test.sqlite");
    connect_sqlite(folder, path).await
}

async fn connect_sqlite(folder: TempDir, path: PathBuf) -> TestDatabase {
    let url = format!("sqlite://{}", path.display());
    let database = Database::connect(&url, &Options::default()).await.expect("SQLite opens");
    TestDatabase { database, url, leftover: Leftover::Folder(folder) }
}

fn sqlite_path(database: &TestDatabase) -> PathBuf {
    PathBuf::from(database.url.trim_start_matches("sqlite://"))
}

/// A PostgreSQL database: a copy of one that was migrated once.
///
/// # Panics
/// Without a server. A missing PostgreSQL must fail the run, not shorten it.
pub async fn postgres() -> TestDatabase {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let template = create_postgres("template1").await;
            template.migrate_up(None).await.expect("the schema can be made");
            // Nobody may be connected to a database that is copied.
            template.close().await;
            let Leftover::Postgres { name, .. } = &template.leftover else {
                unreachable!("made as PostgreSQL")
            };
            let name = name.clone();
            std::mem::forget(template);
            name
        })
        .await;
    create_postgres(template).await
}

/// A PostgreSQL database without any table.
///
/// # Panics
/// As [`postgres`].
pub async fn empty_postgres() -> TestDatabase {
    create_postgres("template1").await
}

async fn create_postgres(template: &str) -> TestDatabase {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let admin = std::env::var(POSTGRES_URL)
        .unwrap_or_else(|_| panic!("PostgreSQL is needed: run `cargo xtask test` (or set {POSTGRES_URL})"));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("account_test_{}_{count}", std::process::id());
    let connection = administer(&admin).await;
    for sql in [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"),
    ] {
        connection.execute_unprepared(&sql).await.expect("the test's database can be made");
    }
    connection.close().await.expect("the connection closes");
    let url = with_database(&admin, &name);
    let database = Database::connect(&url, &Options::default()).await.expect("PostgreSQL answers");
    TestDatabase { database, url, leftover: Leftover::Postgres { admin, name } }
}

async fn administer(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.expect("PostgreSQL answers")
}

/// `url` with another database in its path: `postgres://user@host/old?host=…` → `…/name?host=…`.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let scheme = base.find("://").map_or(0, |at| at + 3);
    let host = base[scheme..].find('/').map_or(base, |slash| &base[..scheme + slash]);
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}

impl Drop for TestDatabase {
    /// Best effort: what remains goes with the server.
    fn drop(&mut self) {
        let Leftover::Postgres { admin, name } = &self.leftover else { return };
        let (admin, name) = (admin.clone(), name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut options = sea_orm::ConnectOptions::new(admin);
                options.max_connections(1).sqlx_logging(false);
                let connection = sea_orm::Database::connect(options).await.ok()?;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connection.execute_unprepared(&sql).await.ok()
            })
        });
        drop(dropped.join());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_in_a_url_is_replaced() {
        assert_eq!(with_database("postgres://a@h:1/x?host=/tmp", "y"), "postgres://a@h:1/y?host=/tmp");
        assert_eq!(with_database("postgres://a@h", "y"), "postgres://a@h/y");
        assert_eq!(with_database("postgres:///x?host=/tmp", "y"), "postgres:///y?host=/tmp");
    }
}
