//! The audit (CR-9, CR-10).

use kernel::Standing;
use storage_seaorm::{Audited, Finding, testing::TestDatabase};
use ust_credits::{CreditBalance, Difference, Touching};

use crate::{
    on_both,
    support::{World, begin, credits, entitlement, id, now, occasion},
};

on_both! {
    cr_9_a_sound_ledger_has_no_differences,
    cr_9_every_difference_is_named,
    cr_9_a_corrupted_entry_is_found_and_named,
    cr_9_what_cannot_be_read_is_named_and_stops_nothing,
    cr_9_more_balances_than_are_looked_at_at_once,
}

async fn audit(db: &TestDatabase) -> (Audited, Vec<Finding>) {
    let mut findings = Vec::new();
    let audited = db.audit(&mut |finding| findings.push(finding)).await.unwrap();
    (audited, findings)
}

async fn used(db: &TestDatabase) -> World {
    let world = World::new(db).await;
    world.grant(db, "10").await;
    let request = world.requests(db, 1).await[0];
    let mut uow = begin(db).await;
    let touching = Touching::fresh_request(request);
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
    balance.reserve(request, credits("4"), &Default::default(), Standing::Live, &occasion()).unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
    world
}

async fn cr_9_a_sound_ledger_has_no_differences(db: TestDatabase) {
    assert_eq!(audit(&db).await, (Audited::default(), vec![]));
    used(&db).await;
    assert_eq!(audit(&db).await, (Audited { balances: 1, entries: 2, findings: 0 }, vec![]));
}

async fn cr_9_every_difference_is_named(db: TestDatabase) {
    let world = used(&db).await;
    db.execute("UPDATE credit_balance SET available = available - 3, consumed = consumed + 3").await.unwrap();
    db.execute("UPDATE credit_lot SET available = available - 2, held = held + 2").await.unwrap();
    db.execute("UPDATE credit_hold SET shortfall = 7").await.unwrap();
    let (audited, findings) = audit(&db).await;
    assert_eq!(audited.findings, findings.len() as u64);
    assert!(findings.iter().all(|finding| finding.balance == world.balance));
    assert!(findings.iter().all(|finding| finding.entitlement.to_string() == "SVC-2026050001"));
    let named = |what: fn(&Difference) -> bool| findings.iter().any(|finding| what(&finding.difference));
    assert!(named(|it| matches!(it, Difference::Balance { figure: "available", .. })));
    assert!(named(|it| matches!(it, Difference::Balance { figure: "consumed", .. })));
    assert!(named(|it| matches!(it, Difference::Lot { figure: "held", stored: 42, replayed: 40, .. })));
    assert!(named(|it| matches!(it, Difference::Hold { figure: "shortfall", stored: 7, replayed: 0, .. })));
}

async fn cr_9_a_corrupted_entry_is_found_and_named(db: TestDatabase) {
    let world = used(&db).await;
    // Whoever owns the tables can take the triggers away.
    let unguarded = if db.admin_url().is_some() {
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_is_append_only"
    } else {
        "DROP TRIGGER ledger_entry_no_update; DROP TRIGGER ledger_entry_no_delete"
    };
    db.execute(unguarded).await.unwrap();
    type Named = fn(&Difference) -> bool;
    let plants: [(&str, &str, Named); 4] = [
        ("amount = amount + 1", "amount = amount - 1", |it| {
            matches!(it, Difference::Amount { sequence: 2, recorded: 41, moved: 40, .. })
        }),
        ("kind = 'debit'", "kind = 'reserve'", |it| {
            matches!(it, Difference::Amount { sequence: 2, recorded: 40, moved: 0, .. })
        }),
        ("held = held + 1", "held = held - 1", |it| {
            matches!(it, Difference::Total { sequence: 2, figure: "held", recorded: 41, replayed: 40 })
        }),
        ("at = at - 86400000000", "at = at + 86400000000", |it| {
            matches!(it, Difference::Backwards { sequence: 2, .. })
        }),
    ];
    for (plant, undo, named) in plants {
        db.execute(&format!("UPDATE ledger_entry SET {plant} WHERE sequence = 2")).await.unwrap();
        let (audited, findings) = audit(&db).await;
        assert_eq!(audited.findings, findings.len() as u64);
        assert!(findings.iter().any(|finding| named(&finding.difference)), "{plant}: {findings:?}");
        assert!(findings.iter().all(|finding| finding.balance == world.balance), "{plant}");
        db.execute(&format!("UPDATE ledger_entry SET {undo} WHERE sequence = 2")).await.unwrap();
        assert_eq!(audit(&db).await.1, [], "{undo}");
    }
    db.execute("DELETE FROM ledger_entry WHERE sequence = 1").await.unwrap();
    let (_, findings) = audit(&db).await;
    let missing = Difference::Sequence { expected: 1, found: 2 };
    assert!(findings.iter().any(|finding| finding.difference == missing), "{findings:?}");
    db.execute("DELETE FROM ledger_entry").await.unwrap();
    let (audited, findings) = audit(&db).await;
    assert_eq!(audited.entries, 0);
    let gone = |it: &Difference| matches!(it, Difference::Balance { figure: "last_sequence", .. });
    assert!(findings.iter().any(|finding| gone(&finding.difference)), "{findings:?}");
}

async fn cr_9_what_cannot_be_read_is_named_and_stops_nothing(db: TestDatabase) {
    used(&db).await;
    db.execute("UPDATE credit_hold SET held = 'everything'").await.unwrap();
    let (audited, findings) = audit(&db).await;
    assert_eq!((audited.balances, audited.entries), (1, 2));
    let rows = findings.iter().filter(|finding| matches!(finding.difference, Difference::Row { .. }));
    assert_eq!(rows.count(), 1, "{findings:?}");
}

async fn cr_9_more_balances_than_are_looked_at_at_once(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    for number in 2..=601 {
        let record = entitlement(&format!("SVC-202605{number:04}"), Some(world.organization));
        let above = entitlement::Entitlement::restore(record).unwrap();
        uow.entitlements().insert_entitlement(&above).await.unwrap();
        let mut balance = CreditBalance::open(id(), above.id(), None, now());
        for _ in 0..12 {
            let grant = ust_credits::Grant::new(id(), credits("1"), ust_credits::LotSource::Manual);
            balance.grant(&grant, &occasion()).unwrap();
        }
        uow.credits().insert_balance(&mut balance).await.unwrap();
    }
    uow.commit().await.unwrap();
    assert_eq!(audit(&db).await, (Audited { balances: 601, entries: 7_200, findings: 0 }, vec![]));
    let last = "UPDATE credit_lot SET available = 9, consumed = 1 WHERE id = (SELECT id FROM credit_lot ORDER BY id DESC LIMIT 1)";
    assert_eq!(db.execute(last).await, Ok(1));
    assert_eq!(audit(&db).await.1.len(), 2);
}
