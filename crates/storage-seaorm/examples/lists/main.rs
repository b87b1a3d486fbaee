//! How much longer a page of 50 takes among many requests than among few, for every filter in every order (section 18):
//! `lists postgres|sqlite [few] [many]`; 10,000 and 1,000,000 where nothing is said.
//!
//! An organization has 1,000 requests, in both. Every combination of a filter and an order is measured on its first page and on its
//! second; those over 1.5 times as long are listed, and all of them with `ALL=1` in the environment. `ONLY=q` measures the filters
//! with that in their names.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

mod fill;

use std::time::{Duration, Instant};

use kernel::{PageRequest, Timestamp};
use service_delivery::reads::{Reads, RequestFilter, RequestQuery, RequestSort, Sorted, Viewer};
use sr_workflow::{Priority, RequestStatus};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use time::macros::date;
use uuid::Uuid;

use self::fill::{BEGIN, filled};

const TIMES: usize = 15;

fn uuid<I: From<Uuid>>(prefix: u128, number: u64) -> I {
    Uuid::from_u128(prefix << 112 | 0x7000_8000_0000_0000_0000 | u128::from(number)).into()
}

/// Every filter, alone and in the combinations that people use, each with what it is called.
fn filters(requests: u64) -> Vec<(&'static str, Viewer, RequestFilter)> {
    let now = Timestamp::from_unix_micros(BEGIN).unwrap();
    let at = |number: u64| Timestamp::from_unix_micros(BEGIN + i64::try_from(number).unwrap() * 1_000_000);
    let staff = Viewer::staff(now);
    let tenant = Viewer::of(uuid(0x0195, 1), now);
    let any = RequestFilter::default;
    let (urgent, open) = (vec![Priority::Urgent], vec![RequestStatus::Draft, RequestStatus::InProgress]);
    vec![
        ("none", staff, any()),
        ("organization", staff, RequestFilter { organization: Some(uuid(0x0195, 1)), ..any() }),
        ("entitlement", staff, RequestFilter { entitlement: Some(uuid(0x0193, 1)), ..any() }),
        ("service", staff, RequestFilter { service: Some(uuid(0x0192, 1)), ..any() }),
        ("environment", staff, RequestFilter { environment: Some(uuid(0x0194, 1)), ..any() }),
        ("priority", staff, RequestFilter { priority: urgent.clone(), ..any() }),
        ("two priorities", staff, RequestFilter { priority: vec![Priority::Low, Priority::High], ..any() }),
        ("status", staff, RequestFilter { status: vec![RequestStatus::Completed], ..any() }),
        ("two statuses", staff, RequestFilter { status: open.clone(), ..any() }),
        (
            "status and priority",
            staff,
            RequestFilter { status: open.clone(), priority: urgent.clone(), ..any() },
        ),
        ("assignee", staff, RequestFilter { assignee: Some("Person 7".to_owned()), ..any() }),
        (
            "assignee and status",
            staff,
            RequestFilter { assignee: Some("Person 7".to_owned()), status: open.clone(), ..any() },
        ),
        ("jira_issue_key", staff, RequestFilter { jira_issue_key: "KEY-77".parse().ok(), ..any() }),
        ("created_from", staff, RequestFilter { created_from: at(requests / 2), ..any() }),
        (
            "created in an hour",
            staff,
            RequestFilter {
                created_from: at(requests / 2),
                created_until: at(requests / 2 + 3_600),
                ..any()
            },
        ),
        ("nobody's", staff, RequestFilter { assigned: Some(false), ..any() }),
        ("due_from", staff, RequestFilter { due_from: Some(date!(2026 - 08 - 01)), ..any() }),
        ("tenant", tenant, any()),
        ("tenant, status", tenant, RequestFilter { status: open, ..any() }),
        ("tenant, priority", tenant, RequestFilter { priority: urgent, ..any() }),
        ("tenant, q", tenant, RequestFilter { q: Some("plugin a".to_owned()), ..any() }),
        ("q of all", staff, RequestFilter { q: Some("update plug".to_owned()), ..any() }),
        // One in 256, and one in 4,096.
        ("q of some", staff, RequestFilter { q: Some("plugin ab".to_owned()), ..any() }),
        ("q of few", staff, RequestFilter { q: Some("plugin abc".to_owned()), ..any() }),
        ("q of one", staff, RequestFilter { q: Some("SR-20261000077".to_owned()), ..any() }),
    ]
}

/// How long the first and the second page take: the middle of many times.
async fn times(
    db: &TestDatabase,
    viewer: Viewer,
    filter: &RequestFilter,
    sort: Sorted<RequestSort>,
) -> [Duration; 2] {
    let query = |cursor| RequestQuery {
        filter: filter.clone(),
        sort: Some(sort),
        page: PageRequest::try_new(50, cursor).unwrap(),
    };
    let first = query(None);
    let next = db.service_requests(viewer, &first).await.unwrap().next;
    let second = next.map(|cursor| query(Some(cursor)));
    let mut found = [Duration::ZERO; 2];
    for (found, query) in found.iter_mut().zip([Some(first), second]) {
        let Some(query) = query else { continue };
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let started = Instant::now();
            db.service_requests(viewer, &query).await.unwrap();
            times.push(started.elapsed());
            // What takes that long need not be measured more exactly.
            if started.elapsed() > Duration::from_millis(200) {
                break;
            }
        }
        times.sort_unstable();
        *found = times[times.len() / 2];
    }
    found
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let mut count = |usual| arguments.next().map_or(usual, |text| text.parse().unwrap());
    let sizes = [count(10_000), count(1_000_000)];
    let databases = [filled(&kind, sizes[0]).await, filled(&kind, sizes[1]).await];
    let all = std::env::var_os("ALL").is_some();
    let (mut measured, mut over, mut worst) = (0, 0, Duration::ZERO);
    println!("| filter | order | page | {} | {} | ratio |\n|---|---|---|---|---|---|", sizes[0], sizes[1]);
    let only = std::env::var("ONLY").unwrap_or_default();
    for (at, (name, _, filter)) in
        filters(sizes[0]).into_iter().enumerate().filter(|(_, of)| of.0.contains(&only))
    {
        for by in RequestSort::VARIANTS {
            for sort in [Sorted::ascending(*by), Sorted::descending(*by)] {
                // Nobody gets these.
                if filter.fits(Some(sort)).is_err() {
                    continue;
                }
                let mut found = [[Duration::ZERO; 2]; 2];
                for (size, found) in found.iter_mut().enumerate() {
                    let (_, viewer, filter) = &filters(sizes[size])[at];
                    *found = times(&databases[size], *viewer, filter, sort).await;
                }
                let [of_few, of_many] = found;
                for (page, (few, many)) in of_few.into_iter().zip(of_many).enumerate() {
                    if few.is_zero() || many.is_zero() {
                        continue;
                    }
                    let ratio = many.as_secs_f64() / few.as_secs_f64();
                    measured += 1;
                    worst = worst.max(many);
                    over += usize::from(ratio > 1.5);
                    if all || ratio > 1.5 {
                        println!("| {name} | {sort} | {} | {few:.2?} | {many:.2?} | {ratio:.2} |", page + 1);
                    }
                }
            }
        }
    }
    println!("{over} of {measured} over 1.5; the longest of {}: {worst:.2?}", sizes[1]);
}
