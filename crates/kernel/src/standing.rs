//! What an entitlement's state means for everything that lies under it (EN-5).

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What an entitlement's status, at some instant, allows the resources under it.
///
/// Derived, never stored: an expired entitlement passes from [`Expired`](Self::Expired) to
/// [`ExpiredPastGrace`](Self::ExpiredPastGrace) by the mere passing of time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// Not begun: nothing may be used yet.
    Pending,
    /// Trialing, active or past due: everything is as it is of itself.
    Live,
    /// Suspended: everything rests.
    Suspended,
    /// Expired, and a renewal would still bring it back.
    Expired,
    /// Expired, and no renewal brings it back.
    ExpiredPastGrace,
    /// Cancelled: over for good.
    Cancelled,
}

impl Standing {
    /// Whether new service requests and new reservations are accepted.
    pub fn accepts_work(self) -> bool {
        self == Self::Live
    }

    /// Whether the entitlement is over, be it for good or until a renewal.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::ExpiredPastGrace | Self::Cancelled)
    }
}

/// A status of a resource's own that the entitlement above it limits.
///
/// The resource keeps its own status; [`seen`](Self::seen) is what the world is shown, so that a reactivation brings
/// back exactly what was there. Both enums list their variants: whoever needs the whole table (a query, say) can
/// build it from [`VariantArray::VARIANTS`].
pub trait Limited: Copy + Eq + VariantArray + 'static {
    /// What the world sees of this status under `standing`. Total; under [`Standing::Live`] it is the status itself.
    fn seen(self, standing: Standing) -> Self;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn en_5_only_a_live_entitlement_accepts_work() {
        for standing in Standing::VARIANTS {
            assert_eq!(standing.accepts_work(), *standing == Standing::Live);
            assert!(!(standing.accepts_work() && standing.is_over()));
        }
    }
}
