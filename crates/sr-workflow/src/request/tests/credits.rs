use policy_resolver::kinds::CreditAmount;
use proptest::prelude::*;

use ust_credits::MAX_FIGURE;

use super::*;
use crate::MoveError;

fn without_catalog() -> NewRequest {
    NewRequest { estimate: None, ..new_request(3) }
}

fn given(base: &str, reason: Option<&str>) -> GivenActual {
    GivenActual { base: credits(base), reason: reason.map(str::to_owned) }
}

fn actual(
    request: &ServiceRequest,
    given: Option<&GivenActual>,
    seconds: u32,
) -> Result<Actual, ActualError> {
    request.actual(given, seconds, &CreditPolicy::default())
}

#[test]
fn sr_5_a_pre_approved_draft_goes_straight_to_approved() {
    for by in [customer(), staff()] {
        let mut request = a_request().build();
        assert_eq!(request.submit(PreApproval::Granted, &by, now()), Ok(RequestStage::Approved));
        let approval = request.record().approval.clone().unwrap();
        assert_eq!((approval.kind, approval.by), (ApprovalKind::PreApproved, by));
        assert_eq!(approval.credits, Some(credits("6")));
    }
    let mut request = a_request().build();
    assert_eq!(request.submit(PreApproval::Refused, &customer(), now()), Ok(RequestStage::PendingApproval));
    assert_eq!(request.record().approval, None);
}

#[test]
fn sr_5_without_an_estimate_it_is_never_pre_approved() {
    let mut request = from(without_catalog(), &staff()).build();
    assert_eq!(request.submit(PreApproval::Granted, &staff(), now()), Ok(RequestStage::PendingApproval));
}

#[test]
fn sr_5_the_verdict_is_what_the_balance_says() {
    assert_eq!(PreApproval::from(&[][..]), PreApproval::Granted);
    assert_eq!(PreApproval::from(&[ust_credits::NotPreApproved::NotCovered][..]), PreApproval::Refused);
}

#[test]
fn sr_4_a_customer_submits_only_with_a_catalog_item() {
    let mut request = from(without_catalog(), &customer()).build();
    let before = request.clone();
    assert_eq!(request.submit(PreApproval::Granted, &customer(), now()), Err(SubmitError::NeedsCatalogItem));
    assert_eq!(request, before);
    let mut request = from(without_catalog(), &customer()).estimated("4", Complexity::Low).build();
    assert_eq!(request.submit(PreApproval::Granted, &customer(), now()), Err(SubmitError::NeedsCatalogItem));
    assert!(request.submit(PreApproval::Granted, &staff(), now()).is_ok());
}

#[test]
fn sr_6_an_estimate_reserves_after_the_multiplier() {
    assert_eq!(a_request().build().estimated_credits(), Some(credits("6")));
    assert_eq!(from(without_catalog(), &staff()).build().estimated_credits(), None);
    let request = a_request().estimated("0.1", Complexity::Medium).build();
    assert_eq!(request.estimated_credits(), Some(credits("0.2")));
    assert_eq!(request.record().catalog.unwrap().base, credits("4"));
}

#[test]
fn sr_6_after_approval_a_higher_estimate_needs_approval_again() {
    let stories = [a_request().approved(), a_request().in_progress(), a_request().in_progress().on_hold()];
    for story in stories {
        let stage = story.clone().build().stage();
        for (base, complexity) in [("6", Complexity::Low), ("3", Complexity::High), ("1", Complexity::Low)] {
            let request = story.clone().estimated(base, complexity).build();
            assert_eq!(request.stage(), stage);
            assert!(request.record().approval.is_some());
        }
        let request = story.clone().estimated("6.1", Complexity::Low).build();
        assert_eq!(request.stage(), RequestStage::PendingApproval);
        assert_eq!(request.record().approval, None);
        assert_eq!(request.record().hold_reason, None);
    }
}

#[test]
fn sr_6_the_first_estimate_after_an_approval_without_one_needs_approval_again() {
    let story = from(without_catalog(), &staff()).approved();
    assert_eq!(story.estimated("0", Complexity::Low).build().stage(), RequestStage::PendingApproval);
}

#[test]
fn sr_6_lowering_and_raising_again_within_what_was_approved_asks_nobody() {
    let request =
        a_request().approved().estimated("1", Complexity::Low).estimated("6", Complexity::Low).build();
    assert_eq!(request.stage(), RequestStage::Approved);
}

#[test]
fn sr_6_estimates_that_do_not_fit_are_refused() {
    assert!(Estimate::figure(Credits::from_units(-1), Complexity::Low).is_err());
    assert!(Estimate::figure(Credits::MAX, Complexity::High).is_err());
    assert_eq!(Estimate::figure(MAX_FIGURE, Complexity::High).unwrap().credits(), credits("200000000"));
    let beyond = Estimate::figure(Credits::from_units(MAX_FIGURE.units() + 1), Complexity::Low).unwrap_err();
    assert_eq!(
        beyond.to_string(),
        "estimate: comes to more than 100000000 credits before complexity, the most of one request"
    );
    let mut request = a_request().build();
    let estimate = Estimate::figure(credits("1"), Complexity::Low).unwrap();
    assert!(matches!(request.estimate(estimate, &customer(), now()), Err(MoveError::NotAllowed(_))));
}

#[test]
fn sr_7_a_catalog_item_costs_its_base_credits_as_they_were_when_it_was_chosen() {
    let request = a_request().in_progress().build();
    for seconds in [0, 100_000] {
        let actual = actual(&request, None, seconds).unwrap();
        assert_eq!(
            (actual.base(), actual.credits(), actual.basis()),
            (credits("4"), credits("6"), ActualBasis::Catalog)
        );
    }
}

#[test]
fn sr_7_staff_give_another_figure_with_a_reason() {
    let request = a_request().in_progress().build();
    for reason in [None, Some(" ")] {
        let refused = actual(&request, Some(&given("2", reason)), 0);
        assert!(matches!(refused, Err(ActualError::Invalid(_))));
    }
    let actual = actual(&request, Some(&given("2", Some("half of it was done"))), 0).unwrap();
    assert_eq!(
        (actual.base(), actual.credits(), actual.basis()),
        (credits("2"), credits("3"), ActualBasis::Figure)
    );
}

#[test]
fn sr_7_work_outside_the_catalog_is_measured_by_worklogs_and_rounded_up_to_a_unit() {
    let request = from(without_catalog(), &staff()).estimated("1", Complexity::High).in_progress().build();
    for (seconds, base, after) in [
        (1, "0.1", "0.2"),
        (360, "0.1", "0.2"),
        (361, "0.2", "0.4"),
        (3_600, "1", "2"),
        (5_400, "1.5", "3"),
        (5_401, "1.6", "3.2"),
    ] {
        let actual = actual(&request, None, seconds).unwrap();
        assert_eq!((actual.base(), actual.credits()), (credits(base), credits(after)), "{seconds} s");
        assert_eq!(actual.basis(), ActualBasis::Worklogs);
    }
    let dear = CreditPolicy { credits_per_hour: CreditAmount::from_units(25), ..CreditPolicy::default() };
    assert_eq!(request.actual(None, 3_600, &dear).unwrap().base(), credits("2.5"));
}

#[test]
fn sr_7_a_figure_replaces_worklogs_only_with_a_reason_and_is_needed_without_them() {
    let request = from(without_catalog(), &staff()).estimated("1", Complexity::Low).in_progress().build();
    assert_eq!(actual(&request, None, 0), Err(ActualError::Missing));
    assert_eq!(actual(&request, Some(&given("2", None)), 0).unwrap().credits(), credits("2"));
    assert!(matches!(actual(&request, Some(&given("2", None)), 1), Err(ActualError::Invalid(_))));
    assert!(actual(&request, Some(&given("2", Some("most of it was ours to fix"))), 1).is_ok());
    let negative = GivenActual { base: Credits::from_units(-1), reason: None };
    assert!(matches!(actual(&request, Some(&negative), 0), Err(ActualError::Invalid(_))));
}

#[test]
fn sr_7_an_actual_over_the_most_is_refused_with_what_it_comes_from() {
    let request = from(without_catalog(), &staff()).estimated("1", Complexity::High).in_progress().build();
    let wrong = |refused: Result<Actual, ActualError>| {
        let Err(ActualError::Invalid(kernel::Invalid(fields))) = refused else { panic!("{refused:?}") };
        let [field] = &fields[..] else { panic!("{fields:?}") };
        assert_eq!(field.path, "actual");
        field.problem.clone()
    };
    let at =
        |units| CreditPolicy { credits_per_hour: CreditAmount::from_units(units), ..CreditPolicy::default() };
    for seconds in [3_600, u32::MAX] {
        assert!(
            wrong(request.actual(None, seconds, &at(i64::MAX))).contains("s of work at 922337203685477580.7")
        );
    }
    assert!(request.actual(None, 3_600, &at(MAX_FIGURE.units())).is_ok());
    wrong(request.actual(None, 3_601, &at(MAX_FIGURE.units())));
    for units in [MAX_FIGURE.units() + 1, i64::MAX] {
        let beyond = GivenActual { base: Credits::from_units(units), reason: None };
        let problem = "must not be more than 100000000 credits before complexity, the most of one request";
        assert_eq!(wrong(actual(&request, Some(&beyond), 0)), problem);
    }
    let most = GivenActual { base: MAX_FIGURE, reason: None };
    assert_eq!(actual(&request, Some(&most), 0).unwrap().credits(), credits("200000000"));

    // A price from before there was a bound: staff give a figure instead.
    let mut row = a_request().in_progress().build().record().clone();
    let item = row.catalog.unwrap().item;
    row.catalog = Some(CatalogChoice { item, base: Credits::MAX });
    let dear = ServiceRequest::restore(row).unwrap();
    assert!(wrong(actual(&dear, None, 0)).contains("the catalog item's price"));
    assert!(actual(&dear, Some(&given("2", Some("as agreed"))), 0).is_ok());
}

#[test]
fn cr_14_a_correction_is_a_change_of_the_request() {
    let before = a_request().completed().build();
    let mut request = before.clone();
    let later = now().plus_days(1);
    request.credits_corrected(later);
    assert_eq!(request.record().changed_at, later);
    assert_eq!((request.record().moved_at, request.stage()), (before.record().moved_at, before.stage()));
}

#[test]
fn sr_12_a_hold_is_given_back_once_when_nobody_moves_the_request() {
    let policy = CreditPolicy::default();
    for story in [a_request(), a_request().pending()] {
        let mut request = story.build();
        let due = now().plus_days(30);
        assert_eq!(request.hold_given_back_at(&policy), Some(due));
        assert!(!request.give_hold_back(&policy, due.saturating_add(time::Duration::microseconds(-1))));
        assert!(request.give_hold_back(&policy, due));
        assert!(request.needs_hold_again());
        assert!(!request.give_hold_back(&policy, due));
        assert_eq!(request.hold_given_back_at(&policy), None);
    }
}

#[test]
fn sr_12_nothing_is_given_back_where_nothing_is_held() {
    let never = CreditPolicy { draft_hold_days: None, ..CreditPolicy::default() };
    assert!(!a_request().build().give_hold_back(&never, Timestamp::MAX));
    let unbacked = NewRequest { credit_balance: None, ..new_request(3) };
    for story in [
        from(without_catalog(), &staff()),
        from(unbacked, &staff()),
        a_request().approved(),
        a_request().in_progress().on_hold(),
        a_request().closed(),
    ] {
        assert!(!story.build().give_hold_back(&CreditPolicy::default(), Timestamp::MAX));
    }
}

#[test]
fn sr_12_it_is_held_again_before_it_moves() {
    let later = now().plus_days(31);
    let idle = |story: Story| {
        let mut request = story.build();
        assert!(request.give_hold_back(&CreditPolicy::default(), later));
        request
    };
    let mut draft = idle(a_request());
    assert_eq!(draft.submit(PreApproval::Granted, &staff(), later), Err(SubmitError::HoldGivenBack));
    assert!(draft.hold_again(later));
    assert!(!draft.hold_again(later));
    assert_eq!(draft.hold_given_back_at(&CreditPolicy::default()), Some(later.plus_days(30)));
    assert!(draft.submit(PreApproval::Granted, &staff(), later).is_ok());

    let mut pending = idle(a_request().pending());
    assert_eq!(pending.approve(None, &customer(), later), Err(ApproveError::HoldGivenBack));
    let estimate = Estimate::figure(credits("5"), Complexity::Low).unwrap();
    pending.estimate(estimate, &staff(), later).unwrap();
    assert!(!pending.needs_hold_again());
    assert!(pending.approve(None, &customer(), later).is_ok());

    let mut rejected = idle(a_request());
    assert!(rejected.reject(None, &customer(), later).is_ok());
}

proptest! {
    #[test]
    fn sr_7_worklogs_round_up_and_never_by_a_whole_unit(seconds in any::<u32>(), units in prop_oneof![0i64..10_000, 0..i64::MAX]) {
        let exact = i128::from(seconds) * i128::from(units);
        match worklog_credits(seconds, Credits::from_units(units)) {
            Ok(found) => {
                let over = i128::from(found.units()) * 3_600 - exact;
                prop_assert!((0..3_600).contains(&over));
            }
            Err(_) => prop_assert!(exact > i128::from(i64::MAX) * 3_600),
        }
    }
}
