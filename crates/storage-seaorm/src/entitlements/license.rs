//! Licenses with their sites, as rows and back.

use entitlement::{License, LicenseRecord, SiteActivation};
use kernel::StoreError;
use sea_orm::prelude::Uuid;

use crate::{
    entity::{license, license_site},
    rows::Reading,
};

/// The rows; the organization is that of the entitlement.
pub(super) fn rows(
    license: &License,
    organization: Option<Uuid>,
) -> (license::Model, Vec<license_site::Model>) {
    let record = license.record().clone();
    let sites = (0..).zip(record.activations).map(|(position, activation)| license_site::Model {
        license_id: record.id.into(),
        site: activation.site.to_string(),
        position,
        activated_at: activation.activated_at.unix_micros(),
    });
    let row = license::Model {
        id: record.id.into(),
        entitlement_id: record.entitlement.into(),
        organization_id: organization,
        product_id: record.product.map(Into::into),
        key: record.key.to_string(),
        sites_allowed: record.sites_allowed.into(),
        status: record.status.to_string(),
        version: record.version,
        created_at: record.created_at.unix_micros(),
    };
    (row, sites.collect())
}

/// `sites` in the order of their positions.
pub(crate) fn restore(row: license::Model, sites: Vec<license_site::Model>) -> Result<License, StoreError> {
    let read = Reading::of("license", row.id);
    let activations = sites.into_iter().map(|site| {
        Ok(SiteActivation { site: read.parse(&site.site)?, activated_at: read.instant(site.activated_at)? })
    });
    let record = LicenseRecord {
        id: row.id.into(),
        entitlement: row.entitlement_id.into(),
        product: row.product_id.map(Into::into),
        // A key is a secret of the customer's: what is wrong with it is not repeated.
        key: row.key.parse().map_err(|_| read.corrupt("its key is none"))?,
        sites_allowed: read.number(row.sites_allowed)?,
        activations: activations.collect::<Result<_, StoreError>>()?,
        status: read.parse(&row.status)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    License::restore(record).map_err(|invalid| read.corrupt(invalid))
}
