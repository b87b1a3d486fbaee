//! The work is done, taken as done, or sent back (SR-4, SR-7).

use kernel::{Actor, ActorKind, CreditBalanceId, ServiceRequestId, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use ust_credits::{Credits, Settlement};

use super::{
    Acceptance, Actual, Completion, Reopening, RequestCommand, RequestStage, ServiceRequest, Settled,
};
use crate::{MoveError, text::reason};

/// A settlement that does not belong to this request's work: a fault of the caller's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    /// It is another request's.
    #[error("the settlement is that of request {found}")]
    OtherRequest {
        /// Whose it is.
        found: ServiceRequestId,
    },
    /// Another balance paid.
    #[error("the settlement is made by another balance than the one that pays")]
    OtherBalance {
        /// The balance that paid.
        found: Option<CreditBalanceId>,
        /// The balance that pays.
        expected: Option<CreditBalanceId>,
    },
    /// It is for another amount.
    #[error("{settled} credits are settled where the work cost {actual}")]
    OtherAmount {
        /// What was settled.
        settled: Credits,
        /// What the work did cost.
        actual: Credits,
    },
    /// The work is not settled, and none was given.
    #[error("the credits are not settled yet: a settlement is needed")]
    Missing,
    /// The work is settled already.
    #[error("the credits are settled already")]
    AlreadySettled,
}

/// Why work was not recorded as done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompleteError {
    /// Not legal, or not by this party.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The actual figure is that of another request: a fault of the caller's.
    #[error("the actual figure is that of request {found}")]
    OtherActual {
        /// Whose it is.
        found: ServiceRequestId,
    },
    /// The settlement does not belong to it.
    #[error(transparent)]
    Settlement(#[from] SettlementError),
}

/// Why work was not taken as done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// Not legal, or not by this party.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// It counts as accepted by itself only later.
    #[error("the work counts as accepted at {due}, not before")]
    NotDue {
        /// When.
        due: Timestamp,
    },
    /// The settlement is missing, or one too many, or does not belong to it.
    #[error(transparent)]
    Settlement(#[from] SettlementError),
}

impl ServiceRequest {
    /// Records the work as done (SR-7). Under `debit_on: acceptance` there is no settlement yet: the hold stays until
    /// [`accept`](Self::accept).
    ///
    /// # Errors
    /// [`CompleteError`]; nothing is changed then.
    pub fn complete(
        &mut self,
        actual: Actual,
        settlement: Option<&Settlement>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), CompleteError> {
        let stage = self.step(RequestCommand::Complete, by)?;
        if actual.request != self.id() {
            return Err(CompleteError::OtherActual { found: actual.request });
        }
        let credits = actual.credits();
        let settled = settlement.map(|made| self.settled(made, credits, now)).transpose()?;
        self.record.completion = Some(Completion { actual: actual.record, by: by.clone(), at: now });
        self.record.settled = settled;
        self.enter(stage, now);
        Ok(())
    }

    /// What is to be settled, where work is done and its credits are not debited yet (`debit_on: acceptance`).
    pub fn awaits_settlement(&self) -> Option<Credits> {
        let completion = self.record.completion.as_ref().filter(|_| self.record.settled.is_none())?;
        Some(completion.actual.credits)
    }

    /// When the work counts as accepted by itself; none unless it is completed and not accepted.
    pub fn accepted_by_itself_at(&self, policy: &CreditPolicy) -> Option<Timestamp> {
        let completion =
            self.record.completion.as_ref().filter(|_| self.stage() == RequestStage::Completed)?;
        Some(completion.at.plus_days(i64::from(policy.accept_after_days)))
    }

    /// Takes the work as done: the customer, or the system once `accept_after_days` have passed. Where the work
    /// [awaits its settlement](Self::awaits_settlement), it is given here.
    ///
    /// # Errors
    /// [`AcceptError`]; nothing is changed then.
    pub fn accept(
        &mut self,
        settlement: Option<&Settlement>,
        policy: &CreditPolicy,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AcceptError> {
        let stage = self.step(RequestCommand::Accept, by)?;
        if let (ActorKind::System, Some(due)) = (by.kind, self.accepted_by_itself_at(policy))
            && now < due
        {
            return Err(AcceptError::NotDue { due });
        }
        match (self.awaits_settlement(), settlement) {
            (Some(credits), Some(made)) => self.record.settled = Some(self.settled(made, credits, now)?),
            (Some(_), None) => return Err(SettlementError::Missing.into()),
            (None, Some(_)) => return Err(SettlementError::AlreadySettled.into()),
            (None, None) => {}
        }
        self.record.acceptance = Some(Acceptance { by: by.clone(), at: now });
        self.enter(stage, now);
        Ok(())
    }

    /// Sends the work back, for a reason: the customer or staff, until it is accepted. A new completion with a new settlement
    /// follows. Returns the settlement that the caller reverses in the same transaction; none where none was made.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn reopen(&mut self, why: &str, by: &Actor, now: Timestamp) -> Result<Option<Settled>, MoveError> {
        let stage = self.step(RequestCommand::Reopen, by)?;
        let reason = reason(why)?;
        self.record.reopening = Some(Reopening { reason, by: by.clone(), at: now });
        self.record.completion = None;
        self.enter(stage, now);
        Ok(self.record.settled.take())
    }

    fn settled(&self, made: &Settlement, actual: Credits, at: Timestamp) -> Result<Settled, SettlementError> {
        if made.request() != self.id() {
            return Err(SettlementError::OtherRequest { found: made.request() });
        }
        if made.balance() != self.record.credit_balance {
            let expected = self.record.credit_balance;
            return Err(SettlementError::OtherBalance { found: made.balance(), expected });
        }
        if made.actual() != actual {
            return Err(SettlementError::OtherAmount { settled: made.actual(), actual });
        }
        Ok(Settled { debited: made.debited(), overdrawn: made.overdrawn(), excess: made.excess(), at })
    }
}
