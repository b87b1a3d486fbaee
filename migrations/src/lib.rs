//! The schema of MIDDAG Account, step by step, forwards and backwards.
//!
//! Conventions, so that both databases behave alike and a list or a message means the same on either:
//!
//! - Instants are `BIGINT` microseconds since 1970 (UTC), days are native dates on PostgreSQL and ISO texts on SQLite: both sort alike.
//! - Texts are compared byte by byte on both (`COLLATE "C"` on PostgreSQL), so that lists sort alike and indexes serve prefixes.
//! - Credits are `BIGINT` units, a tenth of a credit each. Money is a decimal text with a currency column beside it.
//! - Unique constraints and indexes are called `{table}_{columns}_key`; the storage adapter gives SQLite's refusals the same names.
//! - `version` counts the changes of an editable row; whoever saves names the version they read.
//! - A step only adds what an older server does not stumble over. What is to go, goes one release after nobody uses it any more.

mod m0001_platform;
mod m0002_customers;
mod m0003_sales;
mod m0004_entitlements;
mod m0005_credits;
mod m0006_work;
mod m0007_ledger;
mod m0008_invoices;
mod m0009_timed_steps;
mod m0010_policies;
mod m0012_credit_readings;
mod m0013_ledger_guard;
mod m0014_commands;
mod m0015_key_rotation;
mod m0016_list_orders;
mod m0017_note_stream;
mod m0018_search_words;
mod m0019_list_filters;
mod m0020_collaborator_email;
mod m0021_timed_setbacks;
mod m0022_ledger_actors;
mod m0023_sold_products;
mod sql;

pub use sea_orm_migration::{IntoSchemaManagerConnection, MigrationName, MigrationTrait, MigratorTrait};

/// All steps, in order.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_platform::STEP),
            Box::new(m0002_customers::STEP),
            Box::new(m0003_sales::STEP),
            Box::new(m0004_entitlements::STEP),
            Box::new(m0005_credits::STEP),
            Box::new(m0006_work::STEP),
            Box::new(m0007_ledger::STEP),
            Box::new(m0008_invoices::STEP),
            Box::new(m0009_timed_steps::STEP),
            Box::new(m0010_policies::STEP),
            Box::new(m0012_credit_readings::STEP),
            Box::new(m0013_ledger_guard::STEP),
            Box::new(m0014_commands::STEP),
            Box::new(m0015_key_rotation::STEP),
            Box::new(m0016_list_orders::STEP),
            Box::new(m0017_note_stream::STEP),
            Box::new(m0018_search_words::STEP),
            Box::new(m0019_list_filters::STEP),
            Box::new(m0020_collaborator_email::STEP),
            Box::new(m0021_timed_setbacks::STEP),
            Box::new(m0022_ledger_actors::STEP),
            Box::new(m0023_sold_products::STEP),
        ]
    }
}
