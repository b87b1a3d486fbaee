//! What reading costs, whatever the length of a ledger: a balance now and as of an instant, and pages of its ledger.

use std::time::{Duration, Instant};

use kernel::{CreditBalanceId, PageRequest, Timestamp};
use serde_json::json;
use service_delivery::{
    Storage as _,
    reads::{LedgerFilter, LedgerQuery, Reads as _, Viewer},
};
use storage_seaorm::testing::TestDatabase;

use crate::{company::Company, history};

/// How often each thing is read.
const TIMES: usize = 400;
const SHORT: i64 = 1_000;

pub(crate) async fn run(db: TestDatabase, entries: i64) {
    let start = Timestamp::from_unix_micros(1_778_414_400_000_000).unwrap();
    let company = Box::pin(Company::founded(db, start, &json!({}))).await;
    let mut ledgers = Vec::new();
    for count in [SHORT, entries] {
        let support = Box::pin(company.support()).await;
        company.grant(support.balance, "1000", None).await;
        let requests = [Box::pin(company.request(support.service, false)).await];
        let begin = company.now();
        let last = history::lengthen(&company.db, support.balance, &requests, count - 2, begin).await;
        let middle = i64::midpoint(begin.unix_micros(), last.unix_micros());
        let middle = Timestamp::from_unix_micros(middle).unwrap();
        ledgers.push(Ledger { balance: support.balance, middle, last });
    }
    company.db.execute("ANALYZE").await.unwrap();
    println!("median of {TIMES}, after {SHORT} and after {entries} entries");
    let mut figures = Vec::new();
    for ledger in &ledgers {
        figures.push(ledger.read(&company.db).await);
    }
    for ((what, short), (_, long)) in figures[0].iter().zip(&figures[1]) {
        let ratio = long.as_secs_f64() / short.as_secs_f64();
        println!("{what:<40} {short:>8.0?} {long:>8.0?}  × {ratio:.2}");
    }
}

struct Ledger {
    balance: CreditBalanceId,
    middle: Timestamp,
    last: Timestamp,
}

impl Ledger {
    async fn read(&self, db: &TestDatabase) -> Vec<(&'static str, Duration)> {
        let viewer = Viewer::staff(self.last);
        let page = |filter: LedgerFilter| LedgerQuery { filter, sort: None, page: PageRequest::first() };
        let newest = page(LedgerFilter::default());
        let before_middle = page(LedgerFilter { until: Some(self.middle), ..LedgerFilter::default() });
        let from_middle = page(LedgerFilter { from: Some(self.middle), ..LedgerFilter::default() });
        vec![
            (
                "balance now",
                median(async || drop(db.credit_balance(viewer, self.balance).await.unwrap().unwrap())).await,
            ),
            (
                "balance as of the middle",
                median(async || {
                    let mut uow = db.begin().await.unwrap();
                    uow.credits().ledger_point(self.balance, self.middle).await.unwrap().unwrap();
                })
                .await,
            ),
            (
                "ledger, newest page",
                median(async || drop(db.ledger(viewer, self.balance, &newest).await.unwrap())).await,
            ),
            (
                "ledger, page before the middle",
                median(async || drop(db.ledger(viewer, self.balance, &before_middle).await.unwrap())).await,
            ),
            (
                "ledger, newest page since the middle",
                median(async || drop(db.ledger(viewer, self.balance, &from_middle).await.unwrap())).await,
            ),
        ]
    }
}

async fn median(read: impl AsyncFn()) -> Duration {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let started = Instant::now();
        read().await;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times[TIMES / 2]
}
