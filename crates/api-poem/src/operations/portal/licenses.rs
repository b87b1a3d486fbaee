//! Licenses, as their customers see them.

use std::sync::Arc;

use entitlement::{LicenseStatus, SiteActivation};
use kernel::LicenseId;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{Coded, LicenseDetail, LicenseFilter, LicenseRow, LicenseSort};
use uuid::Uuid;

use super::super::{
    Context, Tag,
    context::found,
    example,
    named::{EntitlementRef, ProductRef},
};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// One of our licenses, in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalLicenseSummary {
    /// Its id.
    id: Uuid,
    /// Its key.
    key: String,
    /// Whether it may be used.
    status: Word<LicenseStatus>,
    /// The plugin.
    product: Option<ProductRef>,
    /// How many sites it may be activated on.
    sites_allowed: u32,
    /// How many it is activated on.
    sites_activated: u32,
    /// What it lies under.
    entitlement: EntitlementRef,
}

impl From<LicenseRow> for PortalLicenseSummary {
    fn from(row: LicenseRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            key: row.key.to_string(),
            status: row.status.into(),
            product: row.product.map(ProductRef::from),
            sites_allowed: row.sites_allowed,
            sites_activated: row.sites_activated,
            entitlement: EntitlementRef::from(&row.above),
        }
    }
}

/// One of our licenses, with the sites that it is activated on.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalLicenseView {
    /// Its id.
    id: Uuid,
    /// Its key.
    key: String,
    /// Whether it may be used.
    status: Word<LicenseStatus>,
    /// The plugin.
    product: Option<ProductRef>,
    /// How many sites it may be activated on.
    sites_allowed: u32,
    /// Where it is activated, the oldest first.
    activations: Vec<PortalActivationView>,
    /// What it lies under.
    entitlement: EntitlementRef,
}

/// A site that a license is activated on.
#[derive(Debug, Object)]
pub(crate) struct PortalActivationView {
    /// The site: no scheme, no `www.`.
    site: String,
    /// Since when.
    activated_at: Instant,
}

impl From<LicenseDetail> for PortalLicenseView {
    fn from(LicenseDetail { license, status, product, above }: LicenseDetail) -> Self {
        let activation = |SiteActivation { site, activated_at }: SiteActivation| PortalActivationView {
            site: site.to_string(),
            activated_at: activated_at.into(),
        };
        Self {
            id: license.id.as_uuid(),
            key: license.key.to_string(),
            status: status.into(),
            product: product.map(ProductRef::from),
            sites_allowed: license.sites_allowed,
            activations: license.activations.into_iter().map(activation).collect(),
            entitlement: EntitlementRef::from(&above),
        }
    }
}

impl Example for PortalLicenseView {
    fn example() -> Self {
        let (site, activated_at) = ("shop.example.com".to_owned(), example::instant());
        let (sku, name) = ("PLG-BACKUP-1Y".to_owned(), "Backup, one year".to_owned());
        Self {
            id: example::id(12),
            key: "0H6SM-4PW2T-7QK9C-EX8ZB-1RVG2".to_owned(),
            status: Word(LicenseStatus::Active),
            product: Some(ProductRef { id: example::id(13), sku, name }),
            sites_allowed: 3,
            activations: vec![PortalActivationView { site, activated_at }],
            entitlement: EntitlementRef { id: example::id(14), code: "PLG-2026050001".to_owned() },
        }
    }
}

pub(crate) struct PortalLicenses(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/licenses", tag = "Tag::Portal")]
impl PortalLicenses {
    /// List our licenses
    ///
    /// Each with how many of its sites are in use.
    #[oai(path = "/", method = "get", operation_id = "portal_list_licenses")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<LicenseStatus>>>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those of this plugin, by id or SKU.
        product: Query<Option<Key>>,
        sort: Query<Option<Sort<LicenseSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalLicenseSummary>>, ApiError> {
        let filter = LicenseFilter {
            status: Word::list(status.0),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            product: self.0.id_in(&by, Coded::Product, "product", product.0.as_ref()).await?,
            organization: None,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.licenses(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our licenses
    ///
    /// With the sites that use it.
    #[oai(path = "/:license", method = "get", operation_id = "portal_get_license")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or key.
        license: Path<Key>,
    ) -> Result<Json<PortalLicenseView>, ApiError> {
        let id: LicenseId = self.0.id(&by, Coded::License, &license).await?;
        let detail = found(self.0.reads.license(self.0.viewer(&by), id).await?, "license", license.0)?;
        Ok(Json(detail.into()))
    }
}
