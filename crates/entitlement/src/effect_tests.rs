use proptest::prelude::*;
use strum::VariantArray;

use super::*;
use crate::{ContractStatus, EnvironmentStatus, LicenseStatus};

const ID: Uuid = Uuid::from_u128(1);

fn everything() -> Vec<Resource> {
    vec![
        Resource::limited(ResourceKind::License, ID, LicenseStatus::Active),
        Resource::limited(ResourceKind::Environment, ID, EnvironmentStatus::Active),
        Resource::limited(ResourceKind::Contract, ID, ContractStatus::Active),
        Resource::credit_balance(ID.into()),
        Resource::service_request(ID.into(), RequestStage::Waiting),
        Resource::service_request(ID.into(), RequestStage::Running),
        Resource::service_request(ID.into(), RequestStage::Done),
    ]
}

fn hows(from: Standing, to: Standing, policy: &CancellationPolicy) -> Vec<(ResourceKind, How)> {
    preview(from, to, &everything(), policy).effects.iter().map(|effect| (effect.kind, effect.how)).collect()
}

fn seen(to: &'static str) -> How {
    How::Seen { own: "active", from: "active", to }
}

use ResourceKind as K;

#[test]
fn en_5_suspended() {
    let expected = [
        (K::License, seen("inactive")),
        (K::Environment, seen("paused")),
        (K::Contract, seen("suspended")),
        (K::CreditBalance, How::Frozen),
        (K::ServiceRequest, How::GoesOn),
    ];
    let policy = CancellationPolicy::default();
    assert_eq!(hows(Standing::Live, Standing::Suspended, &policy), expected);
    assert!(!preview(Standing::Live, Standing::Suspended, &[], &policy).accepts_requests());
}

#[test]
fn en_5_active_again() {
    let back = |from| How::Seen { own: "active", from, to: "active" };
    let expected = [
        (K::License, back("inactive")),
        (K::Environment, back("paused")),
        (K::Contract, back("suspended")),
        (K::CreditBalance, How::Thawed),
    ];
    let policy = CancellationPolicy::default();
    assert_eq!(hows(Standing::Suspended, Standing::Live, &policy), expected);
    assert!(preview(Standing::Suspended, Standing::Live, &[], &policy).accepts_requests());
}

#[test]
fn en_5_expired_and_past_its_grace() {
    let policy = CancellationPolicy::default();
    let expected = [
        (K::License, seen("expired")),
        (K::Environment, seen("paused")),
        (K::Contract, seen("expired")),
        (K::CreditBalance, How::ExpiresUnderCreditPolicy),
        (K::ServiceRequest, How::ClosedAndReleased),
        (K::ServiceRequest, How::GoesOn),
    ];
    assert_eq!(hows(Standing::Live, Standing::Expired, &policy), expected);
    let later = hows(Standing::Expired, Standing::ExpiredPastGrace, &policy);
    let decommissioning = How::Seen { own: "active", from: "paused", to: "decommissioning" };
    assert!(later.contains(&(K::Environment, decommissioning)));
    assert!(!later.iter().any(|(kind, _)| matches!(kind, K::License | K::Contract | K::CreditBalance)));
}

#[test]
fn en_5_cancelled_follows_the_policy() {
    let cancelled = |unused_credits, running_requests| {
        let policy = CancellationPolicy { unused_credits, running_requests, ..CancellationPolicy::default() };
        hows(Standing::Live, Standing::Cancelled, &policy)
    };
    let expected = |credits, running| {
        [
            (K::License, seen("revoked")),
            (K::Environment, seen("decommissioning")),
            (K::Contract, seen("terminated")),
            (K::CreditBalance, credits),
            (K::ServiceRequest, How::ClosedAndReleased),
            (K::ServiceRequest, running),
        ]
    };
    assert_eq!(
        cancelled(UnusedCredits::Forfeit, RunningRequests::Close),
        expected(How::CreditsForfeited, How::ClosedAndReleased)
    );
    assert_eq!(
        cancelled(UnusedCredits::KeepUntilExpiry, RunningRequests::Finish),
        expected(How::CreditsKeptUntilExpiry, How::GoesOn)
    );
}

#[test]
fn en_5_a_resource_that_rests_of_its_own_is_not_touched() {
    let resting = [
        Resource::limited(ResourceKind::License, ID, LicenseStatus::Inactive),
        Resource::limited(ResourceKind::Environment, ID, EnvironmentStatus::Paused),
        Resource::limited(ResourceKind::Contract, ID, ContractStatus::Suspended),
    ];
    let policy = CancellationPolicy::default();
    assert!(preview(Standing::Live, Standing::Suspended, &resting, &policy).effects.is_empty());
}

/// The laws that every limited status obeys.
fn obeys_the_laws<S: Limited + std::fmt::Debug>() {
    for own in S::VARIANTS.iter().copied() {
        assert_eq!(own.seen(Standing::Live), own, "a live entitlement limits nothing");
        for standing in Standing::VARIANTS.iter().copied() {
            let seen = own.seen(standing);
            assert_eq!(seen.seen(standing), seen, "{own:?} under {standing}: limited twice is limited once");
        }
        let after_grace = own.seen(Standing::Expired).seen(Standing::ExpiredPastGrace);
        assert_eq!(after_grace, own.seen(Standing::ExpiredPastGrace), "{own:?}: grace only adds");
    }
}

#[test]
fn en_5_limits_are_laws() {
    obeys_the_laws::<LicenseStatus>();
    obeys_the_laws::<EnvironmentStatus>();
    obeys_the_laws::<ContractStatus>();
}

proptest! {
    #[test]
    fn en_5_reactivation_brings_back_exactly_what_was_there(
        license in 0usize..4, environment in 0usize..6, contract in 0usize..7, by_way_of in 0usize..6
    ) {
        let resources = [
            Resource::limited(ResourceKind::License, ID, LicenseStatus::VARIANTS[license]),
            Resource::limited(ResourceKind::Environment, ID, EnvironmentStatus::VARIANTS[environment]),
            Resource::limited(ResourceKind::Contract, ID, ContractStatus::VARIANTS[contract]),
        ];
        let policy = CancellationPolicy::default();
        let between = Standing::VARIANTS[by_way_of];
        let there = preview(Standing::Live, between, &resources, &policy).effects;
        let back = preview(between, Standing::Live, &resources, &policy).effects;
        prop_assert_eq!(there.len(), back.len());
        for (there, back) in there.iter().zip(&back) {
            let (How::Seen { own, from, to }, How::Seen { from: back_from, to: back_to, .. }) =
                (there.how, back.how) else { return Err(TestCaseError::fail("a status is seen")) };
            prop_assert_eq!((own, from, to), (back_to, back_to, back_from));
        }
    }

    #[test]
    fn en_5_where_nothing_changes_nothing_is_touched(standing in 0usize..6) {
        let standing = Standing::VARIANTS[standing];
        prop_assert!(hows(standing, standing, &CancellationPolicy::default()).is_empty());
    }
}
