use super::*;

fn tick_before(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_micros(at.unix_micros() - 1).unwrap()
}

#[test]
fn cr_8_expiry_takes_the_unheld_remainder_at_the_end_of_the_grace_to_the_tick() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 1));
    story.reserve(1, "3");
    let end = second(10 + 86_400);
    assert_eq!(story.balance.figures_at(second(10)).usable, credits("7"), "usable during the grace");
    assert_eq!(story.balance.figures_at(tick_before(end)).usable, credits("7"));
    let gone = story.balance.figures_at(end);
    assert_eq!(
        (gone.usable, gone.totals.held, gone.totals.expired),
        (Credits::ZERO, credits("3"), credits("7"))
    );
}

#[test]
fn cr_8_reading_is_right_whether_or_not_anything_ran() {
    let mut ran = a_balance();
    ran.grant(a_grant(1, "10").expiring(second(10), 0));
    ran.grant(a_grant(2, "5").expiring(second(20), 0));
    let mut idle = a_balance();
    idle.balance = ran.balance.clone();
    for seconds in [5, 10, 15, 20, 25] {
        ran.balance.expire_due(second(seconds)).unwrap();
        assert_eq!(ran.balance.figures_at(second(seconds)), idle.balance.figures_at(second(seconds)));
    }
    idle.balance.expire_due(second(25)).unwrap();
    assert_eq!(idle.balance, ran.balance, "late or in time, the same entries at the same instants");
    assert!(!idle.balance.expire_due(second(99)).unwrap());
}

#[test]
fn cr_8_a_verb_writes_down_what_fell_due_before_it() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 0));
    story.grant(a_grant(2, "10"));
    story.at(40).reserve(1, "1");
    let dates: Vec<_> = story.balance.new_entries().iter().map(|entry| (entry.kind, entry.at)).collect();
    let expected = [
        (EntryKind::Grant, second(0)),
        (EntryKind::Grant, second(0)),
        (EntryKind::Expire, second(10)),
        (EntryKind::Reserve, second(40)),
    ];
    assert_eq!(dates, expected);
    assert_eq!(story.balance.new_entries()[2].actor.kind, kernel::ActorKind::System);
}

#[test]
fn cr_8_a_balance_s_time_never_runs_backwards() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(100), 0));
    story.at(50).reserve(1, "1");
    story.at(20).reserve(2, "1");
    let times: Vec<_> = story.balance.new_entries().iter().map(|entry| entry.at).collect();
    assert_eq!(times, [second(0), second(50), second(50)]);
    story.at(100).release(1);
    assert_eq!(story.at(99).usable(), "0", "what has expired does not come back with a clock set back");
}

#[test]
fn cr_11_due_entries_complete_a_statement() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 0));
    let opening = story.balance.figures_at(second(0));
    let movements = story.balance.due_entries(second(30));
    assert_eq!(
        movements.iter().map(|entry| (entry.sequence, entry.at)).collect::<Vec<_>>(),
        [(2, second(10))]
    );
    let period = crate::Period::try_new(second(1), second(30)).unwrap();
    let closing = story.balance.figures_at(period.closing_instant());
    let statement = crate::Statement { period, opening, movements, closing };
    assert!(statement.adds_up());
    let turnover = crate::Turnover::between(&opening.totals, &closing.totals);
    assert_eq!((turnover.granted, turnover.expired), (Credits::ZERO, credits("10")));
    assert!(!crate::Statement { movements: Vec::new(), ..statement }.adds_up());
}

#[test]
fn lots_that_end_at_one_instant_are_one_entry() {
    let mut story = a_balance();
    story.grant(a_grant(1, "10").expiring(second(10), 0));
    story.grant(a_grant(2, "5").expiring(second(10), 0));
    assert_eq!(story.balance.next_due(), Some(second(10)));
    story.balance.expire_due(second(10)).unwrap();
    let last = story.balance.new_entries().last().unwrap();
    assert_eq!((last.sequence, last.amount, last.movement.lots.len()), (3, credits("15"), 2));
    assert_eq!(last.change_of_available(), Credits::from_units(-150));
    assert_eq!(story.balance.next_due(), None);
}

#[test]
fn upcoming_credits_are_told_apart_from_usable_ones() {
    let mut story = a_balance().with(1, "4");
    story.grant(a_grant(2, "6").usable_from(second(10)));
    let before = story.balance.figures_at(second(9));
    assert_eq!(
        (before.usable, before.upcoming, before.totals.available),
        (credits("4"), credits("6"), credits("10"))
    );
    let after = story.balance.figures_at(second(10));
    assert_eq!((after.usable, after.upcoming), (credits("10"), Credits::ZERO));
}
