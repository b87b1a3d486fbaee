//! The life cycle of an entitlement (EN-2).

use kernel::{LifeCycle, Standing, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where an entitlement is in its life (EN-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EntitlementStatus {
    /// Not begun.
    Pending,
    /// On trial.
    Trialing,
    /// In force.
    Active,
    /// In force, with something unpaid.
    PastDue,
    /// Resting.
    Suspended,
    /// Over, unless renewed within the grace of RenewalPolicy.
    Expired,
    /// Over for good.
    Cancelled,
}

/// What can be done to an entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EntitlementCommand {
    /// Begin a trial.
    StartTrial,
    /// Begin for real.
    Activate,
    /// Note that something is unpaid.
    MarkPastDue,
    /// Note that it was paid.
    Recover,
    /// Let it rest.
    Suspend,
    /// Bring it back as it was.
    Reactivate,
    /// End it, open to a renewal.
    Expire,
    /// Begin a new term.
    Renew,
    /// End it for good.
    Cancel,
}

impl LifeCycle for EntitlementStatus {
    type Command = EntitlementCommand;

    const ENTITY: &'static str = "entitlement";

    fn next(self, command: EntitlementCommand) -> Option<Self> {
        use EntitlementCommand as C;
        match (self, command) {
            (Self::Pending, C::StartTrial) => Some(Self::Trialing),
            (Self::Pending | Self::Trialing, C::Activate) => Some(Self::Active),
            (Self::Active, C::MarkPastDue) => Some(Self::PastDue),
            (Self::PastDue, C::Recover) => Some(Self::Active),
            (Self::Active | Self::PastDue, C::Suspend) => Some(Self::Suspended),
            (Self::Suspended, C::Reactivate) => Some(Self::Active),
            (Self::Trialing | Self::Active | Self::Suspended, C::Expire) => Some(Self::Expired),
            // A renewal before the end lengthens the term and is no move.
            (Self::Active | Self::Expired, C::Renew) => Some(Self::Active),
            (Self::Pending | Self::Trialing | Self::Active | Self::PastDue | Self::Suspended, C::Cancel) => {
                Some(Self::Cancelled)
            }
            (
                Self::Pending
                | Self::Trialing
                | Self::Active
                | Self::PastDue
                | Self::Suspended
                | Self::Expired
                | Self::Cancelled,
                _,
            ) => None,
        }
    }
}

impl EntitlementStatus {
    /// What this status means at `now` for what lies under the entitlement (EN-5). `renewal_grace_ends_at` is that of
    /// an expired one; without it, or from it on, no renewal brings it back.
    pub fn standing(self, renewal_grace_ends_at: Option<Timestamp>, now: Timestamp) -> Standing {
        match self {
            Self::Pending => Standing::Pending,
            Self::Trialing | Self::Active | Self::PastDue => Standing::Live,
            Self::Suspended => Standing::Suspended,
            Self::Expired if renewal_grace_ends_at.is_some_and(|end| now < end) => Standing::Expired,
            Self::Expired => Standing::ExpiredPastGrace,
            Self::Cancelled => Standing::Cancelled,
        }
    }

    /// Whether it may run at all: trialing, active or past due.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue)
    }
}
