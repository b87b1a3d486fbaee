//! Codes (ID-6).

use std::{collections::BTreeSet, sync::Arc};

use kernel::{CodeSeries, EntitlementClass, StoreError};
use service_delivery::{Storage, UnitOfWork};
use storage_seaorm::{Database, Options, testing::TestDatabase};

use crate::{on_both, support::begin};

on_both! {
    id_6_five_thousand_concurrent_creations_share_no_code,
    id_6_invoice_numbers_have_no_gaps,
    id_6_each_series_counts_for_itself,
}

const REQUESTS: CodeSeries = CodeSeries::ServiceRequest { year: 2026 };
const INVOICES: CodeSeries = CodeSeries::Invoice { year: 2026 };

async fn draw(db: &Database, series: CodeSeries) -> Result<u64, StoreError> {
    let mut uow: Box<dyn UnitOfWork> = db.begin().await?;
    let number = uow.codes().next(series).await?;
    uow.commit().await?;
    Ok(number.get())
}

async fn id_6_five_thousand_concurrent_creations_share_no_code(db: TestDatabase) {
    const TASKS: u64 = 50;
    const EACH: u64 = 100;
    // Two servers, and a series that neither has drawn from before.
    let other = Arc::new(Database::connect(db.url(), &Options::default()).await.unwrap());
    let one = Arc::new(Database::connect(db.url(), &Options::default()).await.unwrap());
    let tasks = (0..TASKS).map(|task| {
        let server = if task % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move {
            let mut drawn = Vec::new();
            for _ in 0..EACH {
                drawn.push(draw(&server, REQUESTS).await.unwrap());
            }
            drawn
        })
    });
    let mut drawn = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        drawn.extend(task.await.unwrap());
    }
    let distinct: BTreeSet<u64> = drawn.iter().copied().collect();
    assert_eq!((drawn.len() as u64, distinct.len() as u64), (TASKS * EACH, TASKS * EACH));
    assert_eq!(distinct.first(), Some(&1));
    one.close().await;
    other.close().await;
}

async fn id_6_invoice_numbers_have_no_gaps(db: TestDatabase) {
    let tasks = (0..40u64).map(|task| {
        let db = Database::clone(&db);
        tokio::spawn(async move {
            let mut uow = begin(&db).await;
            let number = uow.codes().next(INVOICES).await.unwrap().get();
            // Every other issue is rolled back and gives its number back.
            if task % 2 == 0 {
                uow.commit().await.unwrap();
                Some(number)
            } else {
                drop(uow);
                None
            }
        })
    });
    let mut issued = BTreeSet::new();
    for task in tasks.collect::<Vec<_>>() {
        issued.extend(task.await.unwrap());
    }
    assert_eq!(issued.into_iter().collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
}

async fn id_6_each_series_counts_for_itself(db: TestDatabase) {
    let plugins = CodeSeries::Entitlement { class: EntitlementClass::Plg, year: 2026, month: 5 };
    for series in [
        REQUESTS,
        CodeSeries::ServiceRequest { year: 2027 },
        plugins,
        CodeSeries::Entitlement { class: EntitlementClass::Plg, year: 2026, month: 6 },
        CodeSeries::Entitlement { class: EntitlementClass::Env, year: 2026, month: 5 },
        CodeSeries::Quote { year: 2026 },
        CodeSeries::Order { year: 2026 },
        CodeSeries::Contract { year: 2026 },
        INVOICES,
    ] {
        assert_eq!(draw(&db, series).await, Ok(1), "{series:?}");
    }
    assert_eq!(draw(&db, plugins).await, Ok(2));
}

/// On PostgreSQL nobody waits for another's commit; SQLite has one writer at a time anyway.
#[tokio::test]
async fn id_6_two_creations_at_once_do_not_wait_for_each_other() {
    let db = storage_seaorm::testing::postgres().await;
    let mut first = begin(&db).await;
    let mut second = begin(&db).await;
    let drawn = [first.codes().next(REQUESTS).await.unwrap(), second.codes().next(REQUESTS).await.unwrap()];
    assert_ne!(drawn[0], drawn[1]);
    second.commit().await.unwrap();
    first.commit().await.unwrap();
}
