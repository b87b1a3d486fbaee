//! What the credits need from outside: storage.
//!
//! # What is loaded
//! The cost of loading a balance does not depend on the length of its history. For any verb: the balance's row, locked
//! (`FOR NO KEY UPDATE`, as late in the transaction as can be); its **open** lots, `available > 0 OR held > 0`, those not usable
//! yet included; and what [`Touching`] names: the holds of its requests with all lots that these refer to (`held` and `debited`), closed
//! ones too; lots named by id or external reference, closed ones too. [`Touching::fresh_requests`] need no look-up at all.
//! Where the row's `overdraft` is over 0, every hold with `overdrawn > 0` besides, with its lots: a new grant repays them. Nothing else: the closed
//! lots' figures are in the row's totals, and [`CreditBalance::restore`] checks that what was loaded adds up to them.
//!
//! # What is saved
//! [`CreditBalance::take_changes`]: the balance's row, and only those lots, holds and entries that changed. A reservation is one row of each.
//! Slices are texts ([`crate::LotAmounts`], [`crate::Movement`]) made for one column. The ledger is append-only: `(balance, sequence)` is its key.
//!
//! # What must be unique
//! A hold per request; a lot per id, and per `(balance, reference)` where there is one; a catalog item's code; at most one
//! balance per entitlement.

use async_trait::async_trait;
use kernel::{
    CatalogItemId, CreditBalanceId, EntitlementId, OrganizationId, ServiceRequestId, StoreError, Timestamp,
};

use crate::{CatalogItem, CreditBalance, LedgerPoint, PayerCandidate, Touching};

/// Storage of balances and of the catalog, within one transaction.
#[async_trait]
pub trait Store: Send {
    /// Inserts a balance that was opened, with all that happened to it since. Drains [`CreditBalance::take_changes`].
    async fn insert_balance(&mut self, balance: &mut CreditBalance) -> Result<(), StoreError>;

    /// Locks a balance until the transaction ends and loads what `touching` needs. None where there is none.
    async fn lock_balance(
        &mut self,
        id: CreditBalanceId,
        touching: &Touching,
    ) -> Result<Option<CreditBalance>, StoreError>;

    /// Locks the balance that has a hold for `request`, in whatever state, and loads it as touching that request. None where
    /// no balance ever paid for it.
    async fn lock_balance_paying_for(
        &mut self,
        request: ServiceRequestId,
    ) -> Result<Option<CreditBalance>, StoreError>;

    /// The balance under `entitlement` (CR-13).
    async fn balance_of_entitlement(
        &mut self,
        entitlement: EntitlementId,
    ) -> Result<Option<CreditBalanceId>, StoreError>;

    /// The entitlement that a balance lies under, without locking: its standing is looked at before the balance is locked.
    async fn entitlement_of_balance(
        &mut self,
        id: CreditBalanceId,
    ) -> Result<Option<EntitlementId>, StoreError>;

    /// The organization's balances with a lot that is usable at `now`, not frozen and under an entitlement that accepts work,
    /// each with its oldest such lot (CR-13). Without locking.
    async fn payer_candidates(
        &mut self,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<PayerCandidate>, StoreError>;

    /// Saves a balance that was locked: all of [`CreditBalance::take_changes`], or nothing where nothing changed.
    ///
    /// Fails with [`StoreError::Stale`] where the row is not at the version that was loaded.
    async fn save_balance(&mut self, balance: &mut CreditBalance) -> Result<(), StoreError>;

    /// The newest entry at or before `at`, for [`crate::figures_as_of`] and [`crate::Totals::used`]; the opening where there is none. None where
    /// there is no such balance.
    async fn ledger_point(
        &mut self,
        id: CreditBalanceId,
        at: Timestamp,
    ) -> Result<Option<LedgerPoint>, StoreError>;

    /// Up to `limit` balances in which something fell due by `now` (`next_due <= now`), the longest due first: for whoever writes it
    /// down. Without locking.
    async fn balances_due(&mut self, now: Timestamp, limit: u16) -> Result<Vec<CreditBalanceId>, StoreError>;

    /// Inserts a new catalog item. [`StoreError::Duplicate`] where its code exists.
    async fn insert_catalog_item(&mut self, item: &CatalogItem) -> Result<(), StoreError>;

    /// Locks a catalog item. None where there is none.
    async fn lock_catalog_item(&mut self, id: CatalogItemId) -> Result<Option<CatalogItem>, StoreError>;

    /// A catalog item as it is, unlocked: for whoever only prices with it. None where there is none.
    async fn catalog_item(&mut self, id: CatalogItemId) -> Result<Option<CatalogItem>, StoreError>;

    /// Locks the catalog item with `code`. None where there is none.
    async fn lock_catalog_item_by_code(&mut self, code: &str) -> Result<Option<CatalogItem>, StoreError>;

    /// Saves a catalog item `WHERE version = item.version()`, and counts it up by one in the row.
    ///
    /// Fails with [`StoreError::Stale`] where the row is at another version.
    async fn save_catalog_item(&mut self, item: &CatalogItem) -> Result<(), StoreError>;
}
