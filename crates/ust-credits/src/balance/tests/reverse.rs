use super::*;
use crate::HoldState;

#[test]
fn cr_14_credits_return_in_reverse_order_of_use() {
    let mut story = a_balance().with(1, "4").with(2, "4").with(3, "4");
    story.reserve(1, "6");
    story.settle(1, "10");
    let part = story.balance.reverse(request(1), Reversal::Part(credits("3")), &story.occasion()).unwrap();
    assert_eq!(part.to_lots, credits("3"));
    assert_eq!(story.debits(1), slices(&[(1, "4"), (2, "3")]));
    assert_eq!(story.lot(3), ["4", "0", "0", "0", "0"]);
    assert_eq!(story.balance.hold(request(1)).unwrap().state, HoldState::Settled);
    story.reverse(1);
    assert_eq!(story.usable(), "12");
    assert_eq!(story.debits(1), slices(&[]));
}

#[test]
fn cr_14_what_came_from_a_lot_that_expired_meanwhile_expires() {
    let mut story = a_balance();
    story.grant(a_grant(1, "4").expiring(second(10), 0));
    let mut story = story.with(2, "4");
    story.settle(1, "6");
    story.at(20).reverse(1);
    assert_eq!(story.lot(1), ["0", "0", "0", "4", "0"]);
    assert_eq!(story.lot(2), ["4", "0", "0", "0", "0"]);
    assert_eq!(story.kinds()[3..], [EntryKind::Refund, EntryKind::Expire]);
}

#[test]
fn cr_14_a_reopened_request_is_settled_anew() {
    let mut story = a_balance().with(1, "4");
    story.reserve(1, "4");
    story.settle(1, "6");
    let reversed = story.reverse(1);
    assert_eq!((reversed.to_lots, reversed.excess), (credits("4"), credits("2")));
    assert_eq!(story.balance.totals().excess, Credits::ZERO);
    assert!(story.reverse(1).repeated);
    assert_eq!(story.reserve(1, "3").held, credits("3"));
    let made = story.settle(1, "3.5");
    assert_eq!((made.debited(), made.excess()), (credits("3.5"), Credits::ZERO));
    assert_eq!(story.balance.totals().consumed, credits("3.5"));
}

#[test]
fn cr_14_a_reversed_request_may_be_closed() {
    let mut story = a_balance().with(1, "4");
    story.settle(1, "3");
    story.reverse(1);
    assert!(story.release(1).repeated, "nothing was held");
    assert_eq!(story.balance.hold(request(1)).unwrap().state, HoldState::Released);
}

#[test]
fn cr_14_an_overdraft_shrinks_before_lots_get_anything() {
    let mut story = a_balance().with(1, "4");
    story.settle_under(1, "6", &overdraft("5"));
    let part = story.balance.reverse(request(1), Reversal::Part(credits("3")), &story.occasion()).unwrap();
    assert_eq!((part.overdraft, part.to_lots), (credits("2"), credits("1")));
    assert_eq!(story.balance.totals().overdraft, Credits::ZERO);
    assert_eq!(story.usable(), "1");
}

#[test]
fn cr_14_a_repaid_overdraft_returns_to_the_lot_that_repaid_it() {
    let mut story = a_balance().with(1, "4");
    story.settle_under(1, "6", &overdraft("5"));
    story.at(1);
    let mut story = story.with(2, "10");
    assert_eq!(story.debits(1), slices(&[(1, "4"), (2, "2")]));
    story.reverse(1);
    assert_eq!(story.lot(1), ["4", "0", "0", "0", "0"]);
    assert_eq!(story.lot(2), ["10", "0", "0", "0", "0"]);
}

#[test]
fn cr_14_an_overdraft_that_fell_due_for_repayment_returns_to_its_lot_too() {
    let mut story = a_balance();
    story.settle_under(1, "2", &overdraft("5"));
    story.grant(a_grant(1, "10").usable_from(second(10)));
    let reversed = story.at(20).reverse(1);
    assert_eq!((reversed.to_lots, reversed.overdraft), (credits("2"), Credits::ZERO));
    assert_eq!(story.usable(), "10");
}

#[test]
fn cr_14_more_than_was_debited_is_refused_and_changes_nothing() {
    let mut story = a_balance().with(1, "4");
    story.reserve(1, "4");
    let unsettled = story.balance.reverse(request(1), Reversal::Whole, &story.occasion());
    assert!(matches!(unsettled, Err(ReverseError::Illegal(_))));
    story.settle(1, "6");
    let before = story.balance.clone();
    let asked = credits("4.1");
    let refused = story.balance.reverse(request(1), Reversal::Part(asked), &story.occasion());
    assert_eq!(refused, Err(ReverseError::NotDebited { asked, debited: credits("4") }));
    for nothing in [Credits::ZERO, Credits::from_units(-1)] {
        let refused = story.balance.reverse(request(1), Reversal::Part(nothing), &story.occasion());
        let wrong = kernel::Invalid::field("amount", "must be over 0");
        assert_eq!(refused, Err(ReverseError::Invalid(wrong)), "{nothing}");
    }
    assert_eq!(story.balance, before);
    story.balance.reverse(request(1), Reversal::Part(credits("4")), &story.occasion()).unwrap();
    let again = story.balance.reverse(request(1), Reversal::Part(Credits::ZERO), &story.occasion());
    assert_eq!(again, Err(ReverseError::NotDebited { asked: Credits::ZERO, debited: Credits::ZERO }));
}
