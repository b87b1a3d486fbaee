//! Lists of organizations, their people and their keys.

use entitlement::{Country, Role};
use kernel::{ApiKeyId, Currency, OrganizationId, Timestamp};

use super::{ListQuery, OrganizationName, query::sort_by};
use crate::access::Grant;

/// Which organizations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationFilter {
    /// Each of its words begins a word of the name or legal name.
    pub q: Option<String>,
    /// In that country.
    pub country: Option<Country>,
    /// Billed in that currency.
    pub currency: Option<Currency>,
}

sort_by! {
    /// The orders of organizations; the newest come first.
    OrganizationSort, descending CreatedAt:
    /// By when they were recorded.
    CreatedAt,
    /// By name.
    Name,
}

/// A page of organizations.
pub type OrganizationQuery = ListQuery<OrganizationFilter, OrganizationSort>;

/// Which collaborators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollaboratorFilter {
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// With that role.
    pub role: Option<Role>,
    /// Each of its words begins a word of the name or e-mail address.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of collaborators; who came first comes first.
    CollaboratorSort, ascending CreatedAt:
    /// By when they came.
    CreatedAt,
    /// By name.
    Name,
}

/// A page of collaborators.
pub type CollaboratorQuery = ListQuery<CollaboratorFilter, CollaboratorSort>;

/// Which API keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyFilter {
    /// Bound to that organization.
    pub organization: Option<OrganizationId>,
    /// Whether they are accepted at the viewer's instant: neither revoked nor expired.
    pub valid: Option<bool>,
}

sort_by! {
    /// The orders of API keys; the newest come first.
    ApiKeySort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
}

/// A page of API keys.
pub type ApiKeyQuery = ListQuery<ApiKeyFilter, ApiKeySort>;

/// An API key, without anything of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grant: Grant,
    /// The organization it is bound to.
    pub organization: Option<OrganizationName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; none for never.
    pub expires_at: Option<Timestamp>,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it got its secret, where it had another one before.
    pub rotated_at: Option<Timestamp>,
    /// Until when the secret before is accepted too.
    pub previous_until: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}
