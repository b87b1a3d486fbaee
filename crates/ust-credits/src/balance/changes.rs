//! What of a balance is to be saved.

use super::{BalanceRecord, CreditBalance};
use crate::{HoldRecord, LedgerEntry, LotRecord};

/// A row with where it stands against storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tracked<T> {
    pub(super) row: T,
    pub(super) stored: bool,
    pub(super) changed: bool,
}

impl<T> Tracked<T> {
    pub(super) fn new(row: T) -> Self {
        Self { row, stored: false, changed: true }
    }

    pub(super) fn stored(row: T) -> Self {
        Self { row, stored: true, changed: false }
    }
}

/// A row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange<T> {
    /// The row, whole.
    pub row: T,
    /// Whether it is to be inserted; else it is to be updated.
    pub is_new: bool,
}

/// All that is to be written, once: a reservation on a balance is one row of each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceChanges {
    /// The balance's row. Where it is updated, `WHERE version = row.version - 1`.
    pub balance: RowChange<BalanceRecord>,
    /// Lots to write.
    pub lots: Vec<RowChange<LotRecord>>,
    /// Holds to write.
    pub holds: Vec<RowChange<HoldRecord>>,
    /// Entries to append, in order.
    pub entries: Vec<LedgerEntry>,
}

fn drain<T: Clone>(rows: &mut [Tracked<T>]) -> Vec<RowChange<T>> {
    rows.iter_mut()
        .filter(|row| row.changed)
        .map(|row| {
            let change = RowChange { row: row.row.clone(), is_new: !row.stored };
            (row.stored, row.changed) = (true, false);
            change
        })
        .collect()
}

impl CreditBalance {
    /// All that changed since the balance was opened, loaded or last asked; from then on it counts as saved. None where nothing did.
    pub fn take_changes(&mut self) -> Option<BalanceChanges> {
        if !self.changed {
            return None;
        }
        self.record.next_due = self.next_due();
        if self.stored {
            self.record.version = self.record.version.saturating_add(1);
        }
        let balance = RowChange { row: self.record.clone(), is_new: !self.stored };
        (self.stored, self.changed) = (true, false);
        Some(BalanceChanges {
            balance,
            lots: drain(&mut self.lots),
            holds: drain(&mut self.holds),
            entries: std::mem::take(&mut self.entries),
        })
    }
}
