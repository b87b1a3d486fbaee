//! Many service requests, each customer with as many: written by SQL, as quickly as the database takes them.

use std::time::Instant;

use storage_seaorm::testing::{self, TestDatabase};

/// How many each customer has.
const REQUESTS_OF_ONE: u64 = 1_000;
/// When the first request was made; each next one is a second later.
pub(crate) const BEGIN: i64 = 1_777_636_800_000_000;

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
                 requested_by, created_at, moved_at, changed_at, version, words)
             SELECT {request}, 'SR-2026' || (1000000 + n), CASE n / 2 % 2 WHEN 0 THEN 'standalone' ELSE 'service_linked' END,
                 CASE n / 2 % 2 WHEN 0 THEN {environment} END, CASE n / 2 % 2 WHEN 1 THEN {service} END,
                 {entitlement}, {organization}, 'Update plugin ' || {hex}, '',
                 CASE n % 97 % 8 WHEN 0 THEN 'draft' WHEN 1 THEN 'pending_approval' WHEN 2 THEN 'approved'
                     WHEN 3 THEN 'in_progress' WHEN 4 THEN 'on_hold' WHEN 5 THEN 'completed' WHEN 6 THEN 'billed'
                     ELSE 'closed' END,
                 CASE n % 89 % 4 WHEN 0 THEN 'low' WHEN 1 THEN 'normal' WHEN 2 THEN 'high' ELSE 'urgent' END,
                 n % 89 % 4, CASE WHEN n % 3 > 0 THEN {day} END, 'Person ' || (n % 83 % 20), 'KEY-' || n, FALSE,
                 {empty}, {BEGIN} + n * 1000000, {BEGIN}, {BEGIN}, 1,
                 'sr 2026' || (1000000 + n) || ' update plugin ' || {hex}
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

/// A database of that kind with so many requests.
pub(crate) async fn filled(kind: &str, requests: u64) -> TestDatabase {
    let started = Instant::now();
    let (db, dialect) = match kind {
        "postgres" => (testing::postgres().await, POSTGRES),
        "sqlite" => (testing::sqlite().await, SQLITE),
        other => panic!("postgres or sqlite, not {other}"),
    };
    fill(&db, &dialect, requests).await;
    println!("{kind} with {requests} requests: filled in {:.1} s", started.elapsed().as_secs_f64());
    db
}
