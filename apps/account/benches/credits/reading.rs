//! What reading costs, whatever the length of a ledger (CR-11): a balance now and as of an instant, pages of its ledger by every
//! filter, pages of its statement, its months, its lots.

use std::time::{Duration, Instant};

use kernel::{CreditBalanceId, Cursor, PageRequest, ServiceRequestId, Timestamp};
use serde_json::json;
use service_delivery::reads::{
    ExpiryFilter, ExpiryQuery, LedgerFilter, LedgerQuery, LotFilter, LotQuery, Reads as _, StatementQuery,
    Viewer,
};
use storage_seaorm::testing::TestDatabase;
use ust_credits::{EntryKind, Period};

use crate::{
    company::{Company, DAY},
    database, history,
};

/// How often each thing is read.
const TIMES: u64 = 300;
const SHORT: i64 = 1_000;
const REQUESTS: usize = 20;

pub(crate) async fn run(kind: &str, entries: i64) {
    let short = Ledger::of(database(kind).await, SHORT).await;
    let started = Instant::now();
    let long = Ledger::of(database(kind).await, entries).await;
    println!("{entries} entries written in {:.0} s", started.elapsed().as_secs_f64());
    println!("median (99th percentile) of {TIMES}, after {SHORT} and after {entries} entries");
    for reading in &READINGS {
        let (few, few_99) = short.time(reading).await;
        let (many, many_99) = long.time(reading).await;
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{:<48} {few:>6.0?} ({few_99:.0?}) {many:>8.0?} ({many_99:.0?})  × {ratio:.2}", reading.0);
    }
}

/// A balance with a history, in a database of its own.
struct Ledger {
    db: TestDatabase,
    balance: CreditBalanceId,
    requests: Vec<ServiceRequestId>,
    begins: Timestamp,
    ends: Timestamp,
}

/// What is read, as of the instant that is given.
type Reading = (&'static str, Read);

#[derive(Clone)]
enum Read {
    Now,
    AsOf,
    Ledger(fn(&Ledger, Timestamp) -> LedgerFilter),
    LedgerPage,
    Statement(fn(&Ledger, Timestamp) -> (Timestamp, Timestamp)),
    StatementPage,
    Months,
    OpenLots,
    Expiries,
}

fn of_kinds(kind: &[EntryKind]) -> LedgerFilter {
    LedgerFilter { kind: kind.to_vec(), ..LedgerFilter::default() }
}

const READINGS: [Reading; 18] = [
    ("balance now", Read::Now),
    ("balance as of an instant", Read::AsOf),
    ("ledger, newest page", Read::Ledger(|_, _| LedgerFilter::default())),
    ("ledger, a page deep in it", Read::LedgerPage),
    (
        "ledger before an instant",
        Read::Ledger(|_, at| LedgerFilter { until: Some(at), ..LedgerFilter::default() }),
    ),
    (
        "ledger, newest page since an instant",
        Read::Ledger(|_, at| LedgerFilter { from: Some(at), ..LedgerFilter::default() }),
    ),
    ("ledger of grants", Read::Ledger(|_, _| of_kinds(&[EntryKind::Grant]))),
    (
        "ledger of grants, refunds, reservations",
        Read::Ledger(|_, _| of_kinds(&[EntryKind::Grant, EntryKind::Refund, EntryKind::Reserve])),
    ),
    ("ledger of a kind that never was", Read::Ledger(|_, _| of_kinds(&[EntryKind::Adjust]))),
    (
        "ledger of a request",
        Read::Ledger(|ledger, at| {
            let which = usize::try_from(at.unix_micros()).unwrap() % ledger.requests.len();
            LedgerFilter { request: Some(ledger.requests[which]), ..LedgerFilter::default() }
        }),
    ),
    (
        "ledger of somebody who is seldom in it",
        Read::Ledger(|_, _| LedgerFilter { actor: Some(history::ROSA), ..LedgerFilter::default() }),
    ),
    ("statement from an instant on, first page", Read::Statement(|ledger, at| (at, ledger.ends))),
    (
        "statement of the last days, first page",
        Read::Statement(|ledger, _| (ledger.ends.plus_days(-3), ledger.ends)),
    ),
    ("statement of everything, first page", Read::Statement(|ledger, _| (ledger.begins, ledger.ends))),
    ("statement of everything, a page deep in it", Read::StatementPage),
    ("12 monthly totals", Read::Months),
    ("open lots", Read::OpenLots),
    ("credits that expire in 30 days", Read::Expiries),
];

impl Ledger {
    async fn of(db: TestDatabase, entries: i64) -> Self {
        let start = Timestamp::from_unix_micros(1_778_414_400_000_000).unwrap();
        let company = Box::pin(Company::founded(db, start, &json!({}))).await;
        let support = Box::pin(company.support()).await;
        company.grant(support.balance, "1000", None).await;
        let mut requests = Vec::new();
        for _ in 0..REQUESTS {
            requests.push(Box::pin(company.request(support.service, false)).await);
        }
        let ends = history::lengthen(&company.db, support.balance, &requests, entries, start).await;
        company.db.execute("ANALYZE").await.unwrap();
        Self { db: company.db, balance: support.balance, requests, begins: start, ends }
    }

    /// The median and the slowest but one in a hundred.
    async fn time(&self, reading: &Reading) -> (Duration, Duration) {
        let mut times = Vec::new();
        for turn in 0..TIMES {
            let at = self.some_instant(turn);
            let cursor = self.cursor(&reading.1, at).await;
            let started = Instant::now();
            let rows = self.read(&reading.1, at, cursor).await;
            times.push(started.elapsed());
            assert!(rows > 0 || reading.0.contains("never was"), "{} as of {at} reads nothing", reading.0);
        }
        times.sort_unstable();
        (times[times.len() / 2], times[times.len() * 99 / 100])
    }

    /// An instant of the history, another one each time.
    fn some_instant(&self, turn: u64) -> Timestamp {
        let length = u64::try_from(self.ends.unix_micros() - self.begins.unix_micros()).unwrap();
        let offset = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (length / 2) + length / 4;
        Timestamp::from_unix_micros(self.begins.unix_micros() + i64::try_from(offset).unwrap()).unwrap()
    }

    fn viewer(&self) -> Viewer {
        Viewer::staff(self.ends)
    }

    /// Where a page begins that lies as deep as that instant: somebody turned the pages until there.
    async fn cursor(&self, read: &Read, at: Timestamp) -> Option<Cursor> {
        match read {
            Read::LedgerPage => {
                let filter = LedgerFilter { until: Some(at), ..LedgerFilter::default() };
                let query = LedgerQuery { filter, ..LedgerQuery::default() };
                self.db.ledger(self.viewer(), self.balance, &query).await.unwrap().unwrap().next
            }
            Read::StatementPage => {
                let query = statement(at, self.ends, None);
                let told = self.db.credit_statement(self.viewer(), self.balance, &query).await;
                told.unwrap().unwrap().movements.next
            }
            _ => None,
        }
    }

    /// Says how many rows came back.
    async fn read(&self, read: &Read, at: Timestamp, cursor: Option<Cursor>) -> usize {
        let (db, balance, viewer) = (&self.db, self.balance, self.viewer());
        match read {
            Read::Now => usize::from(db.credit_balance(viewer, balance).await.unwrap().is_some()),
            Read::AsOf => usize::from(db.credit_figures(viewer, balance, at).await.unwrap().is_some()),
            Read::Ledger(filter) => {
                let query = LedgerQuery { filter: filter(self, at), ..LedgerQuery::default() };
                db.ledger(viewer, balance, &query).await.unwrap().unwrap().items.len()
            }
            Read::LedgerPage => {
                let query = LedgerQuery { page: page(cursor), ..LedgerQuery::default() };
                db.ledger(viewer, balance, &query).await.unwrap().unwrap().items.len()
            }
            Read::Statement(period) => {
                let (from, until) = period(self, at);
                let told = db.credit_statement(viewer, balance, &statement(from, until, None)).await;
                told.unwrap().unwrap().movements.items.len()
            }
            Read::StatementPage => {
                let query = statement(self.begins, self.ends, cursor);
                let told = db.credit_statement(viewer, balance, &query).await;
                told.unwrap().unwrap().movements.items.len()
            }
            Read::Months => {
                let bounds: Vec<Timestamp> =
                    (0..=12).map(|month| at.saturating_add(time::Duration::days(month * 30))).collect();
                db.credit_turnovers(viewer, balance, &bounds).await.unwrap().unwrap().len()
            }
            Read::OpenLots => {
                let query = LotQuery { filter: LotFilter { open: Some(true) }, ..LotQuery::default() };
                db.lots(viewer, balance, &query).await.unwrap().unwrap().items.len()
            }
            Read::Expiries => {
                let until = Timestamp::from_unix_micros(self.ends.unix_micros() + 30 * DAY);
                let query = ExpiryQuery {
                    filter: ExpiryFilter { until, ..ExpiryFilter::default() },
                    ..ExpiryQuery::default()
                };
                db.credit_expiries(viewer, &query).await.unwrap().items.len()
            }
        }
    }
}

fn statement(from: Timestamp, until: Timestamp, cursor: Option<Cursor>) -> StatementQuery {
    StatementQuery { period: Period::try_new(from, until).unwrap(), page: page(cursor) }
}

fn page(cursor: Option<Cursor>) -> PageRequest {
    PageRequest::try_new(50, cursor).unwrap()
}
