//! The catalog from a file (CT-1).

use kernel::Invalid;
use service_delivery::{MAX_CATALOG_ROWS, RowOutcome};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;
use ust_credits::{CatalogRow, read_catalog};

use crate::{
    on_both,
    support::{World, wrong},
};

on_both!(
    ct_1_an_import_keeps_the_good_rows_and_says_what_changed,
    ct_1_imports_at_once_make_each_item_once,
    ct_1_an_import_that_is_too_long_changes_nothing,
);

fn rows(lines: &[&str]) -> Vec<CatalogRow> {
    let header = "code,name,service_type,description,base_credits,usual_complexity,active";
    read_catalog(&format!("{header}\n{}\n", lines.join("\n"))).unwrap()
}

async fn ct_1_an_import_keeps_the_good_rows_and_says_what_changed(db: TestDatabase) {
    let w = World::new(db);
    let file =
        rows(&["B,Second,support,,4,low,false", "X,,support,,4,low,true", "A,First,support,,1.5,high,true"]);
    let (imported, events) = w.told(w.app.import_catalog(&w.staff, &file)).await;
    assert_eq!(events, ["catalog_item.created"; 2]);
    assert_eq!(
        imported.iter().map(|row| (row.line, row.code.as_str())).collect::<Vec<_>>(),
        [(2, "B"), (3, "X"), (4, "A")]
    );
    let RowOutcome::Created(second) = imported[0].outcome else { panic!("{imported:?}") };
    assert_eq!(imported[1].outcome, RowOutcome::Refused(Invalid::field("name", "must not be blank")));

    let imported = w.idle(w.app.import_catalog(&w.staff, &file)).await;
    assert_eq!(imported[0].outcome, RowOutcome::Unchanged(second));
    let offered = rows(&["B,Second,support,,4,low,true"]);
    let (imported, events) = w.told(w.app.import_catalog(&w.staff, &offered)).await;
    assert_eq!(
        (imported[0].outcome.clone(), events),
        (RowOutcome::Updated(second), vec!["catalog_item.updated".to_owned()])
    );
    let after = w.db.text("SELECT CAST(after AS TEXT) FROM event ORDER BY seq DESC LIMIT 1").await.unwrap();
    let after: serde_json::Value = serde_json::from_str(&after.unwrap()).unwrap();
    assert_eq!(after, serde_json::json!({"active": true}), "only what differs");
    assert_eq!(w.count("catalog_item", "active").await, 2);
}

async fn ct_1_imports_at_once_make_each_item_once(db: TestDatabase) {
    let w = World::new(db);
    let mut running = JoinSet::new();
    for number in 0..8 {
        let mut lines: Vec<String> =
            (0..40).map(|item| format!("I-{item:02},Item,support,,{},low,true", number + 1)).collect();
        // Each in an order of its own.
        lines.rotate_left(number * 5);
        if number % 2 == 0 {
            lines.reverse();
        }
        let file = rows(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let (app, staff) = (w.app.clone(), w.staff.clone());
        running.spawn(async move { app.import_catalog(&staff, &file).await.unwrap() });
    }
    let reports = running.join_all().await;
    let created = reports.iter().flatten().filter(|row| matches!(row.outcome, RowOutcome::Created(_)));
    assert_eq!(created.count(), 40);
    assert_eq!(w.count("catalog_item", "1 = 1").await, 40);
    // Whoever came last, came last for all of them.
    let prices = "SELECT count(DISTINCT base_credits) FROM catalog_item";
    assert_eq!(w.db.number(prices).await.unwrap(), 1);
    assert_eq!(w.count("catalog_item", "version = 8").await, 40);
}

async fn ct_1_an_import_that_is_too_long_changes_nothing(db: TestDatabase) {
    let w = World::new(db);
    let lines: Vec<String> =
        (0..=MAX_CATALOG_ROWS).map(|item| format!("I-{item},Item,support,,1,low,true")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let refusal = w.refused(w.app.import_catalog(&w.staff, &rows(&lines))).await;
    assert_eq!(wrong(&refusal), ["body"]);
    let taken = w.app.import_catalog(&w.staff, &rows(&lines[1..])).await.unwrap();
    assert!(taken.iter().all(|row| matches!(row.outcome, RowOutcome::Created(_))));
}
