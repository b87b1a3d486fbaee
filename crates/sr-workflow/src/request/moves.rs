//! The verbs from draft to in progress, and the ways out (SR-4).

use kernel::{Actor, ActorKind, ServiceRequestId, Timestamp};
use policy_resolver::kinds::RunningRequests;

use super::{
    Approval, ApprovalKind, CloseReason, Closure, PreApproval, RequestCommand, RequestStage, RequestStatus,
    ServiceRequest,
};
use crate::{
    Consent, MoveError,
    text::{optional_reason, reason},
};

/// Why a request was not submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Not legal, or not by this party.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// Customers submit requests for which a catalog item is chosen; staff submit the others.
    #[error(
        "a customer submits a request only with a catalog item; without one, staff estimate and submit it"
    )]
    NeedsCatalogItem,
    /// The hold was given back and not taken again (SR-12).
    #[error("the credits were given back meanwhile and have to be held again first")]
    HoldGivenBack,
}

/// Why a request was not approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// Not legal, or not by this party, or staff gave no reason.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The hold was given back and not taken again (SR-12).
    #[error("the credits were given back meanwhile and have to be held again first")]
    HoldGivenBack,
}

/// Why work was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Not legal, or not by this party.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// Nobody is assigned.
    #[error("an assignee is needed before work starts")]
    NeedsAssignee,
    /// The analysis was not handed in with the command: a fault of the caller's.
    #[error("the analysis request {analysis} was not looked at")]
    AnalysisUnknown {
        /// The analysis that the request names.
        analysis: ServiceRequestId,
    },
    /// The analysis is not completed (SR-9).
    #[error("the analysis {code} is {status}; it has to be completed first")]
    AnalysisOpen {
        /// The analysis.
        code: kernel::ServiceRequestCode,
        /// Where it stands.
        status: RequestStatus,
    },
}

impl ServiceRequest {
    /// Asks for approval; or, where `pre_approval` is granted and there is an estimate, is approved at once (SR-5).
    /// Returns where the request stands now.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing is changed then.
    pub fn submit(
        &mut self,
        pre_approval: PreApproval,
        by: &Actor,
        now: Timestamp,
    ) -> Result<RequestStage, SubmitError> {
        let pending = self.step(RequestCommand::Submit, by)?;
        if by.kind == ActorKind::Customer && self.record.catalog.is_none() {
            return Err(SubmitError::NeedsCatalogItem);
        }
        if self.record.hold_given_back {
            return Err(SubmitError::HoldGivenBack);
        }
        let credits = self.record.estimated_credits;
        if pre_approval == PreApproval::Granted && credits.is_some() {
            let approved = kernel::step(pending, RequestCommand::Approve).map_err(MoveError::from)?;
            let kind = ApprovalKind::PreApproved;
            self.record.approval = Some(Approval { kind, by: by.clone(), at: now, reason: None, credits });
            self.enter(approved, now);
        } else {
            self.enter(pending, now);
        }
        Ok(self.stage())
    }

    /// The customer agrees to the estimate; or staff on their behalf, for a reason that is recorded.
    ///
    /// # Errors
    /// [`ApproveError`]; nothing is changed then.
    pub fn approve(
        &mut self,
        on_behalf: Option<&str>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), ApproveError> {
        let stage = self.step(RequestCommand::Approve, by)?;
        if self.record.hold_given_back {
            return Err(ApproveError::HoldGivenBack);
        }
        let Consent { by, at, on_behalf: reason } =
            Consent::try_new(by, on_behalf, now).map_err(MoveError::from)?;
        let kind = if reason.is_some() { ApprovalKind::OnBehalf } else { ApprovalKind::Customer };
        let credits = self.record.estimated_credits;
        self.record.approval = Some(Approval { kind, by, at, reason, credits });
        self.enter(stage, now);
        Ok(())
    }

    /// Declines the work, with or without a reason. The caller releases the reservation (SR-8).
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn reject(&mut self, why: Option<&str>, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.close(RequestCommand::Reject, CloseReason::Rejected, why, by, now)
    }

    /// Closes the request because it becomes a quote; staff only. The caller drafts the quote and releases the reservation
    /// (SR-8).
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn convert_to_quote(
        &mut self,
        why: Option<&str>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), MoveError> {
        self.close(RequestCommand::ConvertToQuote, CloseReason::Quoted, why, by, now)
    }

    /// Gives the request up, with or without a reason: staff, or the customer until it is approved. The caller releases the
    /// reservation (SR-8).
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn cancel(&mut self, why: Option<&str>, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.close(RequestCommand::Cancel, CloseReason::Cancelled, why, by, now)
    }

    /// Work begins. An assignee is needed, and `analysis`, the request that this one names as its analysis, must be completed
    /// (SR-9).
    ///
    /// # Errors
    /// [`StartError`]; nothing is changed then.
    pub fn start(
        &mut self,
        analysis: Option<&ServiceRequest>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StartError> {
        let stage = self.step(RequestCommand::Start, by)?;
        if self.record.assignee.is_none() {
            return Err(StartError::NeedsAssignee);
        }
        if let Some(id) = self.record.analysis {
            let named = analysis.filter(|request| request.id() == id);
            let analysis = named.ok_or(StartError::AnalysisUnknown { analysis: id })?;
            let (code, status) = (analysis.code(), analysis.status());
            if !matches!(status, RequestStatus::Completed | RequestStatus::Billed) {
                return Err(StartError::AnalysisOpen { code, status });
            }
        }
        self.enter(stage, now);
        Ok(())
    }

    /// The request stands still, for a reason; it remembers where it was.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn hold(&mut self, why: &str, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        let stage = self.step(RequestCommand::Hold, by)?;
        self.record.hold_reason = Some(reason(why)?);
        self.enter(stage, now);
        Ok(())
    }

    /// The request goes on where it was. Returns where that is.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn resume(&mut self, by: &Actor, now: Timestamp) -> Result<RequestStage, MoveError> {
        let stage = self.step(RequestCommand::Resume, by)?;
        self.enter(stage, now);
        Ok(stage)
    }

    /// The entitlement has expired or was cancelled (EN-5): drafts and pending requests are closed, running ones under
    /// [`RunningRequests::Close`] only (on expiry they go on). `by` is whoever ended the entitlement. The caller releases the
    /// reservation (SR-8).
    ///
    /// False where nothing is changed: it goes on, or is done or closed already.
    pub fn end_with_entitlement(&mut self, running: RunningRequests, by: &Actor, now: Timestamp) -> bool {
        let waiting = matches!(self.stage(), RequestStage::Draft | RequestStage::PendingApproval);
        let Ok(stage) = kernel::step(self.stage(), RequestCommand::Cancel) else { return false };
        let ends = waiting || running == RunningRequests::Close;
        if ends {
            self.end(stage, CloseReason::EntitlementEnded, None, by, now);
        }
        ends
    }

    fn close(
        &mut self,
        command: RequestCommand,
        reason: CloseReason,
        why: Option<&str>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), MoveError> {
        let stage = self.step(command, by)?;
        let remark = optional_reason(why)?;
        self.end(stage, reason, remark, by, now);
        Ok(())
    }

    fn end(
        &mut self,
        stage: RequestStage,
        reason: CloseReason,
        remark: Option<String>,
        by: &Actor,
        now: Timestamp,
    ) {
        self.record.closure = Some(Closure { reason, remark, by: by.clone(), at: now });
        self.record.hold_given_back = false;
        self.enter(stage, now);
    }
}
