//! What is shown of credits.

use kernel::{LotId, ServiceRequestId};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::BalanceRow;
use ust_credits::{BalanceStatus, EntryKind, LedgerEntry, LotChange, LotRecord, LotSource, Movement, Totals};
use uuid::Uuid;

use super::super::{
    by::ActorView,
    example,
    named::{EntitlementRef, OrganizationRef},
};
use crate::wire::{Credits, Instant, Word};

/// A credit balance, with its figures as of now.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct CreditBalanceView {
    /// Its id.
    id: Uuid,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// Whether it takes new reservations: its own status, limited by its entitlement's.
    status: Word<BalanceStatus>,
    /// Whether staff froze it.
    frozen: bool,
    /// What the customer has left: usable less overdrawn; negative in overdraft.
    balance: Credits,
    /// What is available and can be used already.
    usable: Credits,
    /// What is available and cannot be used yet.
    upcoming: Credits,
    /// What it adds up to.
    totals: CreditTotals,
    /// When something falls due next by itself.
    next_due: Option<Instant>,
    /// When its unused credits were forfeited.
    forfeited_at: Option<Instant>,
}

/// What a ledger adds up to: granted = available + held + consumed + expired + taken back.
#[derive(Debug, Object)]
pub(crate) struct CreditTotals {
    /// Everything ever granted.
    granted: Credits,
    /// In lots and not held, lots that are not usable yet included.
    available: Credits,
    /// Held for requests.
    held: Credits,
    /// Debited from lots.
    consumed: Credits,
    /// Gone with their lots' time.
    expired: Credits,
    /// Taken back by staff or at a cancellation.
    taken_back: Credits,
    /// Debited beyond the lots and not repaid yet.
    overdraft: Credits,
    /// Overdraft that open reservations count on.
    overdraft_held: Credits,
    /// Debited and covered by nothing: billed separately.
    excess: Credits,
    /// What open reservations could not hold.
    shortfall: Credits,
}

impl From<Totals> for CreditTotals {
    fn from(totals: Totals) -> Self {
        Self {
            granted: totals.granted.into(),
            available: totals.available.into(),
            held: totals.held.into(),
            consumed: totals.consumed.into(),
            expired: totals.expired.into(),
            taken_back: totals.taken_back.into(),
            overdraft: totals.overdraft.into(),
            overdraft_held: totals.overdraft_held.into(),
            excess: totals.excess.into(),
            shortfall: totals.shortfall.into(),
        }
    }
}

impl From<BalanceRow> for CreditBalanceView {
    fn from(BalanceRow { balance, status, figures, above }: BalanceRow) -> Self {
        Self {
            id: balance.id.as_uuid(),
            entitlement: (&above).into(),
            organization: above.organization.map(OrganizationRef::from),
            status: status.into(),
            frozen: balance.frozen,
            balance: figures.balance().into(),
            usable: figures.usable.into(),
            upcoming: figures.upcoming.into(),
            totals: figures.totals.into(),
            next_due: balance.next_due.map(Instant),
            forfeited_at: balance.forfeited_at.map(Instant),
        }
    }
}

/// Credits granted together.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct LotView {
    /// Its id.
    id: Uuid,
    /// Where the credits come from.
    source: Word<LotSource>,
    /// How much was granted.
    amount: Credits,
    /// Neither held nor gone.
    available: Credits,
    /// Held for requests.
    held: Credits,
    /// Debited.
    consumed: Credits,
    /// Gone with the lot's time.
    expired: Credits,
    /// Taken back.
    taken_back: Credits,
    /// When it was granted: its place in the order of use.
    granted_at: Instant,
    /// From when on it can be used.
    usable_from: Instant,
    /// When it expires, grace not counted; absent for never.
    expires_at: Option<Instant>,
    /// When what is not held of it is gone: at that instant it is gone already.
    ends_at: Option<Instant>,
    /// What the outside calls this grant.
    external_ref: Option<String>,
}

impl From<LotRecord> for LotView {
    fn from(lot: LotRecord) -> Self {
        Self {
            id: lot.id.as_uuid(),
            source: lot.source.into(),
            amount: lot.amount.into(),
            available: lot.available.into(),
            held: lot.held.into(),
            consumed: lot.consumed.into(),
            expired: lot.expired.into(),
            taken_back: lot.taken_back.into(),
            granted_at: lot.granted_at.into(),
            usable_from: lot.usable_from.into(),
            expires_at: lot.expires_at.map(Instant),
            ends_at: lot.ends_at.map(Instant),
            external_ref: lot.reference,
        }
    }
}

/// One entry of a ledger. It never changes.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct LedgerEntryView {
    /// Its place in the ledger: 1, 2, 3 … without a gap.
    sequence: i64,
    /// When it holds from.
    at: Instant,
    /// What it records.
    kind: Word<EntryKind>,
    /// The service request it is about.
    service_request_id: Option<Uuid>,
    /// How much.
    amount: Credits,
    /// What it changes in which lots.
    lots: Vec<LotChangeView>,
    /// The change of the overdraft.
    overdraft: Option<Credits>,
    /// The change of the overdraft that open reservations count on.
    overdraft_held: Option<Credits>,
    /// The change of the excess.
    excess: Option<Credits>,
    /// The change of what open reservations could not hold.
    shortfall: Option<Credits>,
    /// What the ledger adds up to after it.
    totals: CreditTotals,
    /// Who did it.
    actor: ActorView,
    /// Why.
    cause: String,
}

/// What an entry changes in one lot, with a minus where it takes away; what does not change is absent.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct LotChangeView {
    /// The lot.
    lot_id: Uuid,
    /// Of the amount granted.
    granted: Option<Credits>,
    /// Of what is available.
    available: Option<Credits>,
    /// Of what is held.
    held: Option<Credits>,
    /// Of what is consumed.
    consumed: Option<Credits>,
    /// Of what is expired.
    expired: Option<Credits>,
    /// Of what is taken back.
    taken_back: Option<Credits>,
}

fn change(units: i64) -> Option<Credits> {
    (units != 0).then(|| Credits(ust_credits::Credits::from_units(units)))
}

impl From<LotChange> for LotChangeView {
    fn from(moved: LotChange) -> Self {
        Self {
            lot_id: moved.lot.as_uuid(),
            granted: change(moved.granted),
            available: change(moved.available),
            held: change(moved.held),
            consumed: change(moved.consumed),
            expired: change(moved.expired),
            taken_back: change(moved.taken_back),
        }
    }
}

impl From<LedgerEntry> for LedgerEntryView {
    fn from(entry: LedgerEntry) -> Self {
        let Movement { lots, overdraft, overdraft_held, excess, shortfall } = entry.movement;
        Self {
            sequence: entry.sequence,
            at: entry.at.into(),
            kind: entry.kind.into(),
            service_request_id: entry.request.map(ServiceRequestId::as_uuid),
            amount: entry.amount.into(),
            lots: lots.into_iter().map(LotChangeView::from).collect(),
            overdraft: change(overdraft),
            overdraft_held: change(overdraft_held),
            excess: change(excess),
            shortfall: change(shortfall),
            totals: entry.totals.into(),
            actor: entry.actor.into(),
            cause: entry.cause,
        }
    }
}

/// Credits that were granted.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct CreditsGranted {
    /// The lot that they are.
    lot_id: Uuid,
    /// The balance as it is now.
    credit_balance: CreditBalanceView,
}

impl CreditsGranted {
    pub(super) fn new(lot: LotId, credit_balance: CreditBalanceView) -> Self {
        Self { lot_id: lot.as_uuid(), credit_balance }
    }
}

/// A balance that was adjusted.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct CreditsAdjusted {
    /// The lot that the added credits are; absent where credits were taken back.
    lot_id: Option<Uuid>,
    /// The balance as it is now.
    credit_balance: CreditBalanceView,
}

impl CreditsAdjusted {
    pub(super) fn new(lot: Option<LotId>, credit_balance: CreditBalanceView) -> Self {
        Self { lot_id: lot.map(LotId::as_uuid), credit_balance }
    }
}

/// A lot that was taken back.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct LotWithdrawn {
    /// How much was taken.
    amount: Credits,
    /// The balance as it is now.
    credit_balance: CreditBalanceView,
}

impl LotWithdrawn {
    pub(super) fn new(amount: ust_credits::Credits, credit_balance: CreditBalanceView) -> Self {
        Self { amount: amount.into(), credit_balance }
    }
}

impl Example for CreditBalanceView {
    fn example() -> Self {
        let units = ust_credits::Credits::from_units;
        let (granted, available, held, consumed) = (units(400), units(320), units(60), units(20));
        Self {
            id: example::id(9),
            entitlement: example::entitlement(),
            organization: Some(example::organization()),
            status: Word(BalanceStatus::Active),
            frozen: false,
            balance: available.into(),
            usable: available.into(),
            upcoming: units(0).into(),
            totals: Totals { granted, available, held, consumed, ..Totals::default() }.into(),
            next_due: None,
            forfeited_at: None,
        }
    }
}

impl Example for CreditsGranted {
    fn example() -> Self {
        Self { lot_id: example::id(10), credit_balance: Example::example() }
    }
}

impl Example for CreditsAdjusted {
    fn example() -> Self {
        Self { lot_id: None, credit_balance: Example::example() }
    }
}

impl Example for LotWithdrawn {
    fn example() -> Self {
        Self { amount: Credits(ust_credits::Credits::from_units(100)), credit_balance: Example::example() }
    }
}
