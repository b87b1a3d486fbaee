//! The container of work under a service entitlement (SV-1 … SV-3).

mod content;
mod state;
#[cfg(test)]
mod tests;

use kernel::{
    Actor, ActorKind, EntitlementId, IllegalMove, Invalid, LifeCycle, Limited, OrganizationId, ServiceId,
    ServiceMode, Standing, StoreError, Timestamp, step,
};
use policy_resolver::kinds::ServiceStart;
use time::Date;

pub use content::{MAX_DELIVERABLE, MAX_DELIVERABLES, ServiceContent};
pub use state::{ServiceCommand, ServiceState, ServiceStatus};

use crate::{Consent, MoveError, NotAllowed};

/// The row of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRecord {
    /// Its id.
    pub id: ServiceId,
    /// The entitlement it lies under.
    pub entitlement: EntitlementId,
    /// The customer; none under an entitlement without one (EN-3).
    pub organization: Option<OrganizationId>,
    /// What staff say about it.
    pub content: ServiceContent,
    /// Its mode; it never changes.
    pub mode: ServiceMode,
    /// Its own status, not limited by the entitlement's.
    pub status: ServiceStatus,
    /// The day on which work ended: delivered (project), closed or cancelled.
    pub actual_end: Option<Date>,
    /// The customer's approval of the proposal; none where provisioning began with an approved one.
    pub approval: Option<Consent>,
    /// The customer's acceptance of the delivery (project).
    pub acceptance: Option<Consent>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Grows by one with each saved change, from 1.
    pub version: i64,
}

/// A service: what kind of work is delivered, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    record: ServiceRecord,
}

/// What a new service is made from (PV-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewService {
    /// Its id.
    pub id: ServiceId,
    /// The entitlement it lies under.
    pub entitlement: EntitlementId,
    /// The customer, where there is one.
    pub organization: Option<OrganizationId>,
    /// What is said about it.
    pub content: ServiceContent,
    /// Its mode.
    pub mode: ServiceMode,
    /// Where it begins, from the provisioning policy.
    pub begins: ServiceStart,
}

impl Service {
    /// A new service, in `proposal` or, where the policy says so, `approved`.
    ///
    /// # Errors
    /// [`Invalid`] with every wrong field.
    pub fn try_new(new: NewService, now: Timestamp) -> Result<Self, Invalid> {
        let NewService { id, entitlement, organization, content, mode, begins } = new;
        let status = match begins {
            ServiceStart::Proposal => ServiceStatus::Proposal,
            ServiceStart::Approved => ServiceStatus::Approved,
        };
        let content = content.checked(ServiceState { mode, status })?;
        Ok(Self {
            record: ServiceRecord {
                id,
                entitlement,
                organization,
                content,
                mode,
                status,
                actual_end: None,
                approval: None,
                acceptance: None,
                created_at: now,
                changed_at: now,
                version: 1,
            },
        })
    }

    /// Rebuilds a service from its row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a row that is no legal service.
    pub fn restore(record: ServiceRecord) -> Result<Self, StoreError> {
        let corrupt = |reason: &dyn ToString| StoreError::corrupt("service", record.id, reason.to_string());
        let state = ServiceState { mode: record.mode, status: record.status };
        if !state.exists() {
            return Err(corrupt(&format!("no {} service is {}", record.mode, record.status)));
        }
        record.content.check(state).map_err(|invalid| corrupt(&invalid))?;
        if record.acceptance.is_some() && record.status != ServiceStatus::Closed {
            return Err(corrupt(&"accepted, and not closed"));
        }
        if record.version < 1 {
            return Err(corrupt(&"version under 1"));
        }
        Ok(Self { record })
    }

    /// The row, for storage and views.
    pub fn record(&self) -> &ServiceRecord {
        &self.record
    }

    /// The id.
    pub fn id(&self) -> ServiceId {
        self.record.id
    }

    /// The entitlement it lies under.
    pub fn entitlement(&self) -> EntitlementId {
        self.record.entitlement
    }

    /// Its own status with its mode.
    pub fn state(&self) -> ServiceState {
        ServiceState { mode: self.record.mode, status: self.record.status }
    }

    /// What the world sees while the entitlement stands like this (EN-5).
    pub fn seen(&self, standing: Standing) -> ServiceState {
        ServiceState { status: self.record.status.seen(standing), ..self.state() }
    }

    /// The version of the row.
    pub fn version(&self) -> i64 {
        self.record.version
    }

    /// Changes what is said about the service; staff only, until it is over. True where something is different now.
    ///
    /// # Errors
    /// [`MoveError`], with every wrong field at once; nothing is changed then.
    pub fn edit(&mut self, content: ServiceContent, by: &Actor, now: Timestamp) -> Result<bool, MoveError> {
        self.only([ActorKind::Staff], "edit", by)?;
        if self.record.status.is_final() {
            return Err(MoveError::Illegal(IllegalMove {
                entity: ServiceState::ENTITY,
                state: self.record.status.into(),
                command: "edit",
                legal: vec![],
            }));
        }
        let content = content.checked(self.state())?;
        if content == self.record.content {
            return Ok(false);
        }
        self.record.content = content;
        self.record.changed_at = now;
        Ok(true)
    }

    /// The customer agrees to the proposal; or staff on their behalf, for a reason that is recorded (SV-3).
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn approve(&mut self, on_behalf: Option<&str>, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.only([ActorKind::Customer, ActorKind::Staff], "approve", by)?;
        let status = self.target(ServiceCommand::Approve)?;
        self.record.approval = Some(Consent::try_new(by, on_behalf, now)?);
        self.enter(status, now);
        Ok(())
    }

    /// An ongoing service begins; staff only. It begins `today` where no day was given before.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn activate(&mut self, today: Date, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.by_staff(ServiceCommand::Activate, by, now)?;
        self.record.content.start.get_or_insert(today);
        Ok(())
    }

    /// Work on a project begins; staff only. Start and estimated end are needed (SV-3).
    ///
    /// # Errors
    /// [`MoveError`], naming the days that are missing; nothing is changed then.
    pub fn start(&mut self, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.only([ActorKind::Staff], ServiceCommand::Start.into(), by)?;
        let status = self.target(ServiceCommand::Start)?;
        self.record.content.check(ServiceState { status, ..self.state() })?;
        self.enter(status, now);
        Ok(())
    }

    /// Pauses the service; staff only.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn hold(&mut self, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.by_staff(ServiceCommand::Hold, by, now)
    }

    /// Goes on after a pause; staff only.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn resume(&mut self, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.by_staff(ServiceCommand::Resume, by, now)
    }

    /// Hands a project over `today`; staff only. Deliverables are needed (SV-3).
    ///
    /// # Errors
    /// [`MoveError`], naming `deliverables` where there are none; nothing is changed then.
    pub fn deliver(&mut self, today: Date, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.only([ActorKind::Staff], ServiceCommand::Deliver.into(), by)?;
        let status = self.target(ServiceCommand::Deliver)?;
        self.record.content.check(ServiceState { status, ..self.state() })?;
        self.record.actual_end = Some(today);
        self.enter(status, now);
        Ok(())
    }

    /// Refuses what was delivered: work goes on. The customer, or staff.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn rework(&mut self, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.only([ActorKind::Customer, ActorKind::Staff], ServiceCommand::Rework.into(), by)?;
        let status = self.target(ServiceCommand::Rework)?;
        self.record.actual_end = None;
        self.enter(status, now);
        Ok(())
    }

    /// Accepts a project's delivery: the customer, or staff on their behalf for a reason that is recorded (SV-3).
    /// Or ends an ongoing service `today`: staff only, no reason needed.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn close(
        &mut self,
        on_behalf: Option<&str>,
        today: Date,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), MoveError> {
        match self.record.mode {
            ServiceMode::Ongoing => self.by_staff(ServiceCommand::Close, by, now)?,
            ServiceMode::Project => {
                self.only([ActorKind::Customer, ActorKind::Staff], ServiceCommand::Close.into(), by)?;
                let status = self.target(ServiceCommand::Close)?;
                self.record.acceptance = Some(Consent::try_new(by, on_behalf, now)?);
                self.enter(status, now);
            }
        }
        self.record.actual_end.get_or_insert(today);
        Ok(())
    }

    /// Gives the service up `today`; staff only.
    ///
    /// # Errors
    /// [`MoveError`]; nothing is changed then.
    pub fn cancel(&mut self, today: Date, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.by_staff(ServiceCommand::Cancel, by, now)?;
        self.record.actual_end.get_or_insert(today);
        Ok(())
    }

    fn by_staff(&mut self, command: ServiceCommand, by: &Actor, now: Timestamp) -> Result<(), MoveError> {
        self.only([ActorKind::Staff], command.into(), by)?;
        let status = self.target(command)?;
        self.enter(status, now);
        Ok(())
    }

    fn only<const N: usize>(
        &self,
        parties: [ActorKind; N],
        command: &'static str,
        by: &Actor,
    ) -> Result<(), NotAllowed> {
        if parties.contains(&by.kind) {
            return Ok(());
        }
        let state = self.record.status.into();
        Err(NotAllowed { party: by.kind, command, entity: ServiceState::ENTITY, state })
    }

    fn target(&self, command: ServiceCommand) -> Result<ServiceStatus, IllegalMove> {
        step(self.state(), command).map(|state| state.status)
    }

    fn enter(&mut self, status: ServiceStatus, now: Timestamp) {
        self.record.status = status;
        self.record.changed_at = now;
    }
}
