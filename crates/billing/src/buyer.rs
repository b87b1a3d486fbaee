//! Who buys.

use kernel::{Invalid, OrganizationId};

/// Who buys: an organization, or a person without one (EN-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buyer {
    /// A customer organization.
    Organization(OrganizationId),
    /// A person, for themselves.
    Person {
        /// 1 to 200 characters.
        name: String,
        /// Up to 254 characters, with one `@` inside.
        email: String,
    },
}

impl Buyer {
    /// The organization, where there is one.
    pub fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Organization(id) => Some(*id),
            Self::Person { .. } => None,
        }
    }

    /// Notes in `invalid` what is wrong with it.
    pub(crate) fn check(&self, invalid: &mut Invalid) {
        let Self::Person { name, email } = self else { return };
        invalid.require_text("holder.name", name, 200);
        invalid.require_text("holder.email", email, 254);
        let parts = email.split_once('@');
        if !parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
            || email.chars().any(char::is_whitespace)
        {
            invalid.push("holder.email", "must be an e-mail address");
        }
    }

    /// From the columns of a row; none where it names both or neither.
    pub(crate) fn from_columns(
        organization: Option<OrganizationId>,
        name: Option<String>,
        email: Option<String>,
    ) -> Option<Self> {
        match (organization, name, email) {
            (Some(id), None, None) => Some(Self::Organization(id)),
            (None, Some(name), Some(email)) => Some(Self::Person { name, email }),
            _ => None,
        }
    }

    /// Into the columns of a row: organization, holder's name, holder's e-mail.
    pub(crate) fn to_columns(&self) -> (Option<OrganizationId>, Option<String>, Option<String>) {
        match self {
            Self::Organization(id) => (Some(*id), None, None),
            Self::Person { name, email } => (None, Some(name.clone()), Some(email.clone())),
        }
    }
}
