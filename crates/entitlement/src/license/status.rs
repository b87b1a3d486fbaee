//! The life cycle of a license (PV-5), and what an entitlement makes of it (EN-5).

use kernel::{LifeCycle, Limited, Standing};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Whether a license may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum LicenseStatus {
    /// It may.
    Active,
    /// Not now.
    Inactive,
    /// Not unless its entitlement is renewed. Never a license's own status.
    Expired,
    /// Never again.
    Revoked,
}

/// What can be done to a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum LicenseCommand {
    /// Make it unusable for a while.
    Disable,
    /// Make it usable again.
    Enable,
    /// Make it unusable for good.
    Revoke,
}

impl LifeCycle for LicenseStatus {
    type Command = LicenseCommand;

    const ENTITY: &'static str = "license";

    fn next(self, command: LicenseCommand) -> Option<Self> {
        match (self, command) {
            (Self::Active, LicenseCommand::Disable) => Some(Self::Inactive),
            (Self::Inactive, LicenseCommand::Enable) => Some(Self::Active),
            (Self::Active | Self::Inactive, LicenseCommand::Revoke) => Some(Self::Revoked),
            (Self::Active | Self::Inactive | Self::Expired | Self::Revoked, _) => None,
        }
    }
}

impl Limited for LicenseStatus {
    fn seen(self, standing: Standing) -> Self {
        match (self, standing) {
            (own, Standing::Live) => own,
            (Self::Revoked, _) | (_, Standing::Cancelled) => Self::Revoked,
            (Self::Expired, _) | (_, Standing::Expired | Standing::ExpiredPastGrace) => Self::Expired,
            (Self::Active | Self::Inactive, Standing::Pending | Standing::Suspended) => Self::Inactive,
        }
    }
}
