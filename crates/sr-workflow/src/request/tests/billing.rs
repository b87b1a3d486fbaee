use policy_resolver::kinds::MoneyValue;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::MoveError;

fn worth(value: Option<Money>) -> NewRequest {
    NewRequest { base_credit_value: value, ..new_request(3) }
}

#[test]
fn sr_20_billed_value_is_actual_base_times_multiplier_times_base_credit_value() {
    let mut request = a_request().completed_with("100").accepted().build();
    let billed = request.bill(&system(), now()).unwrap();
    assert_eq!((billed.value, billed.covered, billed.due), (brl("600"), brl("600"), brl("0")));
    assert_eq!(request.record().billing, Some(billed));
}

#[test]
fn od_7_the_covered_part_and_the_amount_due_make_up_the_billed_value() {
    let mut request = a_request().completed_with("4.5").accepted().build();
    let billed = request.bill(&system(), now()).unwrap();
    assert_eq!((billed.value, billed.covered, billed.due), (brl("600"), brl("450"), brl("150")));
}

#[test]
fn sr_20_it_is_computed_once_from_what_was_recorded() {
    let mut request = a_request().completed().accepted().billed().build();
    let before = request.clone();
    assert!(matches!(request.bill(&system(), now()), Err(BillError::Move(MoveError::Illegal(_)))));
    assert!(request.agree_base_credit_value(brl("1"), &staff(), now()).is_err());
    assert_eq!(request, before);
}

#[test]
fn sr_20_nothing_is_rounded_before_the_invoice() {
    let mut request =
        from(worth(Some(brl("33.33333333"))), &staff()).completed_with("0.1").accepted().build();
    let billed = request.bill(&system(), now()).unwrap();
    assert_eq!(billed.value, brl("199.99999998"));
    assert_eq!(billed.covered, brl("3.333333333"));
    assert_eq!(billed.covered.checked_add(billed.due), Ok(billed.value));
}

#[test]
fn sr_20_without_a_snapshot_staff_agree_a_value_once() {
    let mut request = from(worth(None), &staff()).completed().accepted().build();
    assert_eq!(request.bill(&system(), now()), Err(BillError::NoBaseCreditValue));
    assert!(matches!(
        request.agree_base_credit_value(brl("90"), &customer(), now()),
        Err(MoveError::NotAllowed(_))
    ));
    assert!(matches!(
        request.agree_base_credit_value(brl("-90"), &staff(), now()),
        Err(MoveError::Invalid(_))
    ));
    request.agree_base_credit_value(brl("90"), &staff(), now()).unwrap();
    assert!(matches!(
        request.agree_base_credit_value(brl("80"), &staff(), now()),
        Err(MoveError::Invalid(_))
    ));
    assert_eq!(request.bill(&system(), now()).unwrap().value, brl("540"));
}

#[test]
fn sr_20_the_snapshot_comes_from_the_policy() {
    let with = |currency: &str| CreditPolicy {
        base_credit_value: Some(MoneyValue { amount: Decimal::new(1505, 1), currency: currency.into() }),
        ..CreditPolicy::default()
    };
    assert_eq!(base_credit_value(&CreditPolicy::default()), Ok(None));
    assert_eq!(base_credit_value(&with("BRL")), Ok(Some(brl("150.5"))));
    assert!(base_credit_value(&with("???")).is_err());
}

#[test]
fn sr_20_the_bounds_of_a_base_credit_value() {
    let new = |value: Money| {
        ServiceRequest::try_new(worth(Some(value)), admitted(ActorKind::Staff), &staff(), now())
    };
    for fine in ["0", "0.00000001", "1000000000", "1.5000000000000"] {
        assert!(new(brl(fine)).is_ok(), "{fine}");
    }
    for wrong in ["-0.01", "1000000000.01", "0.000000001"] {
        assert!(new(brl(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn sr_20_a_value_that_does_not_fit_is_an_error_and_changes_nothing() {
    // No request is made with such a credit value; a row may have it all the same.
    let mut row = a_request().completed().accepted().build().record().clone();
    row.base_credit_value = Some(Money::new(Decimal::MAX, "BRL".parse().unwrap()));
    let mut request = ServiceRequest::restore(row).unwrap();
    let before = request.clone();
    assert!(matches!(request.bill(&system(), now()), Err(BillError::Money(_))));
    assert_eq!(request, before);
}

#[test]
fn sr_20_the_largest_request_at_the_largest_credit_value_is_billed_exactly() {
    let estimate = Estimate::figure(ust_credits::MAX_FIGURE, Complexity::High).ok();
    let most =
        Money::new(MAX_BASE_CREDIT_VALUE - Decimal::new(1, MAX_BASE_CREDIT_DECIMALS), "BRL".parse().unwrap());
    let mut request = from(NewRequest { estimate, ..worth(Some(most)) }, &staff()).in_progress().build();
    let figure = GivenActual { base: ust_credits::MAX_FIGURE, reason: Some("all of it".into()) };
    let actual = request.actual(Some(&figure), 0, &CreditPolicy::default()).unwrap();
    let settlement = settle(&request, "0.1", actual.credits());
    request.complete(actual, Some(&settlement), &staff(), now()).unwrap();
    request.accept(None, &CreditPolicy::default(), &customer(), now()).unwrap();
    assert_eq!(request.bill(&system(), now()).unwrap().value, brl("199999999999999998"));
}

proptest! {
    #[test]
    fn sr_20_the_parts_are_the_whole_exactly(
        base in 0i64..1_000_000_000,
        there in 0i64..1_000_000_000,
        amount in 0i64..100_000_000_000_000_000,
        complexity in prop::sample::select(<Complexity as strum::VariantArray>::VARIANTS),
    ) {
        let value = Money::new(Decimal::new(amount, 8), "BRL".parse().unwrap());
        let estimate = Estimate::of_catalog(&plugin_update(), Some(complexity)).ok();
        let story = from(NewRequest { estimate, ..worth(Some(value)) }, &staff()).in_progress();
        let mut request = story.build();
        let figure = GivenActual { base: Credits::from_units(base), reason: Some("measured".into()) };
        let actual = request.actual(Some(&figure), 0, &CreditPolicy::default()).unwrap();
        let units = actual.credits().units();
        let settlement = settle(&request, &Credits::from_units(there).to_string(), actual.credits());
        request.complete(actual, Some(&settlement), &staff(), now()).unwrap();
        request.accept(None, &CreditPolicy::default(), &customer(), now()).unwrap();
        let billed = request.bill(&system(), now()).unwrap();

        prop_assert_eq!(billed.covered.checked_add(billed.due), Ok(billed.value));
        let exact = |units: i64| i128::from(units) * i128::from(amount);
        let scaled = |money: Money| {
            let amount = money.amount();
            amount.mantissa() * 10i128.pow(9 - amount.scale())
        };
        prop_assert_eq!(scaled(billed.value), exact(units));
        prop_assert_eq!(scaled(billed.due), exact((units - there).max(0)));
    }
}
