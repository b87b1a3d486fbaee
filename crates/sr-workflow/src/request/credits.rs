//! What a request does to the credits that are held for it (SR-5, SR-6, SR-12).

use kernel::{Actor, CreditBalanceId, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use ust_credits::{Credits, NotPreApproved};

use super::{Estimate, RequestCommand, RequestStage, ServiceRequest};
use crate::MoveError;

/// What the credits' side says about the estimate (SR-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PreApproval {
    /// Within `pre_approved_up_to`, within the limits, and fully covered by credits that can be held.
    Granted,
    /// One of these is not so.
    Refused,
}

impl From<&[NotPreApproved]> for PreApproval {
    /// The balance's verdict: granted where nothing keeps the estimate from it.
    fn from(against: &[NotPreApproved]) -> Self {
        if against.is_empty() { Self::Granted } else { Self::Refused }
    }
}

impl ServiceRequest {
    /// The credits to reserve; none where nothing was estimated.
    pub fn estimated_credits(&self) -> Option<Credits> {
        self.record.estimated_credits
    }

    /// Estimates the credits, or anew; staff only. The caller reserves them in the same transaction (SR-6), which also holds
    /// again what was given back (SR-12).
    ///
    /// After approval, an estimate above the approved one needs approval again: the request becomes `pending_approval`, from
    /// wherever it was. One that is not above it moves nothing. Returns where the request stands now. A figure of the staff's
    /// keeps the catalog item that was chosen.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn estimate(
        &mut self,
        estimate: Estimate,
        by: &Actor,
        now: Timestamp,
    ) -> Result<RequestStage, MoveError> {
        let next = self.step(RequestCommand::Estimate, by)?;
        let approved = self.record.approval.as_ref().and_then(|approval| approval.credits);
        let agreed =
            self.record.approval.is_some() && approved.is_some_and(|most| estimate.credits() <= most);
        self.record.catalog = estimate.catalog().or(self.record.catalog);
        self.record.complexity = Some(estimate.complexity());
        self.record.estimated_base = Some(estimate.base());
        self.record.estimated_credits = Some(estimate.credits());
        self.record.hold_given_back = false;
        if agreed {
            self.record.changed_at = now;
            self.record.moved_at = now;
        } else {
            self.record.approval = None;
            self.enter(next, now);
        }
        Ok(self.stage())
    }

    /// Notes which balance pays, as credits are held or debited for the request (CR-13). Whoever pays already goes on paying.
    pub fn pay_from(&mut self, balance: CreditBalanceId) {
        self.record.credit_balance.get_or_insert(balance);
    }

    /// When the hold of a draft or pending request that nobody moves is to be given back (SR-12). None where nothing is held,
    /// or the request has moved on, or the policy never does.
    pub fn hold_given_back_at(&self, policy: &CreditPolicy) -> Option<Timestamp> {
        let row = &self.record;
        let waiting = matches!(self.stage(), RequestStage::Draft | RequestStage::PendingApproval);
        let held = row.estimated_credits.is_some() && row.credit_balance.is_some() && !row.hold_given_back;
        let days = policy.draft_hold_days.filter(|_| waiting && held)?;
        Some(row.moved_at.plus_days(i64::from(days)))
    }

    /// Notes that the hold was given back, if that is due; the caller releases it in the same transaction (SR-12).
    /// False where it is not due, or was done before: nothing is to be released then.
    pub fn give_hold_back(&mut self, policy: &CreditPolicy, now: Timestamp) -> bool {
        let due = self.hold_given_back_at(policy).is_some_and(|at| at <= now);
        if due {
            self.record.hold_given_back = true;
            self.record.changed_at = now;
        }
        due
    }

    /// Notes that the caller has given back some of what was debited, in the same transaction (CR-14): what is shown of the
    /// request is another thing now, though nothing of its own is.
    pub fn credits_corrected(&mut self, now: Timestamp) {
        self.record.changed_at = now;
    }

    /// Whether the estimate has to be reserved again before the request can be submitted or approved (SR-12).
    pub fn needs_hold_again(&self) -> bool {
        self.record.hold_given_back
    }

    /// Notes that the caller has reserved the estimate again, in the same transaction (SR-12).
    /// False where it was not given back.
    pub fn hold_again(&mut self, now: Timestamp) -> bool {
        let again = std::mem::replace(&mut self.record.hold_given_back, false);
        if again {
            self.record.moved_at = now;
            self.record.changed_at = now;
        }
        again
    }
}
