//! How long a month of downtime takes to catch up on (WK-2; section 18: 100,000 entitlements in 60 s).
//!
//! Each entitlement has a balance with a lot that ends within the month. Of the requests, one half are drafts that give their
//! hold back, the other half are completed and count as accepted; their steps alternate with those of the balances.

use std::time::Instant;

use kernel::{CreditBalanceId, EntitlementId, Timestamp};
use serde_json::json;
use storage_seaorm::testing::TestDatabase;
use uuid::Uuid;

use crate::company::{Company, DAY};

pub(crate) async fn run(db: TestDatabase, entitlements: i64) {
    let start = Timestamp::from_unix_micros(1_778_414_400_000_000).unwrap();
    let policies = json!({"credits": {"low_balance_at": "1", "pre_approved_up_to": "2"}});
    let company = Box::pin(Company::founded(db, start, &policies)).await;
    let copied = Box::pin(company.support()).await;
    company.grant(copied.balance, "10", Some(company.now().plus_days(1))).await;
    let busy = Box::pin(company.support()).await;
    company.grant(busy.balance, "1000000", None).await;
    let requests = entitlements / 10;
    for number in 0..requests {
        // Spread over ten days.
        company.pass(10 * DAY / requests.max(1));
        Box::pin(company.request(busy.service, number % 2 == 0)).await;
    }
    copies(&company.db, copied.entitlement, copied.balance, entitlements).await;

    company.pass(31 * DAY);
    let started = Instant::now();
    let report = Box::pin(company.app.run_due(company.now())).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    println!("{:?}: {} steps in {seconds:.1} s", report.taken, report.total());
    assert!(report.failed.is_empty());
    let again = Box::pin(company.app.run_due(company.now())).await.unwrap();
    assert_eq!(again.total(), 0);
    let audited = company.db.audit(&mut |finding| println!("{finding:?}")).await.unwrap();
    println!("{audited:?}");
}

/// Copies of one entitlement with its balance, its lot and its ledger; each lot ends at an instant of its own.
async fn copies(db: &TestDatabase, entitlement: EntitlementId, balance: CreditBalanceId, count: i64) {
    let postgres = db.admin_url().is_some();
    let series = if postgres {
        format!("(SELECT n FROM generate_series(1, {count}) AS n)")
    } else {
        format!(
            "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
        )
    };
    // Ids in 32 hexadecimal digits, as the ledger's movements name their lots.
    let text = |kind: char| {
        let hex = if postgres { "lpad(to_hex(n), 12, '0')" } else { "printf('%012x', n)" };
        format!("('0000000{kind}000070008000' || {hex})")
    };
    let id = |kind: char| {
        if postgres { format!("CAST({} AS uuid)", text(kind)) } else { format!("unhex({})", text(kind)) }
    };
    let literal = |id: Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let ends = format!("ends_at + CAST(n AS BIGINT) * {} / {count}", 28 * DAY);
    let due = ends.replace("ends_at", "next_due");
    let tables = [
        (
            "entitlement",
            "id",
            literal(entitlement.as_uuid()),
            vec![("id", id('a')), ("code", "'SVC-202605' || CAST(n + 10000 AS TEXT)".to_owned())],
        ),
        (
            "credit_balance",
            "id",
            literal(balance.as_uuid()),
            vec![("id", id('b')), ("entitlement_id", id('a')), ("next_due", due)],
        ),
        (
            "credit_lot",
            "balance_id",
            literal(balance.as_uuid()),
            vec![("id", id('c')), ("balance_id", id('b')), ("ends_at", ends.clone()), ("expires_at", ends)],
        ),
        (
            "ledger_entry",
            "balance_id",
            literal(balance.as_uuid()),
            vec![
                ("balance_id", id('b')),
                ("movement", format!("replace(movement, (SELECT l FROM lot_text), {})", text('c'))),
            ],
        ),
    ];
    for (table, key, template, changes) in tables {
        let names = columns(db, table, postgres).await;
        let values: Vec<String> = names
            .iter()
            .map(|name| {
                changes.iter().find(|(changed, _)| changed == name).map_or(name.clone(), |(_, to)| to.clone())
            })
            .collect();
        let lot = if postgres { "replace(CAST(id AS TEXT), '-', '')" } else { "lower(hex(id))" };
        let sql = format!(
            "WITH lot_text AS (SELECT {lot} AS l FROM credit_lot WHERE balance_id = {})
                INSERT INTO {table} ({}) SELECT {} FROM {table}, {series} AS copies WHERE {key} = {template}",
            literal(balance.as_uuid()),
            names.join(", "),
            values.join(", "),
        );
        db.execute(&sql).await.unwrap();
        // As after any such import: foreign keys are looked up in tables that were empty a moment ago.
        db.execute("ANALYZE").await.unwrap();
    }
}

async fn columns(db: &TestDatabase, table: &str, postgres: bool) -> Vec<String> {
    let sql = if postgres {
        format!(
            "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = '{table}'"
        )
    } else {
        format!("SELECT group_concat(name, ' ') FROM pragma_table_info('{table}')")
    };
    let names = db.text(&sql).await.unwrap().unwrap();
    names.split(' ').map(str::to_owned).collect()
}
