//! Managed installations (PV-3, PV-4).

mod configuration;
mod status;

use kernel::{EntitlementId, EnvironmentId, IllegalMove, Invalid, Timestamp, step};

pub(crate) use configuration::is_jira_project;
pub use configuration::{
    CronExpression, CronExpressionError, DnsRecord, DnsRecordType, EnvironmentConfiguration, Platform,
};
pub use status::{EnvironmentCommand, EnvironmentStatus};

use crate::StatusChange;

type Change = StatusChange<EnvironmentStatus>;

/// An environment as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRecord {
    /// Its id.
    pub id: EnvironmentId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// What it is called; 1 to 200 characters.
    pub name: String,
    /// What staff recorded.
    pub configuration: EnvironmentConfiguration,
    /// Its own status (PV-4).
    pub status: EnvironmentStatus,
    /// When it was first active; from then on customers see it.
    pub activated_at: Option<Timestamp>,
    /// When it was gone.
    pub decommissioned_at: Option<Timestamp>,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why it is not configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    /// Fields that are wrong, or that an environment that was active cannot be without.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It is gone.
    #[error("it is decommissioned")]
    Decommissioned,
}

/// Why it does not become active.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivateError {
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// Staff have not recorded all it takes (PV-3).
    #[error("it cannot be active without {}", .fields.join(", "))]
    Incomplete {
        /// The fields that are missing.
        fields: Vec<&'static str>,
    },
}

/// A managed installation (PV-3, PV-4). Once it was active it has a server, a primary URL and a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment(EnvironmentRecord);

impl Environment {
    /// A new environment that awaits its setup. A name beyond 200 characters is cut.
    pub fn new(id: EnvironmentId, entitlement: EntitlementId, name: &str, now: Timestamp) -> Self {
        Self(EnvironmentRecord {
            id,
            entitlement,
            name: name.trim().chars().take(200).collect(),
            configuration: EnvironmentConfiguration::default(),
            status: EnvironmentStatus::AwaitingSetup,
            activated_at: None,
            decommissioned_at: None,
            version: 1,
            created_at: now,
        })
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no environment.
    pub fn restore(record: EnvironmentRecord) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        let missing = record.configuration.missing();
        let runs = matches!(
            record.status,
            EnvironmentStatus::Active | EnvironmentStatus::Maintenance | EnvironmentStatus::Paused
        );
        if runs && record.activated_at.is_none() {
            invalid.push("activated_at", "is needed once it was active");
        }
        if record.activated_at.is_some() {
            for field in missing {
                invalid.push(field, "is needed once it was active");
            }
        }
        let gone = record.status == EnvironmentStatus::Decommissioned;
        if gone != record.decommissioned_at.is_some() {
            invalid.push("decommissioned_at", "goes with decommissioned");
        }
        if record.version < 1 {
            invalid.push("version", "must be 1 or more");
        }
        invalid.or_ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &EnvironmentRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> EnvironmentId {
        self.0.id
    }

    /// What it lies under.
    pub fn entitlement(&self) -> EntitlementId {
        self.0.entitlement
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What staff recorded.
    pub fn configuration(&self) -> &EnvironmentConfiguration {
        &self.0.configuration
    }

    /// Its own status. What the world sees is [`kernel::Limited::seen`] of it.
    pub fn status(&self) -> EnvironmentStatus {
        self.0.status
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// Whether customers see it: once it was active (PV-3).
    pub fn visible_to_customers(&self) -> bool {
        self.0.activated_at.is_some()
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// A blank name, or one of more than 200 characters.
    pub fn rename(&mut self, name: &str) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("name", name, 200);
        invalid.or_ok(())?;
        self.0.name = name.trim().to_owned();
        Ok(())
    }

    /// Replaces what staff recorded.
    ///
    /// # Errors
    /// Every wrong field; what an environment that was active cannot be without; it is gone. Nothing is changed then.
    pub fn configure(&mut self, configuration: EnvironmentConfiguration) -> Result<(), ConfigureError> {
        if self.0.status == EnvironmentStatus::Decommissioned {
            return Err(ConfigureError::Decommissioned);
        }
        let mut invalid = Invalid::default();
        if self.0.activated_at.is_some() {
            for field in configuration.missing() {
                invalid.push(field, "is needed once it was active");
            }
        }
        match configuration.valid() {
            Ok(configuration) if invalid.0.is_empty() => {
                self.0.configuration = configuration;
                Ok(())
            }
            Ok(_) => Err(invalid.into()),
            Err(wrong) => {
                invalid.0.extend(wrong.0);
                Err(invalid.into())
            }
        }
    }

    /// Hands it over: it is active, and customers see it.
    ///
    /// # Errors
    /// Not awaiting its setup; server, primary URL or platform is missing.
    pub fn activate(&mut self, now: Timestamp) -> Result<Change, ActivateError> {
        let from = self.0.status;
        let to = step(from, EnvironmentCommand::Activate)?;
        let fields = self.0.configuration.missing();
        if !fields.is_empty() {
            return Err(ActivateError::Incomplete { fields });
        }
        self.0.activated_at = Some(now);
        self.0.status = to;
        Ok(Change { from, to })
    }

    /// Begins maintenance.
    ///
    /// # Errors
    /// Not active.
    pub fn begin_maintenance(&mut self) -> Result<Change, IllegalMove> {
        self.obey(EnvironmentCommand::BeginMaintenance)
    }

    /// Ends maintenance.
    ///
    /// # Errors
    /// Not in maintenance.
    pub fn end_maintenance(&mut self) -> Result<Change, IllegalMove> {
        self.obey(EnvironmentCommand::EndMaintenance)
    }

    /// Lets it rest, of its own: apart from what its entitlement does.
    ///
    /// # Errors
    /// Neither active nor in maintenance.
    pub fn pause(&mut self) -> Result<Change, IllegalMove> {
        self.obey(EnvironmentCommand::Pause)
    }

    /// Lets it run again.
    ///
    /// # Errors
    /// Not paused of its own.
    pub fn resume(&mut self) -> Result<Change, IllegalMove> {
        self.obey(EnvironmentCommand::Resume)
    }

    /// Begins to take it down.
    ///
    /// # Errors
    /// It is being taken down, or gone.
    pub fn decommission(&mut self) -> Result<Change, IllegalMove> {
        self.obey(EnvironmentCommand::Decommission)
    }

    /// Notes that it is gone.
    ///
    /// # Errors
    /// It is not being taken down.
    pub fn finish_decommissioning(&mut self, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.obey(EnvironmentCommand::FinishDecommissioning)?;
        self.0.decommissioned_at = Some(now);
        Ok(change)
    }

    fn obey(&mut self, command: EnvironmentCommand) -> Result<Change, IllegalMove> {
        let from = self.0.status;
        self.0.status = step(from, command)?;
        Ok(Change { from, to: self.0.status })
    }
}

#[cfg(test)]
mod tests;
