//! The credit balance: lots, holds, and the one way in which either changes, a ledger entry (CR-2, CR-9, CR-10).
//!
//! Every verb first writes down what fell due before its instant, then does its work on a copy, and only a
//! verb that succeeds replaces the original: a refused command changes nothing.

mod adjust;
mod changes;
mod due;
mod grant;
mod limits;
mod release;
mod reserve;
mod reverse;
mod rows;
mod settle;
mod status;
#[cfg(test)]
mod tests;

pub use adjust::{AdjustError, MAX_REASON};
pub use changes::{BalanceChanges, RowChange};
pub(crate) use due::{DueStep, due_steps};
pub use grant::{GrantError, Granted};
pub use limits::{LowBalance, NotPreApproved};
pub use release::{ReleaseError, Released};
pub use reserve::{Preview, Reservation, ReserveError};
pub use reverse::{Reversal, ReverseError, Reversed};
pub use rows::{BalanceRecord, BalanceRows, Touching};
pub use settle::{SettleError, Settled};
pub use status::BalanceStatus;

use changes::Tracked;
use kernel::{Actor, CreditBalanceId, EntitlementId, LotId, OrganizationId, ServiceRequestId, Timestamp};

use crate::{
    Credits, CreditsError, EntryKind, HoldRecord, HoldState, LedgerEntry, LotRecord, Movement, Totals,
};

/// When, by whom and why: what every ledger entry records (CR-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The instant; a balance whose last entry is later takes that entry's instant instead, so that its time never runs backwards.
    pub now: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Why, for people; not blank where credits are granted, adjusted or given back.
    pub cause: String,
}

impl Occasion {
    /// `actor` at `now`, for `cause`.
    pub fn new(now: Timestamp, actor: Actor, cause: impl Into<String>) -> Self {
        Self { now, actor, cause: cause.into() }
    }
}

/// What any verb of a balance can meet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// A figure would not fit (CR-1).
    #[error("the amount of credits is too large")]
    Overflow,
    /// The amount is under 0.
    #[error("{amount} is negative; an amount of credits of at least 0 is expected")]
    Negative {
        /// What was given.
        amount: Credits,
    },
    /// The balance was loaded without what the verb is about: a fault of the caller, see [`Touching`].
    #[error("{what} was not loaded with its credit balance")]
    NotLoaded {
        /// What is missing.
        what: String,
    },
}

impl From<CreditsError> for BalanceError {
    fn from(_: CreditsError) -> Self {
        Self::Overflow
    }
}

/// An account of credits: the aggregate that decides which credits pay (CR-2 … CR-15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditBalance {
    record: BalanceRecord,
    /// Whether the row exists in storage.
    stored: bool,
    /// Whether the row changed since it was loaded or saved.
    changed: bool,
    /// In the order of use (CR-3).
    lots: Vec<Tracked<LotRecord>>,
    holds: Vec<Tracked<HoldRecord>>,
    /// Entries that are not saved yet.
    entries: Vec<LedgerEntry>,
    /// What was loaded; none where the balance was opened here, and everything is known.
    touching: Option<Touching>,
    /// The most that was usable before the verbs since the low-balance signal was last asked for (CR-12).
    peak: Credits,
}

impl CreditBalance {
    /// A new, empty balance under `entitlement` (PV-2).
    pub fn open(
        id: CreditBalanceId,
        entitlement: EntitlementId,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Self {
        let record = BalanceRecord {
            id,
            entitlement,
            organization,
            frozen: false,
            forfeited_at: None,
            totals: Totals::default(),
            last_sequence: 0,
            last_at: now,
            next_due: None,
            low_balance_armed: false,
            version: 1,
        };
        Self {
            record,
            stored: false,
            changed: true,
            lots: Vec::new(),
            holds: Vec::new(),
            entries: Vec::new(),
            touching: None,
            peak: Credits::ZERO,
        }
    }

    /// The id.
    pub fn id(&self) -> CreditBalanceId {
        self.record.id
    }

    /// The row, as it stands now.
    pub fn record(&self) -> &BalanceRecord {
        &self.record
    }

    /// The running totals after the last entry. What fell due since is not in them: see [`Self::figures_at`].
    pub fn totals(&self) -> &Totals {
        &self.record.totals
    }

    /// The lots that are loaded, in the order of use (CR-3).
    pub fn lots(&self) -> impl Iterator<Item = &LotRecord> {
        self.lots.iter().map(|lot| &lot.row)
    }

    /// The hold of `request`, where it was loaded and there is one.
    pub fn hold(&self, request: ServiceRequestId) -> Option<&HoldRecord> {
        self.holds.iter().map(|hold| &hold.row).find(|hold| hold.request == request)
    }

    /// Entries that are not saved yet.
    pub fn new_entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// Names the organization of a balance that had none: its entitlement was attached to it (EN-3).
    /// False where it belongs to one already; that one stays.
    pub fn attach_organization(&mut self, organization: OrganizationId) -> bool {
        let fresh = self.record.organization.is_none();
        if fresh {
            self.record.organization = Some(organization);
            self.changed = true;
        }
        fresh
    }

    /// What could be reserved at `now` (CR-3): available, usable already, not gone.
    pub fn usable(&self, now: Timestamp) -> Credits {
        let now = self.instant(now);
        let units = self.usable_lots(now).fold(0i64, |sum, lot| sum.saturating_add(lot.available.units()));
        Credits::from_units(units)
    }

    /// The instant at which a verb given `now` takes place.
    fn instant(&self, now: Timestamp) -> Timestamp {
        now.max(self.record.last_at)
    }

    fn usable_lots(&self, now: Timestamp) -> impl Iterator<Item = &LotRecord> {
        self.lots().filter(move |lot| lot.available.is_positive() && lot.is_usable(now))
    }

    /// Up to `amount` of what is usable at `now`, first in first out (CR-3).
    fn plan(&self, amount: Credits, now: Timestamp) -> Vec<(LotId, Credits)> {
        let mut wanted = amount;
        let mut plan = Vec::new();
        for lot in self.usable_lots(now) {
            if !wanted.is_positive() {
                break;
            }
            let part = wanted.min(lot.available);
            plan.push((lot.id, part));
            wanted = wanted.minus_down_to_zero(part);
        }
        plan
    }

    /// Runs a verb on a copy, after writing down what fell due; keeps the copy only where the verb succeeds.
    fn attempt<T, E: From<BalanceError>>(
        &mut self,
        now: Timestamp,
        verb: impl FnOnce(&mut Self, Timestamp) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut next = self.clone();
        let now = next.instant(now);
        next.write_due(now)?;
        let outcome = verb(&mut next, now)?;
        // A lot that was over while its credits were held or consumed loses them the moment they come back (CR-4, CR-14).
        next.write_due(now)?;
        *self = next;
        Ok(outcome)
    }

    /// Writes one entry and applies it: the only way in which an amount changes.
    fn post(&mut self, entry: Draft<'_>) -> Result<(), BalanceError> {
        let Draft { at, kind, request, amount, movement, actor, cause } = entry;
        let totals = self.record.totals.after(&movement).ok_or(BalanceError::Overflow)?;
        for change in &movement.lots {
            let lot = self
                .lots
                .iter_mut()
                .find(|lot| lot.row.id == change.lot)
                .ok_or_else(|| BalanceError::NotLoaded { what: format!("lot {}", change.lot) })?;
            lot.row.apply(change).ok_or(BalanceError::Overflow)?;
            lot.changed = true;
        }
        let sequence = self.record.last_sequence.checked_add(1).ok_or(BalanceError::Overflow)?;
        self.record.totals = totals;
        self.record.last_sequence = sequence;
        self.record.last_at = at;
        self.changed = true;
        self.entries.push(LedgerEntry {
            balance: self.record.id,
            sequence,
            at,
            kind,
            request,
            amount,
            movement,
            totals,
            actor: actor.clone(),
            cause: cause.to_owned(),
        });
        Ok(())
    }

    /// The hold of `request` as it stands, or one that was never made.
    fn hold_or_none(&self, request: ServiceRequestId, now: Timestamp) -> Result<HoldRecord, BalanceError> {
        match self.hold(request) {
            Some(hold) => Ok(hold.clone()),
            None if self.touching.as_ref().is_none_or(|touching| touching.knows(request)) => {
                Ok(HoldRecord::new(request, self.record.id, now))
            }
            None => Err(BalanceError::NotLoaded { what: format!("the hold of request {request}") }),
        }
    }

    fn put_hold(&mut self, hold: HoldRecord) {
        debug_assert!(hold.state != HoldState::None, "a hold that was never made is not kept");
        self.changed = true;
        match self.holds.iter_mut().find(|known| known.row.request == hold.request) {
            Some(known) => {
                known.row = hold;
                known.changed = true;
            }
            None => self.holds.push(Tracked::new(hold)),
        }
    }

    fn queue_key(&self, lot: LotId) -> (Timestamp, LotId) {
        self.lots().find(|known| known.id == lot).map_or((Timestamp::MAX, lot), LotRecord::queue_key)
    }
}

/// An entry to be.
struct Draft<'a> {
    at: Timestamp,
    kind: EntryKind,
    request: Option<ServiceRequestId>,
    amount: Credits,
    movement: Movement,
    actor: &'a Actor,
    cause: &'a str,
}

impl<'a> Draft<'a> {
    fn new(kind: EntryKind, at: Timestamp, occasion: &'a Occasion) -> Self {
        Self {
            at,
            kind,
            request: None,
            amount: Credits::ZERO,
            movement: Movement::default(),
            actor: &occasion.actor,
            cause: &occasion.cause,
        }
    }

    fn about(self, request: ServiceRequestId) -> Self {
        Self { request: Some(request), ..self }
    }

    fn of(self, amount: Credits, movement: Movement) -> Self {
        Self { amount, movement, ..self }
    }
}

fn not_negative(amount: Credits) -> Result<(), BalanceError> {
    if amount.is_negative() { Err(BalanceError::Negative { amount }) } else { Ok(()) }
}
