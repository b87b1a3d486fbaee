//! The schema of MIDDAG Account, step by step, forwards and backwards.
//!
//! Conventions, so that both databases behave alike and a list or a message means the same on either:
//!
//! - Instants are `BIGINT` microseconds since 1970 (UTC), days are native dates on PostgreSQL and ISO texts on SQLite: both sort alike.
//! - Credits are `BIGINT` units, a tenth of a credit each. Money is a decimal text with a currency column beside it.
//! - Unique constraints and indexes are called `{table}_{columns}_key`; the storage adapter gives SQLite's refusals the same names.
//! - `version` counts the changes of an editable row; whoever saves names the version they read.
//! - A step only adds what an older server does not stumble over. What is to go, goes one release after nobody uses it any more.

mod m0001_platform;
mod sql;

pub use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait};

/// All steps, in order.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_platform::STEP)]
    }
}
