//! Lists of entitlements.

use entitlement::{EntitlementRecord, EntitlementStatus, Holder, Provisioned, SupportClass};
use kernel::{
    EntitlementClass, EntitlementCode, EntitlementId, OrganizationId, ProductId, Standing, Timestamp,
};

use super::{ListQuery, OrderName, OrganizationName, ProductName, query::sort_by};

/// Which entitlements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntitlementFilter {
    /// Of that class.
    pub class: Option<EntitlementClass>,
    /// In one of these states; in any where empty.
    pub status: Vec<EntitlementStatus>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Made from that product.
    pub product: Option<ProductId>,
    /// With that support.
    pub support_class: Option<SupportClass>,
    /// Whose term ends then or later.
    pub ends_from: Option<Timestamp>,
    /// Whose term ends before then.
    pub ends_until: Option<Timestamp>,
    /// Each of its words begins a word of the code, or of the holder's name or e-mail address.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of entitlements; the newest come first.
    EntitlementSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By status, then by when they were made.
    Status,
    /// By when their term ends.
    EndsAt,
}

/// A page of entitlements.
pub type EntitlementQuery = ListQuery<EntitlementFilter, EntitlementSort>;

/// An entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementRow {
    /// Its id.
    pub id: EntitlementId,
    /// Its code.
    pub code: EntitlementCode,
    /// Its class.
    pub class: EntitlementClass,
    /// Where it is in its life.
    pub status: EntitlementStatus,
    /// What that allows at the viewer's instant.
    pub standing: Standing,
    /// The support that comes with it.
    pub support_class: SupportClass,
    /// Whose it is.
    pub organization: Option<OrganizationName>,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// What it was made from.
    pub product: Option<ProductName>,
    /// When its trial ends or ended.
    pub trial_ends_at: Option<Timestamp>,
    /// When it began for real.
    pub starts_at: Option<Timestamp>,
    /// The end of what is paid for.
    pub ends_at: Option<Timestamp>,
    /// When a cancellation that was asked for takes effect.
    pub cancel_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An entitlement with all that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementDetail {
    /// Its row.
    pub entitlement: EntitlementRecord,
    /// What its status allows at the viewer's instant.
    pub standing: Standing,
    /// Whose it is.
    pub organization: Option<OrganizationName>,
    /// What it was made from.
    pub product: Option<ProductName>,
    /// The order that bought it.
    pub order: Option<OrderName>,
    /// What lies under it, each with its own status.
    pub provisioned: Provisioned,
}
