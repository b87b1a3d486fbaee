//! Who is calling.

use entitlement::{Access, Role, Scope};
use kernel::{Actor, ActorKind, CallerId, OrganizationId};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::{Operation, Requirement};
use crate::Refusal;

/// What MIDDAG's own people may be (OR-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
pub enum StaffRole {
    /// Everything.
    #[strum(serialize = "staff_admin")]
    Admin,
    /// Services, requests, environments.
    #[strum(serialize = "staff_delivery")]
    Delivery,
    /// Quotes, orders, invoices, credits.
    #[strum(serialize = "staff_finance")]
    Finance,
}

/// What a caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// What a staff role may, over every organization.
    Staff(StaffRole),
    /// What a collaborator's role and scopes allow, within one organization.
    Organization {
        /// The only organization whose data exist for this caller (OR-6).
        organization: OrganizationId,
        /// The role.
        role: Role,
        /// The scopes, for `member` and `guest`.
        scopes: Vec<Scope>,
    },
}

/// Somebody who has proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Tells them apart from everybody else, whenever they call.
    pub id: CallerId,
    /// What the key or the person is called.
    pub name: String,
    /// What they may do.
    pub grant: Grant,
}

impl Caller {
    /// Who goes into events and ledger entries.
    pub fn actor(&self) -> Actor {
        let kind = match self.grant {
            Grant::Staff(_) => ActorKind::Staff,
            Grant::Organization { .. } => ActorKind::Customer,
        };
        Actor { kind, id: Some(self.id.as_uuid()), name: self.name.clone() }
    }

    /// The only organization whose data exist for this caller; none for staff, who see all.
    pub fn tenant(&self) -> Option<OrganizationId> {
        match &self.grant {
            Grant::Staff(_) => None,
            Grant::Organization { organization, .. } => Some(*organization),
        }
    }

    /// Whether data of `organization` exist for this caller (OR-6).
    pub fn sees(&self, organization: Option<OrganizationId>) -> bool {
        self.tenant().is_none_or(|own| Some(own) == organization)
    }

    /// Decides whether this caller may do `operation` at all.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] that says what is missing.
    pub fn authorize(&self, operation: Operation) -> Result<(), Refusal> {
        let Requirement { staff, organization } = operation.requirement();
        let allowed = match &self.grant {
            Grant::Staff(role) => staff.contains(role),
            Grant::Organization { role, scopes, .. } => {
                organization.is_some_and(|(scope, access)| role.may(scopes, scope, access))
            }
        };
        if allowed { Ok(()) } else { Err(Refusal::Forbidden { detail: self.missing(operation) }) }
    }

    fn missing(&self, operation: Operation) -> String {
        let Requirement { staff, organization } = operation.requirement();
        match &self.grant {
            Grant::Staff(role) => {
                let roles: Vec<&str> = staff.iter().map(Into::into).collect();
                if roles.is_empty() {
                    format!("`{operation}` is for customers, not for staff")
                } else {
                    format!("`{operation}` needs one of the roles {}; you are {role}", roles.join(", "))
                }
            }
            Grant::Organization { role, .. } => match organization {
                None => format!("`{operation}` is for staff only"),
                Some((scope, Access::Read)) => {
                    format!("`{operation}` needs the scope {scope}; you are a {role} without it")
                }
                Some((scope, Access::Write)) => {
                    format!("`{operation}` needs write access to {scope}; you are a {role} without it")
                }
            },
        }
    }
}
