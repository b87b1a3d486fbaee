//! Values that examples share.

use kernel::{ActorKind, Timestamp};
use time::macros::date;
use uuid::Uuid;

use super::by::ActorView;
use super::named::{EntitlementRef, OrganizationRef, ProductRef};
use crate::wire::{Day, Instant, Word};

/// An id. Different numbers are different ids.
pub(crate) fn id(number: u8) -> Uuid {
    Uuid::from_u128(0x019a_2b3c_4d5e_7f60_8a9b_0c1d_2e3f_4a00 | u128::from(number))
}

/// 2026-05-01T12:00:00Z.
pub(crate) fn instant() -> Instant {
    Instant(Timestamp::from_unix_micros(1_777_636_800_000_000).unwrap_or(Timestamp::MIN))
}

/// 2026-05-04.
pub(crate) fn day() -> Day {
    Day(date!(2026 - 05 - 04))
}

/// Acme.
pub(crate) fn organization() -> OrganizationRef {
    OrganizationRef { id: id(1), name: "Acme".to_owned() }
}

/// What Acme bought.
pub(crate) fn entitlement() -> EntitlementRef {
    EntitlementRef { id: id(7), code: "SVC-2026050001".to_owned() }
}

/// What it was bought as.
pub(crate) fn product() -> ProductRef {
    ProductRef { id: id(3), sku: "SVC-SUPPORT-1Y".to_owned(), name: "Support, one year".to_owned() }
}

/// Somebody at Acme.
pub(crate) fn customer() -> ActorView {
    ActorView { kind: Word(ActorKind::Customer), id: Some(id(2)), name: "Ana Souza".to_owned() }
}

/// One of MIDDAG's own.
pub(crate) fn staff() -> ActorView {
    ActorView { kind: Word(ActorKind::Staff), id: Some(id(4)), name: "Bo".to_owned() }
}
