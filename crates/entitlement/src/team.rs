//! The collaborators of one organization together: what holds among them (OR-3).

use kernel::{CollaboratorId, Invalid, OrganizationId, Timestamp};

use crate::{
    Access, Collaborator, CollaboratorRecord, Role, Scope, collaborator::normal, organization::read,
};

/// By what right somebody changes a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Staff, or Account itself: everything.
    Staff,
    /// A collaborator of the organization, or a key that acts as one.
    Collaborator {
        /// Their role.
        role: Role,
        /// Their scopes.
        scopes: Vec<Scope>,
    },
}

/// Somebody new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCollaborator {
    /// The id they get.
    pub id: CollaboratorId,
    /// What they are called; 1 to 200 characters.
    pub name: String,
    /// Where they are written to.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// Their scopes, for members and guests.
    pub scopes: Vec<Scope>,
}

/// Why a team is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeamError {
    /// Fields that are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nobody here with that id.
    #[error("nobody in this team has the id {id}")]
    NotFound {
        /// The id.
        id: CollaboratorId,
    },
    /// It would be left without an owner.
    #[error("a team always keeps at least one owner")]
    LastOwner,
    /// Only an owner changes owners.
    #[error("only an owner makes, changes or removes an owner")]
    OwnersOnly,
    /// More is given or taken than they have themselves.
    #[error("a {role} cannot give or take what they do not have themselves")]
    BeyondOwnRights {
        /// Their role.
        role: Role,
    },
}

/// All collaborators of one organization (OR-3): as long as there are any, one of them is an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    organization: OrganizationId,
    members: Vec<Collaborator>,
}

impl Team {
    /// The team of an organization that has nobody yet.
    pub fn new(organization: OrganizationId) -> Self {
        Self { organization, members: Vec::new() }
    }

    /// Rebuilds it from storage: all collaborators of `organization`.
    ///
    /// # Errors
    /// Somebody of another organization, or a team without an owner.
    pub fn restore(organization: OrganizationId, members: Vec<Collaborator>) -> Result<Self, Invalid> {
        if members.iter().any(|one| one.record().organization != organization) {
            return Err(Invalid::field("organization", "must be the team's for everybody"));
        }
        let team = Self { organization, members };
        if team.is_led() { Ok(team) } else { Err(Invalid::field("role", "must be owner for at least one")) }
    }

    /// Whose team it is.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Everybody.
    pub fn members(&self) -> &[Collaborator] {
        &self.members
    }

    /// The one with that id.
    pub fn member(&self, id: CollaboratorId) -> Option<&Collaborator> {
        self.members.iter().find(|one| one.id() == id)
    }

    /// Takes somebody in. The first one has to be an owner.
    ///
    /// # Errors
    /// Wrong fields (a mailbox that somebody of the team has, too), too little authority, no owner.
    pub fn add(
        &mut self,
        new: NewCollaborator,
        by: &Authority,
        now: Timestamp,
    ) -> Result<&Collaborator, TeamError> {
        let scopes = normal(new.role, &new.scopes);
        by.may_have_to_do_with(new.role, &scopes)?;
        let mut invalid = Invalid::default();
        invalid.require_text("name", &new.name, 200);
        let email = read::<crate::EmailAddress>(&mut invalid, "email", &new.email);
        if let Some(email) = &email
            && self.members.iter().any(|one| one.record().email.is_same_mailbox(email))
        {
            invalid.push("email", "somebody of this team has it already");
        }
        let Some(email) = email.filter(|_| invalid.0.is_empty()) else { return Err(invalid.into()) };
        if self.members.is_empty() && new.role != Role::Owner {
            return Err(TeamError::LastOwner);
        }
        self.members.push(Collaborator::new(CollaboratorRecord {
            id: new.id,
            organization: self.organization,
            name: new.name.trim().to_owned(),
            email,
            role: new.role,
            scopes,
            version: 1,
            created_at: now,
        }));
        self.member(new.id).ok_or(TeamError::NotFound { id: new.id })
    }

    /// Gives somebody another name, role and scopes.
    ///
    /// # Errors
    /// Nobody of that id, wrong fields, too little authority, or the last owner would be none any more.
    pub fn change(
        &mut self,
        id: CollaboratorId,
        name: &str,
        role: Role,
        scopes: &[Scope],
        by: &Authority,
    ) -> Result<&Collaborator, TeamError> {
        let at = self.position(id)?;
        let scopes = normal(role, scopes);
        by.may_have_to_do_with(self.members[at].role(), self.members[at].scopes())?;
        by.may_have_to_do_with(role, &scopes)?;
        let mut invalid = Invalid::default();
        invalid.require_text("name", name, 200);
        invalid.or_ok(())?;
        self.keeps_an_owner_without(at, role == Role::Owner)?;
        let changed = CollaboratorRecord {
            name: name.trim().to_owned(),
            role,
            scopes,
            ..self.members[at].record().clone()
        };
        self.members[at] = Collaborator::new(changed);
        Ok(&self.members[at])
    }

    /// Lets somebody go. The very last one may go, even though an owner.
    ///
    /// # Errors
    /// Nobody of that id, too little authority, or others would be left without an owner.
    pub fn remove(&mut self, id: CollaboratorId, by: &Authority) -> Result<Collaborator, TeamError> {
        let at = self.position(id)?;
        by.may_have_to_do_with(self.members[at].role(), self.members[at].scopes())?;
        if self.members.len() > 1 {
            self.keeps_an_owner_without(at, false)?;
        }
        Ok(self.members.remove(at))
    }

    fn position(&self, id: CollaboratorId) -> Result<usize, TeamError> {
        self.members.iter().position(|one| one.id() == id).ok_or(TeamError::NotFound { id })
    }

    fn keeps_an_owner_without(&self, at: usize, still_owner: bool) -> Result<(), TeamError> {
        let others = self.members.iter().enumerate().filter(|(index, _)| *index != at);
        if still_owner || others.into_iter().any(|(_, one)| one.role() == Role::Owner) {
            Ok(())
        } else {
            Err(TeamError::LastOwner)
        }
    }

    fn is_led(&self) -> bool {
        self.members.is_empty() || self.members.iter().any(|one| one.role() == Role::Owner)
    }
}

impl Authority {
    /// Whether they may make, change or remove somebody with that role and those scopes.
    ///
    /// A member who was given the team writes there (OR-3), but not beyond their own rights: otherwise they could make
    /// themselves an admin.
    fn may_have_to_do_with(&self, role: Role, scopes: &[Scope]) -> Result<(), TeamError> {
        let Self::Collaborator { role: own, scopes: own_scopes } = self else { return Ok(()) };
        if *own == Role::Owner {
            return Ok(());
        }
        if role == Role::Owner {
            return Err(TeamError::OwnersOnly);
        }
        let within = *own == Role::Admin
            || (own.may(own_scopes, Scope::Team, Access::Write)
                && role <= *own
                && scopes.iter().all(|scope| own_scopes.contains(scope)));
        if within { Ok(()) } else { Err(TeamError::BeyondOwnRights { role: *own }) }
    }
}

#[cfg(test)]
#[path = "team_tests.rs"]
mod tests;
