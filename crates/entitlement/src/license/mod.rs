//! Licenses of plugins (PV-5).

mod key;
mod site;
mod status;

use kernel::{EntitlementId, IllegalMove, Invalid, LicenseId, Limited, ProductId, Standing, Timestamp, step};

pub use key::{KEY_BYTES, LicenseKey, LicenseKeyError};
pub use site::{Site, SiteError};
pub use status::{LicenseCommand, LicenseStatus};

use crate::{StatusChange, product::MAX_SITES};

/// A site that a license is in use on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteActivation {
    /// The site.
    pub site: Site,
    /// Since when.
    pub activated_at: Timestamp,
}

/// A license as it is stored, with its activated sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRecord {
    /// Its id.
    pub id: LicenseId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The plugin.
    pub product: Option<ProductId>,
    /// The key; unique.
    pub key: LicenseKey,
    /// How many sites it may be activated on, 1 to 100000.
    pub sites_allowed: u32,
    /// Where it is activated, the oldest first; each site once.
    pub activations: Vec<SiteActivation>,
    /// Its own status; never `expired`, which only the entitlement makes it.
    pub status: LicenseStatus,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What an activation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteActivated {
    /// The site is activated now.
    Activated,
    /// It was already; it counts once.
    AlreadyActivated,
}

/// What a deactivation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteDeactivated {
    /// The site is free again for another.
    Deactivated,
    /// It was not activated; nothing changed.
    NotActivated,
}

/// Why a site is not activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivateSiteError {
    /// The license is not usable now.
    #[error("the license is {status}")]
    NotUsable {
        /// What it is.
        status: LicenseStatus,
    },
    /// Every allowed site is taken.
    #[error("the license is for {allowed} sites and activated on {activated}")]
    AllowanceExhausted {
        /// How many are allowed.
        allowed: u32,
        /// How many there are.
        activated: usize,
    },
}

/// What a validation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It may be used on that site.
    Valid,
    /// It is usable, but not activated on that site.
    NotActivated,
    /// It is inactive, expired or revoked.
    NotUsable {
        /// Which of them.
        status: LicenseStatus,
    },
}

/// The key to a plugin (PV-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License(LicenseRecord);

impl License {
    /// A new license, active, on no site yet. `sites_allowed` is kept within 1 to 100000.
    pub fn new(
        id: LicenseId,
        entitlement: EntitlementId,
        product: Option<ProductId>,
        key: LicenseKey,
        sites_allowed: u32,
        now: Timestamp,
    ) -> Self {
        Self(LicenseRecord {
            id,
            entitlement,
            product,
            key,
            sites_allowed: sites_allowed.clamp(1, MAX_SITES),
            activations: Vec::new(),
            status: LicenseStatus::Active,
            version: 1,
            created_at: now,
        })
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no license.
    pub fn restore(record: LicenseRecord) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        if !(1..=MAX_SITES).contains(&record.sites_allowed) {
            invalid.push("sites_allowed", format!("must be 1 to {MAX_SITES}"));
        }
        if record.status == LicenseStatus::Expired {
            invalid.push("status", "must not be expired of its own");
        }
        let mut sites: Vec<&Site> = record.activations.iter().map(|activation| &activation.site).collect();
        sites.sort_unstable();
        if sites.windows(2).any(|pair| pair[0] == pair[1]) {
            invalid.push("activations", "must have each site once");
        }
        if record.version < 1 {
            invalid.push("version", "must be 1 or more");
        }
        invalid.or_ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &LicenseRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> LicenseId {
        self.0.id
    }

    /// What it lies under.
    pub fn entitlement(&self) -> EntitlementId {
        self.0.entitlement
    }

    /// The key.
    pub fn key(&self) -> LicenseKey {
        self.0.key
    }

    /// How many sites it may be activated on.
    pub fn sites_allowed(&self) -> u32 {
        self.0.sites_allowed
    }

    /// Where it is activated, the oldest first.
    pub fn activations(&self) -> &[SiteActivation] {
        &self.0.activations
    }

    /// Its own status. What the world sees is [`Limited::seen`] of it.
    pub fn status(&self) -> LicenseStatus {
        self.0.status
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// Activates it on a site. The same site counts once; one that is activated stays so also beyond the allowance.
    ///
    /// # Errors
    /// It is inactive, expired or revoked; every allowed site is taken.
    pub fn activate_site(
        &mut self,
        site: Site,
        standing: Standing,
        now: Timestamp,
    ) -> Result<SiteActivated, ActivateSiteError> {
        let status = self.0.status.seen(standing);
        if status != LicenseStatus::Active {
            return Err(ActivateSiteError::NotUsable { status });
        }
        if self.is_activated_on(&site) {
            return Ok(SiteActivated::AlreadyActivated);
        }
        let (allowed, activated) = (self.0.sites_allowed, self.0.activations.len());
        if u32::try_from(activated).is_ok_and(|activated| activated < allowed) {
            self.0.activations.push(SiteActivation { site, activated_at: now });
            Ok(SiteActivated::Activated)
        } else {
            Err(ActivateSiteError::AllowanceExhausted { allowed, activated })
        }
    }

    /// Gives a site free, whatever the status: nobody is kept from cleaning up.
    pub fn deactivate_site(&mut self, site: &Site) -> SiteDeactivated {
        let before = self.0.activations.len();
        self.0.activations.retain(|activation| activation.site != *site);
        if self.0.activations.len() < before {
            SiteDeactivated::Deactivated
        } else {
            SiteDeactivated::NotActivated
        }
    }

    /// Whether it may be used on a site.
    pub fn validate(&self, site: &Site, standing: Standing) -> Validity {
        match self.0.status.seen(standing) {
            LicenseStatus::Active if self.is_activated_on(site) => Validity::Valid,
            LicenseStatus::Active => Validity::NotActivated,
            status => Validity::NotUsable { status },
        }
    }

    /// Allows another number of sites, kept within 1 to 100000. Sites beyond it stay activated, but none is added.
    pub fn allow_sites(&mut self, sites_allowed: u32) {
        self.0.sites_allowed = sites_allowed.clamp(1, MAX_SITES);
    }

    /// Makes it unusable until it is enabled again.
    ///
    /// # Errors
    /// Not active.
    pub fn disable(&mut self) -> Result<StatusChange<LicenseStatus>, IllegalMove> {
        self.obey(LicenseCommand::Disable)
    }

    /// Makes it usable again.
    ///
    /// # Errors
    /// Not inactive.
    pub fn enable(&mut self) -> Result<StatusChange<LicenseStatus>, IllegalMove> {
        self.obey(LicenseCommand::Enable)
    }

    /// Makes it unusable for good.
    ///
    /// # Errors
    /// Revoked already.
    pub fn revoke(&mut self) -> Result<StatusChange<LicenseStatus>, IllegalMove> {
        self.obey(LicenseCommand::Revoke)
    }

    fn obey(&mut self, command: LicenseCommand) -> Result<StatusChange<LicenseStatus>, IllegalMove> {
        let from = self.0.status;
        self.0.status = step(from, command)?;
        Ok(StatusChange { from, to: self.0.status })
    }

    fn is_activated_on(&self, site: &Site) -> bool {
        self.0.activations.iter().any(|activation| activation.site == *site)
    }
}

#[cfg(test)]
mod tests;
