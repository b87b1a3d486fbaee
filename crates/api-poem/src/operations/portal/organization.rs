//! The organization itself and its people, as these see them (OR-1 … OR-3).

use std::sync::Arc;

use entitlement::{CollaboratorRecord, Locale, OrganizationRecord, Role, Scope};
use kernel::CollaboratorId;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    access::Caller,
    reads::{CollaboratorFilter, CollaboratorSort},
};
use uuid::Uuid;

use super::{
    super::{
        Context, Tag,
        collaborators::{COLLABORATOR, CollaboratorBody, NewCollaborator},
        context::found,
        example,
    },
    ours,
};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Done, Instant, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};

/// Our organization.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalOrganizationView {
    /// Its id.
    id: Uuid,
    /// What people call it.
    name: String,
    /// What it is registered as.
    legal_name: String,
    /// Its tax id.
    tax_id: Option<String>,
    /// Where it is registered: ISO 3166-1.
    country: String,
    /// The language it is written to in.
    locale: Word<Locale>,
    /// What it is billed in: ISO 4217.
    currency: String,
    /// Where invoices go.
    billing_email: String,
}

impl From<OrganizationRecord> for PortalOrganizationView {
    fn from(row: OrganizationRecord) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            legal_name: row.legal_name,
            tax_id: row.tax_id,
            country: row.country.to_string(),
            locale: row.locale.into(),
            currency: row.currency.to_string(),
            billing_email: row.billing_email.to_string(),
        }
    }
}

impl Example for PortalOrganizationView {
    fn example() -> Self {
        Self {
            id: example::id(1),
            name: "Acme".to_owned(),
            legal_name: "Acme Educação Ltda.".to_owned(),
            tax_id: Some("12.345.678/0001-95".to_owned()),
            country: "BR".to_owned(),
            locale: Word(Locale::PtBr),
            currency: "BRL".to_owned(),
            billing_email: "financeiro@acme.example.com".to_owned(),
        }
    }
}

/// Somebody of our team.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PortalTeamMemberView {
    /// Their id.
    id: Uuid,
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

impl From<CollaboratorRecord> for PortalTeamMemberView {
    fn from(row: CollaboratorRecord) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            email: row.email.to_string(),
            role: row.role.into(),
            scopes: row.scopes.into_iter().map(Word).collect(),
            created_at: row.created_at.into(),
        }
    }
}

impl Example for PortalTeamMemberView {
    fn example() -> Self {
        Self {
            id: example::id(2),
            name: "Ana Souza".to_owned(),
            email: "ana@acme.example.com".to_owned(),
            role: Word(Role::Member),
            scopes: vec![Word(Scope::Requests), Word(Scope::Environments)],
            created_at: example::instant(),
        }
    }
}

pub(crate) struct PortalOrganization(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal", tag = "Tag::Portal")]
impl PortalOrganization {
    /// Show our organization
    ///
    /// As MIDDAG knows it.
    #[oai(path = "/organization", method = "get", operation_id = "portal_get_organization")]
    async fn get(&self, By(by): By) -> Result<Json<PortalOrganizationView>, ApiError> {
        let id = ours(&by)?;
        let row = found(self.0.reads.organization(self.0.viewer(&by), id).await?, "organization", id)?;
        Ok(Json(row.into()))
    }

    /// List our team
    ///
    /// Each with role and scopes.
    #[oai(path = "/team", method = "get", operation_id = "portal_list_team")]
    async fn team(
        &self,
        By(by): By,
        /// Only those with this role.
        role: Query<Option<Word<Role>>>,
        /// Only those with all of these words, or words that begin so, in their name or e-mail address.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<CollaboratorSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalTeamMemberView>>, ApiError> {
        let role = role.0.map(|Word(role)| role);
        let filter = CollaboratorFilter { organization: Some(ours(&by)?), role, q: q.0 };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.collaborators(self.0.viewer(&by), &query).await?)))
    }

    /// Take somebody into our team
    ///
    /// An e-mail address is in a team once. Only an owner makes somebody an owner.
    #[oai(path = "/team", method = "post", operation_id = "portal_add_team_member")]
    async fn add(
        &self,
        By(by): By,
        Body(body): Body<NewCollaborator>,
    ) -> Result<Created<PortalTeamMemberView>, ApiError> {
        let id = self.0.service.add_collaborator(&by, ours(&by)?, &body.into()).await?;
        let (version, view) = self.member(&by, id).await?;
        Ok(Created::tagged(format!("/v1/portal/team/{id}"), version, view))
    }

    /// Show somebody of our team
    ///
    /// With role and scopes.
    #[oai(path = "/team/:member", method = "get", operation_id = "portal_get_team_member")]
    async fn show(
        &self,
        By(by): By,
        /// Their id.
        member: Path<Key>,
    ) -> Result<Tagged<PortalTeamMemberView>, ApiError> {
        Ok(self.member(&by, member.id(COLLABORATOR)?).await?.into())
    }

    /// Give somebody of our team another name, role and scopes
    ///
    /// Only owners change owners, and a team always keeps one.
    #[oai(path = "/team/:member", method = "put", operation_id = "portal_update_team_member")]
    async fn update(
        &self,
        By(by): By,
        /// Their id.
        member: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<CollaboratorBody>,
    ) -> Result<Tagged<PortalTeamMemberView>, ApiError> {
        let (expected, id) = (expected_version(if_match)?, member.id(COLLABORATOR)?);
        self.0.service.change_collaborator(&by, ours(&by)?, id, &body.into(), expected).await?;
        Ok(self.member(&by, id).await?.into())
    }

    /// Let somebody of our team go
    ///
    /// They are out from now on. A team keeps at least one owner.
    #[oai(path = "/team/:member", method = "delete", operation_id = "portal_remove_team_member")]
    async fn remove(
        &self,
        By(by): By,
        /// Their id.
        member: Path<Key>,
    ) -> Result<Done, ApiError> {
        self.0.service.remove_collaborator(&by, ours(&by)?, member.id(COLLABORATOR)?).await?;
        Ok(Done::Done)
    }
}

impl PortalOrganization {
    async fn member(&self, by: &Caller, id: CollaboratorId) -> Result<(i64, PortalTeamMemberView), ApiError> {
        let row = found(self.0.reads.collaborator(self.0.viewer(by), id).await?, COLLABORATOR, id)?;
        Ok((row.version, row.into()))
    }
}
