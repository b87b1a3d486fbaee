//! Every storage port of MIDDAG Account, on SQLite and PostgreSQL.
//!
//! [`Database`] is the one handle: a [`service_delivery::Storage`] that begins units of work, and the schema's guardian
//! ([`Database::schema_state`], [`Database::migrate_up`]).

mod access;
mod audit;
mod batch;
mod billing;
mod codes;
mod commands;
mod connect;
mod credits;
mod entitlements;
mod entity;
mod error;
mod group_commit;
mod journal;
mod policies;
mod reader;
mod reads;
mod rows;
mod schema;
mod unit_of_work;
mod words;
mod work;
mod worker;

#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{Audited, Finding};
pub use connect::{Database, Options, PoolFigures};
pub use schema::SchemaState;
