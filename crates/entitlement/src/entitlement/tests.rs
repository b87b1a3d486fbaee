use kernel::{ActorKind, LifeCycle};
use policy_resolver::kinds::{CancelWhen, CancellationPolicy};
use proptest::prelude::*;
use strum::VariantArray;
use time::macros::offset;
use uuid::Uuid;

use super::*;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn start() -> Timestamp {
    at("2026-01-31T12:00:00Z")
}

fn months(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

pub(crate) fn new(class: EntitlementClass) -> NewEntitlement {
    NewEntitlement {
        code: format!("{class}-2026050001").parse().unwrap(),
        organization: Some(Uuid::from_u128(1).into()),
        holder: None,
        order_line: None,
        product: Some(Uuid::from_u128(7).into()),
        support_class: SupportClass::Business,
    }
}

/// A pending entitlement of an organization.
pub(crate) fn pending(class: EntitlementClass) -> Entitlement {
    Entitlement::try_new(Uuid::from_u128(5).into(), new(class), start()).unwrap()
}

/// An active one, for 12 months.
pub(crate) fn active(class: EntitlementClass) -> Entitlement {
    let mut entitlement = pending(class);
    entitlement.activate(Some(months(12)), start(), UtcOffset::UTC).unwrap();
    entitlement
}

/// One in each status.
fn in_status(status: EntitlementStatus) -> Entitlement {
    let class = EntitlementClass::Svc;
    let mut it = active(class);
    match status {
        EntitlementStatus::Pending => return pending(class),
        EntitlementStatus::Trialing => {
            it = pending(class);
            it.start_trial(14, start()).map(|_| ()).unwrap();
        }
        EntitlementStatus::Active => {}
        EntitlementStatus::PastDue => it.mark_past_due(start()).map(|_| ()).unwrap(),
        EntitlementStatus::Suspended => it.suspend(start()).map(|_| ()).unwrap(),
        EntitlementStatus::Expired => it.expire(&RenewalPolicy::default(), start()).map(|_| ()).unwrap(),
        EntitlementStatus::Cancelled => it.cancel(start()).map(|_| ()).unwrap(),
    }
    assert_eq!(it.status(), status);
    it
}

/// Gives a command through its verb.
fn obey(it: &mut Entitlement, command: EntitlementCommand) -> Result<Change, String> {
    use EntitlementCommand as C;
    let now = start();
    match command {
        C::StartTrial => it.start_trial(14, now).map_err(|error| error.to_string()),
        C::Activate => it.activate(Some(months(12)), now, UtcOffset::UTC).map_err(|error| error.to_string()),
        C::MarkPastDue => it.mark_past_due(now).map_err(|error| error.to_string()),
        C::Recover => it.recover().map_err(|error| error.to_string()),
        C::Suspend => it.suspend(now).map_err(|error| error.to_string()),
        C::Reactivate => it.reactivate().map_err(|error| error.to_string()),
        C::Expire => it.expire(&RenewalPolicy::default(), now).map_err(|error| error.to_string()),
        C::Renew => {
            let renewed = it.renew(months(12), now, UtcOffset::UTC);
            renewed.map(|renewed| renewed.change).map_err(|error| error.to_string())
        }
        C::Cancel => it.cancel(now).map_err(|error| error.to_string()),
    }
}

/// EN-2, written out: a line for each status, a column for each command in the order of its declaration.
const EN_2: [(&str, [&str; 9]); 7] = [
    //            start_trial activate  past_due    recover   suspend      reactivate expire     renew     cancel
    ("pending", ["trialing", "active", "-", "-", "-", "-", "-", "-", "cancelled"]),
    ("trialing", ["-", "active", "-", "-", "-", "-", "expired", "-", "cancelled"]),
    ("active", ["-", "-", "past_due", "-", "suspended", "-", "expired", "active", "cancelled"]),
    ("past_due", ["-", "-", "-", "active", "suspended", "-", "-", "-", "cancelled"]),
    ("suspended", ["-", "-", "-", "-", "-", "active", "expired", "-", "cancelled"]),
    ("expired", ["-", "-", "-", "-", "-", "-", "-", "active", "-"]),
    ("cancelled", ["-", "-", "-", "-", "-", "-", "-", "-", "-"]),
];

#[test]
fn en_2_the_whole_table() {
    assert_eq!(EntitlementStatus::VARIANTS.len(), EN_2.len());
    for (state, row) in EN_2 {
        let state: EntitlementStatus = state.parse().unwrap();
        for (command, expected) in EntitlementCommand::VARIANTS.iter().zip(row) {
            let expected: Option<EntitlementStatus> = expected.parse().ok();
            assert_eq!(state.next(*command), expected, "{state} {command}");
            let mut it = in_status(state);
            let before = it.clone();
            match (obey(&mut it, *command), expected) {
                (Ok(change), Some(to)) => assert_eq!((change.from, change.to, it.status()), (state, to, to)),
                (Err(_), None) => assert_eq!(it, before, "{state} {command}"),
                (result, _) => panic!("{state} {command}: {result:?}"),
            }
        }
    }
}

#[test]
fn en_2_the_moves_are_those_of_the_specification() {
    let specified = [
        ("pending", vec!["trialing", "active", "cancelled"]),
        ("trialing", vec!["active", "expired", "cancelled"]),
        ("active", vec!["past_due", "suspended", "expired", "cancelled"]),
        ("past_due", vec!["active", "suspended", "cancelled"]),
        ("suspended", vec!["active", "expired", "cancelled"]),
        ("expired", vec!["active"]),
        ("cancelled", vec![]),
    ];
    for (state, targets) in specified {
        let state: EntitlementStatus = state.parse().unwrap();
        for target in EntitlementStatus::VARIANTS.iter().filter(|target| **target != state) {
            let reachable = EntitlementCommand::VARIANTS.iter().any(|to| state.next(*to) == Some(*target));
            let name: &str = target.into();
            assert_eq!(reachable, targets.contains(&name), "{state} → {name}");
        }
    }
}

#[test]
fn en_2_an_illegal_move_says_what_is_legal() {
    let illegal = in_status(EntitlementStatus::Expired).suspend(start()).unwrap_err();
    assert_eq!((illegal.state, illegal.command, illegal.legal), ("expired", "suspend", vec!["renew"]));
}

#[test]
fn en_2_a_renewal_is_possible_until_the_grace_ends() {
    let policy = RenewalPolicy { grace_days: 7, ..RenewalPolicy::default() };
    let mut expired = active(EntitlementClass::Plg);
    expired.expire(&policy, at("2027-01-31T12:00:00Z")).unwrap();
    let ended_at = at("2027-02-07T12:00:00Z");
    let mut late = expired.clone();
    assert_eq!(late.renew(months(12), ended_at, UtcOffset::UTC), Err(RenewError::GraceOver { ended_at }));
    assert_eq!(late, expired);
    let renewed = expired.renew(months(12), at("2027-02-07T11:59:59.999999Z"), UtcOffset::UTC).unwrap();
    assert_eq!(
        (renewed.change.from, renewed.change.to),
        (EntitlementStatus::Expired, EntitlementStatus::Active)
    );
    assert_eq!((renewed.from, renewed.until), (at("2027-01-31T12:00:00Z"), at("2028-01-31T12:00:00Z")));
    assert_eq!(expired.record().expired_at, None);
}

#[test]
fn en_5_standing_follows_status_and_grace() {
    let now = start();
    let table = [
        (EntitlementStatus::Pending, Standing::Pending),
        (EntitlementStatus::Trialing, Standing::Live),
        (EntitlementStatus::Active, Standing::Live),
        (EntitlementStatus::PastDue, Standing::Live),
        (EntitlementStatus::Suspended, Standing::Suspended),
        (EntitlementStatus::Expired, Standing::Expired),
        (EntitlementStatus::Cancelled, Standing::Cancelled),
    ];
    assert_eq!(table.len(), EntitlementStatus::VARIANTS.len());
    for (status, standing) in table {
        let it = in_status(status);
        assert_eq!(it.standing(now), standing, "{status}");
        assert_eq!(status.is_live(), standing.accepts_work(), "{status}");
        // The default grace is seven days; at its end it is over.
        let later = if standing == Standing::Expired { Standing::ExpiredPastGrace } else { standing };
        assert_eq!(it.standing(now.plus_days(7)), later, "{status}");
    }
    assert_eq!(EntitlementStatus::Expired.standing(None, now), Standing::ExpiredPastGrace);
}

#[test]
fn tm_2_renewals_keep_the_anchor_day() {
    let mut it = pending(EntitlementClass::Svc);
    it.activate(Some(months(1)), start(), UtcOffset::UTC).unwrap();
    let mut ends = vec![it.term().unwrap().ends_at];
    for _ in 0..2 {
        ends.push(it.renew(months(1), start(), UtcOffset::UTC).unwrap().until);
    }
    assert_eq!(ends, [at("2026-02-28T12:00:00Z"), at("2026-03-31T12:00:00Z"), at("2026-04-30T12:00:00Z")]);
}

#[test]
fn id_7_terms_are_months_of_the_business_calendar() {
    let mut it = pending(EntitlementClass::Svc);
    // 31 January at UTC, but still the 30th in São Paulo.
    it.activate(Some(months(1)), at("2025-12-31T01:00:00Z"), offset!(-3)).unwrap();
    assert_eq!(it.term().unwrap().ends_at, at("2026-01-31T01:00:00Z"));
}

#[test]
fn en_2_what_does_not_end_is_not_renewed() {
    let mut it = pending(EntitlementClass::Plg);
    it.activate(None, start(), UtcOffset::UTC).unwrap();
    assert_eq!(it.renew(months(1), start(), UtcOffset::UTC), Err(RenewError::NoTerm));
    it.expire(&RenewalPolicy::default(), start()).unwrap();
    let renewed = it.renew(months(1), start().plus_days(3), UtcOffset::UTC).unwrap();
    assert_eq!(renewed.from, start().plus_days(3));
}

#[test]
fn en_2_a_term_ends_within_the_calendar() {
    let mut it = active(EntitlementClass::Plg);
    let before = it.clone();
    for count in [12 * 9_000, u32::MAX - 12, u32::MAX] {
        assert_eq!(it.renew(months(count), start(), UtcOffset::UTC), Err(RenewError::TooLong));
    }
    assert_eq!(it, before);
    assert!(it.renew(months(12 * 7_000), start(), UtcOffset::UTC).is_ok());
}

#[test]
fn en_3_sovereign_ones_have_a_holder() {
    let sovereign = |holder: Option<(&str, &str)>| {
        let holder = holder.map(|(name, email)| (name.to_owned(), email.to_owned()));
        let new = NewEntitlement { organization: None, holder, ..new(EntitlementClass::Edu) };
        Entitlement::try_new(Uuid::from_u128(5).into(), new, start())
    };
    let paths = |result: Result<Entitlement, Invalid>| -> Vec<String> {
        result.unwrap_err().0.into_iter().map(|field| field.path).collect()
    };
    assert_eq!(paths(sovereign(None)), ["holder"]);
    assert_eq!(paths(sovereign(Some((" ", "nobody")))), ["holder.name", "holder.email"]);
    let it = sovereign(Some((" Ana Lima ", "ana@example.com"))).unwrap();
    assert_eq!(it.holder().unwrap().name, "Ana Lima");
    assert_eq!(it.organization(), None);
}

#[test]
fn en_3_an_organization_is_attached_once() {
    let holder = Some(("Ana".to_owned(), "ana@example.com".to_owned()));
    let new = NewEntitlement { organization: None, holder, ..new(EntitlementClass::Edu) };
    let mut it = Entitlement::try_new(Uuid::from_u128(5).into(), new, start()).unwrap();
    let (one, other) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
    let code = it.code();
    assert_eq!(it.attach_organization(one), Ok(Attachment::Attached));
    let attached = it.clone();
    assert_eq!(it.attach_organization(one), Ok(Attachment::AlreadyAttached));
    assert_eq!(it.attach_organization(other), Err(OrganizationTaken { organization: one }));
    assert_eq!(it, attached);
    assert!(it.code() == code && it.holder().is_some(), "code and holder stay");
}

#[test]
fn a_trial_lasts_its_days() {
    let mut it = pending(EntitlementClass::Plg);
    assert_eq!(it.start_trial(0, start()), Err(StartTrialError::NoTrial));
    assert_eq!(it.status(), EntitlementStatus::Pending);
    it.start_trial(14, start()).unwrap();
    assert_eq!(it.record().trial_ends_at, Some(start().plus_days(14)));
}

#[test]
fn an_unpaid_one_stays_unpaid_while_suspended_and_is_clear_afterwards() {
    let mut it = active(EntitlementClass::Svc);
    it.mark_past_due(start()).unwrap();
    it.suspend(start().plus_days(14)).unwrap();
    assert_eq!(it.record().past_due_since, Some(start()));
    it.reactivate().unwrap();
    assert_eq!((it.record().past_due_since, it.record().suspended_at), (None, None));
}

#[test]
fn cancellation_waits_for_the_end_of_the_term_and_the_notice() {
    let end = at("2027-01-31T12:00:00Z");
    let policy =
        |when, notice_days| CancellationPolicy { when, notice_days, ..CancellationPolicy::default() };
    let effect = |status, policy: &CancellationPolicy, now| {
        let it = in_status(status);
        it.cancellation_takes_effect(policy, now)
    };
    let now = at("2027-01-20T12:00:00Z");
    let table = [
        (CancelWhen::Immediate, 0, now),
        (CancelWhen::Immediate, 5, now.plus_days(5)),
        (CancelWhen::EndOfTerm, 0, end),
        (CancelWhen::EndOfTerm, 5, end),
        (CancelWhen::EndOfTerm, 30, now.plus_days(30)),
    ];
    for (when, notice_days, expected) in table {
        assert_eq!(effect(EntitlementStatus::Active, &policy(when, notice_days), now), expected);
        assert_eq!(effect(EntitlementStatus::Pending, &policy(when, notice_days), now), now);
    }
    let trial = effect(EntitlementStatus::Trialing, &policy(CancelWhen::EndOfTerm, 0), start());
    assert_eq!(trial, start().plus_days(14));
}

#[test]
fn cancellation_asked_for_twice_is_not_put_off() {
    let mut it = active(EntitlementClass::Svc);
    let policy = CancellationPolicy::default();
    let end = it.term().unwrap().ends_at;
    let ask =
        |it: &mut Entitlement, policy: &CancellationPolicy, by| it.request_cancellation(policy, by, start());
    assert_eq!(ask(&mut it, &policy, ActorKind::Customer), Ok(Cancellation::Scheduled { at: end }));
    assert_eq!(ask(&mut it, &policy, ActorKind::Customer), Ok(Cancellation::AlreadyScheduled { at: end }));
    assert!(it.withdraw_cancellation() && !it.withdraw_cancellation());
    ask(&mut it, &policy, ActorKind::Staff).unwrap();
    let at_once = CancellationPolicy { when: CancelWhen::Immediate, ..policy.clone() };
    assert!(matches!(ask(&mut it, &at_once, ActorKind::Staff), Ok(Cancellation::Done(_))));
    assert_eq!((it.status(), it.cancel_at()), (EntitlementStatus::Cancelled, None));
    assert!(matches!(ask(&mut it, &policy, ActorKind::Staff), Err(CancelError::Illegal(_))));
}

#[test]
fn cancellation_may_be_left_to_staff() {
    let policy = CancellationPolicy { by_customer: false, ..CancellationPolicy::default() };
    let mut it = active(EntitlementClass::Svc);
    let refused = it.request_cancellation(&policy, ActorKind::Customer, start());
    assert_eq!((refused, it.cancel_at()), (Err(CancelError::StaffOnly), None));
    assert!(it.request_cancellation(&policy, ActorKind::Staff, start()).is_ok());
}

#[test]
fn what_is_no_entitlement_is_not_restored() {
    let refused = |change: fn(&mut EntitlementRecord)| {
        let mut record = active(EntitlementClass::Svc).record().clone();
        change(&mut record);
        Entitlement::restore(record).unwrap_err().0[0].path.clone()
    };
    assert_eq!(refused(|record| record.class = EntitlementClass::Plg), "class");
    assert_eq!(refused(|record| record.organization = None), "holder");
    assert_eq!(refused(|record| record.status = EntitlementStatus::Trialing), "trial_ends_at");
    assert_eq!(refused(|record| record.starts_at = None), "starts_at");
    assert_eq!(refused(|record| record.status = EntitlementStatus::PastDue), "past_due_since");
    assert_eq!(refused(|record| record.status = EntitlementStatus::Suspended), "suspended_at");
    assert_eq!(refused(|record| record.status = EntitlementStatus::Expired), "expired_at");
    assert_eq!(refused(|record| record.status = EntitlementStatus::Cancelled), "cancelled_at");
    assert_eq!(refused(|record| record.version = 0), "version");
}

proptest! {
    #[test]
    fn en_2_random_walks_never_leave_the_table(
        walk in prop::collection::vec(0usize..9, 0..80)
    ) {
        let mut it = pending(EntitlementClass::Svc);
        let code = it.code();
        for command in walk {
            let command = EntitlementCommand::VARIANTS[command];
            let before = it.clone();
            let state: &str = before.status().into();
            let column = EntitlementCommand::VARIANTS.iter().position(|one| *one == command).unwrap();
            let expected = EN_2.iter().find(|(name, _)| *name == state).unwrap().1[column];
            match obey(&mut it, command) {
                Ok(change) => prop_assert_eq!(<&str>::from(change.to), expected),
                Err(_) => {
                    prop_assert_eq!(&it, &before);
                    prop_assert_eq!(expected, "-");
                }
            }
            prop_assert_eq!(Entitlement::restore(it.record().clone()), Ok(it.clone()));
            prop_assert_eq!(it.code(), code);
        }
    }
}
