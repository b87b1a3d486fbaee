//! What a customer has: the organization and its team, products, entitlements and what lies under them.
//!
//! Pure: `now`, ids and random bytes are arguments, policies arrive resolved, and all that is needed from outside is
//! in [`ports`].
//!
//! A resource under an entitlement keeps a status of its own. What the world sees is that status limited by the
//! entitlement's [`Standing`] (EN-5): see [`Limited`] and [`Entitlement::standing`].

mod affiliate;
mod collaborator;
mod contract;
mod country;
mod document;
mod effect;
mod email;
mod entitlement;
mod environment;
mod license;
mod link;
mod organization;
mod product;
mod provisioning;
mod status_change;
mod team;

pub mod ports;

pub use affiliate::{AffiliateRecord, CommissionRate, ReferralCode, ReferralCodeError};
pub use collaborator::{Access, Collaborator, CollaboratorRecord, Role, Scope};
pub use contract::{
    AmendError, Amendment, Contract, ContractCommand, ContractRecord, ContractStatus, ContractVersion,
    NewContract, RenewContractError, Renewal, last_day,
};
pub use country::{Country, CountryError};
pub use document::{Document, Download, StoredFile};
pub use effect::{Effect, How, Preview, RequestStage, Resource, ResourceKind, preview};
pub use email::{EmailAddress, EmailAddressError};
pub use entitlement::{
    Attachment, CancelError, Cancellation, Entitlement, EntitlementCommand, EntitlementRecord,
    EntitlementStatus, Holder, NewEntitlement, OrganizationTaken, RenewError, RenewedTerm, StartTrialError,
    Term,
};
pub use environment::{
    ActivateError, ConfigureError, CronExpression, CronExpressionError, DnsRecord, DnsRecordType,
    Environment, EnvironmentCommand, EnvironmentConfiguration, EnvironmentRecord, EnvironmentStatus,
    Platform,
};
pub use kernel::{EntitlementClass, Limited, ServiceMode, ServiceType, Standing};
pub use license::{
    ActivateSiteError, KEY_BYTES, License, LicenseCommand, LicenseKey, LicenseKeyError, LicenseRecord,
    LicenseStatus, Site, SiteActivated, SiteActivation, SiteDeactivated, SiteError, Validity,
};
pub use link::{InvoiceLink, OrderLink};
pub use organization::{Locale, Organization, OrganizationDetails, OrganizationRecord};
pub use policy_resolver::kinds::{CreditAmount, SupportClass};
pub use ports::Store;
pub use product::{NewProduct, Product, ProductRecord, ProductTerms, ServiceKind, Sku, SkuError, Tier};
pub use provisioning::{
    Circumstances, PlanError, PlannedAffiliate, PlannedContract, PlannedEnvironment, PlannedGrant,
    PlannedLicense, PlannedService, Provisioned, ProvisioningPlan, StaffTask, Trigger, plan,
};
pub use status_change::StatusChange;
pub use team::{Authority, NewCollaborator, Team, TeamError};
