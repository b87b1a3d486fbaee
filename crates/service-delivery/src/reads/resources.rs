//! Lists of licenses, environments and contracts. Each shows the status that the world sees (EN-5), and filters and sorts by it.

use entitlement::{
    ContractRecord, ContractStatus, EnvironmentRecord, EnvironmentStatus, LicenseKey, LicenseRecord,
    LicenseStatus, Platform, SupportClass,
};
use kernel::{
    ContractCode, ContractId, EntitlementId, EnvironmentId, LicenseId, Money, OrganizationId, ProductId,
    Timestamp,
};
use time::Date;

use super::{Above, ListQuery, ProductName, query::sort_by};

/// Which licenses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenseFilter {
    /// Seen in one of these states; in any where empty.
    pub status: Vec<LicenseStatus>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Of that plugin.
    pub product: Option<ProductId>,
}

sort_by! {
    /// The orders of licenses; the newest come first.
    LicenseSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By the status seen, then by when they were made.
    Status,
}

/// A page of licenses.
pub type LicenseQuery = ListQuery<LicenseFilter, LicenseSort>;

/// A license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRow {
    /// Its id.
    pub id: LicenseId,
    /// Its key.
    pub key: LicenseKey,
    /// The plugin.
    pub product: Option<ProductName>,
    /// Its own status.
    pub own_status: LicenseStatus,
    /// The status that the world sees.
    pub status: LicenseStatus,
    /// How many sites it may be activated on.
    pub sites_allowed: u32,
    /// How many it is activated on.
    pub sites_activated: u32,
    /// What it lies under.
    pub above: Above,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A license with all that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseDetail {
    /// Its row, with its activations.
    pub license: LicenseRecord,
    /// The status that the world sees.
    pub status: LicenseStatus,
    /// The plugin.
    pub product: Option<ProductName>,
    /// What it lies under.
    pub above: Above,
}

/// Which environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFilter {
    /// Seen in one of these states; in any where empty.
    pub status: Vec<EnvironmentStatus>,
    /// With that on it.
    pub platform: Option<Platform>,
    /// On exactly that server.
    pub server: Option<String>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Each of its words begins a word of the name or primary URL.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of environments; the newest come first.
    EnvironmentSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By name.
    Name,
    /// By the status seen, then by when they were made.
    Status,
}

/// A page of environments.
pub type EnvironmentQuery = ListQuery<EnvironmentFilter, EnvironmentSort>;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRow {
    /// Its id.
    pub id: EnvironmentId,
    /// What it is called.
    pub name: String,
    /// Its own status.
    pub own_status: EnvironmentStatus,
    /// The status that the world sees.
    pub status: EnvironmentStatus,
    /// What runs on it.
    pub platform: Option<Platform>,
    /// Where it runs.
    pub server: Option<String>,
    /// Where people find it.
    pub primary_url: Option<String>,
    /// What it lies under.
    pub above: Above,
    /// When it was first active.
    pub activated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An environment with all that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentDetail {
    /// Its row.
    pub environment: EnvironmentRecord,
    /// The status that the world sees.
    pub status: EnvironmentStatus,
    /// What it lies under.
    pub above: Above,
}

/// Which contracts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractFilter {
    /// Seen in one of these states; in any where empty.
    pub status: Vec<ContractStatus>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Whose last day is that one or later.
    pub ends_from: Option<Date>,
    /// Whose last day is that one or earlier.
    pub ends_to: Option<Date>,
    /// Each of its words begins a word of the code.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of contracts; the newest come first.
    ContractSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By their last day.
    EndsOn,
    /// By the status seen, then by when they were made.
    Status,
}

/// A page of contracts.
pub type ContractQuery = ListQuery<ContractFilter, ContractSort>;

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRow {
    /// Its id.
    pub id: ContractId,
    /// Its code.
    pub code: ContractCode,
    /// Its own status.
    pub own_status: ContractStatus,
    /// The status that the world sees.
    pub status: ContractStatus,
    /// The support that it promises.
    pub support_class: SupportClass,
    /// Its first day.
    pub starts_on: Date,
    /// Its last day, included.
    pub ends_on: Date,
    /// What it bills, as last agreed.
    pub value: Money,
    /// What it lies under.
    pub above: Above,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A contract with all that its page needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractDetail {
    /// Its row, with its versions.
    pub contract: ContractRecord,
    /// The status that the world sees.
    pub status: ContractStatus,
    /// What it lies under.
    pub above: Above,
    /// The contract that follows it.
    pub renewed_by: Option<(ContractId, ContractCode)>,
}
