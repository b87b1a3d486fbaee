//! What licenses look like, and what is sent about them.

use entitlement::{LicenseStatus, SiteActivation, Validity};
use poem_openapi::{Enum, Object, types::Example};
use service_delivery::reads::{LicenseDetail, LicenseRow};
use uuid::Uuid;

use crate::{
    operations::{
        example,
        named::{EntitlementRef, OrganizationRef, ProductRef},
    },
    wire::{Instant, Word},
};

const EXAMPLE_KEY: &str = "0H6SM-4PW2T-7QK9C-EX8ZB-1RVG2";

/// A license by its key, and a site.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct LicenseUse {
    /// The key, in any spelling: capitals and hyphens make no difference.
    #[oai(validator(max_length = 100))]
    pub(crate) key: String,
    /// The site: an address such as `https://shop.example.com/blog`, or a host name.
    #[oai(validator(max_length = 2048))]
    pub(crate) site: String,
}

impl Example for LicenseUse {
    fn example() -> Self {
        Self { key: EXAMPLE_KEY.to_owned(), site: "https://shop.example.com".to_owned() }
    }
}

/// Whether a license may be used on a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum LicenseValidity {
    /// It may be used there.
    Valid,
    /// It is usable, but not activated there.
    NotActivated,
    /// It may not be used now.
    Inactive,
    /// Its entitlement has expired.
    Expired,
    /// It may never be used again.
    Revoked,
}

/// The answer to the question whether a license may be used on a site.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct LicenseValidation {
    /// Whether it may be used there, or why not.
    validity: LicenseValidity,
}

impl From<Validity> for LicenseValidation {
    fn from(validity: Validity) -> Self {
        let validity = match validity {
            Validity::Valid => LicenseValidity::Valid,
            Validity::NotActivated => LicenseValidity::NotActivated,
            Validity::NotUsable { status } => match status {
                // Never said of an active one; if it were, refusing is the safe side.
                LicenseStatus::Active | LicenseStatus::Inactive => LicenseValidity::Inactive,
                LicenseStatus::Expired => LicenseValidity::Expired,
                LicenseStatus::Revoked => LicenseValidity::Revoked,
            },
        };
        Self { validity }
    }
}

impl Example for LicenseValidation {
    fn example() -> Self {
        Self { validity: LicenseValidity::Valid }
    }
}

/// A license in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct LicenseSummary {
    /// Its id.
    id: Uuid,
    /// Its key.
    key: String,
    /// The status that the world sees.
    status: Word<LicenseStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<LicenseStatus>,
    /// The plugin.
    product: Option<ProductRef>,
    /// How many sites it may be activated on.
    sites_allowed: u32,
    /// How many it is activated on.
    sites_activated: u32,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was made.
    created_at: Instant,
}

impl From<LicenseRow> for LicenseSummary {
    fn from(row: LicenseRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            key: row.key.to_string(),
            status: row.status.into(),
            own_status: row.own_status.into(),
            product: row.product.map(ProductRef::from),
            sites_allowed: row.sites_allowed,
            sites_activated: row.sites_activated,
            entitlement: EntitlementRef::from(&row.above),
            organization: row.above.organization.map(OrganizationRef::from),
            created_at: row.created_at.into(),
        }
    }
}

/// A license with the sites that it is activated on.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct LicenseView {
    /// Its id.
    id: Uuid,
    /// Its key.
    key: String,
    /// The status that the world sees.
    status: Word<LicenseStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<LicenseStatus>,
    /// The plugin.
    product: Option<ProductRef>,
    /// How many sites it may be activated on.
    sites_allowed: u32,
    /// Where it is activated, the oldest first.
    activations: Vec<ActivationView>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was made.
    created_at: Instant,
}

/// A site that a license is activated on.
#[derive(Debug, Object)]
pub(crate) struct ActivationView {
    /// The site, in its one spelling: no scheme, no `www.`.
    site: String,
    /// Since when.
    activated_at: Instant,
}

impl From<SiteActivation> for ActivationView {
    fn from(SiteActivation { site, activated_at }: SiteActivation) -> Self {
        Self { site: site.to_string(), activated_at: activated_at.into() }
    }
}

impl From<LicenseDetail> for LicenseView {
    fn from(LicenseDetail { license, status, product, above }: LicenseDetail) -> Self {
        Self {
            id: license.id.as_uuid(),
            key: license.key.to_string(),
            status: status.into(),
            own_status: license.status.into(),
            product: product.map(ProductRef::from),
            sites_allowed: license.sites_allowed,
            activations: license.activations.into_iter().map(ActivationView::from).collect(),
            entitlement: EntitlementRef::from(&above),
            organization: above.organization.map(OrganizationRef::from),
            created_at: license.created_at.into(),
        }
    }
}

impl Example for LicenseView {
    fn example() -> Self {
        let at = example::instant();
        Self {
            id: example::id(12),
            key: EXAMPLE_KEY.to_owned(),
            status: Word(LicenseStatus::Active),
            own_status: Word(LicenseStatus::Active),
            product: Some(ProductRef {
                id: example::id(13),
                sku: "PLG-BACKUP-1Y".to_owned(),
                name: "Backup, one year".to_owned(),
            }),
            sites_allowed: 3,
            activations: vec![ActivationView { site: "shop.example.com".to_owned(), activated_at: at }],
            entitlement: EntitlementRef { id: example::id(14), code: "PLG-2026050001".to_owned() },
            organization: Some(example::organization()),
            created_at: at,
        }
    }
}
