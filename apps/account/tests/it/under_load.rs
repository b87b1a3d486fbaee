//! Kills, stops and restarts under load: short versions of `cargo xtask kills`.

use std::path::Path;

use load::{drain::drain, kills::kills, place::Place, rolling::rolling};
use storage_seaorm::testing::{TestDatabase, empty_postgres};

const PROGRAM: &str = env!("CARGO_BIN_EXE_account");

/// An empty PostgreSQL database, and the runtime that drops it.
fn postgres() -> (tokio::runtime::Runtime, TestDatabase) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let database = runtime.block_on(empty_postgres());
    (runtime, database)
}

fn place(database: Option<&TestDatabase>) -> Place {
    Place::new(Path::new(PROGRAM), database.map(TestDatabase::url)).unwrap()
}

#[test]
fn rn_2_what_was_acknowledged_survives_a_kill_once_on_sqlite() {
    let killed = kills(&place(None), 2).unwrap();
    assert!(killed.acknowledged >= 80, "{killed:?}");
}

#[test]
fn rn_2_what_was_acknowledged_survives_a_kill_once_on_postgres() {
    let (runtime, database) = postgres();
    let killed = kills(&place(Some(&database)), 2).unwrap();
    assert!(killed.acknowledged >= 80, "{killed:?}");
    let _guard = runtime.enter();
    drop(database);
}

#[test]
fn rn_6_a_stop_loses_nothing_that_was_accepted_on_sqlite() {
    assert!(drain(&place(None), 2).unwrap() >= 100);
}

#[test]
fn rn_6_a_stop_loses_nothing_that_was_accepted_on_postgres() {
    let (runtime, database) = postgres();
    assert!(drain(&place(Some(&database)), 2).unwrap() >= 100);
    let _guard = runtime.enter();
    drop(database);
}

#[test]
fn rn_2_rolling_restarts_of_two_servers_cost_no_request_that_is_asked_for_again() {
    let (runtime, database) = postgres();
    let rolled = rolling(&place(Some(&database)), 1).unwrap();
    assert!(rolled.done >= 180, "{rolled:?}");
    let _guard = runtime.enter();
    drop(database);
}
