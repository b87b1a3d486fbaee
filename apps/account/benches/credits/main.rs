//! Figures of the credits: `cargo xtask postgres cargo bench -p account --bench credits -- <what> <database> [count]`.
//!
//! - `verify`: `account verify` on so many ledger entries (1,000,000), with the most memory that it had.
//! - `catch-up`: a month of downtime of so many entitlements (100,000), with a tenth as many requests.
//! - `reading`: a balance, now and as of an instant, and pages of its ledger and its statement, after 1,000 and after so many
//!   entries (1,000,000).
//!
//! The database is `sqlite` or `postgres`; the server that `cargo xtask postgres` starts does not wait for the disk.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

mod catch_up;
#[path = "../../tests/it/company.rs"]
#[allow(dead_code, reason = "tests look at more of it")]
mod company;
mod history;
mod reading;
mod verify;

use storage_seaorm::testing::{self, TestDatabase};

#[tokio::main]
async fn main() {
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| !text.starts_with("--")).collect();
    let Some(database) = arguments.get(1) else {
        println!("which figure, and on which database? verify | catch-up | reading, sqlite | postgres");
        return;
    };
    let count = |default: i64| arguments.get(2).map_or(default, |text| text.parse().unwrap());
    match arguments[0].as_str() {
        "verify" => Box::pin(verify::run(self::database(database).await, count(1_000_000))).await,
        "catch-up" => Box::pin(catch_up::run(self::database(database).await, count(100_000))).await,
        "reading" => Box::pin(reading::run(database, count(1_000_000))).await,
        other => panic!("verify, catch-up or reading, not {other}"),
    }
}

async fn database(kind: &str) -> TestDatabase {
    match kind {
        "sqlite" => testing::sqlite().await,
        "postgres" => testing::postgres().await,
        other => panic!("sqlite or postgres, not {other}"),
    }
}
