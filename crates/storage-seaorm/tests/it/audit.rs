//! The audit (CR-9, CR-10).

use kernel::{CreditBalanceId, Standing};
use storage_seaorm::{Audited, Finding, testing::TestDatabase};
use ust_credits::{CreditBalance, Difference, Grant, LotSource, Reversal, Touching};

use crate::{
    on_both,
    support::{World, at, begin, credits, entitlement, id, now, occasion},
};

on_both! {
    cr_9_a_sound_ledger_has_no_differences,
    cr_9_every_difference_is_named,
    cr_9_a_corrupted_entry_is_found_and_named,
    cr_9_what_cannot_be_read_is_named_and_stops_nothing,
    cr_9_more_balances_than_are_looked_at_at_once,
    cr_9_rows_of_a_balance_that_is_gone_are_named,
    cr_9_what_the_worker_goes_by_is_compared,
    cr_9_a_settlement_that_is_not_as_it_was_made_is_named,
}

async fn audit(db: &TestDatabase) -> (Audited, Vec<Finding>) {
    let mut findings = Vec::new();
    let audited = db.audit(&mut |finding| findings.push(finding)).await.unwrap();
    (audited, findings)
}

/// Does something to the world's balance and saves it.
async fn change(db: &TestDatabase, world: &World, touching: Touching, verb: impl FnOnce(&mut CreditBalance)) {
    let mut uow = begin(db).await;
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
    verb(&mut balance);
    uow.credits().save_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
}

async fn used(db: &TestDatabase) -> World {
    let world = World::new(db).await;
    world.grant(db, "10").await;
    let request = world.requests(db, 1).await[0];
    change(db, &world, Touching::fresh_request(request), |balance| {
        balance.reserve(request, credits("4"), &Default::default(), Standing::Live, &occasion()).unwrap();
    })
    .await;
    world
}

/// A later balance beside the world's, with one entry.
async fn another(db: &TestDatabase, world: &World) -> CreditBalanceId {
    let mut uow = begin(db).await;
    let record = entitlement("SVC-2026050002", Some(world.organization));
    let above = entitlement::Entitlement::restore(record).unwrap();
    uow.entitlements().insert_entitlement(&above).await.unwrap();
    let mut balance = CreditBalance::open(id(), above.id(), None, now());
    balance.grant(&Grant::new(id(), credits("1"), LotSource::Manual), &occasion()).unwrap();
    uow.credits().insert_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
    balance.id()
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
    assert!(findings.iter().all(|finding| finding.entitlement == "SVC-2026050001".parse().ok()));
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
            let grant = Grant::new(id(), credits("1"), LotSource::Manual);
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

async fn cr_9_rows_of_a_balance_that_is_gone_are_named(db: TestDatabase) {
    let world = used(&db).await;
    let later = another(&db, &world).await;
    // Whoever owns the tables can take the foreign keys away, and another SQLite client has none to begin with.
    let unguarded = if db.admin_url().is_some() {
        "ALTER TABLE credit_balance DISABLE TRIGGER ALL"
    } else {
        "PRAGMA foreign_keys = OFF"
    };
    db.execute(unguarded).await.unwrap();
    let stray = |balance, table, rows| {
        let difference = Difference::NoBalance { table, rows };
        Finding { balance, entitlement: None, difference }
    };
    let mut expected = vec![
        stray(world.balance, "credit_hold", 1),
        stray(world.balance, "credit_lot", 1),
        stray(world.balance, "ledger_entry", 2),
    ];
    db.execute("DELETE FROM credit_balance WHERE last_sequence = 2").await.unwrap();
    assert_eq!(audit(&db).await, (Audited { balances: 1, entries: 3, findings: 3 }, expected.clone()));
    // With no balance left there is nothing to look around.
    db.execute("DELETE FROM credit_balance").await.unwrap();
    expected.extend([stray(later, "credit_lot", 1), stray(later, "ledger_entry", 1)]);
    assert_eq!(audit(&db).await, (Audited { balances: 0, entries: 3, findings: 5 }, expected));
}

async fn cr_9_what_the_worker_goes_by_is_compared(db: TestDatabase) {
    let world = World::new(&db).await;
    let grant = Grant::new(id(), credits("5"), LotSource::Purchase).expiring(at("2027-05-01T00:00:00Z"), 0);
    change(&db, &world, Touching::nothing(), |balance| {
        balance.grant(&grant, &occasion()).unwrap();
    })
    .await;
    assert_eq!(audit(&db).await.1, []);
    for (plant, wrong) in [("next_due + 1000000", "2027-05-01T00:00:01Z"), ("NULL", "none")] {
        db.execute(&format!("UPDATE credit_balance SET next_due = {plant}")).await.unwrap();
        let (_, findings) = audit(&db).await;
        let named = Difference::Balance {
            figure: "next_due",
            stored: wrong.to_owned(),
            replayed: "2027-05-01T00:00:00Z".to_owned(),
        };
        let found: Vec<_> = findings.into_iter().map(|finding| finding.difference).collect();
        assert_eq!(found, [named]);
    }
}

async fn cr_9_a_settlement_that_is_not_as_it_was_made_is_named(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 2).await;
    world.grant(&db, "10").await;
    // One is corrected, the other settled again; both gave back some of what was held.
    for (request, reversal) in requests.into_iter().zip([Reversal::Part(credits("1")), Reversal::Whole]) {
        change(&db, &world, Touching::request(request), |balance| {
            let (policy, occasion) = (Default::default(), occasion());
            balance.reserve(request, credits("4"), &policy, Standing::Live, &occasion).unwrap();
            balance.settle(request, credits("3"), &policy, &occasion).unwrap();
            balance.reverse(request, reversal, &occasion).unwrap();
            if reversal == Reversal::Whole {
                balance.settle(request, credits("2"), &policy, &occasion).unwrap();
            }
        })
        .await;
    }
    assert_eq!(audit(&db).await.1, []);
    let plants: [&[(&str, i64)]; 5] = [
        &[("settled_actual", 5), ("settled_debited", 5)],
        &[("settled_actual", 5), ("settled_overdrawn", 5)],
        &[("settled_actual", -5), ("settled_debited", -5)],
        &[("settled_debited", -5), ("settled_excess", 5)],
        &[("settled_released", 1)],
    ];
    for plant in plants {
        let set = |sign: i64| {
            let columns =
                plant.iter().map(|(column, units)| format!("{column} = {column} + {}", sign * units));
            format!("UPDATE credit_hold SET {}", columns.collect::<Vec<_>>().join(", "))
        };
        assert_eq!(db.execute(&set(1)).await, Ok(2));
        let (_, findings) = audit(&db).await;
        let columns = plant.iter().map(|(column, _)| *column).filter(|column| *column != "settled_actual");
        for column in columns.clone() {
            let named =
                |it: &Finding| matches!(it.difference, Difference::Hold { figure, .. } if figure == column);
            assert_eq!(findings.iter().filter(|it| named(it)).count(), 2, "{column}: {findings:?}");
        }
        assert_eq!(findings.len(), 2 * columns.count(), "{findings:?}");
        assert_eq!(db.execute(&set(-1)).await, Ok(2));
        assert_eq!(audit(&db).await.1, [], "{plant:?}");
    }
    db.execute("UPDATE credit_hold SET settled_at = NULL").await.unwrap();
    assert_ne!(audit(&db).await.1, []);
}

/// PostgreSQL takes no value of another type.
#[tokio::test]
async fn cr_9_a_value_of_another_type_in_a_balance_is_named_and_stops_nothing() {
    let db = storage_seaorm::testing::sqlite().await;
    let world = used(&db).await;
    let later = another(&db, &world).await;
    db.execute("UPDATE credit_balance SET last_at = 'yesterday' WHERE last_sequence = 2").await.unwrap();
    let wrong = "UPDATE credit_balance SET available = available - 1, consumed = consumed + 1 WHERE last_sequence = 1";
    db.execute(wrong).await.unwrap();
    let (audited, findings) = audit(&db).await;
    assert_eq!(audited, Audited { balances: 2, entries: 3, findings: 3 });
    let Difference::Row { row, fault } = &findings[0].difference else { panic!("{findings:?}") };
    assert_eq!(*row, format!("credit balance {}", world.balance));
    assert!(fault.contains("last_at"), "{fault}");
    assert_eq!(findings[0].entitlement, "SVC-2026050001".parse().ok());
    for finding in &findings[1..] {
        assert_eq!(finding.balance, later);
        assert!(matches!(finding.difference, Difference::Balance { .. }), "{finding:?}");
    }
}
