//! The states of a service request, what moves it, and who may (SR-4).

use kernel::{ActorKind, IllegalMove, LifeCycle, step};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{MoveError, NotAllowed};

/// The states of a service request (SR-4).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum RequestStatus {
    /// Asked for, not submitted.
    Draft,
    /// Waiting for the customer's approval of the estimate.
    PendingApproval,
    /// Approved, not begun.
    Approved,
    /// Being worked on.
    InProgress,
    /// Standing still; it remembers where it was.
    OnHold,
    /// Done; accepted or not.
    Completed,
    /// Its value is fixed and goes on an invoice. Final.
    Billed,
    /// Ended without being billed. Final.
    Closed,
}

/// A state with all that decides what is legal next: where a held request was, and whether a completed one is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RequestStage {
    /// [`RequestStatus::Draft`].
    Draft,
    /// [`RequestStatus::PendingApproval`].
    PendingApproval,
    /// [`RequestStatus::Approved`].
    Approved,
    /// [`RequestStatus::InProgress`].
    InProgress,
    /// [`RequestStatus::OnHold`]; it was approved.
    #[strum(serialize = "on_hold")]
    OnHoldFromApproved,
    /// [`RequestStatus::OnHold`]; it was in progress.
    #[strum(serialize = "on_hold")]
    OnHoldFromInProgress,
    /// [`RequestStatus::Completed`], not accepted.
    Completed,
    /// [`RequestStatus::Completed`] and accepted.
    Accepted,
    /// [`RequestStatus::Billed`].
    Billed,
    /// [`RequestStatus::Closed`].
    Closed,
}

/// What may be asked of a service request (SR-4), and the estimate that may send it back for approval (SR-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RequestCommand {
    /// Ask for approval.
    Submit,
    /// Agree to the estimate.
    Approve,
    /// Decline the work.
    Reject,
    /// Offer it as a quote: it is beyond the contract's scope.
    ConvertToQuote,
    /// Estimate the credits, or anew. The table shows where an estimate above the approved one leads.
    Estimate,
    /// Begin.
    Start,
    /// Stand still.
    Hold,
    /// Go on where it was.
    Resume,
    /// Record the work as done.
    Complete,
    /// Take the work as done.
    Accept,
    /// Send the work back.
    Reopen,
    /// Fix the billed value.
    Bill,
    /// Give up.
    Cancel,
}

impl LifeCycle for RequestStage {
    type Command = RequestCommand;

    const ENTITY: &'static str = "service request";

    fn next(self, command: RequestCommand) -> Option<Self> {
        use {RequestCommand as C, RequestStage as S};
        match (self, command) {
            (S::Draft, C::Estimate) => Some(S::Draft),
            (S::Draft, C::Submit) => Some(S::PendingApproval),
            (S::PendingApproval | S::Approved | S::InProgress, C::Estimate)
            | (S::OnHoldFromApproved | S::OnHoldFromInProgress, C::Estimate) => Some(S::PendingApproval),
            (S::PendingApproval, C::Approve) | (S::OnHoldFromApproved, C::Resume) => Some(S::Approved),
            (S::Approved, C::Start) | (S::OnHoldFromInProgress, C::Resume) | (S::Completed, C::Reopen) => {
                Some(S::InProgress)
            }
            (S::Approved, C::Hold) => Some(S::OnHoldFromApproved),
            (S::InProgress, C::Hold) => Some(S::OnHoldFromInProgress),
            (S::InProgress, C::Complete) => Some(S::Completed),
            (S::Completed, C::Accept) => Some(S::Accepted),
            (S::Accepted, C::Bill) => Some(S::Billed),
            (S::Draft | S::PendingApproval, C::Reject | C::ConvertToQuote)
            | (S::Draft | S::PendingApproval | S::Approved | S::InProgress, C::Cancel)
            | (S::OnHoldFromApproved | S::OnHoldFromInProgress, C::Cancel) => Some(S::Closed),
            (
                S::Draft
                | S::PendingApproval
                | S::Approved
                | S::InProgress
                | S::OnHoldFromApproved
                | S::OnHoldFromInProgress
                | S::Completed
                | S::Accepted
                | S::Billed
                | S::Closed,
                _,
            ) => None,
        }
    }
}

impl RequestStage {
    /// The state without what it remembers.
    pub fn status(self) -> RequestStatus {
        match self {
            Self::Draft => RequestStatus::Draft,
            Self::PendingApproval => RequestStatus::PendingApproval,
            Self::Approved => RequestStatus::Approved,
            Self::InProgress => RequestStatus::InProgress,
            Self::OnHoldFromApproved | Self::OnHoldFromInProgress => RequestStatus::OnHold,
            Self::Completed | Self::Accepted => RequestStatus::Completed,
            Self::Billed => RequestStatus::Billed,
            Self::Closed => RequestStatus::Closed,
        }
    }

    /// Whether the request is neither done nor closed: it can still be cancelled and its fields can still be edited.
    pub fn is_open(self) -> bool {
        matches!(
            self.status(),
            RequestStatus::Draft
                | RequestStatus::PendingApproval
                | RequestStatus::Approved
                | RequestStatus::InProgress
                | RequestStatus::OnHold
        )
    }

    /// The commands that are legal now and that `party` may give, in the order of their declaration.
    pub fn commands_for(self, party: ActorKind) -> impl Iterator<Item = RequestCommand> {
        RequestCommand::VARIANTS
            .iter()
            .copied()
            .filter(move |command| self.next(*command).is_some() && command.is_allowed(party, self))
    }
}

impl RequestCommand {
    /// Whether `party` may give this command at `stage`, if it is legal there at all (SR-4, last column).
    ///
    /// That a customer approves only with write access is decided by whoever knows the customer's role.
    pub fn is_allowed(self, party: ActorKind, stage: RequestStage) -> bool {
        use ActorKind::{Customer, Jira, Staff, System};
        match self {
            Self::Submit | Self::Approve | Self::Reject | Self::Reopen => matches!(party, Customer | Staff),
            Self::ConvertToQuote | Self::Estimate => party == Staff,
            Self::Start | Self::Hold | Self::Resume | Self::Complete => matches!(party, Staff | Jira),
            Self::Accept => matches!(party, Customer | System),
            Self::Bill => party == System,
            Self::Cancel => match party {
                Staff => true,
                Customer => matches!(stage, RequestStage::Draft | RequestStage::PendingApproval),
                Jira | System => false,
            },
        }
    }
}

/// Takes one step of the table on behalf of `party`.
///
/// Somebody who may give the command in no state at all is told so first. The legal commands of an illegal move are those
/// that the party may give.
pub(super) fn step_by(
    party: ActorKind,
    stage: RequestStage,
    command: RequestCommand,
) -> Result<RequestStage, MoveError> {
    let not_allowed =
        NotAllowed { party, command: command.into(), entity: RequestStage::ENTITY, state: stage.into() };
    if !RequestStage::VARIANTS.iter().any(|stage| command.is_allowed(party, *stage)) {
        return Err(not_allowed.into());
    }
    let next = step(stage, command).map_err(|illegal| IllegalMove {
        legal: stage.commands_for(party).map(Into::into).collect(),
        ..illegal
    })?;
    if command.is_allowed(party, stage) { Ok(next) } else { Err(not_allowed.into()) }
}
