//! The life cycle of a contract (PV-6), and what an entitlement makes of it (EN-5).

use kernel::{LifeCycle, Limited, Standing};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where a contract is in its life (PV-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ContractStatus {
    /// Not signed.
    Draft,
    /// In force.
    Active,
    /// In force, and near its end.
    Expiring,
    /// Past its end.
    Expired,
    /// Resting.
    Suspended,
    /// Ended before its time.
    Terminated,
    /// Another contract follows it.
    Renewed,
}

/// What can be done to a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ContractCommand {
    /// Put it in force.
    Activate,
    /// Note that its end is near.
    BeginExpiring,
    /// Note that its end is past.
    Expire,
    /// Let it rest.
    Suspend,
    /// Put it in force again.
    Resume,
    /// End it before its time.
    Terminate,
    /// Let another one follow it.
    Renew,
}

impl LifeCycle for ContractStatus {
    type Command = ContractCommand;

    const ENTITY: &'static str = "contract";

    fn next(self, command: ContractCommand) -> Option<Self> {
        use ContractCommand as C;
        match (self, command) {
            (Self::Draft, C::Activate) => Some(Self::Active),
            (Self::Active, C::BeginExpiring) => Some(Self::Expiring),
            (Self::Active | Self::Expiring | Self::Suspended, C::Expire) => Some(Self::Expired),
            (Self::Active | Self::Expiring, C::Suspend) => Some(Self::Suspended),
            // Where its end is near it begins to expire once more.
            (Self::Suspended, C::Resume) => Some(Self::Active),
            (Self::Draft | Self::Active | Self::Expiring | Self::Suspended, C::Terminate) => {
                Some(Self::Terminated)
            }
            (Self::Active | Self::Expiring | Self::Expired, C::Renew) => Some(Self::Renewed),
            (
                Self::Draft
                | Self::Active
                | Self::Expiring
                | Self::Expired
                | Self::Suspended
                | Self::Terminated
                | Self::Renewed,
                _,
            ) => None,
        }
    }
}

impl Limited for ContractStatus {
    fn seen(self, standing: Standing) -> Self {
        match (self, standing) {
            (own, Standing::Live) | (own @ (Self::Expired | Self::Terminated | Self::Renewed), _) => own,
            // Nothing was signed yet, and staff may prepare it.
            (Self::Draft, Standing::Pending) => Self::Draft,
            (
                Self::Draft | Self::Active | Self::Expiring | Self::Suspended,
                Standing::Pending | Standing::Suspended,
            ) => Self::Suspended,
            (
                Self::Draft | Self::Active | Self::Expiring | Self::Suspended,
                Standing::Expired | Standing::ExpiredPastGrace,
            ) => Self::Expired,
            (Self::Draft | Self::Active | Self::Expiring | Self::Suspended, Standing::Cancelled) => {
                Self::Terminated
            }
        }
    }
}
