//! What the databases report, in the words of the storage ports.

use kernel::StoreError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// What a failed statement means.
pub(crate) fn map(error: DbErr) -> StoreError {
    match (&error, sqlx_error(&error)) {
        (_, Some(cause)) => from_sqlx(cause),
        (DbErr::ConnectionAcquire(_) | DbErr::Conn(_), None) => unavailable(&error),
        _ => StoreError::corrupt("statement", "-", error),
    }
}

/// The same at the start of a transaction, where a lock that is not to be had was already waited for.
pub(crate) fn at_begin(error: DbErr) -> StoreError {
    match map(error) {
        StoreError::Conflict => {
            StoreError::Unavailable { reason: "another process keeps the database locked".to_owned() }
        }
        other => other,
    }
}

/// The same of a COMMIT: where the database has not said itself that it refused it, the transaction may have taken place, so that
/// nobody may run it again unasked.
pub(crate) fn at_commit(error: DbErr) -> StoreError {
    let refused = database_error(&error).is_some_and(|(code, is_sqlite)| {
        // SQLite's IOERR is of writing or of waiting for the disk.
        if is_sqlite { code.parse().unwrap_or(10) & 0xff != 10 } else { !is_end_of_connection(&code) }
    });
    match map(error) {
        StoreError::Unavailable { reason } if !refused => StoreError::Undecided { reason },
        other => other,
    }
}

/// Whether the connection has ended, and perhaps long before: what did nothing but read, or begin, may be done with another.
pub(crate) fn is_lost_connection(error: &DbErr) -> bool {
    match database_error(error) {
        Some((code, is_sqlite)) => !is_sqlite && is_end_of_connection(&code),
        None => matches!(sqlx_error(error), Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_))),
    }
}

/// Of PostgreSQL: the connection failed, or the server ended it; or it does not know what became of the statement.
fn is_end_of_connection(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("57P") || code == "40003"
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// The code that the database gave, and whether it is SQLite's.
fn database_error(error: &DbErr) -> Option<(String, bool)> {
    let database = sqlx_error(error)?.as_database_error()?;
    let is_sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    Some((database.code().unwrap_or_default().into_owned(), is_sqlite))
}

fn from_sqlx(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            if database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                from_sqlite(code.parse().unwrap_or(1), database.message())
            } else {
                from_postgres(&code, &**database)
            }
        }
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::Encode(_) => StoreError::corrupt("row", "-", error),
        _ => unavailable(error),
    }
}

fn from_postgres(code: &str, error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let constraint = || error.constraint().unwrap_or("a unique constraint").to_owned();
    match code {
        // unique_violation, exclusion_violation
        "23505" | "23P01" => StoreError::Duplicate { constraint: constraint() },
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => StoreError::Conflict,
        // statement_completion_unknown, query_canceled (statement_timeout), lock_not_available (lock_timeout), read_only_sql_transaction
        "40003" | "57014" | "55P03" | "25006" => unavailable(error),
        // connection lost, insufficient resources (disk full, too many connections), the server shuts down or starts, I/O error
        _ if ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) => unavailable(error),
        // no such role or password, no such database, insufficient_privilege
        _ if code.starts_with("28") || ["3D000", "42501"].contains(&code) => unavailable(error),
        _ => StoreError::corrupt(
            "statement",
            error.constraint().or(error.table()).unwrap_or("-"),
            format!("{error} ({code})"),
        ),
    }
}

/// `code` is SQLite's extended result code; its low byte is the primary one.
fn from_sqlite(code: u32, message: &str) -> StoreError {
    const PRIMARY_KEY: u32 = 1555;
    const UNIQUE: u32 = 2067;
    match (code, code & 0xff) {
        (PRIMARY_KEY, _) => StoreError::Duplicate { constraint: constraint_name(message, true) },
        (UNIQUE, _) => StoreError::Duplicate { constraint: constraint_name(message, false) },
        // BUSY and LOCKED in all their kinds (5, 261, 517, 6, 262, …)
        (_, 5 | 6) => StoreError::Conflict,
        // NOMEM, READONLY, IOERR, a damaged file, FULL, CANTOPEN, PROTOCOL, NOTADB
        (_, 7 | 8 | 10 | 11 | 13 | 14 | 15 | 26) => {
            StoreError::Unavailable { reason: format!("{message} ({code})") }
        }
        _ => StoreError::corrupt("statement", "-", format!("{message} ({code})")),
    }
}

/// PostgreSQL names the constraint; SQLite lists its columns (`UNIQUE constraint failed: product.sku`), from which the same name is made.
fn constraint_name(message: &str, primary_key: bool) -> String {
    let columns = message.rsplit(": ").next().unwrap_or(message);
    // An index over an expression is named as it is.
    if let Some(name) = columns.strip_prefix("index '") {
        return name.trim_end_matches('\'').to_owned();
    }
    let (table, _) = columns.split_once('.').unwrap_or((columns, ""));
    if primary_key {
        return format!("{table}_pkey");
    }
    let names: Vec<&str> =
        columns.split(", ").map(|column| column.split_once('.').map_or(column, |(_, name)| name)).collect();
    format!("{table}_{}_key", names.join("_"))
}

fn unavailable(reason: impl ToString) -> StoreError {
    StoreError::Unavailable { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_constraint_has_the_same_name_on_both_databases() {
        assert_eq!(constraint_name("UNIQUE constraint failed: product.sku", false), "product_sku_key");
        assert_eq!(
            constraint_name(
                "UNIQUE constraint failed: invoice_line.source_kind, invoice_line.source_id",
                false
            ),
            "invoice_line_source_kind_source_id_key"
        );
        assert_eq!(constraint_name("UNIQUE constraint failed: index 'a_lower_key'", false), "a_lower_key");
        assert_eq!(constraint_name("UNIQUE constraint failed: product.id", true), "product_pkey");
    }

    #[test]
    fn what_may_be_run_again_is_a_conflict_and_what_may_not_is_unavailable() {
        for code in [5, 6, 261, 517, 262, 773] {
            assert_eq!(from_sqlite(code, "database is locked"), StoreError::Conflict, "{code}");
        }
        for code in [8, 10, 13, 14, 26, 1032, 778] {
            assert!(matches!(from_sqlite(code, "?"), StoreError::Unavailable { .. }), "{code}");
        }
        for code in [275, 787, 1299, 1811] {
            assert!(matches!(from_sqlite(code, "?"), StoreError::Corrupt { .. }), "{code}");
        }
    }

    #[test]
    fn a_connection_that_is_lost_at_the_end_leaves_it_undecided() {
        let lost = || sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        let lost = || DbErr::Exec(RuntimeErr::SqlxError(lost().into()));
        assert!(is_lost_connection(&lost()));
        assert!(matches!(map(lost()), StoreError::Unavailable { .. }));
        assert!(matches!(at_commit(lost()), StoreError::Undecided { .. }));
        let other = DbErr::Exec(RuntimeErr::SqlxError(sqlx::Error::RowNotFound.into()));
        assert!(!is_lost_connection(&other));
        assert!(["08006", "57P01", "40003"].into_iter().all(is_end_of_connection));
        assert!(!["53100", "40001", "25006", "57014"].into_iter().any(is_end_of_connection));
    }

    #[test]
    fn a_pool_that_has_none_free_is_unavailable() {
        let error = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert!(matches!(map(error), StoreError::Unavailable { .. }));
        let lost = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert!(matches!(
            map(DbErr::Query(RuntimeErr::SqlxError(lost.into()))),
            StoreError::Unavailable { .. }
        ));
    }
}
