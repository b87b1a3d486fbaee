//! Organizations (OR-1).

#[cfg(test)]
mod tests;
mod view;

use std::{fmt::Display, str::FromStr, sync::Arc};

use kernel::{Invalid, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{OrganizationFilter, OrganizationSort},
};

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Key, Limit, Page, Sort, Tagged, expected_version, list_query},
};
use view::{OrganizationBody, OrganizationView};

pub(crate) struct Organizations(pub(crate) Arc<Context>);

impl Organizations {
    async fn shown(&self, by: &Caller, id: OrganizationId) -> Result<(i64, OrganizationView), ApiError> {
        let row = found(self.0.reads.organization(self.0.viewer(by), id).await?, "organization", id)?;
        Ok((row.version, row.into()))
    }
}

#[OpenApi(prefix_path = "/v1/organizations", tag = "Tag::Organizations")]
impl Organizations {
    /// List organizations
    ///
    /// The customers.
    #[oai(path = "/", method = "get", operation_id = "list_organizations")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those with all of these words, or words that begin so, in their name or legal name.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// Only those of this country, by its ISO 3166-1 code.
        country: Query<Option<String>>,
        /// Only those that are billed in this currency, by its ISO 4217 code.
        currency: Query<Option<String>>,
        sort: Query<Option<Sort<OrganizationSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<OrganizationView>>, ApiError> {
        let mut invalid = Invalid::default();
        let (country, currency) =
            (code(&mut invalid, "country", country), code(&mut invalid, "currency", currency));
        let filter = invalid.or_ok(OrganizationFilter { q: q.0, country, currency })?;
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.organizations(self.0.viewer(&by), &query).await?)))
    }

    /// Add an organization
    ///
    /// It has nothing yet: orders bring entitlements, and its people are added one by one.
    #[oai(path = "/", method = "post", operation_id = "create_organization")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<OrganizationBody>,
    ) -> Result<Created<OrganizationView>, ApiError> {
        let id = self.0.service.create_organization(&by, &body.into()).await?;
        let (version, view) = self.shown(&by, id).await?;
        Ok(Created::tagged(format!("/v1/organizations/{id}"), version, view))
    }

    /// Show an organization
    ///
    /// With the `ETag` that a change of it needs.
    #[oai(path = "/:organization", method = "get", operation_id = "get_organization")]
    async fn show(
        &self,
        By(by): By,
        /// Its id.
        organization: Path<Key>,
    ) -> Result<Tagged<OrganizationView>, ApiError> {
        Ok(self.shown(&by, organization.0.id("organization")?).await?.into())
    }

    /// Change an organization
    ///
    /// Replaces all that is known of it.
    #[oai(path = "/:organization", method = "put", operation_id = "update_organization")]
    async fn update(
        &self,
        By(by): By,
        /// Its id.
        organization: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<OrganizationBody>,
    ) -> Result<Tagged<OrganizationView>, ApiError> {
        let id: OrganizationId = organization.0.id("organization")?;
        let expected = expected_version(if_match)?;
        self.0.service.update_organization(&by, id, &body.into(), expected).await?;
        Ok(self.shown(&by, id).await?.into())
    }
}

/// What a filter means; what is wrong with it is noted.
fn code<T: FromStr>(invalid: &mut Invalid, name: &str, Query(text): Query<Option<String>>) -> Option<T>
where
    T::Err: Display,
{
    text?.parse().map_err(|error: T::Err| invalid.push(name, error.to_string())).ok()
}
