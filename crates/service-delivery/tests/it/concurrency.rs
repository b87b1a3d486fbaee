//! Many at once: what must come out exactly so, whoever is first.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use billing::{Buyer, OrderStatus};
use kernel::{EntitlementClass, ServiceRequestId};
use serde_json::json;
use service_delivery::{EntitlementChange, Made, Refusal, RequestChange};
use storage_seaorm::testing::TestDatabase;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    on_both,
    support::{World, a_request, asked::*, brl, credits, rule},
};

on_both!(
    cr_5_of_200_at_once_on_100_credits_exactly_100_are_held,
    sr_4_complete_racing_cancel_has_one_outcome_a_thousand_times,
    sr_4_a_command_given_by_many_at_once_is_done_once,
    en_5_suspending_and_freezing_meet_no_deadlock_with_work_on_the_same_balance,
    id_6_five_thousand_creations_share_no_code,
    od_3_the_same_order_by_many_at_once_is_one_order,
    od_4_the_same_payment_by_many_at_once_provisions_once,
);

/// How many wait for the database at the same time, where there are thousands: a pool is not a queue for everybody.
const AT_ONCE: usize = 48;

/// Runs `one` for each of `0..count`, at most [`AT_ONCE`] at a time.
async fn in_crowd<T, Fut>(count: usize, one: impl Fn(usize) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let (mut running, mut done) = (JoinSet::new(), Vec::with_capacity(count));
    for index in 0..count {
        if running.len() == AT_ONCE {
            done.push(running.join_next().await.unwrap().unwrap());
        }
        running.spawn(one(index));
    }
    done.extend(running.join_all().await);
    done
}

async fn cr_5_of_200_at_once_on_100_credits_exactly_100_are_held(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"on_exhausted": "block"}}));
    let support = w.acme_support("100").await;
    let new = Arc::new(a_request(support.service).estimated("1"));
    let mut running = JoinSet::new();
    for _ in 0..200 {
        let (app, staff, new) = (w.app.clone(), w.staff.clone(), new.clone());
        running.spawn(async move { app.create_request(&staff, &new).await });
    }
    let outcomes = running.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (100, 100));
    for refusal in refused {
        assert_eq!(rule(&refusal.unwrap_err()), "insufficient-credits");
    }
    assert_eq!(w.figures(support.balance).await, "0 100 0");
    assert_eq!(w.count("service_request", "1 = 1").await, 100, "a refused one leaves nothing behind");
    assert_eq!(w.count("credit_hold", "1 = 1").await, 100);
    assert_eq!(w.events("service_request.created").await, 100);
    assert_eq!(w.events("credits.reserved").await, 100);
    w.audit().await;
}

async fn sr_4_complete_racing_cancel_has_one_outcome_a_thousand_times(db: TestDatabase) {
    const RACES: usize = 1_000;
    let w = World::with(db, json!({"credits": {"pre_approved_up_to": "100"}}));
    let support = w.acme_support("2000").await;
    let (app, staff) = (w.app.clone(), w.staff.clone());
    let outcomes = in_crowd(RACES, |_| {
        let (app, staff) = (app.clone(), staff.clone());
        async move {
            let new = a_request(support.service).estimated("2").assigned();
            let id = app.create_request(&staff, &new).await.unwrap();
            app.move_request(&staff, id, &RequestChange::Submit).await.unwrap();
            app.move_request(&staff, id, &RequestChange::Start).await.unwrap();
            let done = took("1");
            let (completed, cancelled) =
                tokio::join!(app.complete_request(&staff, id, &done), app.cancel_request(&staff, id, None));
            match (completed, cancelled) {
                (Ok(()), Err(Refusal::IllegalMove(_))) => (id, "completed"),
                (Err(Refusal::IllegalMove(_)), Ok(())) => (id, "closed"),
                both => panic!("not one outcome: {both:?}"),
            }
        }
    })
    .await;
    let mut tally: BTreeMap<&str, i64> = BTreeMap::new();
    for (id, outcome) in &outcomes {
        *tally.entry(outcome).or_default() += 1;
        if tally[outcome] <= 20 {
            assert_eq!(&w.status(*id).await, outcome);
        }
    }
    for (status, count) in &tally {
        assert_eq!(w.count("service_request", &format!("status = '{status}'")).await, *count);
    }
    let completed = tally.get("completed").copied().unwrap_or_default();
    let totals = *w.balance(support.balance).await.totals();
    assert_eq!(totals.consumed.units(), completed * 10);
    assert_eq!(totals.held, credits("0"));
    assert_eq!(totals.available.units(), 20_000 - completed * 10);
    assert_eq!(w.events("service_request.completed").await, completed);
    assert_eq!(w.events("credits.settled").await, completed);
    w.audit().await;
}

async fn sr_4_a_command_given_by_many_at_once_is_done_once(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let id = w.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
    let given_by_many = |event: &'static str| {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        async move {
            in_crowd(16, |_| {
                let (app, staff) = (app.clone(), staff.clone());
                async move {
                    match event {
                        "service_request.completed" => app.complete_request(&staff, id, &took("3")).await,
                        "service_request.reopened" => app.reopen_request(&staff, id, "not right").await,
                        _ => app.cancel_request(&staff, id, None).await,
                    }
                }
            })
            .await
        }
    };
    for (event, figures) in [
        ("service_request.completed", "37 0 3"),
        ("service_request.reopened", "36 4 0"),
        ("service_request.cancelled", "40 0 0"),
    ] {
        let outcomes = given_by_many(event).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{event}: {outcomes:?}");
        assert!(outcomes.iter().all(|one| matches!(one, Ok(()) | Err(Refusal::IllegalMove(_)))));
        assert_eq!(w.events(event).await, 1);
        assert_eq!(w.figures(support.balance).await, figures);
    }
    w.audit().await;
}

/// What was done; none where the state or a rule said no. Nothing else may come out.
fn done_or_refused<T>(outcome: Result<T, Refusal>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(Refusal::Rule { .. } | Refusal::IllegalMove(_)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

async fn en_5_suspending_and_freezing_meet_no_deadlock_with_work_on_the_same_balance(db: TestDatabase) {
    const WORKERS: usize = 8;
    const EACH: usize = 40;
    let w = Arc::new(World::with(db, json!({"credits": {"pre_approved_up_to": "100"}})));
    let support = w.acme_support("2000").await;
    // Two entitlements over requests that one balance pays for.
    let campus = w.campus(support.organization, Some(support.balance)).await;
    let working = Arc::new(AtomicUsize::new(WORKERS));
    let asked = watch::Sender::new(0);
    // What was changed is met by somebody before it is changed back.
    let met = {
        let (working, asked) = (working.clone(), asked.subscribe());
        move || {
            let (working, mut asked) = (working.clone(), asked.clone());
            async move {
                let before: usize = *asked.borrow();
                if working.load(Ordering::SeqCst) > 0 {
                    asked.wait_for(|count| *count >= before + 2).await.unwrap();
                }
            }
        }
    };
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (w, working, asked) = (w.clone(), working.clone(), asked.clone());
        workers.spawn(async move {
            let (app, staff) = (&w.app, &w.staff);
            let (mut made, mut refused) = (Vec::new(), 0);
            for round in 0..EACH {
                let new =
                    if round % 2 == 0 { a_request(support.service) } else { a_request(campus.environment) };
                let new = new.estimated("2").assigned();
                let outcome = app.create_request(staff, &new).await;
                asked.send_modify(|count| *count += 1);
                let Some(id) = done_or_refused(outcome) else {
                    refused += 1;
                    continue;
                };
                made.push(id);
                done_or_refused(app.move_request(staff, id, &RequestChange::Submit).await);
                done_or_refused(app.move_request(staff, id, &RequestChange::Start).await);
                if (worker + round) % 3 == 0 {
                    done_or_refused(app.cancel_request(staff, id, None).await);
                } else {
                    done_or_refused(app.complete_request(staff, id, &took("1")).await);
                }
            }
            working.fetch_sub(1, Ordering::SeqCst);
            asked.send_modify(|count| *count += 2);
            (made, refused)
        });
    }
    let suspending = [support.entitlement, campus.entitlement].map(|entitlement| {
        let (w, working, met) = (w.clone(), working.clone(), met.clone());
        tokio::spawn(async move {
            while working.load(Ordering::SeqCst) > 0 {
                for change in [EntitlementChange::Suspend, EntitlementChange::Reactivate] {
                    w.app.change_entitlement(&w.staff, entitlement, change, "unpaid, paid").await.unwrap();
                    met().await;
                }
            }
        })
    });
    let freezing = {
        let (w, working) = (w.clone(), working.clone());
        tokio::spawn(async move {
            while working.load(Ordering::SeqCst) > 0 {
                for frozen in [true, false] {
                    w.app.freeze_credits(&w.staff, support.balance, frozen, "a dispute").await.unwrap();
                    met().await;
                }
            }
        })
    };
    let (mut made, mut refused) = (Vec::new(), 0);
    for (ids, count) in workers.join_all().await {
        made.extend(ids);
        refused += count;
    }
    for changing in suspending.into_iter().chain([freezing]) {
        changing.await.unwrap();
    }
    assert!(!made.is_empty() && refused > 0, "{} made, {refused} refused: they met", made.len());
    if w.db.admin_url().is_some() {
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        assert_eq!(w.db.number(sql).await.unwrap(), 0, "none that was retried either");
    }
    // What was in the way of some is gone: whatever is left of their work ends.
    for id in made {
        done_or_refused(w.app.cancel_request(&w.staff, id, None).await);
    }
    let completed = w.count("service_request", "status = 'completed'").await;
    assert_eq!(w.figures(support.balance).await, format!("{} 0 {completed}", 2_000 - completed));
    w.audit().await;
}

async fn id_6_five_thousand_creations_share_no_code(db: TestDatabase) {
    const CREATIONS: usize = 5_000;
    let w = World::new(db);
    let mut services = Vec::new();
    for name in ["Acme", "Globex", "Initech", "Umbrella"] {
        let organization = w.organization(name).await;
        services.push(w.support(organization, "0").await.service);
    }
    let outcomes = in_crowd(CREATIONS, |index| {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        let new = a_request(services[index % services.len()]);
        async move { app.create_request(&staff, &new).await }
    })
    .await;
    let made: Vec<ServiceRequestId> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.len(), CREATIONS);
    let codes = w.db.number("SELECT count(DISTINCT code) FROM service_request").await.unwrap();
    assert_eq!(codes, 5_000);
    // Widened past 9999 or not, the first and the last have the form of ID-3.
    assert_eq!(w.count("service_request", "code LIKE 'SR-2026____'").await, 5_000);
}

async fn od_3_the_same_order_by_many_at_once_is_one_order(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Svc, |terms| terms.price = brl("0")).await;
    let mut new = w.ordering(Buyer::Organization(acme), &[product]);
    new.external_ref = Some("shop 1".to_owned());
    let outcomes = in_crowd(32, |_| {
        let (app, staff, new) = (w.app.clone(), w.staff.clone(), new.clone());
        async move { app.create_order(&staff, &new).await.unwrap() }
    })
    .await;
    let fresh = outcomes.iter().filter(|made| matches!(made, Made::New(_))).count();
    assert_eq!(fresh, 1);
    assert!(outcomes.iter().all(|made| made.into_inner() == outcomes[0].into_inner()));
    assert_eq!(w.count("sales_order", "1 = 1").await, 1);
    assert_eq!(w.count("entitlement", "1 = 1").await, 1, "free: provisioned, once");
}

async fn od_4_the_same_payment_by_many_at_once_provisions_once(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Svc, |_| {}).await;
    let new = w.ordering(Buyer::Organization(acme), &[product]);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let outcomes = in_crowd(32, |_| {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        let payment = w.paying(brl("1200"), "bank 1");
        async move { app.record_payment(&staff, order, &payment).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|made| matches!(made, Made::New(_))).count(), 1);
    assert_eq!(w.count("payment", "1 = 1").await, 1);
    assert_eq!(w.count("entitlement", "1 = 1").await, 1);
    assert_eq!(w.order(order).await.status(), OrderStatus::Fulfilled);

    // The same reference for two orders at the same moment: one of them has it.
    let mut orders = Vec::new();
    for _ in 0..2 {
        orders.push(w.app.create_order(&w.staff, &new).await.unwrap().into_inner());
    }
    let outcomes = in_crowd(2, |index| {
        let (app, staff, order) = (w.app.clone(), w.staff.clone(), orders[index]);
        let payment = w.paying(brl("1200"), "bank 2");
        async move { app.record_payment(&staff, order, &payment).await }
    })
    .await;
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(rule(refused[0]), "external-ref-taken");
    assert_eq!(w.count("entitlement", "1 = 1").await, 2);
}
