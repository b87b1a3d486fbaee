//! What happens when the database is not as it should be.

use std::time::Duration;

use kernel::StoreError;
use service_delivery::{Storage, access::Keys};
use storage_seaorm::{
    Database, Options, SchemaState,
    testing::{self, TestDatabase},
};

use crate::{
    on_both,
    support::{World, begin, id, organization},
};

on_both! {
    a_busy_pool_is_unavailable_in_time,
    readers_do_not_wait_for_writers,
    a_tampered_row_is_corrupt_and_named,
}

fn is_unavailable<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
}

fn impatient() -> Options {
    let short = Duration::from_millis(100);
    Options { connections: 1, acquire_timeout: short, lock_timeout: short, ..Options::default() }
}

async fn a_busy_pool_is_unavailable_in_time(db: TestDatabase) {
    let small = Database::connect(db.url(), &impatient()).await.unwrap();
    let busy = begin(&small).await;
    is_unavailable(small.begin().await.map(drop));
    drop(busy);
    begin(&small).await.commit().await.unwrap();
    small.close().await;
}

async fn readers_do_not_wait_for_writers(db: TestDatabase) {
    let mut uow = begin(&db).await;
    uow.entitlements().insert_organization(&organization("Acme")).await.unwrap();
    assert_eq!(db.api_key("0123456789").await, Ok(None));
    uow.commit().await.unwrap();
}

async fn a_tampered_row_is_corrupt_and_named(db: TestDatabase) {
    let world = World::new(&db).await;
    db.execute("UPDATE organization SET currency = 'XXQ'").await.unwrap();
    let mut uow = begin(&db).await;
    let outcome = uow.entitlements().organization(world.organization).await;
    let Err(StoreError::Corrupt { entity, id, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((entity, id), ("organization", world.organization.to_string()));
}

#[tokio::test]
async fn a_sqlite_file_that_another_process_locks_is_unavailable() {
    let db = testing::sqlite().await;
    let other = Database::connect(db.url(), &impatient()).await.unwrap();
    let lock = begin(&db).await;
    is_unavailable(other.begin().await.map(drop));
    drop(lock);
    // Not a moment later than the lock goes.
    let patient = Database::connect(db.url(), &Options::default()).await.unwrap();
    begin(&patient).await.commit().await.unwrap();
}

#[tokio::test]
async fn a_sqlite_file_that_cannot_be_is_unavailable() {
    is_unavailable(Database::connect("sqlite:///no/such/folder/x.sqlite", &impatient()).await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.sqlite");
    std::fs::write(&path, "this is no database, however long the text is that it consists of ".repeat(100))
        .unwrap();
    is_unavailable(Database::connect(&format!("sqlite://{}", path.display()), &impatient()).await);
}

#[tokio::test]
async fn a_full_sqlite_disk_is_unavailable_and_loses_nothing() {
    let db = testing::sqlite().await;
    let pages = db.number("PRAGMA page_count").await.unwrap();
    db.execute(&format!("PRAGMA max_page_count = {}", pages + 2)).await.unwrap();
    let mut stored = 0;
    let failure = loop {
        let mut uow = begin(&db).await;
        let mut acme = organization("Acme").record().clone();
        acme.legal_name = "x".repeat(200);
        let acme = entitlement::Organization::restore(acme).unwrap();
        if let Err(error) = uow.entitlements().insert_organization(&acme).await {
            break error;
        }
        if let Err(error) = uow.commit().await {
            break error;
        }
        stored += 1;
    };
    is_unavailable(Err::<(), _>(failure));
    assert_eq!(db.number("SELECT count(*) FROM organization").await, Ok(stored));
}

#[tokio::test]
async fn a_database_in_memory_works_too() {
    let db = Database::connect("sqlite::memory:", &Options::default()).await.unwrap();
    db.migrate_up(None).await.unwrap();
    assert_eq!(db.schema_state().await, Ok(SchemaState::UpToDate));
    World::new(&db).await;
    let mut uow = begin(&db).await;
    assert_eq!(uow.entitlements().organization(id()).await, Ok(None));
}

#[tokio::test]
async fn a_postgres_that_is_down_is_unavailable() {
    is_unavailable(Database::connect("postgres://nobody@127.0.0.1:1/none", &impatient()).await);
}

#[tokio::test]
async fn a_postgres_database_that_is_gone_is_unavailable_and_comes_back() {
    let db = testing::postgres().await;
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut other = begin(&db).await;
    // Two more wait to be used.
    drop((begin(&db).await, begin(&db).await));
    let name = db.url().split('?').next().unwrap().rsplit('/').next().unwrap();
    let kill = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    let admin = Database::connect(db.admin_url().unwrap(), &impatient()).await.unwrap();
    uow.entitlements().insert_organization(&organization("Lost")).await.unwrap();
    testing::run(&admin, &kill).await.unwrap();
    is_unavailable(other.entitlements().organization(world.organization).await);
    // Whether a COMMIT whose answer is lost took place is unknown: nobody may rerun it unasked.
    let undecided = uow.commit().await;
    assert!(matches!(undecided, Err(StoreError::Undecided { .. })), "{undecided:?}");
    drop(other);
    // Whoever comes next has another connection, to read or to write.
    assert_eq!(db.api_key("0123456789").await, Ok(None));
    let found = begin(&db).await.entitlements().organization(world.organization).await;
    assert!(found.unwrap().is_some());
    assert_eq!(db.number("SELECT count(*) FROM organization").await, Ok(1));
}

#[tokio::test]
async fn a_postgres_row_that_stays_locked_is_unavailable_in_time() {
    let db = testing::postgres().await;
    let world = World::new(&db).await;
    let options = Options { connections: 2, ..impatient() };
    let small = Database::connect(db.url(), &options).await.unwrap();
    let mut first = begin(&small).await;
    first.entitlements().lock_organization(world.organization).await.unwrap();
    let mut second = begin(&small).await;
    is_unavailable(second.entitlements().lock_organization(world.organization).await);
}

#[tokio::test]
async fn a_postgres_deadlock_is_a_conflict_for_one_of_the_two() {
    let db = testing::postgres().await;
    let world = World::new(&db).await;
    let mut first = begin(&db).await;
    let mut second = begin(&db).await;
    first.entitlements().lock_organization(world.organization).await.unwrap();
    second.entitlements().lock_product(world.product).await.unwrap();
    let (one, two) = tokio::join!(
        first.entitlements().lock_product(world.product),
        second.entitlements().lock_organization(world.organization),
    );
    let conflicts = [one.err(), two.err()];
    assert_eq!(conflicts.iter().flatten().collect::<Vec<_>>(), [&StoreError::Conflict]);
}
