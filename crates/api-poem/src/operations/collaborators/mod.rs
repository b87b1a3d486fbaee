//! The people of an organization (OR-2, OR-3).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use entitlement::{CollaboratorRecord, Role, Scope};
use kernel::{CollaboratorId, OrganizationId};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    AddCollaborator, ChangeCollaborator,
    access::Caller,
    reads::{CollaboratorFilter, CollaboratorSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found, example};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Done, Instant, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};

/// What it is called where there is none.
pub(crate) const COLLABORATOR: &str = "collaborator";

/// Somebody to be taken into a team. The first one of a team must be an owner.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewCollaborator {
    /// What they are called.
    #[oai(validator(max_length = 200))]
    name: String,
    /// Where they are written to; no two of a team share a mailbox.
    #[oai(validator(max_length = 254))]
    email: String,
    /// What they become.
    role: Word<Role>,
    /// What a member or guest may see or do; owners and admins have everything.
    scopes: Option<Vec<Word<Scope>>>,
}

impl Example for NewCollaborator {
    fn example() -> Self {
        Self {
            name: "Ana Souza".to_owned(),
            email: "ana@acme.example.com".to_owned(),
            role: Word(Role::Member),
            scopes: Some(vec![Word(Scope::Requests), Word(Scope::Environments)]),
        }
    }
}

impl From<NewCollaborator> for AddCollaborator {
    fn from(body: NewCollaborator) -> Self {
        let NewCollaborator { name, email, role, scopes } = body;
        Self { name, email, role: role.0, scopes: Word::list(scopes) }
    }
}

/// What somebody is to be from now on.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct CollaboratorBody {
    /// What they are called.
    #[oai(validator(max_length = 200))]
    name: String,
    /// Their role.
    role: Word<Role>,
    /// What a member or guest may see or do; owners and admins have everything.
    scopes: Option<Vec<Word<Scope>>>,
}

impl Example for CollaboratorBody {
    fn example() -> Self {
        let NewCollaborator { name, role, scopes, .. } = NewCollaborator::example();
        Self { name, role, scopes }
    }
}

impl From<CollaboratorBody> for ChangeCollaborator {
    fn from(body: CollaboratorBody) -> Self {
        let CollaboratorBody { name, role, scopes } = body;
        Self { name, role: role.0, scopes: Word::list(scopes) }
    }
}

/// A person who belongs to an organization.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct CollaboratorView {
    /// Their id.
    id: Uuid,
    /// The organization they belong to.
    organization_id: Uuid,
    /// What they are called.
    name: String,
    /// Where they are written to.
    email: String,
    /// What they are.
    role: Word<Role>,
    /// What they may see or do as a member or guest; empty for owners and admins, who have everything.
    scopes: Vec<Word<Scope>>,
    /// Since when they belong.
    created_at: Instant,
}

impl From<CollaboratorRecord> for CollaboratorView {
    fn from(row: CollaboratorRecord) -> Self {
        Self {
            id: row.id.as_uuid(),
            organization_id: row.organization.as_uuid(),
            name: row.name,
            email: row.email.to_string(),
            role: row.role.into(),
            scopes: row.scopes.into_iter().map(Word).collect(),
            created_at: row.created_at.into(),
        }
    }
}

impl Example for CollaboratorView {
    fn example() -> Self {
        let NewCollaborator { name, email, role, scopes } = NewCollaborator::example();
        Self {
            id: example::id(2),
            organization_id: example::id(1),
            name,
            email,
            role,
            scopes: scopes.unwrap_or_default(),
            created_at: example::instant(),
        }
    }
}

pub(crate) struct Collaborators(pub(crate) Arc<Context>);

impl Collaborators {
    async fn shown(
        &self,
        by: &Caller,
        organization: OrganizationId,
        id: CollaboratorId,
    ) -> Result<(i64, CollaboratorView), ApiError> {
        let row = self.0.reads.collaborator(self.0.viewer(by), id).await?;
        let row = found(row.filter(|row| row.organization == organization), COLLABORATOR, id)?;
        Ok((row.version, row.into()))
    }
}

#[OpenApi(prefix_path = "/v1/organizations", tag = "Tag::Organizations")]
impl Collaborators {
    /// List the people of an organization
    ///
    /// Each with role and scopes.
    #[oai(path = "/:organization/collaborators", method = "get", operation_id = "list_collaborators")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// The organization's id.
        organization: Path<Key>,
        /// Only those with this role.
        role: Query<Option<Word<Role>>>,
        /// Only those with all of these words, or words that begin so, in their name or e-mail address.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<CollaboratorSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<CollaboratorView>>, ApiError> {
        let id = organization.0.id("organization")?;
        let role = role.0.map(|Word(role)| role);
        let query =
            list_query(CollaboratorFilter { organization: Some(id), role, q: q.0 }, sort, limit, cursor)?;
        let viewer = self.0.viewer(&by);
        found(self.0.reads.organization(viewer, id).await?, "organization", id)?;
        Ok(Json(Page::of(self.0.reads.collaborators(viewer, &query).await?)))
    }

    /// Take somebody into a team
    ///
    /// An e-mail address is in a team once. Only an owner's key or staff make somebody an owner.
    #[oai(path = "/:organization/collaborators", method = "post", operation_id = "add_collaborator")]
    async fn add(
        &self,
        By(by): By,
        /// The organization's id.
        organization: Path<Key>,
        Body(body): Body<NewCollaborator>,
    ) -> Result<Created<CollaboratorView>, ApiError> {
        let organization = organization.0.id("organization")?;
        let id = self.0.service.add_collaborator(&by, organization, &body.into()).await?;
        let (version, view) = self.shown(&by, organization, id).await?;
        let location = format!("/v1/organizations/{organization}/collaborators/{id}");
        Ok(Created::tagged(location, version, view))
    }

    /// Show somebody of a team
    ///
    /// With role and scopes.
    #[oai(
        path = "/:organization/collaborators/:collaborator",
        method = "get",
        operation_id = "get_collaborator"
    )]
    async fn show(
        &self,
        By(by): By,
        /// The organization's id.
        organization: Path<Key>,
        /// Their id.
        collaborator: Path<Key>,
    ) -> Result<Tagged<CollaboratorView>, ApiError> {
        let (organization, id) = (organization.0.id("organization")?, collaborator.0.id(COLLABORATOR)?);
        Ok(self.shown(&by, organization, id).await?.into())
    }

    /// Give somebody of a team another name, role and scopes
    ///
    /// Only owners and staff change owners, and a team always keeps one.
    #[oai(
        path = "/:organization/collaborators/:collaborator",
        method = "put",
        operation_id = "update_collaborator"
    )]
    async fn update(
        &self,
        By(by): By,
        /// The organization's id.
        organization: Path<Key>,
        /// Their id.
        collaborator: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<CollaboratorBody>,
    ) -> Result<Tagged<CollaboratorView>, ApiError> {
        let (organization, id) = (organization.0.id("organization")?, collaborator.0.id(COLLABORATOR)?);
        let expected = expected_version(if_match)?;
        self.0.service.change_collaborator(&by, organization, id, &body.into(), expected).await?;
        Ok(self.shown(&by, organization, id).await?.into())
    }

    /// Let somebody of a team go
    ///
    /// They are out from now on. A team keeps at least one owner.
    #[oai(
        path = "/:organization/collaborators/:collaborator",
        method = "delete",
        operation_id = "remove_collaborator"
    )]
    async fn remove(
        &self,
        By(by): By,
        /// The organization's id.
        organization: Path<Key>,
        /// Their id.
        collaborator: Path<Key>,
    ) -> Result<Done, ApiError> {
        let (organization, id) = (organization.0.id("organization")?, collaborator.0.id(COLLABORATOR)?);
        self.0.service.remove_collaborator(&by, organization, id).await?;
        Ok(Done::Done)
    }
}
