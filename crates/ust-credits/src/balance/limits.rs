//! Limits that do not block (CR-12) and the credit side of pre-approval (SR-5).

use kernel::{ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::{BalanceStatus, CreditBalance};
use crate::{Credits, HoldState};

/// What keeps a request from being pre-approved (SR-5, CR-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum NotPreApproved {
    /// The estimate is over `pre_approved_up_to`.
    AbovePreApproved,
    /// The estimate is over `per_request_limit`.
    AbovePerRequestLimit,
    /// With what was used this month and what is held, the estimate goes over `monthly_limit`.
    AboveMonthlyLimit,
    /// Not all of it is covered by credits that are held or can be: overdraft and excess do not count, nor a frozen balance.
    NotCovered,
}

/// The balance went down to `low_balance_at` (CR-12): one notification is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowBalance {
    /// What is usable.
    pub usable: Credits,
    /// What the policy gives notice at.
    pub threshold: Credits,
}

impl CreditBalance {
    /// All that keeps `estimate` for `request` from being pre-approved, empty where nothing does (SR-5). Once something is held for
    /// the request, only what is held counts as covered: see [`CreditBalance::top_up`].
    ///
    /// `used_this_month` is what was used since the month began: [`crate::Totals::used`] now less that at the month's start. It
    /// matters only where the policy has a `monthly_limit`.
    pub fn pre_approval(
        &self,
        request: ServiceRequestId,
        estimate: Credits,
        policy: &CreditPolicy,
        used_this_month: Credits,
        standing: Standing,
        now: Timestamp,
    ) -> Vec<NotPreApproved> {
        let own = self.hold(request).filter(|hold| hold.state == HoldState::Open);
        let mut against = Vec::new();
        if estimate.units() > policy.pre_approved_up_to.units() {
            against.push(NotPreApproved::AbovePreApproved);
        }
        if policy.per_request_limit.is_some_and(|limit| estimate.units() > limit.units()) {
            against.push(NotPreApproved::AbovePerRequestLimit);
        }
        let totals = &self.record.totals;
        let pledged: i128 = [totals.held, totals.overdraft_held, totals.shortfall, used_this_month, estimate]
            .iter()
            .map(|amount| i128::from(amount.units()))
            .sum();
        let pledged = pledged - own.map_or(0, |hold| i128::from(hold.requested.units()));
        if policy.monthly_limit.is_some_and(|limit| pledged > i128::from(limit.units())) {
            against.push(NotPreApproved::AboveMonthlyLimit);
        }
        let held = own.map_or(Credits::ZERO, |hold| hold.held.total());
        let needed = estimate.minus_down_to_zero(held);
        let frozen = self.status(standing) == BalanceStatus::Frozen;
        if needed.is_positive() && (own.is_some() || frozen || needed > self.usable(now)) {
            against.push(NotPreApproved::NotCovered);
        }
        against
    }

    /// Whether the low-balance notification is due, to be asked after every change and every expiry (CR-12). It goes off once on the way
    /// down to `low_balance_at`, and is armed again when more than that is usable, were it only for a while since it was last asked for;
    /// a balance that never was above gives none.
    pub fn signal_low_balance(&mut self, policy: &CreditPolicy, now: Timestamp) -> Option<LowBalance> {
        let threshold = Credits::from(policy.low_balance_at?);
        let usable = self.usable(now);
        let above = usable > threshold;
        let was_above = std::mem::replace(&mut self.peak, Credits::ZERO) > threshold;
        let goes_off = (self.record.low_balance_armed || was_above) && !above;
        if above != self.record.low_balance_armed {
            self.record.low_balance_armed = above;
            self.changed = true;
        }
        goes_off.then_some(LowBalance { usable, threshold })
    }
}
