//! The ledger: append-only, and the balance is what it adds up to (CR-9).

use kernel::{Actor, CreditBalanceId, ServiceRequestId, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{Credits, Movement, Totals};

/// What an entry records (CR-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EntryKind {
    /// A new lot.
    Grant,
    /// Credits held for a request, or more of them.
    Reserve,
    /// Held credits given back, all or some of them.
    Release,
    /// Credits debited, from lots or as overdraft; or an overdraft repaid from a lot.
    Debit,
    /// The unheld remainder of lots gone with their time, or above the rollover cap.
    Expire,
    /// Credits added or taken back by staff, or at a cancellation.
    Adjust,
    /// Debited credits given back (CR-14).
    Refund,
    /// Work that nothing covers: billed separately (CR-6).
    Excess,
}

/// One entry of a balance's ledger. Never changed, never deleted (CR-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The balance.
    pub balance: CreditBalanceId,
    /// Its place in the balance's ledger: 1, 2, 3 … without a gap.
    pub sequence: i64,
    /// When it holds from. Never earlier than the entry before; an expiry is dated at the instant it was due.
    pub at: Timestamp,
    /// What it records.
    pub kind: EntryKind,
    /// The request it is about.
    pub request: Option<ServiceRequestId>,
    /// How much, at least 0: granted, held, released, debited (overdraft included), expired, added or taken back, given back
    /// (overdraft included), or in excess.
    pub amount: Credits,
    /// Exactly what changes, lot by lot.
    pub movement: Movement,
    /// The running totals after this entry.
    pub totals: Totals,
    /// Who did it.
    pub actor: Actor,
    /// Why, for people.
    pub cause: String,
}

impl LedgerEntry {
    /// The change of what is available, in credits of any sign: the column of a statement that adds up from opening to closing.
    pub fn change_of_available(&self) -> Credits {
        Credits::from_units(
            self.movement.lots.iter().fold(0i64, |sum, lot| sum.saturating_add(lot.available)),
        )
    }
}
