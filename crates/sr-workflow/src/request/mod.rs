//! One piece of work asked for (SR-1 … SR-20).

mod actual;
mod admission;
mod bill;
mod completion;
mod content;
mod credits;
mod estimate;
mod moves;
mod new;
mod record;
mod restore;
mod state;
#[cfg(test)]
mod tests;

use kernel::{Actor, ServiceRequestCode, ServiceRequestId, Timestamp};
use policy_resolver::kinds::CreditPolicy;

pub use actual::{Actual, ActualBasis, ActualError, ActualRecord, GivenActual, worklog_credits};
pub use admission::{Admitted, Asked, Ground, NotAdmitted, admit};
pub use bill::{BillError, MAX_BASE_CREDIT_DECIMALS, MAX_BASE_CREDIT_VALUE, base_credit_value};
pub use completion::{AcceptError, CompleteError, SettlementError};
pub use content::RequestEdit;
pub use credits::PreApproval;
pub use estimate::{CatalogChoice, Estimate};
pub use moves::{ApproveError, StartError, SubmitError};
pub use new::NewRequest;
pub use record::{
    Acceptance, Approval, ApprovalKind, BilledValue, CloseReason, Closure, Completion, HeldFrom, Reopening,
    RequestKind, RequestOrigin, ServiceRequestRecord, Settled,
};
pub use state::{RequestCommand, RequestStage, RequestStatus};

use crate::MoveError;

/// One piece of work asked for, from draft to billed or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    record: ServiceRequestRecord,
}

impl ServiceRequest {
    /// The row, for storage and views.
    pub fn record(&self) -> &ServiceRequestRecord {
        &self.record
    }

    /// The id.
    pub fn id(&self) -> ServiceRequestId {
        self.record.id
    }

    /// The code.
    pub fn code(&self) -> ServiceRequestCode {
        self.record.code
    }

    /// The version of the row.
    pub fn version(&self) -> i64 {
        self.record.version
    }

    /// Where it stands.
    pub fn status(&self) -> RequestStatus {
        self.record.status
    }

    /// Where it stands, with all that decides what is legal next.
    pub fn stage(&self) -> RequestStage {
        match (self.record.status, self.record.held_from) {
            (RequestStatus::Draft, _) => RequestStage::Draft,
            (RequestStatus::PendingApproval, _) => RequestStage::PendingApproval,
            (RequestStatus::Approved, _) => RequestStage::Approved,
            (RequestStatus::InProgress, _) => RequestStage::InProgress,
            (RequestStatus::OnHold, Some(HeldFrom::InProgress)) => RequestStage::OnHoldFromInProgress,
            (RequestStatus::OnHold, Some(HeldFrom::Approved) | None) => RequestStage::OnHoldFromApproved,
            (RequestStatus::Completed, _) if self.record.acceptance.is_some() => RequestStage::Accepted,
            (RequestStatus::Completed, _) => RequestStage::Completed,
            (RequestStatus::Billed, _) => RequestStage::Billed,
            (RequestStatus::Closed, _) => RequestStage::Closed,
        }
    }

    /// Where `command` leads, if `by` may give it now.
    ///
    /// # Errors
    /// Not legal in this stage, or not by this party.
    pub fn step(&self, command: RequestCommand, by: &Actor) -> Result<RequestStage, MoveError> {
        state::step_by(by.kind, self.stage(), command)
    }

    /// Writes down a stage that [`step`](Self::step) has found. What else belongs to it is the verb's to write.
    fn enter(&mut self, stage: RequestStage, now: Timestamp) {
        self.record.status = stage.status();
        self.record.held_from = match stage {
            RequestStage::OnHoldFromApproved => Some(HeldFrom::Approved),
            RequestStage::OnHoldFromInProgress => Some(HeldFrom::InProgress),
            _ => None,
        };
        if self.record.held_from.is_none() {
            self.record.hold_reason = None;
        }
        self.record.moved_at = now;
        self.record.changed_at = now;
        self.record.next_due = None;
    }

    /// When the request takes a step by itself next under `policy`: a hold that is given back (SR-12), or completed work that
    /// counts as accepted. None where it takes none.
    pub fn due_at(&self, policy: &CreditPolicy) -> Option<Timestamp> {
        self.hold_given_back_at(policy).or_else(|| self.accepted_by_itself_at(policy))
    }

    /// Writes down when the request takes a step by itself next, to be done before every save of a request that waits for
    /// something. `policies` are the one that holds now and those that are known to follow it, each with the instant from
    /// which it holds: the step is due as soon as it is [due](Self::due_at) under the policy that holds then.
    pub fn schedule(&mut self, policies: &[(Timestamp, &CreditPolicy)]) {
        let ends = policies.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]);
        let due = policies.iter().enumerate().zip(ends).find_map(|((number, (from, policy)), end)| {
            let due = self.due_at(policy)?;
            // What is due under the first one may have been due before it held.
            let due = if number == 0 { due } else { due.max(*from) };
            end.is_none_or(|end| due < end).then_some(due)
        });
        self.record.next_due = due;
    }
}
