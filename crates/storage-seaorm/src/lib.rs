//! Every storage port of MIDDAG Account, on SQLite and PostgreSQL.
//!
//! [`Database`] is the one handle: it begins units of work and guards the schema ([`Database::schema_state`],
//! [`Database::migrate_up`]).

mod connect;
mod error;
mod schema;

#[cfg(feature = "testing")]
pub mod testing;

pub use connect::{Database, Options};
pub use schema::SchemaState;
