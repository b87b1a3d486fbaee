//! Commands that take place once (AP-4).

use std::sync::Arc;

use entitlement::OrganizationDetails;
use kernel::{OrganizationId, StoreError, Timestamp};
use service_delivery::{Command, Commands as _, Once, Storage as _};
use storage_seaorm::{Database, Options, testing::TestDatabase};
use tokio::sync::Notify;

use crate::{
    on_both,
    support::{World, now},
};

on_both! {
    ap_4_what_a_command_does_is_durable_with_its_answer,
    ap_4_a_crash_before_the_end_leaves_nothing_and_the_command_free,
    ap_4_a_refused_command_leaves_nothing,
    ap_4_a_command_under_way_is_known_on_every_server,
    ap_4_earlier_units_of_work_are_durable_by_themselves,
    ap_4_old_commands_are_forgotten,
}

fn command(id: u8) -> Command {
    Command { id: [id; 32], content: [7; 32], at: now() }
}

/// Renames the organization, in one unit of work.
async fn rename(db: &Database, id: OrganizationId, name: &str) {
    let mut uow = db.begin().await.unwrap();
    let mut organization = uow.entitlements().lock_organization(id).await.unwrap().unwrap();
    let record = organization.record().clone();
    let details = OrganizationDetails {
        name: name.to_owned(),
        legal_name: record.legal_name,
        tax_id: record.tax_id,
        country: record.country.to_string(),
        locale: record.locale,
        currency: record.currency.code().to_owned(),
        billing_email: record.billing_email.to_string(),
    };
    organization.edit(details).unwrap();
    uow.entitlements().save_organization(&organization).await.unwrap();
    uow.commit().await.unwrap();
}

/// Work that is not to be done.
async fn not_again() -> Option<Vec<u8>> {
    panic!("it is under way, or took place before")
}

async fn name(db: &TestDatabase) -> String {
    db.text("SELECT name FROM organization").await.unwrap().unwrap()
}

async fn known(db: &TestDatabase) -> i64 {
    db.number("SELECT count(*) FROM command").await.unwrap()
}

/// The other server reads the same database.
async fn another_server(db: &TestDatabase) -> Database {
    Database::connect(db.url(), &Options::default()).await.unwrap()
}

async fn ap_4_what_a_command_does_is_durable_with_its_answer(db: TestDatabase) {
    let world = World::new(&db).await;
    let work = async {
        rename(&db, world.organization, "Once").await;
        Some(b"the answer".to_vec())
    };
    assert_eq!(db.once(&command(1), Box::pin(work)).await, Ok(Once::Now));
    assert_eq!((name(&db).await, known(&db).await), ("Once".to_owned(), 1));
    let before = Once::Before { content: [7; 32], answer: b"the answer".to_vec() };
    for server in [Database::clone(&db), another_server(&db).await] {
        assert_eq!(server.once(&command(1), Box::pin(not_again())).await, Ok(before.clone()));
    }
}

async fn ap_4_a_crash_before_the_end_leaves_nothing_and_the_command_free(db: TestDatabase) {
    let world = World::new(&db).await;
    let given = name(&db).await;
    let done = Notify::new();
    let command = command(1);
    let work = async {
        rename(&db, world.organization, "Never").await;
        done.notify_one();
        std::future::pending().await
    };
    // What is dropped in the midst of it is what a crash leaves.
    tokio::select! {
        once = db.once(&command, Box::pin(work)) => panic!("it ended: {once:?}"),
        () = done.notified() => {}
    }
    assert_eq!((name(&db).await, known(&db).await), (given, 0));
    let work = async {
        rename(&db, world.organization, "Once").await;
        Some(vec![])
    };
    let mut work = Some(work);
    loop {
        // The database is told of the end of a transaction that was dropped a moment later.
        let again = async { work.take().unwrap().await };
        match db.once(&command, Box::pin(again)).await {
            Ok(Once::UnderWay) => tokio::task::yield_now().await,
            once => break assert_eq!(once, Ok(Once::Now)),
        }
    }
    assert_eq!((name(&db).await, known(&db).await), ("Once".to_owned(), 1));
}

async fn ap_4_a_refused_command_leaves_nothing(db: TestDatabase) {
    let world = World::new(&db).await;
    let given = name(&db).await;
    let work = async {
        rename(&db, world.organization, "Never").await;
        None
    };
    assert_eq!(db.once(&command(1), Box::pin(work)).await, Ok(Once::Now));
    assert_eq!((name(&db).await, known(&db).await), (given, 0));
}

async fn ap_4_a_command_under_way_is_known_on_every_server(db: TestDatabase) {
    // On SQLite whoever writes is alone: a second server would wait.
    let other = if db.admin_url().is_some() { another_server(&db).await } else { Database::clone(&db) };
    let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let first = {
        let (db, begun, end) = (Database::clone(&db), begun.clone(), end.clone());
        tokio::spawn(async move {
            let work = async {
                begun.notify_one();
                end.notified().await;
                Some(vec![1])
            };
            db.once(&command(1), Box::pin(work)).await
        })
    };
    begun.notified().await;
    for _ in 0..3 {
        assert_eq!(other.once(&command(1), Box::pin(not_again())).await, Ok(Once::UnderWay));
    }
    end.notify_one();
    assert_eq!(first.await.unwrap(), Ok(Once::Now));
    let before = other.once(&command(1), Box::pin(not_again())).await;
    assert_eq!(before, Ok(Once::Before { content: [7; 32], answer: vec![1] }));
}

async fn ap_4_earlier_units_of_work_are_durable_by_themselves(db: TestDatabase) {
    let world = World::new(&db).await;
    let work = async {
        rename(&db, world.organization, "First").await;
        rename(&db, world.organization, "Second").await;
        None
    };
    assert_eq!(db.once(&command(1), Box::pin(work)).await, Ok(Once::Now));
    assert_eq!((name(&db).await, known(&db).await), ("First".to_owned(), 0));
}

async fn ap_4_old_commands_are_forgotten(db: TestDatabase) {
    for (id, days) in [(1, 0), (2, 1), (3, 2)] {
        let command = Command { at: now().plus_days(days), ..command(id) };
        let done = db.once(&command, Box::pin(async { Some(vec![]) })).await;
        assert_eq!(done, Ok(Once::Now));
    }
    let forget = async |before: Timestamp, limit| -> Result<u64, StoreError> {
        let mut uow = db.begin().await?;
        let count = uow.schedule().forget_commands(before, limit).await?;
        uow.commit().await?;
        Ok(count)
    };
    assert_eq!(forget(now(), 10).await, Ok(0));
    assert_eq!(forget(now().plus_days(2), 1).await, Ok(1));
    assert_eq!(forget(now().plus_days(2), 10).await, Ok(1));
    assert_eq!(known(&db).await, 1);
}
