//! Requests that wait for a step of their own, when the policy that says how long is changed.

use kernel::{ServiceRequestId, Timestamp};
use policy_resolver::Document;
use serde_json::json;
use service_delivery::worker::TimedStep;
use storage_seaorm::testing::TestDatabase;

use super::{resolver_instant, writing};
use crate::{
    on_both,
    support::{
        World, a_request,
        asked::{Asking as _, Until},
        at,
        sold::Support,
    },
};

on_both! {
    sr_4_a_shorter_time_until_acceptance_counts_for_work_that_waits_already,
    sr_4_a_longer_time_until_acceptance_counts_for_work_that_waits_already,
    sr_12_drafts_give_their_hold_back_by_the_policy_that_holds_then,
    po_6_a_change_that_begins_later_counts_from_then_on,
    wk_2_a_worker_that_does_not_know_of_the_change_yet_finds_it,
    wk_2_what_was_due_before_the_change_stays_due_since_then,
}

async fn completed(world: &World, support: &Support) -> ServiceRequestId {
    world.asked(&a_request(support.service).estimated("1"), Until::Completed).await
}

async fn accepted_at(world: &World, id: ServiceRequestId) -> Option<Timestamp> {
    world.request(id).await.record().acceptance.as_ref().map(|accepted| accepted.at)
}

async fn catch_up(world: &World) {
    let report = world.app.run_due(world.now()).await.unwrap();
    assert_eq!(report.failed, []);
}

async fn sr_4_a_shorter_time_until_acceptance_counts_for_work_that_waits_already(db: TestDatabase) {
    let world = World::new(db);
    let (acme, other) = (world.acme_support("10").await, world.organization("Other").await);
    let other = world.support(other, "10").await;
    let begin = world.now();
    let (early, elsewhere) = (completed(&world, &acme).await, completed(&world, &other).await);
    world.clock.days_pass(3);
    let late = completed(&world, &acme).await;
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, early).await, None);
    let target = acme.organization.to_string();
    world.rule("credits", "organization", Some(&target), &json!({"accept_after_days": 2})).await;
    catch_up(&world).await;
    let changed = begin.plus_days(3);
    assert_eq!(accepted_at(&world, early).await, Some(changed), "its time was over when the rule came");
    assert_eq!(accepted_at(&world, late).await, None);
    // As of when it was due, though the worker comes later.
    world.clock.days_pass(9);
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, late).await, Some(changed.plus_days(2)));
    assert_eq!(accepted_at(&world, elsewhere).await, Some(begin.plus_days(7)), "another customer's rule");
}

async fn sr_4_a_longer_time_until_acceptance_counts_for_work_that_waits_already(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let begin = world.now();
    let id = completed(&world, &support).await;
    world.clock.days_pass(6);
    let rule = world.rule("credits", "class", Some("SVC"), &json!({"accept_after_days": 20})).await;
    world.clock.days_pass(4);
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, id).await, None);
    // Back to 7 days, which are over.
    world.rule_ends(&rule).await;
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, id).await, Some(begin.plus_days(10)));
}

async fn sr_12_drafts_give_their_hold_back_by_the_policy_that_holds_then(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let never = world.rule("credits", "global", None, &json!({"draft_hold_days": {"unset": true}})).await;
    let draft = world.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
    let pending = world.asked(&a_request(support.service).estimated("1"), Until::Pending).await;
    world.clock.days_pass(100);
    catch_up(&world).await;
    let held = |id| world.held(support.balance, id);
    let before = (held(draft).await, held(pending).await);
    assert!(world.request(draft).await.record().next_due.is_none(), "it never does");
    let own = world.entitlement(support.entitlement).await.product().unwrap().to_string();
    world.rule("credits", "product", Some(&own), &json!({"draft_hold_days": 101})).await;
    catch_up(&world).await;
    assert_eq!((held(draft).await, held(pending).await), before, "a day is left");
    world.clock.days_pass(1);
    catch_up(&world).await;
    assert_ne!(held(draft).await, before.0);
    assert_ne!(held(pending).await, before.1);
    assert!(world.request(draft).await.record().hold_given_back);
    // Nothing waits any more: a change reaches nobody.
    world.rule_ends(&never).await;
    let report = world.app.run_due(world.now()).await.unwrap();
    assert_eq!(report.total(), 0);
}

async fn po_6_a_change_that_begins_later_counts_from_then_on(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let begin = world.now();
    let waiting = completed(&world, &support).await;
    let mut later = Document::new("credits", "global", None).set("accept_after_days", 1);
    later.effective_from = Some(resolver_instant(begin.plus_days(4)));
    later.effective_until = Some(resolver_instant(begin.plus_days(5)));
    world.app.put_policies(&world.staff, &writing([later])).await.unwrap();
    catch_up(&world).await;
    assert_eq!(world.request(waiting).await.record().next_due, Some(begin.plus_days(4)));
    // Made when the change is known already.
    world.clock.days_pass(2);
    let known = completed(&world, &support).await;
    assert_eq!(world.request(known).await.record().next_due, Some(begin.plus_days(4)));
    world.clock.days_pass(2);
    let too_late = completed(&world, &support).await;
    world.clock.days_pass(20);
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, waiting).await, Some(begin.plus_days(4)));
    assert_eq!(accepted_at(&world, known).await, Some(begin.plus_days(4)));
    assert_eq!(
        accepted_at(&world, too_late).await,
        Some(begin.plus_days(11)),
        "the day was over before its own was"
    );
}

async fn wk_2_a_worker_that_does_not_know_of_the_change_yet_finds_it(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let id = completed(&world, &support).await;
    world.clock.days_pass(2);
    let behind = world.under(json!({}));
    world.rule("credits", "global", None, &json!({"accept_after_days": 1})).await;
    assert_eq!(behind.policy_freshness().unwrap().revision, 0);
    let report = behind.run_due(world.now()).await.unwrap();
    assert_eq!(report.taken.get(&TimedStep::AutomaticAcceptance), Some(&1));
    assert_eq!(accepted_at(&world, id).await, Some(at("2026-05-12T12:00:00Z")));
    assert_eq!(behind.policy_freshness().unwrap().revision, 1);
}

async fn wk_2_what_was_due_before_the_change_stays_due_since_then(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let begin = world.now();
    let id = completed(&world, &support).await;
    // The worker has been away; the rule comes after the work counted as accepted.
    world.clock.days_pass(8);
    world.rule("credits", "global", None, &json!({"accept_after_days": 30})).await;
    catch_up(&world).await;
    assert_eq!(accepted_at(&world, id).await, Some(begin.plus_days(7)));
}
