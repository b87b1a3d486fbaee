//! Credits in the hands of staff, and what many at once do to them.

use std::sync::Arc;

use kernel::Timestamp;
use serde_json::json;
use service_delivery::{
    AdjustCredits, AdjustmentDirection, CorrectCredits, GrantCredits, Made, PreviewOf, PreviewOn, Refusal,
    RequestGround,
};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;
use ust_credits::{Complexity, LotSource, MAX_FIGURE, NotPreApproved, PayerReason};

use crate::{
    on_both,
    support::{
        World, a_request,
        asked::*,
        credits, illegal, missing, owner_of, rule,
        sold::{Support, granting},
        wrong,
    },
};

on_both!(
    cr_6_a_hundred_clients_complete_one_request_and_one_debit_is_made,
    cr_6_no_figure_is_so_large_that_the_balance_is_stuck,
    a_top_up_sent_by_many_at_once_counts_once,
    cr_2_a_reference_names_one_grant_with_all_that_was_said_of_it,
    adjusting_needs_a_reason_and_never_goes_below_zero,
    cr_14_corrections_give_back_what_was_debited_and_no_more,
    a_withdrawn_lot_is_taken_once,
    en_5_a_balance_frozen_by_staff_stays_frozen_when_its_entitlement_is_active_again,
    cr_15_a_preview_tells_what_the_request_would_hold_and_holds_nothing,
    cr_13_a_preview_finds_the_balance_that_would_pay,
);

async fn cr_6_a_hundred_clients_complete_one_request_and_one_debit_is_made(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let id = w.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        clients.spawn(async move { app.complete_request(&staff, id, &took("3.5")).await });
    }
    let outcomes = clients.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(illegal(refused), ("completed", "complete"));
    }
    assert_eq!(w.figures(support.balance).await, "36.5 0 3.5");
    assert_eq!(w.count("ledger_entry", "kind = 'debit'").await, 1);
    assert_eq!(w.events("credits.settled").await, 1);
    w.audit().await;
}

async fn cr_6_no_figure_is_so_large_that_the_balance_is_stuck(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("4").await;
    let beyond = ust_credits::Credits::from_units(MAX_FIGURE.units() + 1).to_string();
    for estimate in [beyond.as_str(), "922337203685477580.7"] {
        let new = a_request(support.service).estimated(estimate);
        assert_eq!(wrong(&w.refused(w.app.create_request(&w.staff, &new)).await), ["estimate"]);
    }
    let id = w.asked(&a_request(support.service).estimated("1"), Until::InProgress).await;
    for figure in [beyond.as_str(), "922337203685477580.7"] {
        let refusal = w.refused(w.app.estimate_request(&w.staff, id, &estimate_of(figure))).await;
        assert_eq!(wrong(&refusal), ["estimate"]);
        let refusal = w.refused(w.app.complete_request(&w.staff, id, &took(figure))).await;
        assert_eq!(wrong(&refusal), ["actual"]);
    }
    // The most of all, and the balance goes on.
    w.app.complete_request(&w.staff, id, &took(&MAX_FIGURE.to_string())).await.unwrap();
    w.asked(&a_request(support.service).estimated("2"), Until::Completed).await;
    assert_eq!(w.balance(support.balance).await.totals().excess.to_string(), "99999998");
    w.audit().await;
}

async fn a_top_up_sent_by_many_at_once_counts_once(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("0").await;
    let top_up = Arc::new(GrantCredits { external_ref: Some("pix-4711".to_owned()), ..granting("5") });
    let mut clients = JoinSet::new();
    for _ in 0..50 {
        let (app, staff, top_up) = (w.app.clone(), w.staff.clone(), top_up.clone());
        clients.spawn(async move { app.grant_credits(&staff, support.balance, &top_up).await.unwrap() });
    }
    let made = clients.join_all().await;
    assert_eq!(made.iter().filter(|made| matches!(made, Made::New(_))).count(), 1);
    let lots: std::collections::BTreeSet<_> = made.into_iter().map(Made::into_inner).collect();
    assert_eq!(lots.len(), 1, "all are told of the same lot");
    assert_eq!(w.figures(support.balance).await, "5 0 0");
    assert_eq!(w.events("credits.granted").await, 1);
    let other = GrantCredits { external_ref: Some("pix-4711".to_owned()), ..granting("6") };
    let refusal = w.refused(w.app.grant_credits(&w.staff, support.balance, &other)).await;
    assert_eq!(rule(&refusal), "external-ref-taken");
    w.audit().await;
}

async fn cr_2_a_reference_names_one_grant_with_all_that_was_said_of_it(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("0").await;
    let ends = w.now().plus_days(60);
    let first = GrantCredits {
        usable_from: Some(w.now().plus_days(1)),
        expires_at: Some(ends),
        external_ref: Some("e1".to_owned()),
        ..granting("1")
    };
    let lot = w.app.grant_credits(&w.staff, support.balance, &first).await.unwrap().into_inner();
    w.clock.days_pass(2);
    // The same again; also where it leaves to the policy what was said the first time.
    for same in [first.clone(), GrantCredits { usable_from: None, expires_at: None, ..first.clone() }] {
        let again = w.idle(w.app.grant_credits(&w.staff, support.balance, &same)).await;
        assert_eq!(again, Made::Existing(lot));
    }
    for (other, differs) in [
        (GrantCredits { expires_at: Some(ends.plus_days(1)), ..first.clone() }, "expires_at is"),
        (GrantCredits { usable_from: Some(ends.plus_days(-1)), ..first.clone() }, "usable_from is"),
        (GrantCredits { source: LotSource::Refund, ..first.clone() }, "source is purchase"),
        (GrantCredits { amount: credits("2"), ..first.clone() }, "amount is 1"),
    ] {
        let refusal = w.refused(w.app.grant_credits(&w.staff, support.balance, &other)).await;
        assert_eq!(rule(&refusal), "external-ref-taken");
        assert!(refusal.to_string().contains(differs), "{refusal}");
    }
    // Credits added by hand are other credits than those bought.
    let by_hand = AdjustCredits {
        external_ref: first.external_ref.clone(),
        ..adjusting(AdjustmentDirection::Add, "1", "x")
    };
    let refusal = w.refused(w.app.adjust_credits(&w.staff, support.balance, &by_hand)).await;
    assert_eq!(rule(&refusal), "external-ref-taken");
}

fn adjusting(direction: AdjustmentDirection, amount: &str, reason: &str) -> AdjustCredits {
    AdjustCredits {
        direction,
        amount: credits(amount),
        expires_at: None,
        external_ref: None,
        reason: reason.to_owned(),
    }
}

async fn adjusting_needs_a_reason_and_never_goes_below_zero(db: TestDatabase) {
    use AdjustmentDirection::{Add, TakeBack};
    let w = World::new(db);
    let support = w.acme_support("4").await;
    let adjust = |adjustment: AdjustCredits| {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        async move { app.adjust_credits(&staff, support.balance, &adjustment).await }
    };
    let beyond = ust_credits::Credits::from_units(MAX_FIGURE.units() + 1);
    for (adjustment, fields) in [
        (adjusting(Add, "1", " "), vec!["reason"]),
        (adjusting(Add, "0", ""), vec!["reason", "amount"]),
        (AdjustCredits { amount: beyond, ..adjusting(Add, "1", "x") }, vec!["amount"]),
        (adjusting(TakeBack, "1", "\t"), vec!["reason"]),
        (adjusting(TakeBack, "0", "x"), vec!["amount"]),
        (
            AdjustCredits { external_ref: Some("x".into()), ..adjusting(TakeBack, "1", "x") },
            vec!["external_ref"],
        ),
        (AdjustCredits { expires_at: Some(Timestamp::MIN), ..adjusting(Add, "1", "x") }, vec!["expires_at"]),
    ] {
        assert_eq!(wrong(&w.refused(adjust(adjustment)).await), fields);
    }
    assert_eq!(rule(&w.refused(adjust(adjusting(TakeBack, "4.1", "x"))).await), "below-zero");
    let blank = GrantCredits { reason: "  ".to_owned(), ..granting("1") };
    assert_eq!(wrong(&w.refused(w.app.grant_credits(&w.staff, support.balance, &blank)).await), ["reason"]);

    let (_, events) = w.told(adjust(adjusting(Add, "2", "an outage"))).await;
    assert_eq!(events, ["credits.adjusted"]);
    let (_, events) = w.told(adjust(adjusting(TakeBack, "5.5", "a mistake"))).await;
    assert_eq!(events, ["credits.adjusted"]);
    assert_eq!(w.figures(support.balance).await, "0.5 0 0");
    assert_eq!(w.count("ledger_entry", "kind = 'adjust' AND cause IN ('an outage', 'a mistake')").await, 2);
    let ana = owner_of(w.organization("Other").await);
    let one_more = adjusting(Add, "1", "x");
    let theirs = w.app.adjust_credits(&ana, support.balance, &one_more);
    assert_eq!(missing(&w.refused(theirs).await), "credit balance");
    w.audit().await;
}

async fn cr_14_corrections_give_back_what_was_debited_and_no_more(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("4").await;
    let id = w.asked(&a_request(support.service).estimated("6"), Until::Completed).await;
    assert_eq!(w.figures(support.balance).await, "0 0 4");
    let correct = |amount: Option<&str>, reason: &str| {
        let correction = CorrectCredits { amount: amount.map(credits), reason: reason.to_owned() };
        let (app, staff) = (w.app.clone(), w.staff.clone());
        async move { app.correct_credits(&staff, id, &correction).await }
    };
    assert_eq!(wrong(&w.refused(correct(Some("1"), " ")).await), ["reason"]);
    assert_eq!(rule(&w.refused(correct(Some("4.1"), "x")).await), "not-debited");
    assert_eq!(wrong(&w.refused(correct(Some("0"), "x")).await), ["amount"]);
    let version = w.request(id).await.version();
    let (_, events) = w.told(correct(Some("1.5"), "our own mistake")).await;
    assert_eq!(events, ["credits.corrected"]);
    assert_eq!(
        w.request(id).await.version(),
        version + 1,
        "what is shown of the request is another thing now"
    );
    assert_eq!(w.figures(support.balance).await, "1.5 0 2.5");
    correct(None, "all of it").await.unwrap();
    assert_eq!(w.figures(support.balance).await, "4 0 0");
    assert_eq!(rule(&w.refused(correct(None, "again")).await), "not-debited");
    assert_eq!(w.balance(support.balance).await.totals().excess, credits("2"), "the excess stands");
    assert_eq!(w.status(id).await, "completed");
    // Reopened after a correction, only the excess is left to be reversed; done again, it is debited anew.
    w.app.reopen_request(&w.staff, id, "not right").await.unwrap();
    w.app.complete_request(&w.staff, id, &took("3")).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "1 0 3");

    let draft = w.asked(&a_request(support.service).estimated("1"), Until::Draft).await;
    let open = CorrectCredits { amount: None, reason: "x".to_owned() };
    let refusal = w.refused(w.app.correct_credits(&w.staff, draft, &open)).await;
    assert_eq!(illegal(&refusal), ("open", "reverse"));
    w.audit().await;
}

async fn a_withdrawn_lot_is_taken_once(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("4").await;
    let id = w.asked(&a_request(support.service).estimated("1"), Until::Pending).await;
    let lot = w.ids("credit_lot").await[0];
    let taken = w.app.withdraw_lot(&w.staff, support.balance, lot, "refunded").await.unwrap();
    assert_eq!(taken, credits("3"));
    let again = w.idle(w.app.withdraw_lot(&w.staff, support.balance, lot, "refunded")).await;
    assert_eq!(again, credits("0"));
    let unknown = w.app.withdraw_lot(&w.staff, support.balance, w.fresh(), "refunded");
    assert_eq!(missing(&w.refused(unknown).await), "lot");
    w.app.cancel_request(&w.staff, id, None).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "0 0 0", "what was held is gone when it comes back");
    w.audit().await;
}

async fn en_5_a_balance_frozen_by_staff_stays_frozen_when_its_entitlement_is_active_again(db: TestDatabase) {
    use service_delivery::EntitlementChange::{Reactivate, Suspend};
    let w = World::new(db);
    let support = w.acme_support("4").await;
    let freeze = |frozen: bool, reason: &'static str| {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        async move { app.freeze_credits(&staff, support.balance, frozen, reason).await }
    };
    assert_eq!(wrong(&w.refused(freeze(true, " ")).await), ["reason"]);
    let (changed, events) = w.told(freeze(true, "a dispute")).await;
    assert_eq!((changed, events), (true, vec!["credit_balance.frozen".to_owned()]));
    assert!(!w.idle(freeze(true, "a dispute")).await);
    for change in [Suspend, Reactivate] {
        w.app.change_entitlement(&w.staff, support.entitlement, change, "late").await.unwrap();
    }
    let new = a_request(support.service).estimated("1");
    assert_eq!(rule(&w.refused(w.app.create_request(&w.staff, &new)).await), "balance-frozen");
    assert!(freeze(false, "settled").await.unwrap());
    w.app.create_request(&w.staff, &new).await.unwrap();
    w.audit().await;
}

async fn cr_15_a_preview_tells_what_the_request_would_hold_and_holds_nothing(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"pre_approved_up_to": "5", "monthly_limit": "6"}}));
    let support = w.acme_support("2").await;
    w.clock.seconds_pass(1);
    w.grant(support.balance, "3").await;
    let on = PreviewOn::Ground(RequestGround::Service(support.service));
    let preview = |credits: &str| {
        let of = PreviewOf::Credits(crate::support::credits(credits));
        let (app, staff) = (w.app.clone(), w.staff.clone());
        async move { app.preview_credits(&staff, on, of).await }
    };
    let told = w.idle(preview("4")).await;
    assert_eq!(told.payer, Some((support.balance, PayerReason::Entitlement)));
    let lots: Vec<_> = told.lots.iter().map(|(_, amount)| amount.to_string()).collect();
    assert_eq!(
        (lots, told.excess, told.overdraft),
        (vec!["2".into(), "2".into()], credits("0"), credits("0"))
    );
    assert_eq!(told.not_pre_approved, []);
    let told = w.idle(preview("7")).await;
    assert_eq!(told.excess, credits("2"));
    let against =
        [NotPreApproved::AbovePreApproved, NotPreApproved::AboveMonthlyLimit, NotPreApproved::NotCovered];
    assert_eq!(told.not_pre_approved, against);
    // What is foretold is what is done.
    let foretold = preview("4").await.unwrap();
    let id = w.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
    let held = w.balance_for(support.balance, id).await.hold(id).unwrap().held.clone();
    let foretold: Vec<_> = foretold.lots.iter().map(|(lot, amount)| (lot.id, *amount)).collect();
    assert_eq!(held.0.iter().map(|part| (part.lot, part.amount)).collect::<Vec<_>>(), foretold);

    let item = w.item("THEME", "0.1", Complexity::Medium).await;
    let of = PreviewOf::CatalogItem(item, None);
    let told = w.idle(w.app.preview_credits(&w.staff, PreviewOn::Balance(support.balance), of)).await;
    assert_eq!((told.credits, told.payer), (credits("0.2"), Some((support.balance, PayerReason::Named))));
    let block = w.under(json!({"credits": {"on_exhausted": "block"}}));
    let of = PreviewOf::Credits(credits("2"));
    let refused = block.preview_credits(&w.staff, on, of).await.unwrap_err();
    assert_eq!(rule(&refused), "insufficient-credits");
    w.app.freeze_credits(&w.staff, support.balance, true, "a dispute").await.unwrap();
    assert_eq!(rule(&preview("1").await.unwrap_err()), "balance-frozen");
}

async fn cr_13_a_preview_finds_the_balance_that_would_pay(db: TestDatabase) {
    let w = World::new(db);
    let Support { organization, balance, entitlement, .. } = w.acme_support("2").await;
    let linked = w.campus(organization, Some(balance)).await;
    let loose = w.campus(organization, None).await;
    let alone = w.organization("Alone").await;
    let nothing = w.campus(alone, None).await;
    let ground = |environment| PreviewOn::Ground(RequestGround::Environment(environment));
    let of = PreviewOf::Credits(credits("1"));
    for (on, payer) in [
        (PreviewOn::Entitlement(entitlement), Some((balance, PayerReason::Entitlement))),
        (ground(linked.environment), Some((balance, PayerReason::Environment))),
        (ground(loose.environment), Some((balance, PayerReason::OldestLot))),
        (ground(nothing.environment), None),
    ] {
        let told = w.idle(w.app.preview_credits(&w.staff, on, of)).await;
        assert_eq!(told.payer, payer);
        assert_eq!(told.excess, if payer.is_some() { credits("0") } else { credits("1") });
    }
    // Another customer's ground does not exist.
    let stranger = owner_of(alone);
    for (on, what) in [
        (PreviewOn::Entitlement(entitlement), "entitlement"),
        (ground(linked.environment), "environment"),
        (PreviewOn::Balance(balance), "credit balance"),
    ] {
        let refused: Refusal = w.refused(w.app.preview_credits(&stranger, on, of)).await;
        assert_eq!(missing(&refused), what);
    }
}
