//! Balances and the catalog.

use entitlement::{Entitlement, EntitlementRecord, EntitlementStatus};
use kernel::{CreditBalanceId, ServiceRequestId, Standing, StoreError, Timestamp};
use policy_resolver::kinds::{CreditAmount, CreditPolicy, OnExhausted};
use service_delivery::UnitOfWork;
use storage_seaorm::{Database, testing::TestDatabase};
use strum::VariantArray;
use ust_credits::{
    CatalogItem, CatalogItemContent, Complexity, CreditBalance, Grant, LedgerPoint, LotSource, Totals,
    Touching,
};

use crate::{
    on_both,
    support::{World, at, begin, credits, duplicate, entitlement, id, now, occasion},
};

on_both! {
    cr_10_a_balance_comes_back_after_every_command,
    cr_5_an_overdraft_is_repaid_after_loading,
    a_stale_balance_is_refused,
    a_dropped_unit_of_work_leaves_nothing,
    cr_3_used_up_lots_are_not_loaded_unless_they_are_asked_for,
    cr_13_payers_are_found,
    cr_11_the_newest_entry_before_an_instant_is_found,
    cr_8_balances_with_something_due_are_found,
    one_balance_per_entitlement_and_one_grant_per_reference,
    ct_1_a_catalog_item_round_trips,
}

async fn locked(uow: &mut Box<dyn UnitOfWork>, id: CreditBalanceId, touching: &Touching) -> CreditBalance {
    uow.credits().lock_balance(id, touching).await.unwrap().unwrap()
}

/// Locks, changes, saves, commits; then loads again and finds the same.
async fn change(
    db: &Database,
    world: &World,
    touching: Touching,
    change: impl FnOnce(&mut CreditBalance),
) -> CreditBalance {
    let mut uow = begin(db).await;
    let mut balance = locked(&mut uow, world.balance, &touching).await;
    change(&mut balance);
    uow.credits().save_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
    let mut uow = begin(db).await;
    let again = locked(&mut uow, world.balance, &touching).await;
    assert_eq!(again.record(), balance.record());
    for request in &touching.requests {
        assert_eq!(again.hold(*request), balance.hold(*request));
    }
    let open =
        |balance: &CreditBalance| balance.lots().filter(|lot| lot.is_open()).cloned().collect::<Vec<_>>();
    assert_eq!(open(&again), open(&balance));
    again
}

fn policy(on_exhausted: OnExhausted) -> CreditPolicy {
    CreditPolicy { on_exhausted, overdraft_limit: CreditAmount::from_units(100), ..CreditPolicy::default() }
}

fn reserve(balance: &mut CreditBalance, request: ServiceRequestId, amount: &str, policy: &CreditPolicy) {
    balance.reserve(request, credits(amount), policy, Standing::Live, &occasion()).unwrap();
}

async fn cr_10_a_balance_comes_back_after_every_command(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 3).await;
    let (one, two, three) = (requests[0], requests[1], requests[2]);
    let policy = policy(OnExhausted::BillExcess);
    for (number, source) in (1..).zip(LotSource::VARIANTS.iter().copied()) {
        let grant = Grant::new(id(), credits("2.5"), source)
            .usable_from(at("2026-05-01T00:00:00Z"))
            .expiring(at("2027-05-01T00:00:00Z"), number)
            .known_as(format!("grant-{number}"));
        change(&db, &world, Touching::reference(format!("grant-{number}")), |balance| {
            balance.grant(&grant, &occasion()).unwrap();
        })
        .await;
    }
    // Held in three lots, then more, then beyond what there is.
    change(&db, &world, Touching::fresh_request(one), |balance| reserve(balance, one, "6.5", &policy)).await;
    change(&db, &world, Touching::request(one), |balance| reserve(balance, one, "8", &policy)).await;
    let balance =
        change(&db, &world, Touching::request(two), |balance| reserve(balance, two, "7", &policy)).await;
    assert_eq!(balance.hold(two).unwrap().shortfall, credits("2.5"));
    change(&db, &world, Touching::request(one), |balance| {
        balance.settle(one, credits("9"), &policy, &occasion()).unwrap();
    })
    .await;
    change(&db, &world, Touching::request(two), |balance| {
        balance.release(two, &occasion()).unwrap();
    })
    .await;
    change(&db, &world, Touching::request(three), |balance| {
        balance.settle(three, credits("1"), &policy, &occasion()).unwrap();
    })
    .await;
    let totals = *change(&db, &world, Touching::nothing(), |balance| {
        balance.adjust_down(credits("0.5"), &occasion()).unwrap();
        balance.freeze();
    })
    .await
    .totals();
    assert_eq!((totals.granted, totals.consumed), (credits("12.5"), credits("9")));
    let mut findings = Vec::new();
    db.audit(&mut |finding| findings.push(finding)).await.unwrap();
    assert_eq!(findings, []);
}

async fn cr_5_an_overdraft_is_repaid_after_loading(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 2).await;
    let policy = policy(OnExhausted::Overdraft);
    world.grant(&db, "1").await;
    for request in &requests {
        change(&db, &world, Touching::request(*request), |balance| {
            reserve(balance, *request, "3", &policy);
            balance.settle(*request, credits("3"), &policy, &occasion()).unwrap();
        })
        .await;
    }
    let before = change(&db, &world, Touching::nothing(), |_| {}).await;
    assert_eq!(before.totals().overdraft, credits("5"));
    world.grant(&db, "10").await;
    let after = change(&db, &world, Touching::nothing(), |_| {}).await;
    assert_eq!((after.totals().overdraft, after.totals().available), (credits("0"), credits("5")));
}

async fn a_stale_balance_is_refused(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut early = locked(&mut uow, world.balance, &Touching::nothing()).await;
    drop(uow);
    world.grant(&db, "1").await;
    let mut uow = begin(&db).await;
    early.grant(&Grant::new(id(), credits("1"), LotSource::Manual), &occasion()).unwrap();
    uow.credits().save_balance(&mut early).await.unwrap();
    assert_eq!(uow.commit().await, Err(StoreError::Stale { entity: "credit balance" }));
}

async fn a_dropped_unit_of_work_leaves_nothing(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut balance = locked(&mut uow, world.balance, &Touching::nothing()).await;
    balance.grant(&Grant::new(id(), credits("1"), LotSource::Manual), &occasion()).unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
    drop(uow);
    let mut uow = begin(&db).await;
    let balance = locked(&mut uow, world.balance, &Touching::nothing()).await;
    assert_eq!((balance.totals(), balance.record().version), (&Totals::default(), 1));
    assert_eq!(uow.credits().lock_balance(id(), &Touching::nothing()).await, Ok(None));
}

async fn cr_3_used_up_lots_are_not_loaded_unless_they_are_asked_for(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 1).await;
    let used: kernel::LotId = id();
    let policy = policy(OnExhausted::BillExcess);
    let touching = Touching { reference: Some("first".to_owned()), ..Touching::fresh_request(requests[0]) };
    change(&db, &world, touching, |balance| {
        balance
            .grant(&Grant::new(used, credits("2"), LotSource::Manual).known_as("first"), &occasion())
            .unwrap();
        balance.settle(requests[0], credits("2"), &policy, &occasion()).unwrap();
    })
    .await;
    world.grant(&db, "3").await;
    for (touching, lots) in [
        (Touching::nothing(), 1),
        (Touching::fresh_request(requests[0]), 1),
        (Touching::request(requests[0]), 2),
        (Touching::lot(used), 2),
        (Touching::reference("first"), 2),
        (Touching::reference("second"), 1),
    ] {
        let mut uow = begin(&db).await;
        let balance = locked(&mut uow, world.balance, &touching).await;
        assert_eq!(balance.lots().count(), lots, "{touching:?}");
    }
    let mut uow = begin(&db).await;
    let paying = uow.credits().lock_balance_paying_for(requests[0]).await.unwrap().unwrap();
    assert_eq!((paying.id(), paying.lots().count()), (world.balance, 2));
    assert_eq!(uow.credits().lock_balance_paying_for(id()).await, Ok(None));
}

async fn cr_13_payers_are_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut balances = vec![(world.balance, EntitlementStatus::Active)];
    let statuses = EntitlementStatus::VARIANTS.iter().filter(|status| **status != EntitlementStatus::Active);
    let mut uow = begin(&db).await;
    for (number, status) in (10..).zip(statuses.copied()) {
        use EntitlementStatus as S;
        let record = EntitlementRecord {
            status,
            past_due_since: (status == S::PastDue).then(now),
            suspended_at: (status == S::Suspended).then(now),
            cancel_at: None,
            expired_at: (status == S::Expired).then(now),
            renewal_grace_ends_at: (status == S::Expired).then(now),
            cancelled_at: (status == S::Cancelled).then(now),
            ..entitlement(&format!("SVC-20260500{number}"), Some(world.organization))
        };
        let above = Entitlement::restore(record).unwrap();
        uow.entitlements().insert_entitlement(&above).await.unwrap();
        let mut balance = CreditBalance::open(id(), above.id(), Some(world.organization), now());
        balance.grant(&Grant::new(id(), credits("1"), LotSource::Manual), &occasion()).unwrap();
        uow.credits().insert_balance(&mut balance).await.unwrap();
        balances.push((balance.id(), status));
        let found = uow.credits().balance_of_entitlement(above.id()).await;
        assert_eq!(found, Ok(Some(balance.id())));
        assert_eq!(uow.credits().entitlement_of_balance(balance.id()).await, Ok(Some(above.id())));
    }
    uow.commit().await.unwrap();
    // The oldest usable lot of the first balance is not its oldest one.
    let soon: kernel::LotId = id();
    change(&db, &world, Touching::nothing(), |balance| {
        let later = Grant::new(id(), credits("1"), LotSource::Manual).usable_from(at("2026-06-01T00:00:00Z"));
        balance.grant(&later, &occasion()).unwrap();
        let short = Grant::new(soon, credits("1"), LotSource::Manual).expiring(at("2026-05-02T00:00:00Z"), 0);
        balance.grant(&short, &occasion()).unwrap();
    })
    .await;
    let candidates = |at: Timestamp| {
        let (db, organization) = (Database::clone(&db), world.organization);
        async move { begin(&db).await.credits().payer_candidates(organization, at).await.unwrap() }
    };
    let live = |status: &EntitlementStatus| {
        matches!(status, EntitlementStatus::Active | EntitlementStatus::Trialing | EntitlementStatus::PastDue)
    };
    let found = candidates(now()).await;
    let mut ids: Vec<CreditBalanceId> = found.iter().map(|candidate| candidate.balance).collect();
    let mut expected: Vec<CreditBalanceId> =
        balances.iter().filter(|(_, status)| live(status)).map(|(id, _)| *id).collect();
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    let first = found.iter().find(|candidate| candidate.balance == world.balance).unwrap();
    assert_eq!(first.oldest_usable, (now(), soon));
    // At the very end of the short lot it is gone (CR-8), and the later one is not usable yet.
    let at_its_end = candidates(at("2026-05-02T00:00:00Z")).await;
    assert!(at_its_end.iter().all(|candidate| candidate.balance != world.balance));
    change(&db, &world, Touching::nothing(), |balance| {
        balance.freeze();
    })
    .await;
    let frozen = candidates(at("2026-06-01T00:00:00Z")).await;
    assert!(frozen.iter().all(|candidate| candidate.balance != world.balance));
}

async fn cr_11_the_newest_entry_before_an_instant_is_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let point = |at: Timestamp| {
        let (db, balance) = (Database::clone(&db), world.balance);
        async move { begin(&db).await.credits().ledger_point(balance, at).await.unwrap().unwrap() }
    };
    let opening = LedgerPoint { at: now(), totals: Totals::default(), is_last: true };
    assert_eq!(point(now()).await, opening);
    world.grant(&db, "1").await;
    world.grant(&db, "2").await;
    let newest = point(now()).await;
    assert_eq!((newest.totals.granted, newest.is_last), (credits("3"), true));
    let before = point(at("2026-05-01T12:00:00Z")).await;
    assert_eq!((before.totals, before.is_last), (Totals::default(), false));
    assert_eq!(begin(&db).await.credits().ledger_point(id(), now()).await, Ok(None));
}

async fn cr_8_balances_with_something_due_are_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let end = at("2026-06-01T00:00:00Z");
    change(&db, &world, Touching::nothing(), |balance| {
        let grant = Grant::new(id(), credits("1"), LotSource::Manual).expiring(end, 0);
        balance.grant(&grant, &occasion()).unwrap();
    })
    .await;
    let mut uow = begin(&db).await;
    assert_eq!(uow.credits().balances_due(end, 10).await, Ok(vec![world.balance]));
    assert_eq!(uow.credits().balances_due(at("2026-05-31T23:59:59.999999Z"), 10).await, Ok(vec![]));
    assert_eq!(uow.credits().balances_due(end, 0).await, Ok(vec![]));
}

async fn one_balance_per_entitlement_and_one_grant_per_reference(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut twin = CreditBalance::open(id(), world.entitlement, None, now());
    uow.credits().insert_balance(&mut twin).await.unwrap();
    assert_eq!(duplicate(uow.commit().await), "credit_balance_entitlement_id_key");
    let lot = |reference: &str| {
        let (lot, balance) = (uuid::Uuid::from(id::<kernel::LotId>()), world.balance);
        let (lot, balance) = (lot.simple().to_string(), balance.as_uuid().simple().to_string());
        let literal = |hex: String| {
            if db.url().starts_with("sqlite") { format!("x'{hex}'") } else { format!("'{hex}'") }
        };
        format!(
            "INSERT INTO credit_lot (id, balance_id, source, amount, available, held, consumed, expired, taken_back,
                granted_at, usable_from, reference, is_open)
            VALUES ({}, {}, 'manual', 1, 1, 0, 0, 0, 0, 0, 0, '{reference}', TRUE)",
            literal(lot),
            literal(balance),
        )
    };
    db.execute(&lot("one")).await.unwrap();
    db.execute(&lot("two")).await.unwrap();
    assert_eq!(duplicate(db.execute(&lot("one")).await.map(drop)), "credit_lot_balance_id_reference_key");
}

async fn ct_1_a_catalog_item_round_trips(db: TestDatabase) {
    let content = CatalogItemContent {
        code: "PAGE".to_owned(),
        name: "A page".to_owned(),
        service_type: sr_workflow::ServiceType::Development.to_string().parse().unwrap(),
        description: "One page".to_owned(),
        base_credits: credits("4.5"),
        usual_complexity: Complexity::High,
    };
    let mut item = CatalogItem::try_new(id(), content.clone()).unwrap();
    let mut uow = begin(&db).await;
    let store = uow.credits();
    store.insert_catalog_item(&item).await.unwrap();
    assert_eq!(store.catalog_item(item.id()).await.unwrap().as_ref(), Some(&item));
    assert_eq!(store.lock_catalog_item_by_code("PAGE").await.unwrap().as_ref(), Some(&item));
    assert_eq!(store.lock_catalog_item_by_code("page").await, Ok(None));
    item.deactivate();
    store.save_catalog_item(&item).await.unwrap();
    let saved = store.lock_catalog_item(item.id()).await.unwrap().unwrap();
    assert_eq!((saved.is_active(), saved.version()), (false, 2));
    assert_eq!(store.save_catalog_item(&item).await, Err(StoreError::Stale { entity: "catalog item" }));
    let twin = CatalogItem::try_new(id(), content).unwrap();
    assert_eq!(duplicate(store.insert_catalog_item(&twin).await), "catalog_item_code_key");
}
