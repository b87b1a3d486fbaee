//! The states of a service and what moves it (SV-2, SV-3).

use kernel::{LifeCycle, Limited, ServiceMode, Standing};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// The states of a service, of both modes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceStatus {
    /// Proposed; the customer has not approved it.
    Proposal,
    /// Approved; not begun.
    Approved,
    /// Running (ongoing).
    Active,
    /// Being worked on (project).
    InProgress,
    /// Paused.
    OnHold,
    /// Delivered; the customer has not accepted it (project).
    Delivered,
    /// Over: the delivery was accepted (project), or the service ended (ongoing).
    Closed,
    /// Given up.
    Cancelled,
}

/// What may be asked of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceCommand {
    /// Agree to the proposal.
    Approve,
    /// Begin (ongoing).
    Activate,
    /// Begin (project).
    Start,
    /// Pause.
    Hold,
    /// Go on after a pause.
    Resume,
    /// Hand over (project).
    Deliver,
    /// Refuse what was delivered (project).
    Rework,
    /// Accept the delivery (project), or end the service (ongoing).
    Close,
    /// Give up.
    Cancel,
}

/// A status together with the mode that says what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceState {
    /// The mode.
    pub mode: ServiceMode,
    /// The status.
    pub status: ServiceStatus,
}

impl From<ServiceState> for &'static str {
    fn from(state: ServiceState) -> Self {
        state.status.into()
    }
}

impl LifeCycle for ServiceState {
    type Command = ServiceCommand;

    const ENTITY: &'static str = "service";

    fn next(self, command: ServiceCommand) -> Option<Self> {
        let next = match self.mode {
            ServiceMode::Ongoing => ongoing(self.status, command),
            ServiceMode::Project => project(self.status, command),
        };
        next.map(|status| Self { status, ..self })
    }
}

/// SV-2.
fn ongoing(status: ServiceStatus, command: ServiceCommand) -> Option<ServiceStatus> {
    use {ServiceCommand as C, ServiceStatus as S};
    match (status, command) {
        (S::Proposal, C::Approve) => Some(S::Approved),
        (S::Approved, C::Activate) | (S::OnHold, C::Resume) => Some(S::Active),
        (S::Active, C::Hold) => Some(S::OnHold),
        (S::Active | S::OnHold, C::Close) => Some(S::Closed),
        (S::Proposal | S::Approved | S::Active | S::OnHold, C::Cancel) => Some(S::Cancelled),
        (
            S::Proposal
            | S::Approved
            | S::Active
            | S::InProgress
            | S::OnHold
            | S::Delivered
            | S::Closed
            | S::Cancelled,
            _,
        ) => None,
    }
}

/// SV-3.
fn project(status: ServiceStatus, command: ServiceCommand) -> Option<ServiceStatus> {
    use {ServiceCommand as C, ServiceStatus as S};
    match (status, command) {
        (S::Proposal, C::Approve) => Some(S::Approved),
        (S::Approved, C::Start) | (S::OnHold, C::Resume) | (S::Delivered, C::Rework) => Some(S::InProgress),
        (S::InProgress, C::Hold) => Some(S::OnHold),
        (S::InProgress, C::Deliver) => Some(S::Delivered),
        (S::Delivered, C::Close) => Some(S::Closed),
        (S::Proposal | S::Approved | S::InProgress | S::OnHold | S::Delivered, C::Cancel) => {
            Some(S::Cancelled)
        }
        (
            S::Proposal
            | S::Approved
            | S::Active
            | S::InProgress
            | S::OnHold
            | S::Delivered
            | S::Closed
            | S::Cancelled,
            _,
        ) => None,
    }
}

impl ServiceState {
    /// Whether a service of this mode is ever in this status.
    pub fn exists(self) -> bool {
        match self.mode {
            ServiceMode::Ongoing => {
                !matches!(self.status, ServiceStatus::InProgress | ServiceStatus::Delivered)
            }
            ServiceMode::Project => self.status != ServiceStatus::Active,
        }
    }

    /// Whether new requests are accepted on the service (SR-2): approved or in progress for a project, active for an ongoing one.
    pub fn accepts_requests(self) -> bool {
        match self.mode {
            ServiceMode::Ongoing => self.status == ServiceStatus::Active,
            ServiceMode::Project => {
                matches!(self.status, ServiceStatus::Approved | ServiceStatus::InProgress)
            }
        }
    }
}

impl ServiceStatus {
    /// Whether nothing leads out of this status.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }
}

impl Limited for ServiceStatus {
    /// What the world sees while the entitlement stands like this (EN-5). A service that is over stays as it ended.
    fn seen(self, standing: Standing) -> Self {
        match (self, standing) {
            (Self::Closed | Self::Cancelled, _) | (_, Standing::Pending | Standing::Live) => self,
            (_, Standing::Suspended) => Self::OnHold,
            (_, Standing::Expired | Standing::ExpiredPastGrace) => Self::Closed,
            (_, Standing::Cancelled) => Self::Cancelled,
        }
    }
}
