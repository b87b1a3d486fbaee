//! What reading a balance costs with a short history and with a long one (CR-11): `credit_readings postgres|sqlite [entries]`.
//!
//! A balance is filled with 1,000 entries, another in a database of its own with 1,000,000: requests that are held and released, some
//! settled and reversed, small lots that expire. On PostgreSQL it needs `ACCOUNT_TEST_POSTGRES_URL`: run it with
//! `cargo xtask postgres cargo run …`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

#[allow(dead_code, reason = "a benchmark needs less of the world than the tests do")]
#[path = "../tests/it/support.rs"]
mod support;

use std::{future::Future, time::Instant};

use kernel::{Actor, PageRequest, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use service_delivery::reads::{
    ExpiryFilter, ExpiryQuery, LedgerFilter, LedgerQuery, Reads, StatementQuery, Viewer,
};
use storage_seaorm::testing::{self, TestDatabase};
use support::{World, begin, credits, id, now};
use ust_credits::{CreditBalance, EntryKind, Grant, LotSource, Occasion, Period, Reversal, Touching};

const MINUTE: i64 = 60_000_000;
const REQUESTS: u32 = 20;
/// How often each reading is made.
const TIMES: u64 = 300;

/// A balance with a history.
struct History {
    db: TestDatabase,
    world: World,
    requests: Vec<ServiceRequestId>,
    ends: Timestamp,
}

fn minute(number: i64) -> Timestamp {
    Timestamp::from_unix_micros(now().unix_micros() + number * MINUTE).unwrap()
}

/// One minute of the balance's life: a request is held and released; every hundredth a lot is granted that nobody uses, and
/// a request is settled and reversed.
fn live(balance: &mut CreditBalance, number: i64, requests: &[ServiceRequestId], policy: &CreditPolicy) {
    let occasion = Occasion::new(minute(number), Actor::system("figures"), "for the figures");
    let request = requests[number as usize % requests.len()];
    if number == 0 {
        balance.grant(&Grant::new(id(), credits("1000"), LotSource::Included), &occasion).unwrap();
    }
    if number % 100 == 0 {
        let small = Grant::new(id(), credits("1"), LotSource::Purchase).expiring(minute(number + 1_440), 0);
        balance.grant(&small, &occasion).unwrap();
    }
    balance.reserve(request, credits("1"), policy, Standing::Live, &occasion).unwrap();
    if number % 100 == 50 {
        balance.settle(request, credits("1"), policy, &occasion).unwrap();
        balance.reverse(request, Reversal::Whole, &occasion).unwrap();
    } else {
        balance.release(request, &occasion).unwrap();
    }
}

impl History {
    async fn of(db: TestDatabase, entries: i64) -> Self {
        let world = World::new(&db).await;
        let requests = world.requests(&db, REQUESTS).await;
        let policy = CreditPolicy::default();
        let touching = Touching { requests: requests.clone(), ..Touching::default() };
        let mut number = 0;
        loop {
            let mut uow = begin(&db).await;
            let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
            for _ in 0..250 {
                live(&mut balance, number, &requests, &policy);
                number += 1;
                if balance.record().last_sequence >= entries {
                    break;
                }
            }
            let written = balance.record().last_sequence;
            uow.credits().save_balance(&mut balance).await.unwrap();
            uow.commit().await.unwrap();
            if written >= entries {
                break;
            }
        }
        if db.admin_url().is_some() {
            db.execute("ANALYZE").await.unwrap();
        }
        Self { db, world, requests, ends: minute(number) }
    }

    /// An instant of the history, another one each time.
    fn some_instant(&self, turn: u64) -> Timestamp {
        let length = (self.ends.unix_micros() - now().unix_micros()) as u64;
        let offset = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) % length;
        Timestamp::from_unix_micros(now().unix_micros() + offset as i64).unwrap()
    }

    fn viewer(&self) -> Viewer {
        Viewer::staff(self.ends)
    }

    async fn ledger(&self, filter: LedgerFilter) -> usize {
        let query = LedgerQuery { filter, ..LedgerQuery::default() };
        self.db.ledger(self.viewer(), self.world.balance, &query).await.unwrap().unwrap().items.len()
    }

    async fn statement(&self, from: Timestamp, until: Timestamp) -> usize {
        let query =
            StatementQuery { period: Period::try_new(from, until).unwrap(), page: PageRequest::first() };
        let told =
            self.db.credit_statement(self.viewer(), self.world.balance, &query).await.unwrap().unwrap();
        told.movements.items.len()
    }

    /// Makes one reading; says how many rows came back.
    async fn read(&self, name: &str, turn: u64) -> usize {
        let (balance, viewer) = (self.world.balance, self.viewer());
        let kinds = |kind: &[EntryKind]| LedgerFilter { kind: kind.to_vec(), ..LedgerFilter::default() };
        let instant = self.some_instant(turn);
        match name {
            "balance now" => usize::from(self.db.credit_balance(viewer, balance).await.unwrap().is_some()),
            "balance as of an instant" => {
                usize::from(self.db.credit_figures(viewer, balance, instant).await.unwrap().is_some())
            }
            "statement from an instant on, first page" => self.statement(instant, self.ends).await,
            "statement of everything, first page" => self.statement(now(), self.ends).await,
            "statement of an hour" => {
                self.statement(instant, instant.saturating_add(time::Duration::HOUR)).await
            }
            "12 monthly totals" => {
                let bounds: Vec<Timestamp> = (0..=12).map(|month| self.some_instant(turn + month)).collect();
                self.db.credit_turnovers(viewer, balance, &bounds).await.unwrap().unwrap().len()
            }
            "ledger, newest page" => self.ledger(LedgerFilter::default()).await,
            "ledger up to an instant" => {
                self.ledger(LedgerFilter { until: Some(instant), ..LedgerFilter::default() }).await
            }
            "ledger of grants" => self.ledger(kinds(&[EntryKind::Grant])).await,
            "ledger of grants, refunds and reservations" => {
                self.ledger(kinds(&[EntryKind::Grant, EntryKind::Refund, EntryKind::Reserve])).await
            }
            "ledger of a kind that never was" => self.ledger(kinds(&[EntryKind::Adjust])).await,
            "ledger of a request" => {
                let request = self.requests[turn as usize % self.requests.len()];
                self.ledger(LedgerFilter { request: Some(request), ..LedgerFilter::default() }).await
            }
            "open lots" => {
                let filter = service_delivery::reads::LotFilter { open: Some(true) };
                let query = service_delivery::reads::LotQuery { filter, ..Default::default() };
                self.db.lots(viewer, balance, &query).await.unwrap().unwrap().items.len()
            }
            "credits that expire in 30 days" => {
                let filter = ExpiryFilter { until: Some(self.ends.plus_days(30)), ..ExpiryFilter::default() };
                let query = ExpiryQuery { filter, ..ExpiryQuery::default() };
                self.db.credit_expiries(viewer, &query).await.unwrap().items.len()
            }
            other => panic!("{other}?"),
        }
    }
}

const READINGS: [&str; 14] = [
    "balance now",
    "balance as of an instant",
    "statement from an instant on, first page",
    "statement of everything, first page",
    "statement of an hour",
    "12 monthly totals",
    "ledger, newest page",
    "ledger up to an instant",
    "ledger of grants",
    "ledger of grants, refunds and reservations",
    "ledger of a kind that never was",
    "ledger of a request",
    "open lots",
    "credits that expire in 30 days",
];

/// The median and the slowest but one in a hundred, in microseconds, and the rows of the last reading.
async fn timed<F: Future<Output = usize>>(one: impl Fn(u64) -> F) -> (u128, u128, usize) {
    let mut micros = Vec::new();
    let mut rows = 0;
    for turn in 0..TIMES {
        let started = Instant::now();
        rows = one(turn).await;
        micros.push(started.elapsed().as_micros());
    }
    micros.sort_unstable();
    (micros[micros.len() / 2], micros[micros.len() * 99 / 100], rows)
}

async fn database(kind: &str) -> TestDatabase {
    match kind {
        "postgres" => testing::postgres().await,
        "sqlite" => testing::sqlite().await,
        other => panic!("postgres or sqlite, not {other}"),
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let kind = arguments.first().map_or("sqlite", String::as_str);
    let many: i64 = arguments.get(1).map_or(1_000_000, |text| text.parse().unwrap());
    let short = History::of(database(kind).await, 1_000).await;
    let started = Instant::now();
    let long = History::of(database(kind).await, many).await;
    println!(
        "{kind}: {many} entries written in {:.1} s; microseconds, median and 99th percentile",
        started.elapsed().as_secs_f64()
    );
    println!("| reading | 1,000 entries | {many} entries | ratio of medians | rows |\n|---|---|---|---|---|");
    for name in READINGS {
        let (few, few_99, _) = timed(|turn| short.read(name, turn)).await;
        let (lots, lots_99, rows) = timed(|turn| long.read(name, turn)).await;
        let ratio = lots as f64 / few.max(1) as f64;
        println!("| {name} | {few} / {few_99} | {lots} / {lots_99} | {ratio:.2} | {rows} |");
    }
}
