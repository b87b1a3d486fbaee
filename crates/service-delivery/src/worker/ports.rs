//! What the worker needs from storage beside what every use case does.

use async_trait::async_trait;
use entitlement::Entitlement;
use kernel::{CreditBalanceId, EntitlementId, ServiceRequestId, StoreError, Timestamp};
use ust_credits::CreditBalance;

use crate::policy_documents::PolicyPlace;

/// Something with an instant at which it takes a step by itself. At one instant the steps are taken in the order of the
/// variants, then of the ids: credits that end are gone before anything is paid with them (CR-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timed {
    /// A balance, in which a lot ends or begins (CR-8, CR-14).
    CreditBalance(CreditBalanceId),
    /// A request, whose hold is given back or which counts as accepted (SR-12, SR-4).
    ServiceRequest(ServiceRequestId),
}

/// Something that is due. In order: the longest due first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// Since when.
    pub at: Timestamp,
    /// What.
    pub what: Timed,
}

/// A step that failed and is left alone for a while. Where the thing falls due at another instant than it was due at, because
/// somebody has mended or moved it, it is not set back any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// What was due, and since when.
    pub due: Due,
    /// How often it has failed.
    pub failures: u32,
    /// When it is tried again.
    pub retry_at: Timestamp,
    /// Why it failed last.
    pub reason: String,
}

/// What falls due, within one transaction.
///
/// Everything timed has an indexed instant in its own row, written with the change that set it: a step that is taken moves it on
/// in the same transaction, so that the step and the note that it is done are one.
#[async_trait]
pub trait Schedule: Send {
    /// Takes the turn: until this transaction ends, nobody else on any server takes timed steps, so that they are taken in
    /// their order. False where somebody else has it and `wait` is not set.
    async fn take_turn(&mut self, wait: bool) -> Result<bool, StoreError>;

    /// Up to `limit` things that are due by `until`, in order, but none that is set back beyond `now`. Without locking.
    async fn due(&mut self, until: Timestamp, limit: u16, now: Timestamp) -> Result<Vec<Due>, StoreError>;

    /// How often the step that is due has failed so far.
    async fn failures(&mut self, due: Due) -> Result<u32, StoreError>;

    /// Keeps a setback, in the place of any other of the same thing.
    async fn set_back(&mut self, setback: &Setback) -> Result<(), StoreError>;

    /// Forgets the setbacks of what was not in vain after all.
    async fn forget_setbacks(&mut self, what: &[Timed]) -> Result<(), StoreError>;

    /// When the first thing after `after` falls due.
    async fn due_after(&mut self, after: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Locks many balances, in the order of their ids, each as touching nothing. Those that are not there are left out.
    async fn lock_balances(&mut self, ids: &[CreditBalanceId]) -> Result<Vec<CreditBalance>, StoreError>;

    /// Saves many balances that were locked, as [`ust_credits::Store::save_balance`] saves one.
    async fn save_balances(&mut self, balances: &mut [CreditBalance]) -> Result<(), StoreError>;

    /// Many entitlements as they are, unlocked: for whoever looks up what holds for them. In any order.
    async fn entitlements(&mut self, ids: &[EntitlementId]) -> Result<Vec<Entitlement>, StoreError>;

    /// Makes every request under `place` that waits for a step of its own due at `at`, but for those that are due before: a
    /// policy has changed, and their instants with it.
    async fn look_again(&mut self, place: PolicyPlace, at: Timestamp) -> Result<(), StoreError>;

    /// Locks all that the steps of `what` touch, in the order entitlements (shared), balances, requests: whoever then takes them
    /// one after the other gets into nobody's way.
    async fn lock_all(&mut self, what: &[Timed]) -> Result<(), StoreError>;

    /// Forgets up to `limit` of the commands that were sent before that instant (AP-4). Says how many they were.
    async fn forget_commands(&mut self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
