//! The life cycle of an environment (PV-4), and what an entitlement makes of it (EN-5).

use kernel::{LifeCycle, Limited, Standing};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where an environment is in its life (PV-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EnvironmentStatus {
    /// Staff have yet to set it up.
    AwaitingSetup,
    /// It runs.
    Active,
    /// It is being worked on.
    Maintenance,
    /// It rests.
    Paused,
    /// It is being taken down.
    Decommissioning,
    /// It is gone.
    Decommissioned,
}

/// What can be done to an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EnvironmentCommand {
    /// Hand it over.
    Activate,
    /// Begin maintenance.
    BeginMaintenance,
    /// End maintenance.
    EndMaintenance,
    /// Let it rest.
    Pause,
    /// Let it run again.
    Resume,
    /// Begin to take it down.
    Decommission,
    /// Note that it is gone.
    FinishDecommissioning,
}

impl LifeCycle for EnvironmentStatus {
    type Command = EnvironmentCommand;

    const ENTITY: &'static str = "environment";

    fn next(self, command: EnvironmentCommand) -> Option<Self> {
        use EnvironmentCommand as C;
        match (self, command) {
            (Self::AwaitingSetup, C::Activate) => Some(Self::Active),
            (Self::Active, C::BeginMaintenance) => Some(Self::Maintenance),
            (Self::Maintenance, C::EndMaintenance) => Some(Self::Active),
            (Self::Active | Self::Maintenance, C::Pause) => Some(Self::Paused),
            (Self::Paused, C::Resume) => Some(Self::Active),
            (Self::AwaitingSetup | Self::Active | Self::Maintenance | Self::Paused, C::Decommission) => {
                Some(Self::Decommissioning)
            }
            (Self::Decommissioning, C::FinishDecommissioning) => Some(Self::Decommissioned),
            (
                Self::AwaitingSetup
                | Self::Active
                | Self::Maintenance
                | Self::Paused
                | Self::Decommissioning
                | Self::Decommissioned,
                _,
            ) => None,
        }
    }
}

impl Limited for EnvironmentStatus {
    fn seen(self, standing: Standing) -> Self {
        match (self, standing) {
            (own, Standing::Live) | (own @ (Self::Decommissioning | Self::Decommissioned), _) => own,
            // Nothing was handed over yet, and staff may prepare it.
            (Self::AwaitingSetup, Standing::Pending) => Self::AwaitingSetup,
            (
                Self::AwaitingSetup | Self::Active | Self::Maintenance | Self::Paused,
                Standing::Pending | Standing::Suspended | Standing::Expired,
            ) => Self::Paused,
            (
                Self::AwaitingSetup | Self::Active | Self::Maintenance | Self::Paused,
                Standing::ExpiredPastGrace | Standing::Cancelled,
            ) => Self::Decommissioning,
        }
    }
}
