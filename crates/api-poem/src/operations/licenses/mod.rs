//! Licenses (PV-5).

#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use entitlement::LicenseStatus;
use kernel::{LicenseId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{Coded, LicenseFilter, LicenseSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Key, Limit, Page, Sort, Tagged, Word, list_query},
};
use view::{LicenseSummary, LicenseUse, LicenseValidation, LicenseView};

pub(crate) struct Licenses(pub(crate) Arc<Context>);

impl Licenses {
    async fn shown(&self, by: &Caller, id: LicenseId) -> Result<(i64, LicenseView), ApiError> {
        let detail = found(self.0.reads.license(self.0.viewer(by), id).await?, "license", id)?;
        Ok((detail.license.version, detail.into()))
    }

    async fn shown_by_key(&self, by: &Caller, key: &str) -> Result<Tagged<LicenseView>, ApiError> {
        let id = self.0.reads.id_of(self.0.viewer(by), Coded::License, key).await?;
        let id = found(id, "license", "with that key")?;
        Ok(self.shown(by, LicenseId::from(id)).await?.into())
    }
}

#[OpenApi(prefix_path = "/v1/licenses", tag = "Tag::Licenses")]
impl Licenses {
    /// List licenses
    ///
    /// Each with how many of its sites are in use.
    #[oai(path = "/", method = "get", operation_id = "list_licenses")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<LicenseStatus>>>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those of this plugin, by id or SKU.
        product: Query<Option<Key>>,
        sort: Query<Option<Sort<LicenseSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LicenseSummary>>, ApiError> {
        let filter = LicenseFilter {
            status: Word::list(status.0),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            organization: organization_id.0.map(OrganizationId::new),
            product: self.0.id_in(&by, Coded::Product, "product", product.0.as_ref()).await?,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.licenses(self.0.viewer(&by), &query).await?)))
    }

    /// Show a license
    ///
    /// With the sites that it is activated on.
    #[oai(path = "/:license", method = "get", operation_id = "get_license")]
    async fn show(
        &self,
        By(by): By,
        /// Its id, or its key in any spelling.
        license: Path<Key>,
    ) -> Result<Tagged<LicenseView>, ApiError> {
        let id = self.0.id(&by, Coded::License, &license).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Activate a license on a site
    ///
    /// The same site counts once.
    #[oai(path = "/activate", method = "post", operation_id = "activate_license")]
    async fn activate(
        &self,
        By(by): By,
        Body(body): Body<LicenseUse>,
    ) -> Result<Tagged<LicenseView>, ApiError> {
        self.0.service.activate_license(&by, &body.key, &body.site).await?;
        self.shown_by_key(&by, &body.key).await
    }

    /// Give a site of a license free
    ///
    /// For another one. Repeating it changes nothing.
    #[oai(path = "/deactivate", method = "post", operation_id = "deactivate_license")]
    async fn deactivate(
        &self,
        By(by): By,
        Body(body): Body<LicenseUse>,
    ) -> Result<Tagged<LicenseView>, ApiError> {
        self.0.service.deactivate_license(&by, &body.key, &body.site).await?;
        self.shown_by_key(&by, &body.key).await
    }

    /// Ask whether a license may be used on a site
    ///
    /// Nothing is changed, and nothing is used up. What is not valid is answered with the reason, not refused.
    #[oai(path = "/validate", method = "post", operation_id = "validate_license")]
    async fn validate(
        &self,
        By(by): By,
        Body(body): Body<LicenseUse>,
    ) -> Result<Json<LicenseValidation>, ApiError> {
        Ok(Json(self.0.service.validate_license(&by, &body.key, &body.site).await?.into()))
    }
}
