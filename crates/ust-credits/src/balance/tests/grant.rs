use time::UtcOffset;

use super::*;

#[test]
fn cr_2_a_grant_is_a_lot() {
    let mut story = a_balance();
    let grant = a_grant(1, "10").usable_from(second(5)).expiring(second(100), 2);
    let granted = story.grant(grant);
    assert_eq!((granted.lot, granted.repeated, granted.repaid), (lot(1), false, Credits::ZERO));
    let made = story.balance.lots().next().unwrap().clone();
    assert_eq!((made.granted_at, made.usable_from), (second(0), second(5)));
    assert_eq!((made.expires_at, made.ends_at), (Some(second(100)), Some(second(100 + 2 * 86_400))));
    assert_eq!((made.source, made.available), (LotSource::Purchase, credits("10")));
}

#[test]
fn cr_2_wrong_grants_name_their_fields() {
    let mut story = a_balance();
    let before = story.balance.clone();
    let wrong = a_grant(1, "0").expiring(second(0), 5).known_as(" ");
    let Err(GrantError::Invalid(kernel::Invalid(fields))) = story.balance.grant(&wrong, &story.occasion())
    else {
        panic!("accepted");
    };
    let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["amount", "expires_at", "external_ref"]);
    let early = a_grant(1, "1").usable_from(second(20)).expiring(second(10), 0);
    assert!(matches!(story.balance.grant(&early, &story.occasion()), Err(GrantError::Invalid(_))));
    for amount in [Credits::from_units(-5), Credits::from_units(crate::MAX_FIGURE.units() + 1), Credits::MAX]
    {
        let beyond = Grant::new(lot(1), amount, LotSource::Manual);
        assert!(matches!(story.balance.grant(&beyond, &story.occasion()), Err(GrantError::Invalid(_))));
        assert!(matches!(story.balance.adjust_up(&beyond, &story.occasion()), Err(GrantError::Invalid(_))));
    }
    assert_eq!(story.balance, before);
}

#[test]
fn cr_9_a_grant_and_a_correction_need_a_reason() {
    let mut story = a_balance().with(1, "4");
    story.settle(1, "2");
    let before = story.balance.clone();
    let silent = Occasion::new(story.now, kernel::Actor::system("test"), " \n");
    let Err(GrantError::Invalid(kernel::Invalid(fields))) = story.balance.grant(&a_grant(2, "0"), &silent)
    else {
        panic!("accepted");
    };
    assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["reason", "amount"]);
    let reversed = story.balance.reverse(request(1), Reversal::Part(credits("1")), &silent);
    assert!(matches!(reversed, Err(ReverseError::Invalid(_))));
    assert_eq!(story.balance, before);
}

#[test]
fn tm_2_a_grant_under_a_policy_expires_months_after_it_can_be_used() {
    let policy = CreditPolicy { expiry_months: Some(1), grace_days: 3, ..CreditPolicy::default() };
    let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    let grant = a_grant(1, "10").under(&policy, now, UtcOffset::UTC);
    assert_eq!(grant.expires_at, Some("2026-02-28T12:00:00Z".parse().unwrap()));
    assert_eq!(grant.grace_days, 3);
    let later = a_grant(1, "10").usable_from("2026-03-31T00:00:00Z".parse().unwrap());
    let later = later.under(&policy, now, UtcOffset::UTC);
    assert_eq!(later.expires_at, Some("2026-04-30T00:00:00Z".parse().unwrap()));
    let never = CreditPolicy { expiry_months: None, ..CreditPolicy::default() };
    assert_eq!(a_grant(1, "10").under(&never, now, UtcOffset::UTC).expires_at, None);
}

#[test]
fn a_top_up_sent_twice_counts_once() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").known_as("pay-1"));
    let before = story.balance.clone();
    let again = story.grant(a_grant(2, "10").known_as("pay-1"));
    assert_eq!((again.lot, again.repeated), (lot(1), true));
    let other = story.balance.grant(&a_grant(3, "11").known_as("pay-1"), &story.occasion());
    let refused = other.unwrap_err();
    assert_eq!(refused.to_string(), "`pay-1` names other credits already: their amount is 10");
    assert_eq!(story.balance, before);
}

#[test]
fn cr_2_a_reference_names_one_grant_with_all_that_was_said_of_it() {
    let mut story = a_balance();
    let named = |number| a_grant(number, "10").known_as("pay-1");
    let first = named(1).usable_from(second(5)).expiring(second(100), 2);
    story.grant(first.clone());
    let differ = |story: &mut Story, grant: &Grant| match story.balance.grant(grant, &story.occasion()) {
        Err(GrantError::ReferenceTaken { differences, .. }) => differences,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        differ(&mut story, &named(2).usable_from(second(6)).expiring(second(100), 2)),
        ["usable_from is 1970-01-01T00:00:05Z"]
    );
    let ends = ["expires_at is 1970-01-01T00:01:40Z"];
    assert_eq!(differ(&mut story, &named(2).expiring(second(101), 2)), ends);
    assert_eq!(differ(&mut story, &named(2)), ends);
    let given = Grant { source: LotSource::Manual, ..first.clone() };
    assert_eq!(differ(&mut story, &given), ["source is purchase"]);
    // What was left to others is no difference, whatever it would come to now.
    story.at(3);
    assert!(story.grant(named(2).usable_from(second(5)).expiring(second(100), 7)).repeated);
    assert!(story.grant(named(2).under(&CreditPolicy::default(), story.now, UtcOffset::UTC)).repeated);
    // From an instant that was past: at once.
    story.grant(a_grant(3, "1").usable_from(second(1)).expiring(second(9), 0).known_as("pay-2"));
    story.at(4);
    assert!(
        story.grant(a_grant(4, "1").usable_from(second(1)).expiring(second(9), 0).known_as("pay-2")).repeated
    );
}

#[test]
fn cr_14_a_new_grant_first_repays_an_overdraft() {
    let mut story = a_balance();
    story.settle_under(1, "4", &overdraft("10"));
    story.at(1).settle_under(2, "3", &overdraft("10"));
    assert_eq!(story.balance.totals().overdraft, credits("7"));
    let granted = story.at(2).grant(a_grant(1, "5"));
    assert_eq!(granted.repaid, credits("5"));
    assert_eq!(story.usable(), "0");
    assert_eq!(story.balance.totals().overdraft, credits("2"));
    assert_eq!(story.debits(1), slices(&[(1, "4")]), "the oldest debt first");
    assert_eq!(story.debits(2), slices(&[(1, "1")]));
    let granted = story.grant(a_grant(2, "5"));
    assert_eq!((granted.repaid, story.usable()), (credits("2"), "3".to_owned()));
}

#[test]
fn cr_14_credits_granted_ahead_repay_when_they_become_usable() {
    let mut story = a_balance();
    story.settle_under(1, "4", &overdraft("10"));
    let granted = story.grant(a_grant(1, "5").usable_from(second(10)));
    assert_eq!(granted.repaid, Credits::ZERO);
    assert_eq!(story.balance.next_due(), Some(second(10)));
    assert_eq!(story.balance.figures_at(second(9)).totals.overdraft, credits("4"));
    let foretold = story.balance.figures_at(second(10));
    assert_eq!((foretold.totals.overdraft, foretold.usable), (Credits::ZERO, credits("1")));
    assert!(story.balance.expire_due(second(50)).unwrap());
    assert_eq!(*story.balance.totals(), foretold.totals);
    assert_eq!(story.balance.new_entries().last().unwrap().at, second(10));
}

#[test]
fn adjusting_adds_a_lot_or_takes_from_what_is_usable_and_needs_a_reason() {
    let mut story = a_balance().with(1, "4");
    story.grant(a_grant(2, "5").usable_from(second(100)));
    story.balance.adjust_up(&a_grant(3, "2"), &story.occasion()).unwrap();
    assert_eq!(story.usable(), "6");
    let before = story.balance.clone();
    let refused = story.balance.adjust_down(credits("6.1"), &story.occasion());
    assert_eq!(refused, Err(AdjustError::BelowZero { asked: credits("6.1"), usable: credits("6") }));
    let silent = Occasion::new(story.now, kernel::Actor::system("test"), " ");
    let Err(AdjustError::Invalid(kernel::Invalid(fields))) =
        story.balance.adjust_down(Credits::ZERO, &silent)
    else {
        panic!("accepted");
    };
    assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["reason", "amount"]);
    assert!(story.balance.adjust_up(&a_grant(4, "2"), &silent).is_err());
    assert_eq!(story.balance, before);
    story.balance.adjust_down(credits("5"), &story.occasion()).unwrap();
    assert_eq!(story.lot(1), ["0", "0", "0", "0", "4"]);
    assert_eq!(story.lot(3), ["1", "0", "0", "0", "1"]);
    assert_eq!(story.kinds()[2..], [EntryKind::Adjust, EntryKind::Adjust]);
}

#[test]
fn withdrawing_a_lot_takes_what_is_not_held_and_ends_it() {
    let mut story = a_balance().with(1, "4").with(2, "4");
    story.reserve(1, "3");
    assert_eq!(story.balance.withdraw(lot(1), &story.occasion()), Ok(credits("1")));
    assert_eq!(story.balance.withdraw(lot(1), &story.occasion()), Ok(Credits::ZERO));
    let unknown = story.balance.withdraw(lot(9), &story.occasion());
    assert_eq!(unknown, Err(AdjustError::UnknownLot { lot: lot(9) }));
    story.release(1);
    assert_eq!(story.lot(1), ["0", "0", "0", "3", "1"]);
    assert_eq!(story.lot(2), ["4", "0", "0", "0", "0"]);
}

#[test]
fn forfeiting_takes_all_that_is_not_held_and_what_comes_back_later() {
    let mut story = a_balance().with(1, "4").with(2, "4").with(3, "1");
    story.grant(a_grant(4, "5").usable_from(second(100)));
    story.settle(9, "4");
    story.reserve(1, "2");
    story.at(1);
    assert_eq!(story.balance.forfeit(&story.occasion()), Ok(credits("8")));
    let before = story.balance.clone();
    assert_eq!(story.balance.forfeit(&story.occasion()), Ok(Credits::ZERO));
    assert_eq!(story.balance, before);
    assert_eq!(story.balance.figures_at(second(1)).upcoming, Credits::ZERO);
    let made = story.at(2).settle(1, "1");
    assert_eq!((made.debited(), made.released()), (credits("1"), credits("1")));
    assert_eq!(story.lot(2), ["0", "0", "1", "1", "2"]);
    assert_eq!(story.reverse(9).to_lots, credits("4"));
    assert_eq!(story.lot(1), ["0", "0", "0", "4", "0"]);
    assert_eq!(story.usable(), "0");
}

#[test]
fn at_a_renewal_no_more_than_the_cap_rolls_over() {
    let mut story = a_balance().with(1, "7");
    story.grant(Grant::new(lot(2), credits("5"), LotSource::Included));
    story.grant(Grant::new(lot(3), credits("5"), LotSource::Rollover));
    story.grant(Grant::new(lot(4), credits("5"), LotSource::Included).usable_from(second(50)));
    story.at(10);
    assert_eq!(story.balance.cap_rollover(None, &story.occasion()), Ok(Credits::ZERO));
    assert_eq!(story.balance.cap_rollover(Some(credits("10")), &story.occasion()), Ok(Credits::ZERO));
    assert_eq!(story.balance.cap_rollover(Some(credits("4")), &story.occasion()), Ok(credits("6")));
    assert_eq!(story.lot(1), ["7", "0", "0", "0", "0"], "what was bought keeps its own time");
    assert_eq!(story.lot(2), ["0", "0", "0", "5", "0"]);
    assert_eq!(story.lot(3), ["4", "0", "0", "1", "0"]);
    assert_eq!(story.lot(4), ["5", "0", "0", "0", "0"]);
    assert_eq!(story.balance.cap_rollover(Some(credits("4")), &story.occasion()), Ok(Credits::ZERO));
}
