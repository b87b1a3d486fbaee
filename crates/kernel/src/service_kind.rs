//! Types (SV-1) and modes (SV-2, SV-3) of services: a product names them, a service has them.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What kind of work a service is (SV-1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceType {
    /// Running an installation.
    Hosting,
    /// Helping its users.
    Support,
    /// Servers, networks, backups.
    Infrastructure,
    /// Advice.
    Consulting,
    /// Custom software.
    Development,
    /// Apps for telephones and tablets.
    MobileApps,
    /// Moving from one place to another.
    Migration,
    /// Moving to a newer version.
    Upgrade,
    /// Leading a project.
    ProjectManagement,
}

/// Whether a service goes on or ends.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ServiceMode {
    /// No end date; renews with its entitlement (SV-2).
    Ongoing,
    /// A start, an estimated end and deliverables (SV-3).
    Project,
}
