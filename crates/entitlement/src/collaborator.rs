//! People of an organization, and what they may do (OR-2, OR-3).

use kernel::{CollaboratorId, Invalid, OrganizationId, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::EmailAddress;

/// The parts of an organization's data (OR-2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Scope {
    /// Entitlements, licenses and what lies under them.
    Entitlements,
    /// Service requests, services, projects and credits.
    Requests,
    /// Quotes, orders and invoices.
    Billing,
    /// Environments.
    Environments,
    /// Documents and downloads.
    Documents,
    /// The collaborators.
    Team,
}

/// What is wanted of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Access {
    /// To look.
    Read,
    /// To change.
    Write,
}

/// What a collaborator is (OR-3), from the least to the most.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Reads in its scopes.
    Guest,
    /// Reads and writes in its scopes.
    Member,
    /// Everything but owners.
    Admin,
    /// Everything; the only one who changes owners.
    Owner,
}

impl Role {
    /// Whether the role has all scopes, whatever is listed.
    pub fn has_every_scope(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }

    /// Whether somebody with this role and these scopes may do that (OR-3). Who may change whom in the team itself is
    /// finer: see [`Team`](crate::Team).
    pub fn may(self, scopes: &[Scope], scope: Scope, access: Access) -> bool {
        match (self, access) {
            (Self::Owner | Self::Admin, _) => true,
            (Self::Member, _) | (Self::Guest, Access::Read) => scopes.contains(&scope),
            (Self::Guest, Access::Write) => false,
        }
    }
}

/// A collaborator as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollaboratorRecord {
    /// Their id.
    pub id: CollaboratorId,
    /// Where they belong: one organization for good.
    pub organization: OrganizationId,
    /// What they are called.
    pub name: String,
    /// Where they are written to; no two of a team share a mailbox.
    pub email: EmailAddress,
    /// What they are.
    pub role: Role,
    /// Sorted, without doubles; empty for admins and owners, who have all.
    pub scopes: Vec<Scope>,
    /// Counts the changes, from 1.
    pub version: i64,
    /// Since when they belong.
    pub created_at: Timestamp,
}

/// A person who belongs to one organization (OR-2). Changed through the [`Team`](crate::Team) only, which guards what
/// holds among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collaborator(CollaboratorRecord);

impl Collaborator {
    pub(crate) fn new(record: CollaboratorRecord) -> Self {
        Self(record)
    }

    /// Rebuilds them from storage.
    ///
    /// # Errors
    /// A row that is no collaborator.
    pub fn restore(record: CollaboratorRecord) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("name", &record.name, 200);
        if record.scopes != normal(record.role, &record.scopes) {
            invalid.push("scopes", "must be sorted, without doubles, and empty for admins and owners");
        }
        if record.version < 1 {
            invalid.push("version", "must be 1 or more");
        }
        invalid.or_ok(Self(record))
    }

    /// All of them.
    pub fn record(&self) -> &CollaboratorRecord {
        &self.0
    }

    /// Their id.
    pub fn id(&self) -> CollaboratorId {
        self.0.id
    }

    /// What they are.
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// The scopes that were given to them; empty for admins and owners, who have all.
    pub fn scopes(&self) -> &[Scope] {
        &self.0.scopes
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// Whether they may do that (OR-3).
    pub fn may(&self, scope: Scope, access: Access) -> bool {
        self.0.role.may(&self.0.scopes, scope, access)
    }
}

/// The scopes as they are stored: sorted, without doubles; none where the role has all.
pub(crate) fn normal(role: Role, scopes: &[Scope]) -> Vec<Scope> {
    if role.has_every_scope() {
        return Vec::new();
    }
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn or_3_what_each_role_may() {
        let listed = [Scope::Requests];
        // role, read listed, write listed, read other, write other
        let table = [
            (Role::Owner, true, true, true, true),
            (Role::Admin, true, true, true, true),
            (Role::Member, true, true, false, false),
            (Role::Guest, true, false, false, false),
        ];
        assert_eq!(table.len(), Role::VARIANTS.len());
        for (role, read, write, read_other, write_other) in table {
            assert_eq!(role.may(&listed, Scope::Requests, Access::Read), read, "{role}");
            assert_eq!(role.may(&listed, Scope::Requests, Access::Write), write, "{role}");
            for other in Scope::VARIANTS.iter().copied().filter(|scope| *scope != Scope::Requests) {
                assert_eq!(role.may(&listed, other, Access::Read), read_other, "{role} {other}");
                assert_eq!(role.may(&listed, other, Access::Write), write_other, "{role} {other}");
            }
        }
    }

    #[test]
    fn or_2_the_scopes_are_those_of_the_specification() {
        let spelt: Vec<&str> = Scope::VARIANTS.iter().map(Into::into).collect();
        assert_eq!(spelt, ["entitlements", "requests", "billing", "environments", "documents", "team"]);
    }
}
