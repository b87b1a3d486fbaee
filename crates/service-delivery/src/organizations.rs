//! Organizations and their teams (OR-1 … OR-3).

use entitlement::{
    Authority, Collaborator, NewCollaborator, Organization, OrganizationDetails, OrganizationRecord, Role,
    Scope,
};
use kernel::{CollaboratorId, OrganizationId};
use serde_json::{Value, json};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::{Caller, Grant},
    retry::retrying,
    step::{Step, found, not_stale},
};

/// Who is to be taken into a team, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCollaborator {
    /// What they are called; 1 to 200 characters.
    pub name: String,
    /// Where they are written to.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// Their scopes, for members and guests.
    pub scopes: Vec<Scope>,
}

/// What somebody in a team is to be from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCollaborator {
    /// What they are called; 1 to 200 characters.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their scopes, for members and guests.
    pub scopes: Vec<Scope>,
}

impl ServiceDelivery {
    /// Adds an organization.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub async fn create_organization(
        &self,
        by: &Caller,
        details: &OrganizationDetails,
    ) -> Result<OrganizationId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create organization").await?;
            let organization = Organization::try_new(step.id(), details.clone(), step.now)?;
            step.uow.entitlements().insert_organization(&organization).await?;
            let id = organization.id();
            step.record("organization.created", subject(id), Value::Null, facts(organization.record()));
            step.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Replaces what is known of an organization, where it is still at the version `expected`.
    ///
    /// # Errors
    /// No such organization, a stale version, every field that is wrong.
    pub async fn update_organization(
        &self,
        by: &Caller,
        id: OrganizationId,
        details: &OrganizationDetails,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "update organization").await?;
            let mut organization = step.lock_organization(id).await?;
            not_stale("organization", organization.version(), expected)?;
            let before = facts(organization.record());
            organization.edit(details.clone())?;
            step.uow.entitlements().save_organization(&organization).await?;
            step.record_change("organization.updated", subject(id), &before, &facts(organization.record()));
            step.commit().await
        })
        .await
    }

    /// Takes somebody into an organization's team (OR-3).
    ///
    /// # Errors
    /// No such organization, wrong fields, too little authority, a first collaborator who is no owner.
    pub async fn add_collaborator(
        &self,
        by: &Caller,
        organization: OrganizationId,
        new: &AddCollaborator,
    ) -> Result<CollaboratorId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "add collaborator").await?;
            step.lock_organization(organization).await?;
            let mut team = step.uow.entitlements().team(organization).await?;
            let AddCollaborator { name, email, role, scopes } = new.clone();
            let new = NewCollaborator { id: step.id(), name, email, role, scopes };
            let added = team.add(new, &authority(by), step.now)?;
            step.uow.entitlements().insert_collaborator(added).await?;
            step.record("collaborator.added", member(added), Value::Null, member_facts(added));
            let id = added.id();
            step.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Gives somebody of a team another name, role and scopes (OR-3).
    ///
    /// # Errors
    /// Nobody of that id, a stale version, wrong fields, too little authority, or nobody would be owner any more.
    pub async fn change_collaborator(
        &self,
        by: &Caller,
        organization: OrganizationId,
        id: CollaboratorId,
        change: &ChangeCollaborator,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "change collaborator").await?;
            step.lock_organization(organization).await?;
            let mut team = step.uow.entitlements().team(organization).await?;
            let present = found(team.member(id), "collaborator", id)?;
            not_stale("collaborator", present.version(), expected)?;
            let before = member_facts(present);
            let ChangeCollaborator { name, role, scopes } = change;
            let changed = team.change(id, name, *role, scopes, &authority(by))?;
            step.uow.entitlements().save_collaborator(changed).await?;
            step.record_change("collaborator.changed", member(changed), &before, &member_facts(changed));
            step.commit().await
        })
        .await
    }

    /// Lets somebody of a team go (OR-3).
    ///
    /// # Errors
    /// Nobody of that id, too little authority, or others would be left without an owner.
    pub async fn remove_collaborator(
        &self,
        by: &Caller,
        organization: OrganizationId,
        id: CollaboratorId,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "remove collaborator").await?;
            step.lock_organization(organization).await?;
            let mut team = step.uow.entitlements().team(organization).await?;
            let removed = team.remove(id, &authority(by))?;
            step.uow.entitlements().remove_collaborator(&removed).await?;
            step.record("collaborator.removed", member(&removed), member_facts(&removed), Value::Null);
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    async fn lock_organization(&mut self, id: OrganizationId) -> Result<Organization, Refusal> {
        let seen = self.caller.sees(Some(id));
        let organization = self.uow.entitlements().lock_organization(id).await?.filter(|_| seen);
        found(organization, "organization", id)
    }
}

/// By what right `caller` changes a team.
fn authority(caller: &Caller) -> Authority {
    match &caller.grant {
        Grant::Staff(_) => Authority::Staff,
        Grant::Organization { role, scopes, .. } => {
            Authority::Collaborator { role: *role, scopes: scopes.clone() }
        }
    }
}

fn subject(id: OrganizationId) -> Subject {
    Subject::new(SubjectKind::Organization, id).of(id)
}

fn member(collaborator: &Collaborator) -> Subject {
    Subject::new(SubjectKind::Collaborator, collaborator.id()).of(collaborator.record().organization)
}

fn member_facts(collaborator: &Collaborator) -> Value {
    let row = collaborator.record();
    let scopes: Vec<String> = row.scopes.iter().map(ToString::to_string).collect();
    json!({"name": row.name, "email": row.email.to_string(), "role": row.role.to_string(), "scopes": scopes})
}

fn facts(row: &OrganizationRecord) -> Value {
    json!({
        "name": row.name,
        "legal_name": row.legal_name,
        "tax_id": row.tax_id,
        "country": row.country.to_string(),
        "locale": row.locale.to_string(),
        "currency": row.currency.code(),
        "billing_email": row.billing_email.to_string(),
    })
}
