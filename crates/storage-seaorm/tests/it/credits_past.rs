//! The past of a balance, read from storage (CR-8, CR-11).

use kernel::{Actor, CreditBalanceId, OrganizationId, PageRequest, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use service_delivery::reads::{
    ExpiryFilter, ExpiryQuery, LedgerFilter, LedgerQuery, LotUseQuery, MovementRow, Reads, StatementPage,
    StatementQuery, Viewer,
};
use sr_workflow::{ServiceRequest, ServiceRequestRecord};
use storage_seaorm::{
    Database,
    testing::{TestDatabase, postgres, sqlite},
};
use ust_credits::{
    CreditBalance, EntryKind, Grant, LedgerEntry, LotSource, Occasion, Period, Touching, Turnover,
};

use crate::{
    on_both,
    support::{World, at, begin, credits, entitlement, id, now, occasion},
    walk::{REQUESTS, Walk, at as micros, request, tell_balance, touching},
};

on_both! {
    cr_8_the_figures_as_of_every_instant_equal_the_naive_models_before_and_after_they_are_written,
    cr_11_a_statement_tells_what_fell_due_as_it_will_be_written,
    cr_11_a_statement_is_told_in_pages_and_adds_up,
    cr_11_months_are_told_without_a_gap,
    cr_9_the_ledger_is_filtered_by_kind_request_actor_and_period_page_by_page,
    what_a_lot_pays_for_and_what_pays_for_a_request_agree,
    credits_that_expire_are_listed_until_they_are_gone,
    or_6_the_past_of_another_customers_balance_does_not_exist,
}

fn staff() -> Viewer {
    Viewer::staff(now())
}

/// A balance that was opened when the model's was, and requests with the model's names.
async fn on_walks_ground(db: &Database) -> CreditBalanceId {
    let world = World::new(db).await;
    let mut uow = begin(db).await;
    let above = entitlement("SVC-2026050002", Some(world.organization));
    let above_id = above.id;
    let above = entitlement::Entitlement::restore(above).unwrap();
    uow.entitlements().insert_entitlement(&above).await.unwrap();
    let mut balance = CreditBalance::open(id(), above_id, Some(world.organization), micros(0));
    uow.credits().insert_balance(&mut balance).await.unwrap();
    for name in 0..REQUESTS {
        let code = format!("SR-2026{:04}", name + 1);
        let record = ServiceRequestRecord { id: request(u128::from(name)), ..world.request(&code) };
        uow.work().insert_request(&ServiceRequest::restore(record).unwrap()).await.unwrap();
    }
    uow.commit().await.unwrap();
    balance.id()
}

async fn cr_8_the_figures_as_of_every_instant_equal_the_naive_models_before_and_after_they_are_written(
    first: TestDatabase,
) {
    const SEEDS: u64 = 6;
    const STEPS: u64 = 60;
    for seed in 0..SEEDS {
        // Ids of lots repeat between walks.
        let another = match (seed, first.admin_url()) {
            (0, _) => None,
            (_, None) => Some(sqlite().await),
            (_, Some(_)) => Some(postgres().await),
        };
        let db: &Database = another.as_ref().unwrap_or(&first);
        let id = on_walks_ground(db).await;
        let mut walk = Walk::new(seed);
        let mut read = 0;
        for step in 0..STEPS {
            let place = format!("seed {seed}, step {step}");
            let told = walk.step(&place);
            for (at, figures) in told.ahead {
                let found = db.credit_figures(staff(), id, micros(at)).await.unwrap();
                assert_eq!(found, Some(figures), "{place}: as of {}, not written down yet", micros(at));
                read += 1;
            }
            let mut uow = begin(db).await;
            let needed = touching(&told.operation);
            let mut balance = uow.credits().lock_balance(id, &needed).await.unwrap().unwrap();
            tell_balance(&mut balance, &told.operation, &told.occasion);
            uow.credits().save_balance(&mut balance).await.unwrap();
            uow.commit().await.unwrap();
        }
        for (at, figures) in &walk.past {
            let found = db.credit_figures(staff(), id, micros(*at)).await.unwrap();
            assert_eq!(found, Some(*figures), "seed {seed}: the past as of {}", micros(*at));
        }
        assert!(read > 0 && !walk.past.is_empty(), "seed {seed}: nothing was compared");
        let last = walk.shelf.balance.as_ref().unwrap();
        let mut uow = begin(db).await;
        let stored = uow.credits().lock_balance(id, &Touching::nothing()).await.unwrap().unwrap();
        assert_eq!(stored.totals(), &last.totals, "seed {seed}");
    }
}

async fn do_to(db: &Database, world: &World, touching: Touching, change: impl FnOnce(&mut CreditBalance)) {
    let mut uow = begin(db).await;
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
    change(&mut balance);
    uow.credits().save_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
}

fn on(instant: &str) -> Occasion {
    Occasion::new(at(instant), Actor::system("test"), "for the test")
}

/// Grants in May and June, the first of which expires on 10 July at noon; a request that is settled with more than there is.
async fn a_history(db: &Database) -> World {
    let world = World::new(db).await;
    let requests = world.requests(db, 1).await;
    for (instant, amount, expires) in
        [("2026-05-02T00:00:00Z", "4", Some("2026-07-10T12:00:00Z")), ("2026-06-15T00:00:00Z", "3", None)]
    {
        do_to(db, &world, Touching::nothing(), |balance| {
            let mut grant = Grant::new(id(), credits(amount), LotSource::Purchase);
            if let Some(expires) = expires {
                grant = grant.expiring(at(expires), 0);
            }
            balance.grant(&grant, &on(instant)).unwrap();
        })
        .await;
    }
    let policy = CreditPolicy::default();
    do_to(db, &world, Touching::request(requests[0]), |balance| {
        balance.settle(requests[0], credits("2.5"), &policy, &on("2026-06-20T00:00:00Z")).unwrap();
    })
    .await;
    world
}

async fn statement(
    db: &Database,
    viewer: Viewer,
    balance: CreditBalanceId,
    (from, until): (&str, &str),
    page: PageRequest,
) -> StatementPage {
    let period = Period::try_new(at(from), at(until)).unwrap();
    db.credit_statement(viewer, balance, &StatementQuery { period, page }).await.unwrap().unwrap()
}

fn entries(page: &StatementPage) -> Vec<LedgerEntry> {
    page.movements.items.iter().map(|row| row.entry.clone()).collect()
}

async fn cr_11_a_statement_tells_what_fell_due_as_it_will_be_written(db: TestDatabase) {
    let world = a_history(&db).await;
    let july = ("2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z");
    let seen_on = |instant: &str| Viewer::staff(at(instant));
    let before =
        statement(&db, seen_on("2026-07-10T11:59:59.999999Z"), world.balance, july, PageRequest::first())
            .await;
    assert_eq!(entries(&before), []);
    assert_eq!(before.closing.usable, credits("4.5"));
    assert_eq!(before.closing_at, at("2026-07-10T11:59:59.999999Z"), "so far");
    let due =
        statement(&db, seen_on("2026-07-10T12:00:00Z"), world.balance, july, PageRequest::first()).await;
    let expired = entries(&due);
    assert_eq!((expired.len(), expired[0].kind, expired[0].amount), (1, EntryKind::Expire, credits("1.5")));
    assert_eq!(expired[0].at, at("2026-07-10T12:00:00Z"));
    assert_eq!((due.opening.usable, due.closing.usable), (credits("4.5"), credits("3")));
    do_to(&db, &world, Touching::nothing(), |balance| {
        assert!(balance.expire_due(at("2026-07-25T00:00:00Z")).unwrap());
    })
    .await;
    let written =
        statement(&db, seen_on("2026-07-10T12:00:00Z"), world.balance, july, PageRequest::first()).await;
    assert_eq!(written, due, "written down or not, it reads the same");
    // A period that is over does not change, and one to come is empty.
    let june = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let closed =
        statement(&db, seen_on("2026-09-01T00:00:00Z"), world.balance, june, PageRequest::first()).await;
    assert_eq!(closed.closing, due.opening);
    let later = ("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z");
    let later =
        statement(&db, seen_on("2026-09-01T00:00:00Z"), world.balance, later, PageRequest::first()).await;
    assert_eq!((later.opening, entries(&later)), (later.closing, vec![]));
}

async fn cr_11_a_statement_is_told_in_pages_and_adds_up(db: TestDatabase) {
    let world = a_history(&db).await;
    let viewer = Viewer::staff(at("2026-09-01T00:00:00Z"));
    let year = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let whole = statement(&db, viewer, world.balance, year, PageRequest::first()).await;
    let kinds: Vec<EntryKind> = entries(&whole).iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Grant, EntryKind::Grant, EntryKind::Debit, EntryKind::Expire]);
    let told = ust_credits::Statement {
        period: Period::try_new(at(year.0), at(year.1)).unwrap(),
        opening: whole.opening,
        movements: entries(&whole),
        closing: whole.closing,
    };
    assert!(told.adds_up());
    assert_eq!(
        whole.movements.items[2].request.map(|request| request.code.to_string()),
        Some("SR-20260001".into())
    );
    for limit in 1..=4 {
        let (mut rows, mut cursor): (Vec<MovementRow>, _) = (vec![], None);
        loop {
            let page = PageRequest::try_new(limit, cursor).unwrap();
            let page = statement(&db, viewer, world.balance, year, page).await;
            assert_eq!((page.opening, page.closing), (whole.opening, whole.closing));
            rows.extend(page.movements.items);
            cursor = page.movements.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(rows, whole.movements.items, "{limit} at a time");
    }
}

async fn cr_11_months_are_told_without_a_gap(db: TestDatabase) {
    let world = a_history(&db).await;
    let bounds: Vec<Timestamp> = ["04", "05", "06", "07", "08", "09", "10"]
        .map(|month| at(&format!("2026-{month}-01T00:00:00Z")))
        .to_vec();
    let viewer = Viewer::staff(at("2026-08-15T00:00:00Z"));
    let months = db.credit_turnovers(viewer, world.balance, &bounds).await.unwrap().unwrap();
    let told: Vec<_> = months
        .iter()
        .map(|Turnover { granted, consumed, expired, .. }| format!("{granted} {consumed} {expired}"))
        .collect();
    assert_eq!(told, ["0 0 0", "4 0 0", "3 2.5 0", "0 0 1.5", "0 0 0", "0 0 0"]);
}

async fn cr_9_the_ledger_is_filtered_by_kind_request_actor_and_period_page_by_page(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 3).await;
    let (policy, rosa) = (CreditPolicy::default(), uuid::Uuid::from_u128(7));
    for day in 2..=4 {
        let occasion = on(&format!("2026-05-0{day}T00:00:00Z"));
        do_to(&db, &world, Touching::nothing(), |balance| {
            balance.grant(&Grant::new(id(), credits("4"), LotSource::Purchase), &occasion).unwrap();
        })
        .await;
        for request in &requests {
            do_to(&db, &world, Touching::request(*request), |balance| {
                let standing = kernel::Standing::Live;
                balance.reserve(*request, credits("1"), &policy, standing, &occasion).unwrap();
                balance.reserve(*request, credits("0.5"), &policy, standing, &occasion).unwrap();
            })
            .await;
        }
        let by_rosa = Occasion { actor: Actor::staff(rosa, "Rosa"), ..occasion.clone() };
        do_to(&db, &world, Touching::nothing(), |balance| {
            balance.adjust_down(credits("0.1"), &by_rosa).unwrap();
            balance.grant(&Grant::new(id(), credits("0.1"), LotSource::Manual), &by_rosa).unwrap();
        })
        .await;
    }
    let all = |filter: LedgerFilter, limit: u16, descending: bool| {
        let (db, balance) = (&db, world.balance);
        async move {
            let (mut found, mut cursor) = (vec![], None);
            loop {
                let sort = service_delivery::reads::LedgerSort::At;
                let sort = Some(service_delivery::reads::Sorted { by: sort, descending });
                let page = PageRequest::try_new(limit, cursor).unwrap();
                let query = LedgerQuery { filter: filter.clone(), sort, page };
                let page = db.ledger(staff(), balance, &query).await.unwrap().unwrap();
                assert!(page.items.len() <= usize::from(limit));
                found.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    return found;
                }
            }
        }
    };
    let whole = all(LedgerFilter::default(), 200, false).await;
    assert!(whole.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence));
    use EntryKind::{Adjust, Excess, Grant as Granted, Release, Reserve};
    let from_there = at("2026-05-03T00:00:00Z");
    for filter in [
        LedgerFilter { kind: vec![Granted], ..LedgerFilter::default() },
        LedgerFilter { kind: vec![Granted, Adjust, Excess], ..LedgerFilter::default() },
        LedgerFilter { kind: vec![Reserve, Adjust, Release, Reserve], ..LedgerFilter::default() },
        LedgerFilter { request: Some(requests[1]), ..LedgerFilter::default() },
        LedgerFilter { kind: vec![Release], request: Some(requests[1]), ..LedgerFilter::default() },
        LedgerFilter { actor: Some(rosa), ..LedgerFilter::default() },
        LedgerFilter { actor: Some(rosa), kind: vec![Granted, Reserve], ..LedgerFilter::default() },
        LedgerFilter { from: Some(from_there), kind: vec![Granted, Reserve], ..LedgerFilter::default() },
        LedgerFilter { until: Some(from_there), ..LedgerFilter::default() },
    ] {
        let fits = |entry: &&LedgerEntry| {
            (filter.kind.is_empty() || filter.kind.contains(&entry.kind))
                && filter.request.is_none_or(|request| entry.request == Some(request))
                && filter.actor.is_none_or(|actor| entry.actor.id == Some(actor))
                && filter.from.is_none_or(|from| entry.at >= from)
                && filter.until.is_none_or(|until| entry.at < until)
        };
        let mut expected: Vec<LedgerEntry> = whole.iter().filter(fits).cloned().collect();
        for limit in [1, 3, 200] {
            assert_eq!(all(filter.clone(), limit, false).await, expected, "{filter:?}, {limit} at a time");
        }
        expected.reverse();
        assert_eq!(all(filter.clone(), 2, true).await, expected, "{filter:?}, the newest first");
    }
}

async fn what_a_lot_pays_for_and_what_pays_for_a_request_agree(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 3).await;
    world.grant(&db, "4").await;
    world.grant(&db, "4").await;
    let policy = CreditPolicy::default();
    for (request, amount) in [(requests[0], "3"), (requests[1], "2")] {
        do_to(&db, &world, Touching::request(request), |balance| {
            balance.reserve(request, credits(amount), &policy, kernel::Standing::Live, &occasion()).unwrap();
        })
        .await;
    }
    do_to(&db, &world, Touching::request(requests[0]), |balance| {
        balance.settle(requests[0], credits("3"), &policy, &occasion()).unwrap();
    })
    .await;
    let paid = db.request_credits(staff(), requests[1]).await.unwrap().unwrap();
    let hold = paid.hold.unwrap();
    assert_eq!((hold.held.0.len(), paid.lots.len()), (2, 2));
    let none = db.request_credits(staff(), requests[2]).await.unwrap().unwrap();
    assert_eq!((none.hold, none.lots), (None, vec![]));
    assert_eq!(db.request_credits(staff(), id()).await.unwrap(), None);
    let first = hold.held.0[0].lot;
    let uses = db.lot_uses(staff(), world.balance, first, &LotUseQuery::default()).await.unwrap().unwrap();
    let mut told: Vec<_> = uses.items.iter().map(|row| (row.request.id, row.held, row.debited)).collect();
    told.sort_unstable_by_key(|(request, ..)| *request);
    assert_eq!(told, [(requests[0], credits("0"), credits("3")), (requests[1], credits("1"), credits("0"))]);
    assert_eq!(db.lot_uses(staff(), world.balance, id(), &LotUseQuery::default()).await.unwrap(), None);
}

async fn credits_that_expire_are_listed_until_they_are_gone(db: TestDatabase) {
    let world = a_history(&db).await;
    let list = |instant: &str, until: &str, organization: Option<OrganizationId>| {
        let (db, viewer) = (&db, Viewer::staff(at(instant)));
        let filter = ExpiryFilter { until: Some(at(until)), organization, balance: Some(world.balance) };
        async move {
            let query = ExpiryQuery { filter, ..ExpiryQuery::default() };
            let page = db.credit_expiries(viewer, &query).await.unwrap();
            page.items.iter().map(|row| row.lot.available.to_string()).collect::<Vec<_>>()
        }
    };
    let (last_tick, end) = ("2026-07-10T11:59:59.999999Z", "2026-07-10T12:00:00Z");
    assert_eq!(list(last_tick, end, None).await, ["1.5"]);
    assert_eq!(list(last_tick, last_tick, None).await, Vec::<String>::new());
    assert_eq!(list(end, "2027-01-01T00:00:00Z", None).await, Vec::<String>::new());
    assert_eq!(list(last_tick, end, Some(world.organization)).await, ["1.5"]);
    assert_eq!(list(last_tick, end, Some(id())).await, Vec::<String>::new());
}

async fn or_6_the_past_of_another_customers_balance_does_not_exist(db: TestDatabase) {
    let world = a_history(&db).await;
    let requests = db.number("SELECT count(*) FROM service_request").await.unwrap();
    assert_eq!(requests, 1);
    let stranger = Viewer::of(id(), at("2026-06-21T00:00:00Z"));
    let own = Viewer::of(world.organization, at("2026-06-21T00:00:00Z"));
    let period = Period::try_new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")).unwrap();
    let query = StatementQuery { period, page: PageRequest::first() };
    let bounds = [period.from(), period.until()];
    let filter = LedgerFilter { kind: vec![EntryKind::Debit], ..LedgerFilter::default() };
    let debits = db.ledger(own, world.balance, &LedgerQuery { filter, ..LedgerQuery::default() }).await;
    let request = debits.unwrap().unwrap().items[0].request.unwrap();
    let lot = db.request_credits(own, request).await.unwrap().unwrap().lots[0].id;
    for (viewer, there) in [(own, true), (stranger, false)] {
        let balance = world.balance;
        assert_eq!(db.credit_figures(viewer, balance, now()).await.unwrap().is_some(), there);
        assert_eq!(db.credit_statement(viewer, balance, &query).await.unwrap().is_some(), there);
        assert_eq!(db.credit_turnovers(viewer, balance, &bounds).await.unwrap().is_some(), there);
        assert_eq!(db.request_credits(viewer, request).await.unwrap().is_some(), there);
        let uses = db.lot_uses(viewer, balance, lot, &LotUseQuery::default()).await.unwrap();
        assert_eq!(uses.is_some(), there);
        let expiring = db.credit_expiries(viewer, &ExpiryQuery::default()).await.unwrap();
        assert_eq!(!expiring.items.is_empty(), there);
    }
}
