use super::*;
use crate::HoldState;

#[test]
fn cr_3_the_lot_granted_first_is_used_first() {
    let mut story = a_balance().with(9, "4");
    story.at(1);
    let mut story = story.with(1, "4");
    story.reserve(1, "6");
    assert_eq!(story.holds(1), slices(&[(9, "4"), (1, "2")]));
}

#[test]
fn cr_3_lots_granted_at_the_same_instant_are_used_by_id() {
    let mut story = a_balance().with(9, "4").with(1, "4");
    story.reserve(1, "6");
    assert_eq!(story.holds(1), slices(&[(1, "4"), (9, "2")]));
}

#[test]
fn cr_3_a_lot_not_yet_usable_or_expired_is_skipped() {
    let mut story = a_balance();
    story.grant(a_grant(1, "4").expiring(second(10), 0));
    story.grant(a_grant(2, "4").usable_from(second(20)));
    story.grant(a_grant(3, "4"));
    story.at(10);
    story.reserve(1, "4");
    assert_eq!(story.holds(1), slices(&[(3, "4")]));
    story.at(20);
    story.reserve(2, "4");
    assert_eq!(story.holds(2), slices(&[(2, "4")]));
}

#[test]
fn cr_4_held_credits_are_not_available_to_others() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "6");
    assert_eq!(story.usable(), "4");
    let second = story.reserve(2, "6");
    assert_eq!((second.held, second.shortfall), (credits("4"), credits("2")));
}

#[test]
fn cr_4_held_credits_do_not_expire_and_do_when_released() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 0));
    story.reserve(1, "6");
    story.at(30).release(1);
    assert_eq!(story.lot(1), ["0", "0", "0", "10", "0"]);
    let dates: Vec<_> =
        story.balance.new_entries().iter().skip(2).map(|entry| (entry.kind, entry.at)).collect();
    let expected =
        [(EntryKind::Expire, second(10)), (EntryKind::Release, second(30)), (EntryKind::Expire, second(30))];
    assert_eq!(dates, expected);
}

#[test]
fn cr_5_bill_excess_holds_what_there_is_and_records_the_shortfall() {
    let mut story = a_balance().with(1, "4.5");
    let held = story.reserve(1, "6");
    assert_eq!((held.held, held.overdraft, held.shortfall), (credits("4.5"), Credits::ZERO, credits("1.5")));
    assert_eq!(story.balance.totals().shortfall, credits("1.5"));
    let nothing = story.reserve(2, "3");
    assert_eq!((nothing.held, nothing.shortfall), (Credits::ZERO, credits("3")));
}

#[test]
fn cr_5_block_refuses_and_nothing_changes() {
    let mut story = a_balance().with(1, "4");
    let refused = story.try_reserve(1, "4.1", &block()).unwrap_err();
    assert_eq!(refused, ReserveError::Exhausted { needed: credits("4.1"), usable: credits("4") });
    assert!(story.try_reserve(1, "4", &block()).is_ok());
}

#[test]
fn cr_5_overdraft_goes_down_to_its_limit_and_refuses_past_it() {
    let mut story = a_balance().with(1, "4");
    let refused = story.try_reserve(1, "7.1", &overdraft("3")).unwrap_err();
    let (needed, usable, room) = (credits("7.1"), credits("4"), credits("3"));
    assert_eq!(refused, ReserveError::OverdraftLimit { needed, usable, room });
    let held = story.try_reserve(1, "6", &overdraft("3")).unwrap();
    assert_eq!((held.held, held.overdraft), (credits("4"), credits("2")));
    assert_eq!(story.balance.figures_at(story.now).balance().to_string(), "-2");
    assert!(matches!(
        story.try_reserve(2, "1.1", &overdraft("3")),
        Err(ReserveError::OverdraftLimit { room, .. }) if room == credits("1")
    ));
    assert!(story.try_reserve(2, "1", &overdraft("3")).is_ok());
    story.settle_under(1, "6", &overdraft("3"));
    assert_eq!(story.balance.totals().overdraft, credits("2"));
    assert!(story.try_reserve(3, "0.1", &overdraft("3")).is_err());
}

#[test]
fn cr_7_reserving_the_same_twice_says_so_and_changes_nothing() {
    let mut story = a_balance().with(1, "4");
    assert!(!story.reserve(1, "6").repeated);
    let before = story.balance.clone();
    assert!(story.at(50).reserve(1, "6").repeated);
    assert_eq!(story.balance, before);
}

#[test]
fn sr_6_a_higher_estimate_keeps_what_is_held_and_adds_to_it() {
    let mut story = a_balance();
    story.grant(a_grant(1, "5").expiring(second(10), 0));
    story.reserve(1, "3");
    story.at(20);
    let mut story = story.with(2, "5");
    story.reserve(1, "4");
    assert_eq!(story.holds(1), slices(&[(1, "3"), (2, "1")]));
}

#[test]
fn sr_6_where_the_new_estimate_is_refused_the_old_hold_stands() {
    let mut story = a_balance().with(1, "5");
    story.try_reserve(1, "3", &block()).unwrap();
    assert!(story.try_reserve(1, "5.1", &block()).is_err());
    assert_eq!(story.holds(1), slices(&[(1, "3")]));
}

#[test]
fn sr_6_a_lower_estimate_gives_the_shortfall_and_the_last_lots_back_first() {
    let mut story = a_balance().with(1, "2").with(2, "2");
    assert_eq!(story.reserve(1, "6").shortfall, credits("2"));
    assert_eq!(story.reserve(1, "3").shortfall, Credits::ZERO);
    assert_eq!(story.holds(1), slices(&[(1, "2"), (2, "1")]));
    assert_eq!(story.usable(), "1");
    let lower = story.try_reserve(1, "1", &block()).unwrap();
    assert_eq!(lower.held, credits("1"));
    assert_eq!(story.holds(1), slices(&[(1, "1")]));
}

#[test]
fn sr_6_a_lower_estimate_gives_promised_overdraft_back() {
    let mut story = a_balance().with(1, "2");
    story.try_reserve(1, "5", &overdraft("3")).unwrap();
    let lower = story.try_reserve(1, "4", &overdraft("0")).unwrap();
    assert_eq!((lower.held, lower.overdraft), (credits("2"), credits("2")));
    assert_eq!(story.balance.totals().overdraft_held, credits("2"));
}

#[test]
fn sr_6_a_later_estimate_takes_what_has_become_available() {
    let mut story = a_balance().with(1, "2");
    assert_eq!(story.reserve(1, "5").shortfall, credits("3"));
    let mut story = story.with(2, "10");
    let more = story.reserve(1, "6");
    assert_eq!((more.held, more.shortfall), (credits("6"), Credits::ZERO));
    assert_eq!(story.balance.totals().shortfall, Credits::ZERO);
}

#[test]
fn cr_7_releasing_gives_everything_back_and_twice_is_once() {
    let mut story = a_balance().with(1, "4");
    story.try_reserve(1, "6", &overdraft("2")).unwrap();
    let released = story.release(1);
    assert_eq!((released.amount, released.repeated), (credits("4"), false));
    assert_eq!(story.usable(), "4");
    assert_eq!(story.balance.totals().overdraft_held, Credits::ZERO);
    let before = story.balance.clone();
    assert!(story.release(1).repeated);
    assert_eq!(story.balance, before);
    assert!(story.release(77).repeated, "nothing was ever held");
    assert_eq!(story.balance, before);
}

#[test]
fn cr_7_settle_after_release_and_release_after_settle_are_errors() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "4");
    story.release(1);
    let before = story.balance.clone();
    let refused = story.balance.settle(request(1), credits("4"), &bill_excess(), &story.occasion());
    assert!(matches!(refused, Err(SettleError::Illegal(_))));
    assert_eq!(story.balance, before);

    story.reserve(2, "4");
    story.settle(2, "4");
    let before = story.balance.clone();
    let refused = story.balance.release(request(2), &story.occasion());
    assert!(matches!(refused, Err(ReleaseError::Illegal(_))));
    assert_eq!(story.balance, before);
    assert!(matches!(story.try_reserve(2, "5", &bill_excess()), Err(ReserveError::Illegal(_))));
}

#[test]
fn sr_12_what_was_released_can_be_held_again() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "4");
    story.release(1);
    assert_eq!(story.reserve(1, "5").held, credits("5"));
    assert_eq!(story.balance.hold(request(1)).unwrap().state, HoldState::Open);
}

#[test]
fn cr_15_a_preview_holds_nothing_and_foretells_the_reservation() {
    let mut story = a_balance().with(1, "4").with(2, "4");
    let before = story.balance.clone();
    let preview =
        story.balance.preview(None, credits("10"), &bill_excess(), Standing::Live, story.now).unwrap();
    assert_eq!(story.balance, before);
    assert_eq!(named(&preview.lots), slices(&[(1, "4"), (2, "4")]));
    assert_eq!(preview.excess, credits("2"));
    let held = story.reserve(1, "10");
    assert_eq!(held.shortfall, preview.excess);
    assert_eq!(story.holds(1), named(&preview.lots));
    let refused = story.balance.preview(None, credits("1"), &block(), Standing::Live, story.now);
    assert!(matches!(refused, Err(ReserveError::Exhausted { .. })));
    let own =
        story.balance.preview(Some(request(1)), credits("8"), &block(), Standing::Live, story.now).unwrap();
    assert_eq!(own.excess, Credits::ZERO);
}

#[test]
fn en_5_a_frozen_balance_takes_no_new_reservation_and_runs_on() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "4");
    story.reserve(2, "4");
    assert!(story.balance.freeze());
    assert!(!story.balance.freeze());
    assert_eq!(story.try_reserve(3, "1", &bill_excess()), Err(ReserveError::Frozen));
    assert_eq!(story.try_reserve(1, "5", &bill_excess()), Err(ReserveError::Frozen));
    assert_eq!(story.reserve(1, "3").held, credits("3"), "less is no new reservation");
    story.settle(1, "3");
    story.release(2);
    assert!(story.balance.unfreeze());
    assert_eq!(story.reserve(3, "1").held, credits("1"));
}

#[test]
fn en_5_the_entitlement_freezes_it_and_gives_it_back_as_it_was() {
    let mut story = a_balance().with(1, "10");
    for standing in [Standing::Pending, Standing::Suspended, Standing::Expired, Standing::Cancelled] {
        let occasion = story.occasion();
        let refused = story.balance.reserve(request(1), credits("1"), &bill_excess(), standing, &occasion);
        assert_eq!(refused, Err(ReserveError::Frozen));
        assert_eq!(story.balance.status(standing), BalanceStatus::Frozen);
    }
    assert_eq!(story.balance.status(Standing::Live), BalanceStatus::Active);
    story.balance.freeze();
    assert_eq!(story.balance.status(Standing::Live), BalanceStatus::Frozen);
}

#[test]
fn cr_1_negative_amounts_are_refused() {
    let mut story = a_balance().with(1, "10");
    let occasion = story.occasion();
    let amount = Credits::from_units(-1);
    let refused = story.balance.reserve(request(1), amount, &bill_excess(), Standing::Live, &occasion);
    assert_eq!(refused, Err(ReserveError::Balance(BalanceError::Negative { amount })));
    let refused = story.balance.settle(request(1), amount, &bill_excess(), &occasion);
    assert_eq!(refused, Err(SettleError::Balance(BalanceError::Negative { amount })));
}

#[test]
fn an_estimate_of_nothing_is_held_and_settled() {
    let mut story = a_balance();
    assert_eq!(story.reserve(1, "0").held, Credits::ZERO);
    assert_eq!(story.settle(1, "0").actual(), Credits::ZERO);
    assert_eq!(story.kinds(), []);
}
