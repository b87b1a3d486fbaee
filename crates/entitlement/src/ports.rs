//! All that this crate needs from outside.

use async_trait::async_trait;
use kernel::{
    ContractCode, ContractId, EntitlementCode, EntitlementId, EnvironmentId, LicenseId, OrderLineId,
    OrganizationId, ProductId, StoreError,
};

use crate::{
    AffiliateRecord, Collaborator, Contract, Document, Download, Entitlement, Environment, InvoiceLink,
    License, LicenseKey, OrderLink, Organization, Product, Provisioned, Sku, Team,
};

/// The storage of this domain, within one unit of work.
///
/// - `insert_…` adds a new row; [`StoreError::Duplicate`] names the constraint where a code, key or the like is taken.
/// - `lock_…` loads for update: whoever else locks the same row waits until this unit of work ends.
/// - `save_…` writes back what was locked, only where the version is still the loaded one ([`StoreError::Stale`]
///   otherwise), and counts it up.
/// - `share_…` loads and keeps the row from changing until this unit of work ends; others may share it at the same time.
/// - `find_…` gives the id that belongs to a unique value, without locking.
///
/// What is not there is `None`, never an error. Lists for screens are not asked for here.
#[async_trait]
pub trait Store: Send {
    /// Adds an organization.
    async fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError>;
    /// Loads without locking: for what is only looked up (currency, locale).
    async fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;
    /// Loads for update. Also what guards the team: lock it before [`Store::team`].
    async fn lock_organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;
    /// Writes it back.
    async fn save_organization(&mut self, organization: &Organization) -> Result<(), StoreError>;

    /// All collaborators of an organization, in the order in which they came.
    async fn team(&mut self, organization: OrganizationId) -> Result<Team, StoreError>;
    /// Adds somebody.
    async fn insert_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError>;
    /// Writes somebody back.
    async fn save_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError>;
    /// Removes somebody, where the version is still the loaded one.
    async fn remove_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError>;

    /// Adds a product.
    async fn insert_product(&mut self, product: &Product) -> Result<(), StoreError>;
    /// Loads without locking: for what is to be sold, or provisioned without having been sold.
    async fn product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError>;
    /// Loads for update.
    async fn lock_product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError>;
    /// The product with that SKU.
    async fn find_product(&mut self, sku: &Sku) -> Result<Option<ProductId>, StoreError>;
    /// Writes it back.
    async fn save_product(&mut self, product: &Product) -> Result<(), StoreError>;
    /// Keeps a product as the line of a new order sells it, for good.
    async fn insert_sold_product(&mut self, line: OrderLineId, product: &Product) -> Result<(), StoreError>;
    /// The product as that line sold it: what is provisioned (OD-4). None where the line was written before this was kept.
    async fn sold_product(&mut self, line: OrderLineId) -> Result<Option<Product>, StoreError>;

    /// Adds an entitlement.
    async fn insert_entitlement(&mut self, entitlement: &Entitlement) -> Result<(), StoreError>;
    /// Loads shared: what is decided on its standing still holds when this unit of work is committed (EN-5).
    async fn share_entitlement(&mut self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError>;
    /// Loads for update.
    async fn lock_entitlement(&mut self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError>;
    /// The entitlement with that code.
    async fn find_entitlement(&mut self, code: EntitlementCode) -> Result<Option<EntitlementId>, StoreError>;
    /// The entitlements that an order line bought, in the order in which they were made.
    async fn entitlements_of(&mut self, line: OrderLineId) -> Result<Vec<EntitlementId>, StoreError>;
    /// Writes it back.
    async fn save_entitlement(&mut self, entitlement: &Entitlement) -> Result<(), StoreError>;
    /// What lies under it, with each resource's own status. Lock the entitlement first: that is what keeps two
    /// provisionings of it apart.
    async fn resources_of(&mut self, entitlement: EntitlementId) -> Result<Provisioned, StoreError>;

    /// Adds a license.
    async fn insert_license(&mut self, license: &License) -> Result<(), StoreError>;
    /// Loads for update, with its activations.
    async fn lock_license(&mut self, id: LicenseId) -> Result<Option<License>, StoreError>;
    /// The license with that key.
    async fn find_license(&mut self, key: LicenseKey) -> Result<Option<LicenseId>, StoreError>;
    /// Loads without locking: for a validation.
    async fn license(&mut self, id: LicenseId) -> Result<Option<License>, StoreError>;
    /// Writes it back, with its activations.
    async fn save_license(&mut self, license: &License) -> Result<(), StoreError>;

    /// Adds an environment.
    async fn insert_environment(&mut self, environment: &Environment) -> Result<(), StoreError>;
    /// Loads without locking.
    async fn environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;
    /// Loads shared: for a request on it (SR-2).
    async fn share_environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;
    /// Loads for update.
    async fn lock_environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;
    /// Writes it back.
    async fn save_environment(&mut self, environment: &Environment) -> Result<(), StoreError>;

    /// Adds a contract with its versions.
    async fn insert_contract(&mut self, contract: &Contract) -> Result<(), StoreError>;
    /// Loads without locking, with its versions.
    async fn contract(&mut self, id: ContractId) -> Result<Option<Contract>, StoreError>;
    /// Loads for update, with its versions.
    async fn lock_contract(&mut self, id: ContractId) -> Result<Option<Contract>, StoreError>;
    /// The contract with that code.
    async fn find_contract(&mut self, code: ContractCode) -> Result<Option<ContractId>, StoreError>;
    /// Writes it back, and adds its new versions.
    async fn save_contract(&mut self, contract: &Contract) -> Result<(), StoreError>;

    /// Adds a download.
    async fn insert_download(&mut self, download: &Download) -> Result<(), StoreError>;
    /// Adds a document.
    async fn insert_document(&mut self, document: &Document) -> Result<(), StoreError>;
    /// Adds an affiliate's record.
    async fn insert_affiliate(&mut self, affiliate: &AffiliateRecord) -> Result<(), StoreError>;
    /// Links an order; a link that is there already stays.
    async fn link_order(&mut self, link: OrderLink) -> Result<(), StoreError>;
    /// Links an invoice; a link that is there already stays.
    async fn link_invoice(&mut self, link: InvoiceLink) -> Result<(), StoreError>;
}
