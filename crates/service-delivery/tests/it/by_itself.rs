//! What happens by itself: in order, as of the instants at which it was due, exactly once (WK-1 … WK-3).

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use kernel::{
    ActorKind, CreditBalanceId, EntitlementId, ServiceRequestId, StoreError, Timestamp, ports::Clock as _,
};
use policy_resolver::kinds::Policies;
use serde_json::json;
use service_delivery::{
    GrantCredits, PolicyScope, PolicySet, PolicySource, Refusal, RequestChange, ServiceDelivery,
    worker::{Due, Progress, Report, TestClock, Timed, TimedStep},
};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;
use ust_credits::HoldState;

use crate::{
    on_both,
    support::{World, a_request, asked::*, at, credits, owner_of, sold::granting, wrong},
};

on_both!(
    wk_2_after_downtime_everything_is_taken_in_the_order_in_which_it_was_due,
    wk_2_a_step_is_dated_at_the_instant_at_which_it_was_due,
    wk_2_many_workers_take_each_step_once,
    wk_2_one_worker_has_the_turn_and_no_other_waits_for_it,
    wk_2_a_crash_at_any_point_leaves_each_step_taken_once,
    wk_2_a_step_that_fails_is_named_and_holds_up_no_other,
    wk_2_hundreds_of_steps_that_fail_hold_up_no_other,
    wk_2_a_fault_in_a_step_holds_up_no_other,
    wk_2_what_counts_as_due_and_is_not_does_not_keep_the_worker_busy,
    wk_2_what_somebody_was_quicker_to_do_is_left_alone,
    sr_12_a_draft_gives_its_hold_back_and_holds_it_again_when_it_moves,
    sr_12_a_longer_time_under_another_policy_is_waited_for,
    sr_7_work_counts_as_accepted_when_it_is_debited_at_completion,
    sr_7_work_counts_as_accepted_when_it_is_debited_at_acceptance,
    cr_12_credits_that_end_give_notice_once,
    cr_12_credits_that_began_and_ended_meanwhile_give_notice,
    cr_12_credits_that_begin_arm_the_notice_again,
    wk_2_what_a_step_makes_due_is_taken_before_what_is_due_later,
    cr_14_credits_that_begin_repay_an_overdraft_by_themselves,
    cr_8_hundreds_of_balances_are_brought_up_to_date_together,
    wk_3_a_clock_that_is_set_forward_lets_everything_happen,
);

const DAY: i64 = 86_400_000_000;

fn start() -> Timestamp {
    at("2026-05-10T12:00:00Z")
}

/// Credits that expire so many days after the start.
fn ending(amount: &str, days: i64) -> GrantCredits {
    GrantCredits { expires_at: Some(start().plus_days(days)), ..granting(amount) }
}

impl World {
    /// All that is due by now is done.
    async fn caught_up(&self) -> Report {
        let report = self.app.run_due(self.now()).await.unwrap();
        assert_eq!(report.failed, []);
        report
    }

    /// What a command wrote into the journal, with the day of each event: `"credits.expired 10"`.
    async fn dated<T>(&self, command: impl Future<Output = Result<T, Refusal>>) -> Vec<String> {
        let before = self.db.number("SELECT coalesce(max(seq), 0) FROM event").await.unwrap();
        Box::pin(command).await.unwrap();
        let day = format!("CAST((at - {}) / {DAY} AS TEXT)", start().unix_micros());
        let sql = format!(
            "SELECT string_agg(name || ' ' || {day}, ',' ORDER BY seq) FROM event WHERE seq > {before}"
        );
        let dated = self.db.text(&sql).await.unwrap().unwrap_or_default();
        dated.split(',').filter(|event| !event.is_empty()).map(str::to_owned).collect()
    }

    /// Kind, units and day of every ledger entry after the first `known`, over all balances.
    async fn ledger(&self, known: i64) -> String {
        let day = format!("CAST((at - {}) / {DAY} AS TEXT)", start().unix_micros());
        let sql = format!(
            "SELECT string_agg(kind || ' ' || CAST(amount AS TEXT) || ' ' || {day}, ', ' ORDER BY at, sequence)
                FROM ledger_entry WHERE sequence > {known}"
        );
        self.db.text(&sql).await.unwrap().unwrap_or_default()
    }
}

fn taken(report: &Report) -> Vec<(TimedStep, u64)> {
    report.taken.iter().map(|(step, count)| (*step, *count)).collect()
}

async fn wk_2_after_downtime_everything_is_taken_in_the_order_in_which_it_was_due(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    w.app.grant_credits(&w.staff, support.balance, &ending("5", 20)).await.unwrap();
    w.app.grant_credits(&w.staff, support.balance, &ending("3", 10)).await.unwrap();
    w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
    w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
    w.clock.days_pass(3);
    w.asked(&a_request(support.service).estimated("1"), Until::Completed).await;

    w.clock.days_pass(57);
    let events = w.dated(w.app.run_due(w.now())).await;
    assert_eq!(
        events,
        [
            "service_request.accepted 7",
            "credits.expired 10",
            "service_request.accepted 10",
            "credits.expired 20",
            "credits.released 30",
            "service_request.hold_given_back 30",
        ]
    );
    assert_eq!(w.dated(w.app.run_due(w.now())).await, [""; 0], "once");
    assert_eq!(w.figures(support.balance).await, "5 0 5");
    w.audit().await;
}

async fn wk_2_a_step_is_dated_at_the_instant_at_which_it_was_due(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("0").await;
    w.app.grant_credits(&w.staff, support.balance, &ending("5", 20)).await.unwrap();
    let draft = w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
    // Just before: nothing. At the instant itself: gone (CR-8).
    let end = start().plus_days(20);
    let before = Timestamp::from_unix_micros(end.unix_micros() - 1).unwrap();
    assert_eq!(w.app.run_due(before).await.unwrap().total(), 0);
    w.clock.days_pass(90);
    assert_eq!(taken(&w.app.run_due(end).await.unwrap()), [(TimedStep::CreditExpiry, 1)]);
    assert_eq!(taken(&w.caught_up().await), [(TimedStep::DraftHoldRelease, 1)]);
    // Held credits do not end with their lot; given back, they do at once (CR-4).
    assert_eq!(w.ledger(2).await, "expire 30 20, release 20 30, expire 20 30");
    assert_eq!(w.request(draft).await.record().changed_at, start().plus_days(30));
    w.audit().await;
}

/// Drafts, completed requests and lots that end, so many of each and in as many balances.
async fn a_busy_month(w: &World, each: i64) -> Vec<CreditBalanceId> {
    let acme = w.organization("Acme").await;
    let mut balances = Vec::new();
    for number in 0..each {
        let support = w.support(acme, "20").await;
        w.app.grant_credits(&w.staff, support.balance, &ending("3", number % 7 + 3)).await.unwrap();
        w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
        w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
        balances.push(support.balance);
    }
    balances
}

/// Each of `each` drafts, completed requests and lots had its step, once.
async fn each_took_place_once(w: &World, each: i64) {
    for event in ["credits.expired", "service_request.hold_given_back", "service_request.accepted"] {
        assert_eq!(w.events(event).await, each, "{event}");
    }
    assert_eq!(w.count("ledger_entry", "kind = 'expire'").await, each);
    assert_eq!(w.count("credit_hold", "state = 'released'").await, each);
    assert_eq!(w.count("service_request", "accepted_at IS NOT NULL").await, each);
    assert_eq!(w.count("service_request", "hold_given_back").await, each);
    assert_eq!(w.count("service_request", "next_due IS NOT NULL").await, 0);
    w.audit().await;
}

async fn wk_2_many_workers_take_each_step_once(db: TestDatabase) {
    let w = World::new(db);
    a_busy_month(&w, 12).await;
    w.clock.days_pass(60);
    // Workers on connections of their own, as other servers have.
    let mut running = JoinSet::new();
    for _ in 0..4 {
        let (app, until) = (w.under(json!({})), w.now());
        running.spawn(async move { app.run_due(until).await.unwrap() });
        let (app, until) = (w.app.clone(), w.now());
        running.spawn(async move {
            let mut work = app.catch_up(until);
            while work.round().await.unwrap() == Progress::Taken {}
            work.report().clone()
        });
    }
    let reports = running.join_all().await;
    assert!(reports.iter().all(|report| report.failed.is_empty()));
    assert_eq!(reports.iter().map(Report::total).sum::<u64>(), 36);
    each_took_place_once(&w, 12).await;
}

async fn wk_2_one_worker_has_the_turn_and_no_other_waits_for_it(db: TestDatabase) {
    use service_delivery::Storage as _;
    let w = World::new(db);
    a_busy_month(&w, 1).await;
    w.clock.days_pass(60);
    // SQLite has one writer: whoever begins has the turn.
    if w.db.admin_url().is_some() {
        let mut other = w.db.begin().await.unwrap();
        assert!(other.schedule().take_turn(false).await.unwrap());
        let mut work = w.app.catch_up(w.now());
        assert_eq!(work.round().await.unwrap(), Progress::Busy);
        // It dies: its turn is free as soon as the database has noticed.
        drop(other);
        let mut round = work.round().await.unwrap();
        while round == Progress::Busy {
            round = work.round().await.unwrap();
        }
        assert_eq!(round, Progress::Taken);
    }
    w.caught_up().await;
    each_took_place_once(&w, 1).await;
    let Progress::Done { next } = w.app.catch_up(w.now()).round().await.unwrap() else { panic!("done") };
    assert_eq!(next, Some(at("2027-05-10T12:00:00Z")), "the included credits end");
}

/// A future that is dropped after so many polls.
struct Cut<F> {
    future: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Future for Cut<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.future.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if self.polls == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.polls -= 1;
                Poll::Pending
            }
        }
    }
}

async fn wk_2_a_crash_at_any_point_leaves_each_step_taken_once(db: TestDatabase) {
    const CRASHES: u32 = 50;
    let w = World::new(db);
    let support = w.acme_support("1000").await;
    let (mut crashes, mut polls, mut each) = (0, 0, 0);
    while crashes < CRASHES {
        let expires_at = Some(w.now().plus_days(10));
        let bought = GrantCredits { expires_at, ..granting("1") };
        w.app.grant_credits(&w.staff, support.balance, &bought).await.unwrap();
        w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
        w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
        each += 1;
        w.clock.days_pass(31);
        // One await further each time, until it comes through; then from the first on again.
        match (Cut { future: Box::pin(w.app.run_due(w.now())), polls }).await {
            None => (crashes, polls) = (crashes + 1, polls + 1),
            Some(done) => {
                assert_eq!(done.unwrap().failed, []);
                polls = 0;
            }
        }
    }
    w.caught_up().await;
    // The included credits ended in the years that passed, too.
    let ended = w.count("event", "name = 'credits.expired'").await;
    assert_eq!(w.count("ledger_entry", "kind = 'expire'").await, ended);
    assert!(ended >= each);
    assert_eq!(w.events("service_request.hold_given_back").await, each);
    assert_eq!(w.events("service_request.accepted").await, each);
    assert_eq!(w.count("credit_hold", "state = 'released'").await, each);
    let as_due = [
        "accepted_at = completed_at + 7 * 86400000000",
        "hold_given_back AND changed_at = moved_at + 30 * 86400000000",
    ];
    for as_due in as_due {
        assert_eq!(w.count("service_request", as_due).await, each, "{as_due}");
    }
    w.audit().await;
}

/// The lots that were bought for the balance whose next step comes first.
const FIRST_LOTS: &str = "source = 'purchase' AND balance_id = \
    (SELECT id FROM credit_balance ORDER BY next_due, id LIMIT 1)";

async fn wk_2_a_step_that_fails_is_named_and_holds_up_no_other(db: TestDatabase) {
    let w = World::new(db);
    let balances = a_busy_month(&w, 4).await;
    let damage =
        format!("UPDATE credit_lot SET amount = amount + 1, available = available + 1 WHERE {FIRST_LOTS}");
    w.db.execute(&damage).await.unwrap();
    w.clock.days_pass(60);
    let report = w.app.run_due(w.now()).await.unwrap();
    assert_eq!(report.total(), 9);
    let failed: Vec<_> = report.failed.iter().map(|failed| failed.due).collect();
    assert_eq!(
        failed.iter().map(|due| due.at).collect::<Vec<_>>(),
        [3, 7, 30].map(|day| start().plus_days(day))
    );
    let Timed::CreditBalance(id) = failed[0].what else { panic!("{report:?}") };
    assert!(balances.contains(&id));
    for failed in &report.failed {
        assert!(matches!(failed.refusal, Refusal::Store(StoreError::Corrupt { .. })), "{failed:?}");
    }
    // A while later they are tried again, and named again.
    w.clock.seconds_pass(60);
    assert_eq!(w.app.run_due(w.now()).await.unwrap().failed, report.failed);
}

async fn wk_2_hundreds_of_steps_that_fail_hold_up_no_other(db: TestDatabase) {
    const FAILING: usize = 150;
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let (mut balances, first, last) = (Vec::new(), start().plus_days(3), start().plus_days(5));
    for number in 0..=FAILING {
        let balance = w.under_entitlement(w.gift(acme).await).await.credit_balance.unwrap();
        let days = if number < FAILING { 3 } else { 5 };
        w.app.grant_credits(&w.staff, balance, &ending("2", days)).await.unwrap();
        balances.push(balance);
    }
    let lots = |by: i64, of: &str| {
        format!("UPDATE credit_lot SET amount = amount + {by}, available = available + {by} WHERE {of}")
    };
    let due_first = format!("ends_at = {}", first.unix_micros());
    w.db.execute(&lots(1, &due_first)).await.unwrap();
    w.clock.days_pass(10);

    let report = w.app.run_due(w.now()).await.unwrap();
    assert_eq!(taken(&report), [(TimedStep::CreditExpiry, 1)], "what was due after all of them");
    let failed: Vec<Due> = report.failed.iter().map(|failed| failed.due).collect();
    let mut expected: Vec<Due> =
        balances[..FAILING].iter().map(|id| Due { at: first, what: Timed::CreditBalance(*id) }).collect();
    expected.sort();
    assert_eq!(failed, expected, "each is named, once");
    // They are left alone for a minute, by whoever works.
    w.clock.seconds_pass(59);
    assert_eq!(w.under(json!({})).run_due(w.now()).await.unwrap(), Report::default());
    w.clock.seconds_pass(1);
    w.db.execute(&lots(
        -1,
        &format!("{due_first} AND balance_id = (SELECT id FROM credit_balance ORDER BY id LIMIT 1)"),
    ))
    .await
    .unwrap();
    let report = w.app.run_due(w.now()).await.unwrap();
    assert_eq!((report.total(), report.failed.len()), (1, FAILING - 1), "the one that was mended");
    assert_eq!(w.count("timed_setback", "failures = 2").await, 149);
    assert_eq!(w.count("timed_setback", "1 = 1").await, 149);
    // Then for two minutes; mended, each takes place as of its instant.
    w.db.execute(&lots(-1, &format!("{due_first} AND available > 20"))).await.unwrap();
    w.clock.seconds_pass(119);
    assert_eq!(w.caught_up().await.total(), 0);
    w.clock.seconds_pass(1);
    assert_eq!(w.caught_up().await.total(), 149);
    assert_eq!(w.count("timed_setback", "1 = 1").await, 0);
    for (at, count) in [(first, 150), (last, 1)] {
        let expired = format!("kind = 'expire' AND at = {}", at.unix_micros());
        assert_eq!(w.count("ledger_entry", &expired).await, count);
    }
    w.audit().await;
}

/// Policies with a fault that one entitlement brings to light.
struct Faulty {
    policies: PolicySet,
    entitlement: EntitlementId,
}

impl PolicySource for Faulty {
    fn policies(&self, scope: &PolicyScope, as_of: Timestamp) -> Arc<Policies> {
        assert_ne!(scope.entitlement, Some(self.entitlement), "the fault");
        self.policies.policies(scope, as_of)
    }
}

async fn wk_2_a_fault_in_a_step_holds_up_no_other(db: TestDatabase) {
    let w = World::new(db);
    let balances = a_busy_month(&w, 3).await;
    w.clock.days_pass(60);
    let entitlement = w.balance(balances[1]).await.record().entitlement;
    let policies = PolicySet::try_new(&json!({})).unwrap();
    let faulty = w.governed_by(Arc::new(Faulty { policies, entitlement }));
    let report = faulty.run_due(w.now()).await.unwrap();
    assert_eq!((report.total(), report.failed.len()), (6, 3));
    assert!(report.failed.iter().all(|failed| matches!(failed.refusal, Refusal::Fault { .. })));
    // Without the fault they take place, and once.
    w.clock.seconds_pass(60);
    w.caught_up().await;
    each_took_place_once(&w, 3).await;
}

async fn wk_2_what_counts_as_due_and_is_not_does_not_keep_the_worker_busy(db: TestDatabase) {
    let w = World::new(db);
    a_busy_month(&w, 1).await;
    let damage = format!("UPDATE credit_lot SET ends_at = NULL, expires_at = NULL WHERE {FIRST_LOTS}");
    w.db.execute(&damage).await.unwrap();
    w.clock.days_pass(5);
    let report = w.app.run_due(w.now()).await.unwrap();
    assert_eq!((report.total(), report.failed.len()), (0, 1));
    assert!(report.failed[0].refusal.to_string().contains("counts as due"), "{report:?}");
}

async fn wk_2_what_somebody_was_quicker_to_do_is_left_alone(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let draft = w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
    let done = w.asked(&a_request(support.service).estimated("3"), Until::Completed).await;
    w.app.grant_credits(&w.staff, support.balance, &ending("5", 5)).await.unwrap();
    w.clock.days_pass(40);
    w.app.cancel_request(&w.staff, draft, None).await.unwrap();
    w.app.accept_request(&owner_of(support.organization), done).await.unwrap();
    // Whoever touched the balance wrote down what was due, when it was due.
    assert_eq!(w.events("credits.expired").await, 1);
    assert_eq!(w.caught_up().await.total(), 0);
    assert_eq!(w.request(done).await.record().acceptance.as_ref().unwrap().by.kind, ActorKind::Customer);
    w.audit().await;
}

async fn sr_12_a_draft_gives_its_hold_back_and_holds_it_again_when_it_moves(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"draft_hold_days": 10}}));
    let support = w.acme_support("5").await;
    let draft = w.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
    w.clock.days_pass(9);
    assert_eq!(w.caught_up().await.total(), 0);
    w.clock.days_pass(1);
    assert_eq!(taken(&w.caught_up().await), [(TimedStep::DraftHoldRelease, 1)]);
    assert_eq!(w.figures(support.balance).await, "5 0 0");
    assert_eq!(w.balance_for(support.balance, draft).await.hold(draft).unwrap().state, HoldState::Released);
    let row = w.request(draft).await.record().clone();
    assert!(row.hold_given_back && row.next_due.is_none());

    // It moves: held again, and the days are counted anew.
    let (_, events) = w.told(w.app.move_request(&w.staff, draft, &RequestChange::Submit)).await;
    assert_eq!(events, ["credits.reserved", "service_request.submitted"]);
    assert_eq!(w.figures(support.balance).await, "1 4 0");
    assert_eq!(w.request(draft).await.record().next_due, Some(w.now().plus_days(10)));
    w.clock.days_pass(10);
    assert_eq!(w.caught_up().await.total(), 1, "a pending one too");
    w.app.move_request(&w.staff, draft, &on_behalf()).await.unwrap();
    assert_eq!(w.held(support.balance, draft).await, credits("4"));
    w.clock.days_pass(100);
    assert_eq!(w.caught_up().await.total(), 0, "approved work keeps its hold");
    w.audit().await;
}

async fn sr_12_a_longer_time_under_another_policy_is_waited_for(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"draft_hold_days": 10}}));
    let support = w.acme_support("5").await;
    let draft = w.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
    w.clock.days_pass(15);
    let longer = w.under(json!({"credits": {"draft_hold_days": 20}}));
    assert_eq!(longer.run_due(w.now()).await.unwrap().total(), 0);
    assert_eq!(w.request(draft).await.record().next_due, Some(start().plus_days(20)));
    w.clock.days_pass(15);
    assert_eq!(longer.run_due(w.now()).await.unwrap().total(), 1);
    assert_eq!(w.request(draft).await.record().changed_at, start().plus_days(20));
    // Never, under a policy that never does.
    let never = w.under(json!({"credits": {"draft_hold_days": {"unset": true}}}));
    never.create_request(&w.staff, &a_request(support.service).estimated("1")).await.unwrap();
    assert_eq!(w.count("service_request", "next_due IS NOT NULL").await, 0);
}

async fn accepted_by_itself(w: &World, id: ServiceRequestId) {
    w.clock.days_pass(6);
    assert_eq!(w.caught_up().await.total(), 0);
    w.clock.days_pass(20);
    assert_eq!(taken(&w.caught_up().await), [(TimedStep::AutomaticAcceptance, 1)]);
    let acceptance = w.request(id).await.record().acceptance.clone().unwrap();
    assert_eq!((acceptance.by.kind, acceptance.at), (ActorKind::System, start().plus_days(7)));
    assert_eq!(w.idle(w.app.run_due(w.now())).await.total(), 0);
}

async fn sr_7_work_counts_as_accepted_when_it_is_debited_at_completion(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let id = w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
    assert_eq!(w.figures(support.balance).await, "6 0 4");
    accepted_by_itself(&w, id).await;
    assert_eq!(w.figures(support.balance).await, "6 0 4");
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!(w.status(id).await, "billed");
    w.audit().await;
}

async fn sr_7_work_counts_as_accepted_when_it_is_debited_at_acceptance(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"debit_on": "acceptance"}}));
    let support = w.acme_support("10").await;
    let id = w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
    assert_eq!(w.figures(support.balance).await, "6 4 0", "held until it is accepted");
    accepted_by_itself(&w, id).await;
    assert_eq!(w.figures(support.balance).await, "6 0 4");
    let settled = w.request(id).await.record().settled.unwrap();
    assert_eq!((settled.debited, settled.at), (credits("4"), start().plus_days(7)));
    assert!(w.ledger(2).await.ends_with("debit 40 7"));
    w.audit().await;
}

async fn cr_12_credits_that_end_give_notice_once(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"low_balance_at": "5"}}));
    let support = w.acme_support("0").await;
    for (amount, days) in [("4", 10), ("4", 20), ("4", 30)] {
        w.app.grant_credits(&w.staff, support.balance, &ending(amount, days)).await.unwrap();
    }
    w.clock.days_pass(40);
    let events = w.dated(w.app.run_due(w.now())).await;
    let expected =
        ["credits.expired 10", "credits.expired 20", "credit_balance.low 20", "credits.expired 30"];
    assert_eq!(events, expected, "8, then 4: once on the way down");
    // Above again: armed again.
    w.grant(support.balance, "9").await;
    w.clock.days_pass(400);
    assert_eq!(w.dated(w.app.run_due(w.now())).await.len(), 2);
    assert_eq!(w.events("credit_balance.low").await, 2);
    w.audit().await;
}

async fn cr_12_credits_that_began_and_ended_meanwhile_give_notice(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"low_balance_at": "5"}}));
    let support = w.acme_support("0").await;
    let later = GrantCredits { usable_from: Some(start().plus_days(10)), ..ending("9", 20) };
    w.app.grant_credits(&w.staff, support.balance, &later).await.unwrap();
    w.clock.days_pass(40);
    assert_eq!(w.dated(w.app.run_due(w.now())).await, ["credits.expired 20", "credit_balance.low 20"]);
}

async fn cr_12_credits_that_begin_arm_the_notice_again(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"low_balance_at": "5", "draft_hold_days": {"unset": true}}}));
    let support = w.acme_support("10").await;
    let later = GrantCredits { usable_from: Some(start().plus_days(10)), ..granting("4") };
    w.app.grant_credits(&w.staff, support.balance, &later).await.unwrap();
    w.asked(&a_request(support.service).estimated("6"), Until::Draft).await;
    assert_eq!(w.events("credit_balance.low").await, 1, "4 are left");
    w.asked(&a_request(support.service).estimated("1"), Until::Draft).await;
    assert_eq!(w.events("credit_balance.low").await, 1, "3 are left: once");
    // Nobody touched the balance on the day on which it went up to 7.
    w.clock.days_pass(20);
    let events = w.dated(w.app.create_request(&w.staff, &a_request(support.service).estimated("2"))).await;
    assert!(events.contains(&"credit_balance.low 20".to_owned()), "{events:?}");
    assert_eq!(w.events("credit_balance.low").await, 2);
}

async fn wk_2_what_a_step_makes_due_is_taken_before_what_is_due_later(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let support = w.support(acme, "0").await;
    // Held whole until day 30, when it is given back: its rest of 35 days is due only from then on.
    w.app.grant_credits(&w.staff, support.balance, &ending("2", 35)).await.unwrap();
    w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
    w.clock.days_pass(10);
    let other = w.support(acme, "5").await;
    w.asked(&a_request(other.service).estimated("2"), Until::Draft).await;
    w.clock.days_pass(50);
    let events = w.dated(w.app.run_due(w.now())).await;
    let expected = [
        "credits.released 30",
        "service_request.hold_given_back 30",
        "credits.expired 35",
        "credits.released 40",
        "service_request.hold_given_back 40",
    ];
    assert_eq!(events, expected);
    w.audit().await;
}

async fn cr_14_credits_that_begin_repay_an_overdraft_by_themselves(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"on_exhausted": "overdraft", "overdraft_limit": "10"}}));
    let support = w.acme_support("0").await;
    w.asked(&a_request(support.service).estimated("3"), Until::Completed).await;
    assert_eq!(w.balance(support.balance).await.totals().overdraft, credits("3"));
    let later = GrantCredits { usable_from: Some(start().plus_days(5)), ..ending("8", 9) };
    w.app.grant_credits(&w.staff, support.balance, &later).await.unwrap();
    w.clock.days_pass(30);
    let report = w.caught_up().await;
    assert_eq!(report.taken[&TimedStep::CreditExpiry], 2, "it repays, and its rest ends");
    assert!(w.ledger(2).await.ends_with("debit 30 5, expire 50 9"), "{}", w.ledger(0).await);
    assert!(w.balance(support.balance).await.totals().overdraft.is_zero());
    w.audit().await;
}

async fn cr_8_hundreds_of_balances_are_brought_up_to_date_together(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let mut balances = Vec::new();
    for number in 0..300 {
        let entitlement = w.gift(acme).await;
        let balance = w.under_entitlement(entitlement).await.credit_balance.unwrap();
        // Two instants each, interleaved with those of the others.
        for (amount, days) in [("2", 3 + number % 5), ("1", 20 + number % 3)] {
            w.app.grant_credits(&w.staff, balance, &ending(amount, days)).await.unwrap();
        }
        balances.push(balance);
    }
    w.clock.days_pass(30);
    let report = w.caught_up().await;
    assert_eq!(taken(&report), [(TimedStep::CreditExpiry, 600)]);
    for balance in balances {
        assert_eq!(w.figures(balance).await, "0 0 0");
    }
    let order = "SELECT count(*) FROM event a JOIN event b ON b.seq > a.seq AND b.at < a.at
        WHERE a.name = 'credits.expired' AND b.name = 'credits.expired'";
    assert_eq!(w.db.number(order).await.unwrap(), 0, "in the order in which they were due");
    w.audit().await;
}

impl World {
    /// A service entitlement without an order, with an empty balance.
    async fn gift(&self, organization: kernel::OrganizationId) -> kernel::EntitlementId {
        let product = match self.ids("product").await.first() {
            Some(product) => *product,
            None => self.product(kernel::EntitlementClass::Svc, |_| {}).await,
        };
        let new = service_delivery::CreateEntitlement {
            class: kernel::EntitlementClass::Svc,
            organization: Some(organization),
            holder: None,
            product: Some(product),
            support_class: None,
        };
        self.app.create_entitlement(&self.staff, &new).await.unwrap()
    }

    /// The same company, whose clock can be set.
    fn settable(&self) -> ServiceDelivery {
        let clock = Arc::new(Settable(self.clock.clone()));
        Arc::into_inner(self.under(json!({}))).unwrap().with_test_clock(clock)
    }
}

struct Settable(Arc<crate::support::TestClock>);

#[async_trait]
impl TestClock for Settable {
    async fn set_forward(&self, to: Timestamp) -> Result<(), StoreError> {
        let ahead = to.unix_micros() - self.0.now().unix_micros();
        self.0.days_pass(ahead / DAY);
        self.0.seconds_pass(ahead % DAY / 1_000_000);
        Ok(())
    }
}

async fn wk_3_a_clock_that_is_set_forward_lets_everything_happen(db: TestDatabase) {
    let w = World::new(db);
    a_busy_month(&w, 2).await;
    let refusal = w.refused(w.app.set_clock(start().plus_days(60))).await;
    assert!(matches!(refusal, Refusal::Forbidden { .. }));
    assert!(!w.app.clock().settable);

    let app = w.settable();
    let refusal = w.refused(app.set_clock(start().plus_days(-1))).await;
    assert_eq!(wrong(&refusal), ["now"]);
    let (reading, report) = app.set_clock(start().plus_days(60)).await.unwrap();
    assert_eq!((reading.now, reading.settable), (start().plus_days(60), true));
    assert_eq!(
        taken(&report),
        [(TimedStep::CreditExpiry, 2), (TimedStep::DraftHoldRelease, 2), (TimedStep::AutomaticAcceptance, 2)]
    );
    each_took_place_once(&w, 2).await;
}
