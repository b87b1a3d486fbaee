//! Many at once on one balance (CR-5).

use std::sync::Arc;

use kernel::{ServiceRequestId, Standing, StoreError};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};
use service_delivery::Storage;
use storage_seaorm::{Database, Options, testing::TestDatabase};
use ust_credits::{ReserveError, Touching};

use crate::{
    on_both,
    support::{World, credits, occasion},
};

on_both! {
    cr_5_of_200_reserves_on_100_credits_exactly_100_succeed,
    locks_of_one_row_are_taken_in_turn,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Held,
    Exhausted,
}

async fn reserve_one(db: &Database, world: &World, request: ServiceRequestId) -> Result<Outcome, StoreError> {
    let policy = CreditPolicy { on_exhausted: OnExhausted::Block, ..CreditPolicy::default() };
    let mut uow = db.begin().await?;
    let touching = Touching::fresh_request(request);
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await?.unwrap();
    match balance.reserve(request, credits("1"), &policy, Standing::Live, &occasion()) {
        Ok(_) => {}
        Err(ReserveError::Exhausted { .. }) => return Ok(Outcome::Exhausted),
        Err(error) => panic!("{error}"),
    }
    uow.credits().save_balance(&mut balance).await?;
    uow.commit().await?;
    Ok(Outcome::Held)
}

async fn cr_5_of_200_reserves_on_100_credits_exactly_100_succeed(db: TestDatabase) {
    let world = Arc::new(World::new(&db).await);
    world.grant(&db, "40").await;
    world.grant(&db, "60").await;
    let requests = world.requests(&db, 200).await;
    // Two servers on one database.
    let servers = [
        Arc::new(Database::connect(db.url(), &Options::default()).await.unwrap()),
        Arc::new(Database::connect(db.url(), &Options::default()).await.unwrap()),
    ];
    let tasks = requests.into_iter().enumerate().map(|(number, request)| {
        let (server, world) = (servers[number % 2].clone(), world.clone());
        tokio::spawn(async move {
            loop {
                match reserve_one(&server, &world, request).await {
                    Err(StoreError::Conflict) => {}
                    outcome => return outcome.unwrap(),
                }
            }
        })
    });
    let mut held = 0;
    for task in tasks.collect::<Vec<_>>() {
        held += usize::from(task.await.unwrap() == Outcome::Held);
    }
    assert_eq!(held, 100);
    let left = "SELECT CAST(sum(available) AS BIGINT) FROM credit_balance";
    assert_eq!(db.number(left).await, Ok(0));
    let mut findings = Vec::new();
    let audited = db.audit(&mut |finding| findings.push(finding)).await.unwrap();
    assert_eq!((findings, audited.entries), (vec![], 102));
}

async fn locks_of_one_row_are_taken_in_turn(db: TestDatabase) {
    let world = Arc::new(World::new(&db).await);
    let tasks = (0..40).map(|_| {
        let (db, world) = (Database::clone(&db), world.clone());
        tokio::spawn(async move {
            let mut uow = db.begin().await.unwrap();
            let product = uow.entitlements().lock_product(world.product).await.unwrap().unwrap();
            uow.entitlements().save_product(&product).await.unwrap();
            uow.commit().await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(db.number("SELECT version FROM product").await, Ok(41));
}
