use super::*;

#[test]
fn cr_6_below_the_hold_debits_in_order_and_releases_the_rest() {
    let mut story = a_balance().with(1, "4").with(2, "4");
    story.reserve(1, "6");
    let made = story.settle(1, "4.5");
    assert_eq!(
        (made.debited(), made.released(), made.excess()),
        (credits("4.5"), credits("1.5"), Credits::ZERO)
    );
    assert_eq!(story.lot(1), ["0", "0", "4", "0", "0"]);
    assert_eq!(story.lot(2), ["3.5", "0", "0.5", "0", "0"]);
    assert_eq!(story.kinds()[3..], [EntryKind::Debit, EntryKind::Release]);
}

#[test]
fn cr_6_exactly_the_hold_is_one_debit() {
    let mut story = a_balance().with(1, "4");
    story.reserve(1, "4");
    story.settle(1, "4");
    assert_eq!(story.kinds(), [EntryKind::Grant, EntryKind::Reserve, EntryKind::Debit]);
}

#[test]
fn cr_6_beyond_the_hold_debits_what_is_available_then_excess() {
    let mut story = a_balance().with(1, "4").with(2, "4");
    story.reserve(1, "5");
    let made = story.settle(1, "10");
    assert_eq!(
        (made.debited(), made.excess(), made.overdrawn()),
        (credits("8"), credits("2"), Credits::ZERO)
    );
    assert_eq!(story.debits(1), slices(&[(1, "4"), (2, "4")]));
    assert_eq!(story.balance.totals().excess, credits("2"));
    assert_eq!(story.kinds()[3..], [EntryKind::Debit, EntryKind::Excess]);
    assert_eq!(made.actual(), credits("10"));
}

#[test]
fn cr_6_completion_is_never_refused_for_want_of_credits() {
    for policy in [bill_excess(), block(), overdraft("1")] {
        let mut story = a_balance().with(1, "1");
        story.balance.freeze();
        let made = story.settle_under(1, "5", &policy);
        let left = credits("4").checked_sub(made.overdrawn()).unwrap();
        assert_eq!((made.debited(), made.excess()), (credits("1"), left));
    }
}

#[test]
fn cr_6_under_overdraft_the_rest_is_overdrawn_to_the_limit_and_then_excess() {
    let mut story = a_balance().with(1, "4");
    let made = story.settle_under(1, "10", &overdraft("3"));
    assert_eq!((made.debited(), made.overdrawn(), made.excess()), (credits("4"), credits("3"), credits("3")));
    let next = story.settle_under(2, "1", &overdraft("3"));
    assert_eq!((next.overdrawn(), next.excess()), (Credits::ZERO, credits("1")));
}

#[test]
fn cr_6_an_overdraft_that_was_promised_is_kept_though_the_policy_changed() {
    let mut story = a_balance().with(1, "4");
    story.try_reserve(1, "6", &overdraft("3")).unwrap();
    let made = story.settle(1, "7");
    assert_eq!((made.debited(), made.overdrawn(), made.excess()), (credits("4"), credits("2"), credits("1")));
    assert_eq!(story.balance.totals().overdraft_held, Credits::ZERO);
}

#[test]
fn cr_6_a_shortfall_ends_with_the_settlement() {
    let mut story = a_balance().with(1, "2");
    story.reserve(1, "5");
    assert_eq!(story.settle(1, "0").released(), credits("2"));
    assert_eq!(story.balance.totals().shortfall, Credits::ZERO);
    assert_eq!(story.usable(), "2");
    story.reserve(2, "5");
    assert_eq!(story.settle(2, "4").excess(), credits("2"));
    assert_eq!(story.balance.totals().shortfall, Credits::ZERO);
}

#[test]
fn cr_6_credits_held_past_their_expiry_still_pay() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 0));
    story.reserve(1, "6");
    let made = story.at(20).settle(1, "5");
    assert_eq!((made.debited(), made.released()), (credits("5"), credits("1")));
    assert_eq!(story.lot(1), ["0", "0", "5", "5", "0"]);
}

#[test]
fn cr_7_settling_the_same_twice_says_so_and_changes_nothing() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "4");
    let made = story.settle(1, "3");
    let before = story.balance.clone();
    let again = story.balance.settle(request(1), credits("3"), &bill_excess(), &story.occasion()).unwrap();
    assert_eq!((again.settlement, again.repeated), (made, true));
    let refused = story.balance.settle(request(1), credits("4"), &bill_excess(), &story.occasion());
    assert_eq!(refused, Err(SettleError::SettledOtherwise { settled: credits("3"), actual: credits("4") }));
    assert_eq!(story.balance, before);
}

#[test]
fn cr_13_without_a_balance_everything_is_excess() {
    let made = Settlement::unbacked(request(1), credits("4.5"));
    assert_eq!(
        (made.actual(), made.excess(), made.debited()),
        (credits("4.5"), credits("4.5"), Credits::ZERO)
    );
    assert_eq!((made.balance(), made.request()), (None, request(1)));
}

#[test]
fn cr_1_figures_that_do_not_fit_are_errors_and_change_nothing() {
    let mut story = a_balance();
    let policy = bill_excess();
    let settle = |story: &mut Story, number| {
        story.balance.settle(request(number), Credits::MAX, &policy, &story.occasion())
    };
    assert_eq!(settle(&mut story, 1).unwrap().settlement.excess(), Credits::MAX);
    let before = story.balance.clone();
    assert_eq!(settle(&mut story, 2), Err(SettleError::Balance(BalanceError::Overflow)));
    assert_eq!(story.balance, before);
    let unlimited = overdraft("922337203685477580.7");
    let most = "922337203685477580.7";
    assert!(story.try_reserve(4, most, &unlimited).is_ok());
    assert!(matches!(story.try_reserve(5, "0.1", &unlimited), Err(ReserveError::OverdraftLimit { .. })));
    assert!(story.try_reserve(6, most, &bill_excess()).is_ok());
    assert_eq!(
        story.try_reserve(7, most, &bill_excess()),
        Err(ReserveError::Balance(BalanceError::Overflow))
    );
    assert_eq!(story.balance.figures_at(story.now).balance(), Credits::from_units(-i64::MAX));
}
