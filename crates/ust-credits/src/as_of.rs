//! The balance as of any instant (CR-8, CR-11): right whether or not anything has run, and the same for ever for a past instant.

use kernel::Timestamp;

use crate::{
    CreditBalance, Credits, LedgerEntry, LotRecord, Totals,
    balance::{DueStep, due_steps},
};

/// The figures of a balance at an instant. `usable + upcoming = totals.available`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The running totals, with everything that fell due by then.
    pub totals: Totals,
    /// What is available and can be used already.
    pub usable: Credits,
    /// What is available and cannot be used yet.
    pub upcoming: Credits,
}

impl Figures {
    /// What the customer has left: usable less overdrawn. Negative in overdraft (CR-5).
    pub fn balance(&self) -> Credits {
        let owed = self.totals.overdraft.units().saturating_add(self.totals.overdraft_held.units());
        Credits::from_units(self.usable.units().saturating_sub(owed))
    }
}

/// The newest entry at or before the instant asked for, as far as it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerPoint {
    /// The entry's instant; the opening's where there is no entry yet.
    pub at: Timestamp,
    /// The totals after it; all 0 where there is none.
    pub totals: Totals,
    /// Whether the ledger has no later entry.
    pub is_last: bool,
}

impl LedgerPoint {
    /// The point of `entry`.
    pub fn of(entry: &LedgerEntry, is_last: bool) -> Self {
        Self { at: entry.at, totals: entry.totals, is_last }
    }
}

/// The figures as of `at`, from three indexed reads, however long the history: `newest` is the entry with the highest
/// sequence among those with `entry.at <= at`; `lots` has every lot that was granted and not usable yet then
/// (`granted_at <= at < usable_from`), and, where `newest` is the last entry, every open lot. Further lots do no harm.
///
/// Where a later entry exists, whatever fell due before it was written before it, at the instants at which it was due: then
/// the totals of `newest` are the answer. Where none does, what fell due since is worked out from the open lots.
pub fn figures_as_of(at: Timestamp, newest: &LedgerPoint, lots: &[LotRecord]) -> Figures {
    let mut totals = newest.totals;
    if newest.is_last {
        let mut open: Vec<&LotRecord> = lots.iter().filter(|lot| lot.is_open()).collect();
        open.sort_by_key(|lot| lot.queue_key());
        let steps = due_steps(open.into_iter(), newest.at, totals.overdraft, at);
        for DueStep { at: _, expired, repaid } in steps {
            let sum = |parts: Vec<(kernel::LotId, Credits)>| {
                parts.iter().fold(0i64, |sum, (_, part)| sum.saturating_add(part.units()))
            };
            let (expired, repaid) = (sum(expired), sum(repaid));
            let moved =
                |figure: Credits, units: i64| Credits::from_units(figure.units().saturating_add(units));
            totals.available = moved(totals.available, -expired - repaid);
            totals.expired = moved(totals.expired, expired);
            totals.consumed = moved(totals.consumed, repaid);
            totals.overdraft = moved(totals.overdraft, -repaid);
        }
    }
    // Nothing can touch a lot that is not usable yet, save taking it back whole, and that ends it.
    let upcoming = lots
        .iter()
        .filter(|lot| lot.granted_at <= at && at < lot.usable_from && !lot.has_ended(at))
        .fold(0i64, |sum, lot| sum.saturating_add(lot.amount.units()));
    let upcoming = Credits::from_units(upcoming);
    Figures { totals, usable: totals.available.minus_down_to_zero(upcoming), upcoming }
}

impl CreditBalance {
    /// The figures at `at`, which is not before the last entry; at the last entry's instant where it is.
    pub fn figures_at(&self, at: Timestamp) -> Figures {
        let record = self.record();
        let newest = LedgerPoint { at: record.last_at, totals: record.totals, is_last: true };
        let lots: Vec<_> = self.lots().cloned().collect();
        figures_as_of(at.max(record.last_at), &newest, &lots)
    }

    /// The entries that the next verb would write first were it given `until`: what fell due and nobody wrote down yet. A
    /// statement shows them as if it had been.
    pub fn due_entries(&self, until: Timestamp) -> Vec<LedgerEntry> {
        let mut scratch = self.clone();
        let before = scratch.new_entries().len();
        match scratch.expire_due(until) {
            Ok(_) => scratch.new_entries().iter().skip(before).cloned().collect(),
            Err(_) => Vec::new(),
        }
    }
}
