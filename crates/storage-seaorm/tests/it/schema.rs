//! The schema: forwards, backwards, and what a program says of one that is not its own.

use kernel::StoreError;
use storage_seaorm::{
    Database, Options, SchemaState,
    testing::{self, TestDatabase},
};

use crate::{
    on_both,
    support::{World, begin, credits, id, now, occasion},
};

on_both! {
    rn_3_a_filled_schema_goes_down_and_up_again,
    rn_3_every_step_goes_down_and_up_by_itself,
    rn_3_many_servers_migrate_at_the_same_time,
    a_schema_of_another_version_is_told_apart,
}

async fn rn_3_a_filled_schema_goes_down_and_up_again(db: TestDatabase) {
    fill(&db).await;
    db.migrate_down(None).await.unwrap();
    assert!(matches!(db.schema_state().await.unwrap(), SchemaState::Behind { .. }));
    db.migrate_up(None).await.unwrap();
    assert_eq!(db.schema_state().await, Ok(SchemaState::UpToDate));
    fill(&db).await;
}

async fn rn_3_every_step_goes_down_and_up_by_itself(db: TestDatabase) {
    fill(&db).await;
    let mut taken_back = 0;
    loop {
        let SchemaState::Behind { pending } = ({
            db.migrate_down(Some(1)).await.unwrap();
            taken_back += 1;
            db.schema_state().await.unwrap()
        }) else {
            panic!("a step was taken back")
        };
        assert_eq!(pending.len(), taken_back);
        db.migrate_up(Some(1)).await.unwrap();
        db.migrate_down(Some(1)).await.unwrap();
        if pending[0].starts_with("m0001") {
            break;
        }
    }
    db.migrate_up(None).await.unwrap();
    fill(&db).await;
}

async fn rn_3_many_servers_migrate_at_the_same_time(db: TestDatabase) {
    db.migrate_down(None).await.unwrap();
    let mut servers = Vec::new();
    for _ in 0..4 {
        servers.push(Database::connect(db.url(), &Options::default()).await.unwrap());
    }
    let migrations = servers.into_iter().map(|server| {
        tokio::spawn(async move {
            server.migrate_up(None).await.unwrap();
            server.close().await;
        })
    });
    for migration in migrations.collect::<Vec<_>>() {
        migration.await.unwrap();
    }
    assert_eq!(db.schema_state().await, Ok(SchemaState::UpToDate));
}

async fn a_schema_of_another_version_is_told_apart(db: TestDatabase) {
    db.execute("DELETE FROM seaql_migrations WHERE version = 'm0008_invoices'").await.unwrap();
    let pending = vec!["m0008_invoices".to_owned()];
    assert_eq!(db.schema_state().await, Ok(SchemaState::Behind { pending }));
    db.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_tomorrow', 0)")
        .await
        .unwrap();
    let unknown = vec!["m9999_tomorrow".to_owned()];
    assert_eq!(db.schema_state().await, Ok(SchemaState::Ahead { unknown }));
    // A program that is older than the schema leaves it alone.
    assert!(matches!(db.migrate_down(Some(1)).await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(db.migrate_up(None).await, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn a_database_without_tables_is_behind_on_sqlite() {
    without_tables(testing::empty_sqlite().await).await;
}

#[tokio::test]
async fn a_database_without_tables_is_behind_on_postgres() {
    without_tables(testing::empty_postgres().await).await;
}

async fn without_tables(db: TestDatabase) {
    let SchemaState::Behind { pending } = db.schema_state().await.unwrap() else { panic!("it has none") };
    assert_eq!(pending.first().map(String::as_str), Some("m0001_platform"));
    // Looking has made nothing.
    assert_eq!(db.schema_state().await, Ok(SchemaState::Behind { pending }));
}

/// A row in about every table.
async fn fill(db: &TestDatabase) {
    let world = World::new(db).await;
    world.grant(db, "10").await;
    let request = world.requests(db, 1).await[0];
    let mut uow = begin(db).await;
    let touching = ust_credits::Touching::request(request);
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
    let (policy, standing) = (Default::default(), kernel::Standing::Live);
    balance.reserve(request, credits("4"), &policy, standing, &occasion()).unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
    let series = kernel::ServiceRequestCode::series(now(), time::UtcOffset::UTC);
    uow.codes().next(series).await.unwrap();
    let subject = service_delivery::Subject::new(service_delivery::SubjectKind::ServiceRequest, request);
    let event = crate::journal::event(id(), subject);
    uow.journal().append(&[event]).await.unwrap();
    uow.commit().await.unwrap();
}
