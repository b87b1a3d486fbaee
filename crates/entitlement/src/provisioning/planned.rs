//! What a plan lists, and how each becomes the thing itself.

use kernel::{
    AffiliateId, ContractCode, ContractId, CreditBalanceId, EntitlementId, EnvironmentId, Invalid, LicenseId,
    LotId, Money, ProductId, ServiceId, ServiceMode, ServiceType, Timestamp,
};
use policy_resolver::kinds::{CreditAmount, ServiceStart, SupportClass};
use time::Date;

use crate::{
    AffiliateRecord, CommissionRate, Contract, Environment, License, LicenseKey, NewContract, ReferralCode,
};

/// A license to be made (PLG).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLicense {
    /// The id it gets.
    pub id: LicenseId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The plugin.
    pub product: ProductId,
    /// How many sites it may be activated on.
    pub sites_allowed: u32,
}

impl PlannedLicense {
    /// The license, with a key of its own.
    pub fn issue(&self, key: LicenseKey, now: Timestamp) -> License {
        License::new(self.id, self.entitlement, Some(self.product), key, self.sites_allowed, now)
    }
}

/// An environment to be made (ENV); it awaits its setup (PV-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEnvironment {
    /// The id it gets.
    pub id: EnvironmentId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// What it is called.
    pub name: String,
}

impl PlannedEnvironment {
    /// The environment.
    pub fn create(&self, now: Timestamp) -> Environment {
        Environment::new(self.id, self.entitlement, &self.name, now)
    }
}

/// A service to be made (SVC, PV-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedService {
    /// The id it gets.
    pub id: ServiceId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// Its title.
    pub title: String,
    /// Its type.
    pub service_type: ServiceType,
    /// Its mode.
    pub mode: ServiceMode,
    /// The status it begins in.
    pub start: ServiceStart,
    /// The Jira project its work goes to, when one is known.
    pub jira_project: Option<String>,
}

/// A contract to be made (SVC, where ProvisioningPolicy says so).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedContract {
    /// The id it gets.
    pub id: ContractId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The support that it promises.
    pub support_class: SupportClass,
    /// Its first day.
    pub starts_on: Date,
    /// How long it runs.
    pub months: u32,
    /// What it bills: the product's price.
    pub value: Money,
}

impl PlannedContract {
    /// The contract, a draft without terms in words.
    ///
    /// # Errors
    /// A run that ends beyond the calendar.
    pub fn draw_up(&self, code: ContractCode, now: Timestamp) -> Result<Contract, Invalid> {
        let new = NewContract {
            code,
            entitlement: self.entitlement,
            support_class: self.support_class,
            terms: String::new(),
            value: self.value,
            starts_on: self.starts_on,
            months: self.months,
        };
        Contract::try_new(self.id, new, now)
    }
}

/// Included credits to be granted as a lot (SVC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedGrant {
    /// The id the lot gets.
    pub lot: LotId,
    /// The balance: the one that is there, or the planned one.
    pub balance: CreditBalanceId,
    /// How many credits; more than none.
    pub amount: CreditAmount,
}

/// An affiliate's record to be made (AFL).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAffiliate {
    /// The id it gets.
    pub id: AffiliateId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// What the referrer gets.
    pub rate: CommissionRate,
}

impl PlannedAffiliate {
    /// The record, with a code of its own.
    pub fn enrol(&self, code: ReferralCode, now: Timestamp) -> AffiliateRecord {
        AffiliateRecord { id: self.id, entitlement: self.entitlement, code, rate: self.rate, created_at: now }
    }
}
