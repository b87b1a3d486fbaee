use kernel::{LifeCycle, Limited, Standing};
use proptest::prelude::*;
use strum::VariantArray;
use time::macros::date;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    "2025-01-31T12:00:00Z".parse().unwrap()
}

fn brl(amount: &str) -> Money {
    Money::parse(amount, "BRL".parse().unwrap()).unwrap()
}

fn new(starts_on: Date, months: u32) -> NewContract {
    NewContract {
        code: "CT-20250001".parse().unwrap(),
        entitlement: Uuid::from_u128(5).into(),
        support_class: SupportClass::Business,
        terms: "As agreed.".into(),
        value: brl("12000"),
        starts_on,
        months,
    }
}

fn draft(starts_on: Date, months: u32) -> Contract {
    Contract::try_new(Uuid::from_u128(1).into(), new(starts_on, months), now()).unwrap()
}

fn signed(starts_on: Date, months: u32) -> Contract {
    let mut it = draft(starts_on, months);
    it.activate(SlaPolicy::for_support_class(SupportClass::Business), now()).unwrap();
    it
}

fn renewal(months: u32) -> Renewal {
    Renewal {
        id: Uuid::from_u128(2).into(),
        code: "CT-20260001".parse().unwrap(),
        months,
        support_class: SupportClass::Enterprise,
        value: None,
        terms: None,
    }
}

fn in_status(status: ContractStatus) -> Contract {
    let start = date!(2025 - 01 - 31);
    let mut it = signed(start, 12);
    match status {
        ContractStatus::Draft => it = draft(start, 12),
        ContractStatus::Active => {}
        ContractStatus::Expiring => it.begin_expiring().map(|_| ()).unwrap(),
        ContractStatus::Expired => it.expire().map(|_| ()).unwrap(),
        ContractStatus::Suspended => it.suspend().map(|_| ()).unwrap(),
        ContractStatus::Terminated => it.terminate(now()).map(|_| ()).unwrap(),
        ContractStatus::Renewed => it.renew(renewal(12), now()).map(|_| ()).unwrap(),
    }
    assert_eq!(it.status(), status);
    it
}

fn obey(it: &mut Contract, command: ContractCommand) -> Option<ContractStatus> {
    use ContractCommand as C;
    let done = match command {
        C::Activate => it.activate(SlaPolicy::default(), now()).is_ok(),
        C::BeginExpiring => it.begin_expiring().is_ok(),
        C::Expire => it.expire().is_ok(),
        C::Suspend => it.suspend().is_ok(),
        C::Resume => it.resume().is_ok(),
        C::Terminate => it.terminate(now()).is_ok(),
        C::Renew => it.renew(renewal(12), now()).is_ok(),
    };
    done.then_some(it.status())
}

const PV_6: [(&str, [&str; 7]); 7] = [
    // activate, begin expiring, expire, suspend, resume, terminate, renew
    ("draft", ["active", "-", "-", "-", "-", "terminated", "-"]),
    ("active", ["-", "expiring", "expired", "suspended", "-", "terminated", "renewed"]),
    ("expiring", ["-", "-", "expired", "suspended", "-", "terminated", "renewed"]),
    ("expired", ["-", "-", "-", "-", "-", "-", "renewed"]),
    ("suspended", ["-", "-", "expired", "-", "active", "terminated", "-"]),
    ("terminated", ["-", "-", "-", "-", "-", "-", "-"]),
    ("renewed", ["-", "-", "-", "-", "-", "-", "-"]),
];

#[test]
fn pv_6_the_whole_table() {
    assert_eq!(ContractStatus::VARIANTS.len(), PV_6.len());
    for (state, row) in PV_6 {
        let state: ContractStatus = state.parse().unwrap();
        for (command, expected) in ContractCommand::VARIANTS.iter().zip(row) {
            let expected: Option<ContractStatus> = expected.parse().ok();
            assert_eq!(state.next(*command), expected, "{state} {command}");
            let mut it = in_status(state);
            let before = it.clone();
            assert_eq!(obey(&mut it, *command), expected, "{state} {command}");
            assert!(expected.is_some() || it == before, "{state} {command}");
        }
    }
}

#[test]
fn en_5_what_the_world_sees() {
    // own status; under pending, live, suspended, expired, expired past its grace, cancelled
    let (resting, over, ended) = ("suspended", "expired", "terminated");
    let table = [
        ("draft", ["draft", "draft", resting, over, over, ended]),
        ("active", [resting, "active", resting, over, over, ended]),
        ("expiring", [resting, "expiring", resting, over, over, ended]),
        ("expired", [over; 6]),
        ("suspended", [resting, resting, resting, over, over, ended]),
        ("terminated", [ended; 6]),
        ("renewed", ["renewed"; 6]),
    ];
    assert_eq!(ContractStatus::VARIANTS.len(), table.len());
    for (own, row) in table {
        let own: ContractStatus = own.parse().unwrap();
        for (standing, expected) in Standing::VARIANTS.iter().zip(row) {
            let seen: &str = own.seen(*standing).into();
            assert_eq!(seen, expected, "{own} under {standing}");
        }
    }
}

#[test]
fn pv_6_the_last_day_is_included_and_the_successor_starts_on_the_next() {
    let mut first = signed(date!(2025 - 01 - 31), 12);
    assert_eq!(first.ends_on(), date!(2026 - 01 - 30));
    assert!(first.covers(date!(2026 - 01 - 30)) && !first.covers(date!(2026 - 01 - 31)));
    let next = first.renew(renewal(12), now()).unwrap();
    assert_eq!((next.starts_on(), next.ends_on()), (date!(2026 - 01 - 31), date!(2027 - 01 - 30)));
    assert_eq!((next.record().renews, next.status()), (Some(first.id()), ContractStatus::Draft));
    assert_eq!((next.support_class(), next.sla()), (SupportClass::Enterprise, None));
    assert_eq!(next.as_of(next.starts_on()).unwrap().value, brl("12000"));
}

#[test]
fn pv_6_a_contract_is_renewed_once() {
    let mut it = signed(date!(2025 - 01 - 31), 12);
    it.renew(renewal(12), now()).unwrap();
    assert!(matches!(it.renew(renewal(12), now()), Err(RenewContractError::Illegal(_))));
}

#[test]
fn pv_6_a_refused_renewal_changes_nothing() {
    let mut it = signed(date!(2025 - 01 - 31), 12);
    let before = it.clone();
    let usd = Money::parse("1", "USD".parse().unwrap()).unwrap();
    let wrong = Renewal { months: 0, value: Some(usd), ..renewal(12) };
    let Err(RenewContractError::Invalid(invalid)) = it.renew(wrong, now()) else { panic!() };
    let paths: Vec<&str> = invalid.0.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["value", "months"]);
    assert_eq!(it, before);
}

#[test]
fn tm_2_monthly_contracts_keep_the_anchor_day() {
    let mut it = signed(date!(2025 - 01 - 31), 1);
    let mut days = vec![(it.starts_on(), it.ends_on())];
    for _ in 0..3 {
        let mut next = it.renew(renewal(1), now()).unwrap();
        next.activate(SlaPolicy::default(), now()).unwrap();
        days.push((next.starts_on(), next.ends_on()));
        it = next;
    }
    let expected = [
        (date!(2025 - 01 - 31), date!(2025 - 02 - 27)),
        (date!(2025 - 02 - 28), date!(2025 - 03 - 30)),
        (date!(2025 - 03 - 31), date!(2025 - 04 - 29)),
        (date!(2025 - 04 - 30), date!(2025 - 05 - 30)),
    ];
    assert_eq!(days, expected);
}

#[test]
fn pv_6_the_sla_is_kept_as_it_stood_at_signing() {
    let mut it = draft(date!(2025 - 01 - 31), 12);
    let sla = SlaPolicy::for_support_class(SupportClass::Enterprise);
    it.activate(sla.clone(), now()).unwrap();
    assert_eq!((it.sla(), it.record().signed_at), (Some(&sla), Some(now())));
    assert!(it.activate(SlaPolicy::default(), now()).is_err());
    assert_eq!(it.sla(), Some(&sla));
}

#[test]
fn pv_6_an_amendment_keeps_every_earlier_version() {
    let mut it = signed(date!(2025 - 01 - 31), 12);
    let amend = |it: &mut Contract, effective_on, value: &str| {
        let amendment = Amendment { effective_on, terms: None, value: Some(brl(value)) };
        it.amend(amendment, now()).map(|_| ())
    };
    amend(&mut it, date!(2025 - 06 - 01), "15000").unwrap();
    amend(&mut it, date!(2025 - 09 - 01), "18000").unwrap();
    let value = |day| it.as_of(day).unwrap().value;
    assert_eq!(value(date!(2025 - 01 - 01)), brl("12000"));
    assert_eq!(value(date!(2025 - 05 - 31)), brl("12000"));
    assert_eq!(value(date!(2025 - 06 - 01)), brl("15000"));
    assert_eq!(value(date!(2026 - 01 - 30)), brl("18000"));
    assert_eq!(it.record().versions.len(), 3);
    for (day, amount) in [
        (date!(2025 - 08 - 31), "1"),
        (date!(2026 - 01 - 31), "1"),
        (date!(2025 - 01 - 30), "1"),
        (date!(2025 - 10 - 01), "18000"),
        (date!(2025 - 10 - 01), "-1"),
    ] {
        let before = it.clone();
        assert!(matches!(amend(&mut it, day, amount), Err(AmendError::Invalid(_))), "{day} {amount}");
        assert_eq!(it, before);
    }
}

#[test]
fn pv_6_only_a_contract_that_is_not_over_is_amended() {
    for status in ContractStatus::VARIANTS.iter().copied() {
        let mut it = in_status(status);
        let amendment =
            Amendment { effective_on: date!(2025 - 06 - 01), terms: Some("Other.".into()), value: None };
        let over =
            matches!(status, ContractStatus::Expired | ContractStatus::Terminated | ContractStatus::Renewed);
        assert_eq!(it.amend(amendment, now()).is_err(), over, "{status}");
    }
}

#[test]
fn pv_6_every_wrong_field_is_named() {
    let paths = |new: NewContract| -> Vec<String> {
        let invalid = Contract::try_new(Uuid::from_u128(1).into(), new, now()).unwrap_err();
        invalid.0.into_iter().map(|field| field.path).collect()
    };
    let start = date!(2025 - 01 - 31);
    let wrong = NewContract { terms: "x".repeat(MAX_TERMS + 1), value: brl("-1"), ..new(start, 0) };
    assert_eq!(paths(wrong), ["terms", "value", "months"]);
    assert_eq!(paths(new(date!(9999 - 01 - 01), 12)), ["starts_on"]);
}

#[test]
fn what_is_no_contract_is_not_restored() {
    let refused = |change: fn(&mut ContractRecord)| {
        let mut it = in_status(ContractStatus::Active);
        change(&mut it.0);
        Contract::restore(it.0).unwrap_err().0[0].path.clone()
    };
    assert_eq!(refused(|record| record.ends_on = record.starts_on), "ends_on");
    assert_eq!(refused(|record| record.versions.clear()), "versions");
    assert_eq!(refused(|record| record.signed_at = None), "signed_at");
    assert_eq!(refused(|record| record.sla = None), "sla");
    assert_eq!(refused(|record| record.terminated_at = Some(now())), "terminated_at");
    assert_eq!(refused(|record| record.version = 0), "version");
}

proptest! {
    #[test]
    fn pv_6_random_walks_never_leave_the_table(walk in prop::collection::vec(0usize..7, 0..40)) {
        let mut it = in_status(ContractStatus::Draft);
        for column in walk {
            let state: &str = it.status().into();
            let expected = PV_6.iter().find(|(name, _)| *name == state).unwrap().1[column];
            let to = obey(&mut it, ContractCommand::VARIANTS[column]);
            prop_assert_eq!(to.map_or("-", Into::into), expected);
            prop_assert_eq!(Contract::restore(it.record().clone()), Ok(it.clone()));
        }
    }

    #[test]
    fn pv_6_a_row_of_renewals_has_no_gap_and_no_overlap(
        day in 0i64..1_500, first in 1u32..30, rest in prop::collection::vec(1u32..30, 1..8)
    ) {
        let start = date!(2024 - 01 - 01) + time::Duration::days(day);
        let mut it = signed(start, first);
        for months in rest {
            let mut next = it.renew(renewal(months), now()).unwrap();
            next.activate(SlaPolicy::default(), now()).unwrap();
            prop_assert_eq!(Some(next.starts_on()), it.ends_on().next_day());
            prop_assert!(next.starts_on() <= next.ends_on());
            prop_assert_eq!(Contract::restore(next.record().clone()), Ok(next.clone()));
            it = next;
        }
    }
}
