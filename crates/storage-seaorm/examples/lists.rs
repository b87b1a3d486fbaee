//! How much longer a page of 50 takes among many requests than among few, for every filter in every order (section 18):
//! `lists postgres|sqlite [few] [many]`; 10,000 and 1,000,000 where nothing is said.
//!
//! An organization has 1,000 requests, in both. Every combination of a filter and an order is measured on its first page and on its
//! second; those over 1.5 times as long are listed, and all of them with `ALL=1` in the environment.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

use std::time::{Duration, Instant};

use kernel::{PageRequest, Timestamp};
use service_delivery::reads::{Reads, RequestFilter, RequestQuery, RequestSort, Sorted, Viewer};
use sr_workflow::{Priority, RequestStatus};
use storage_seaorm::testing::{self, TestDatabase};
use strum::VariantArray;
use uuid::Uuid;

const REQUESTS_OF_ONE: u64 = 1_000;
const TIMES: usize = 15;
/// When the first request was made; each next one is a second later.
const BEGIN: i64 = 1_777_636_800_000_000;

/// One row each for `{n}` from 1 to `{count}`, as both databases write it.
struct Dialect {
    numbers: &'static str,
    id: fn(&str, &str) -> String,
    hex: &'static str,
    day: &'static str,
    empty_list: &'static str,
}

const POSTGRES: Dialect = Dialect {
    numbers: "(SELECT n FROM generate_series(1, {count}::bigint) n) numbers",
    id: |prefix, n| format!("('{prefix}0000-0000-7000-8000-' || lpad(to_hex(({n})::bigint), 12, '0'))::uuid"),
    hex: "to_hex((n::bigint * 2654435761) % 4294967296)",
    day: "DATE '2026-05-01' + (n % 365)::int",
    empty_list: "'[]'::jsonb",
};

const SQLITE: Dialect = Dialect {
    numbers: "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)",
    id: |prefix, n| format!("unhex(printf('{prefix}0000000070008000%012x', {n}))"),
    hex: "printf('%x', (n * 2654435761) % 4294967296)",
    day: "date('2026-05-01', (n % 365) || ' days')",
    empty_list: "'[]'",
};

async fn fill(db: &TestDatabase, dialect: &Dialect, requests: u64) {
    let organizations = (requests / REQUESTS_OF_ONE).max(1);
    let numbers = |count: u64| dialect.numbers.replace("{count}", &count.to_string());
    let id = dialect.id;
    let few = numbers(organizations);
    let of = format!("1 + n % {organizations}");
    let statements = [
        format!(
            "INSERT INTO organization (id, name, legal_name, country, locale, currency, billing_email, version, created_at)
             SELECT {}, 'Organization ' || n, 'Organization', 'BR', 'pt-BR', 'BRL', 'a@example.com', 1, {BEGIN} + n FROM {few}",
            id("0195", "n"),
        ),
        format!(
            "INSERT INTO entitlement (id, code, class, organization_id, support_class, status, version, created_at)
             SELECT {}, 'ENV-202605' || (10000 + n), 'ENV', {}, 'business', 'active', 1, {BEGIN} + n FROM {few}",
            id("0193", "n"),
            id("0195", "n"),
        ),
        format!(
            "INSERT INTO environment (id, entitlement_id, organization_id, name, dns_records, status, version, created_at)
             SELECT {}, {}, {}, 'Moodle ' || n, {}, 'active', 1, {BEGIN} + n FROM {few}",
            id("0194", "n"),
            id("0193", "n"),
            id("0195", "n"),
            dialect.empty_list,
        ),
        format!(
            "INSERT INTO service (id, entitlement_id, organization_id, title, service_type, deliverables, mode, status,
                 created_at, changed_at, version)
             SELECT {}, {}, {}, 'Support ' || n, 'support', {}, 'ongoing', 'active', {BEGIN} + n, {BEGIN} + n, 1 FROM {few}",
            id("0192", "n"),
            id("0193", "n"),
            id("0195", "n"),
            dialect.empty_list,
        ),
        format!(
            "INSERT INTO service_request (id, code, kind, environment_id, service_id, entitlement_id, organization_id, title,
                 description, status, priority, priority_rank, due_date, assignee, jira_issue_key, hold_given_back,
                 requested_by, created_at, moved_at, changed_at, version)
             SELECT {request}, 'SR-2026' || (1000000 + n), CASE n / 2 % 2 WHEN 0 THEN 'standalone' ELSE 'service_linked' END,
                 CASE n / 2 % 2 WHEN 0 THEN {environment} END, CASE n / 2 % 2 WHEN 1 THEN {service} END,
                 {entitlement}, {organization}, 'Update plugin ' || {hex}, '',
                 CASE n % 97 % 8 WHEN 0 THEN 'draft' WHEN 1 THEN 'pending_approval' WHEN 2 THEN 'approved'
                     WHEN 3 THEN 'in_progress' WHEN 4 THEN 'on_hold' WHEN 5 THEN 'completed' WHEN 6 THEN 'billed'
                     ELSE 'closed' END,
                 CASE n % 89 % 4 WHEN 0 THEN 'low' WHEN 1 THEN 'normal' WHEN 2 THEN 'high' ELSE 'urgent' END,
                 n % 89 % 4, CASE WHEN n % 3 > 0 THEN {day} END, 'Person ' || (n % 83 % 20), 'KEY-' || n, FALSE,
                 {empty}, {BEGIN} + n * 1000000, {BEGIN}, {BEGIN}, 1
             FROM {many}",
            request = id("0196", "n"),
            environment = id("0194", &of),
            service = id("0192", &of),
            entitlement = id("0193", &of),
            organization = id("0195", &of),
            hex = dialect.hex,
            day = dialect.day,
            empty = dialect.empty_list,
            many = numbers(requests),
        ),
    ];
    for sql in statements {
        testing::run(db, &sql).await.unwrap();
    }
    testing::run(db, if db.admin_url().is_some() { "VACUUM ANALYZE" } else { "PRAGMA optimize" })
        .await
        .unwrap();
}

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
        ("tenant", tenant, any()),
        ("tenant, status", tenant, RequestFilter { status: open, ..any() }),
        ("tenant, priority", tenant, RequestFilter { priority: urgent, ..any() }),
        ("tenant, q", tenant, RequestFilter { q: Some("plugin a".to_owned()), ..any() }),
        ("q of many", staff, RequestFilter { q: Some("plugin".to_owned()), ..any() }),
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

async fn database(kind: &str, requests: u64) -> TestDatabase {
    let started = Instant::now();
    let (db, dialect) = match kind {
        "postgres" => (testing::postgres().await, POSTGRES),
        "sqlite" => (testing::sqlite().await, SQLITE),
        _ => panic!("lists postgres|sqlite [few] [many]"),
    };
    fill(&db, &dialect, requests).await;
    println!("{kind} with {requests} requests: filled in {:.1} s", started.elapsed().as_secs_f64());
    db
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let mut count = |usual| arguments.next().map_or(usual, |text| text.parse().unwrap());
    let sizes = [count(10_000), count(1_000_000)];
    let databases = [database(&kind, sizes[0]).await, database(&kind, sizes[1]).await];
    let all = std::env::var_os("ALL").is_some();
    let (mut measured, mut over, mut worst) = (0, 0, Duration::ZERO);
    println!("| filter | order | page | {} | {} | ratio |\n|---|---|---|---|---|---|", sizes[0], sizes[1]);
    for at in 0..filters(sizes[0]).len() {
        for by in RequestSort::VARIANTS {
            for sort in [Sorted::ascending(*by), Sorted::descending(*by)] {
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
                        let name = filters(sizes[0])[at].0;
                        println!("| {name} | {sort} | {} | {few:.2?} | {many:.2?} | {ratio:.2} |", page + 1);
                    }
                }
            }
        }
    }
    println!("{over} of {measured} over 1.5; the longest of {}: {worst:.2?}", sizes[1]);
}
