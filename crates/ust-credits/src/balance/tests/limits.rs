use super::*;
use NotPreApproved::{AboveMonthlyLimit, AbovePerRequestLimit, AbovePreApproved, NotCovered};

fn limits(pre_approved: &str, per_request: Option<&str>, monthly: Option<&str>) -> CreditPolicy {
    CreditPolicy {
        pre_approved_up_to: pre_approved.parse().unwrap(),
        per_request_limit: per_request.map(|text| text.parse().unwrap()),
        monthly_limit: monthly.map(|text| text.parse().unwrap()),
        ..CreditPolicy::default()
    }
}

impl Story {
    fn against(
        &self,
        number: u128,
        estimate: &str,
        policy: &CreditPolicy,
        used: &str,
    ) -> Vec<NotPreApproved> {
        let (request, estimate) = (request(number), credits(estimate));
        self.balance.pre_approval(request, estimate, policy, credits(used), Standing::Live, self.now)
    }
}

#[test]
fn sr_5_pre_approved_is_within_every_limit_and_fully_covered() {
    let story = a_balance().with(1, "10");
    assert_eq!(story.against(1, "5", &limits("5", Some("5"), Some("5")), "0"), []);
    assert_eq!(story.against(1, "5.1", &limits("5", None, None), "0"), [AbovePreApproved]);
    assert_eq!(story.against(1, "5.1", &limits("9", Some("5"), None), "0"), [AbovePerRequestLimit]);
    assert_eq!(story.against(1, "5", &limits("9", None, Some("9.9")), "5"), [AboveMonthlyLimit]);
    assert_eq!(story.against(1, "10.1", &limits("99", None, None), "0"), [NotCovered]);
    let all = [AbovePreApproved, AbovePerRequestLimit, AboveMonthlyLimit, NotCovered];
    assert_eq!(story.against(1, "11", &limits("1", Some("1"), Some("1")), "0"), all);
}

#[test]
fn sr_5_what_is_held_for_the_request_covers_it() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "10");
    let policy = limits("99", None, Some("10"));
    assert_eq!(story.against(1, "10", &policy, "0"), []);
    assert_eq!(
        story.against(2, "1", &policy, "0"),
        [AboveMonthlyLimit, NotCovered],
        "others' holds count in the month"
    );
    story.balance.freeze();
    assert_eq!(story.against(1, "10", &policy, "0"), []);
}

#[test]
fn sr_5_a_frozen_balance_and_a_shortfall_cover_nothing() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "11");
    assert_eq!(story.against(1, "11", &limits("99", None, None), "0"), [NotCovered]);
    story.release(1);
    story.balance.freeze();
    assert_eq!(story.against(1, "1", &limits("99", None, None), "0"), [NotCovered]);
}

#[test]
fn cr_12_limits_do_not_block() {
    let mut story = a_balance().with(1, "10");
    assert!(story.try_reserve(1, "9", &limits("0", Some("1"), Some("1"))).is_ok());
}

#[test]
fn cr_12_what_was_used_is_the_difference_of_two_totals() {
    let mut story = a_balance().with(1, "4");
    story.settle_under(1, "8", &overdraft("3"));
    let start = story.balance.totals().used().unwrap();
    assert_eq!(start, credits("8"));
    story.at(1);
    let mut story = story.with(2, "10");
    assert_eq!(story.balance.totals().used().unwrap(), start, "repaying an overdraft uses nothing anew");
    story.settle(2, "2");
    assert_eq!(story.balance.totals().used().unwrap().checked_sub(start), Ok(credits("2")));
    story.reverse(2);
    assert_eq!(story.balance.totals().used().unwrap(), start);
}

#[test]
fn cr_12_low_balance_signals_once_on_the_way_down_and_is_armed_again_above() {
    let policy = CreditPolicy { low_balance_at: Some("5".parse().unwrap()), ..CreditPolicy::default() };
    let mut story = a_balance();
    let signal = |story: &mut Story| story.balance.signal_low_balance(&policy, story.now);
    assert_eq!(signal(&mut story), None, "an empty balance never was above");
    story.grant(a_grant(1, "10"));
    assert_eq!(signal(&mut story), None);
    story.reserve(1, "4.9");
    assert_eq!(signal(&mut story), None);
    story.reserve(1, "5");
    assert_eq!(signal(&mut story), Some(LowBalance { usable: credits("5"), threshold: credits("5") }));
    assert_eq!(signal(&mut story), None);
    story.settle(1, "5");
    assert_eq!(signal(&mut story), None);
    story.grant(a_grant(2, "1").expiring(second(10), 0));
    assert_eq!(signal(&mut story), None, "armed again");
    story.at(10);
    assert_eq!(
        signal(&mut story),
        Some(LowBalance { usable: credits("5"), threshold: credits("5") }),
        "by expiry too"
    );
    assert_eq!(story.balance.signal_low_balance(&CreditPolicy::default(), story.now), None);
}

#[test]
fn cr_12_credits_that_began_since_arm_the_signal_again() {
    let policy = CreditPolicy { low_balance_at: Some("5".parse().unwrap()), ..CreditPolicy::default() };
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "6");
    story.grant(a_grant(2, "5").usable_from(second(10)));
    let signal = |story: &mut Story| story.balance.signal_low_balance(&policy, story.now);
    let low = |usable: &str| Some(LowBalance { usable: credits(usable), threshold: credits("5") });
    assert_eq!(signal(&mut story), low("4"));
    assert_eq!(signal(&mut story), None);
    // Nothing touched the balance at second 10, when it went up to 9.
    story.at(20);
    story.reserve(2, "4.5");
    assert_eq!(signal(&mut story), low("4.5"));

    // What began and ended in between was above, too.
    story.grant(a_grant(3, "2").usable_from(second(30)).expiring(second(40), 0));
    assert_eq!(signal(&mut story), None);
    story.at(50);
    assert_eq!(story.balance.expire_due(story.now), Ok(true));
    assert_eq!(signal(&mut story), low("4.5"));
    story.at(60);
    assert_eq!(story.balance.expire_due(story.now), Ok(false));
    assert_eq!(signal(&mut story), None, "once");
}

#[test]
fn cr_12_what_repays_an_overdraft_never_was_above() {
    let policy = CreditPolicy { low_balance_at: Some("5".parse().unwrap()), ..CreditPolicy::default() };
    let mut story = a_balance();
    story.settle_under(1, "4", &overdraft("9"));
    story.grant(a_grant(1, "8").usable_from(second(10)));
    story.at(20);
    story.reserve(2, "1");
    assert_eq!(story.balance.signal_low_balance(&policy, story.now), None);
    assert_eq!(story.balance.usable(story.now), credits("3"));
}
