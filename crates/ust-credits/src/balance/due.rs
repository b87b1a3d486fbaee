//! What happens to a balance by itself: lots end (CR-8), and lots that become usable repay an overdraft (CR-14).
//!
//! Nothing has to run for it to be true: whoever reads or changes a balance later works out the same steps, dated at the
//! instants at which they were due.

use kernel::{Actor, LotId, Timestamp};

use super::{BalanceError, CreditBalance, Draft, Occasion};
use crate::{Credits, EntryKind, LotChange, LotRecord, Movement};

/// One instant at which something falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DueStep {
    /// When.
    pub(crate) at: Timestamp,
    /// Remainders that are gone.
    pub(crate) expired: Vec<(LotId, Credits)>,
    /// What lots that become usable repay of the overdraft.
    pub(crate) repaid: Vec<(LotId, Credits)>,
}

/// Everything that falls due in `lots` (in the order of use) up to and at `until`, after a last entry at `last_at`.
pub(crate) fn due_steps<'a>(
    lots: impl Iterator<Item = &'a LotRecord>,
    last_at: Timestamp,
    overdraft: Credits,
    until: Timestamp,
) -> Vec<DueStep> {
    let mut lots: Vec<(&LotRecord, Credits)> =
        lots.filter(|lot| lot.available.is_positive()).map(|lot| (lot, lot.available)).collect();
    // (instant, whether it is a repayment, place in the queue): at one instant lots end before others begin to pay.
    let mut moments = Vec::new();
    for (place, (lot, _)) in lots.iter().enumerate() {
        if let Some(end) = lot.ends_at.filter(|end| *end <= until) {
            moments.push((end.max(last_at), false, place));
        }
        let begins = lot.usable_from > last_at && lot.usable_from <= until && !lot.has_ended(lot.usable_from);
        if begins && overdraft.is_positive() {
            moments.push((lot.usable_from, true, place));
        }
    }
    moments.sort_unstable();
    let mut owed = overdraft;
    let mut steps: Vec<DueStep> = Vec::new();
    for (at, repays, place) in moments {
        let (lot, available) = &mut lots[place];
        let amount = if repays { owed.min(*available) } else { *available };
        if !amount.is_positive() {
            continue;
        }
        *available = available.minus_down_to_zero(amount);
        if steps.last().is_none_or(|step| step.at != at) {
            steps.push(DueStep { at, expired: Vec::new(), repaid: Vec::new() });
        }
        if let Some(step) = steps.last_mut() {
            let list = if repays { &mut step.repaid } else { &mut step.expired };
            list.push((lot.id, amount));
        }
        if repays {
            owed = owed.minus_down_to_zero(amount);
        }
    }
    steps
}

impl CreditBalance {
    /// Writes down what fell due up to `now`. True where something did.
    ///
    /// # Errors
    /// [`BalanceError::Overflow`]; nothing is changed then.
    pub fn expire_due(&mut self, now: Timestamp) -> Result<bool, BalanceError> {
        let before = self.record.last_sequence;
        self.attempt(now, |_, _| Ok::<(), BalanceError>(()))?;
        Ok(self.record.last_sequence != before)
    }

    /// When something falls due next by itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        due_steps(self.lots(), self.record.last_at, self.record.totals.overdraft, Timestamp::MAX)
            .first()
            .map(|step| step.at)
    }

    pub(super) fn write_due(&mut self, until: Timestamp) -> Result<(), BalanceError> {
        let (overdraft, last_at) = (self.record.totals.overdraft, self.record.last_at);
        let steps = due_steps(self.lots(), last_at, overdraft, until);
        // What is usable grows by itself only where lots begin: only there can it have been more than is seen before and after.
        let begins = self.lots().map(|lot| lot.usable_from).filter(|from| *from > last_at && *from <= until);
        let mut begins: Vec<Timestamp> = begins.collect();
        begins.sort_unstable();
        let mut begins = begins.into_iter().peekable();
        self.note_peak(last_at);
        for DueStep { at, expired, repaid } in steps {
            while let Some(begin) = begins.next_if(|begin| *begin < at) {
                self.note_peak(begin);
            }
            if !expired.is_empty() {
                let amount = Credits::sum(expired.iter().map(|(_, amount)| *amount))?;
                let lots = expired.into_iter().map(|(lot, amount)| {
                    let units = amount.units();
                    LotChange { available: -units, expired: units, ..LotChange::of(lot) }
                });
                let movement = Movement { lots: lots.collect(), ..Movement::default() };
                let occasion = Occasion::new(at, Actor::system("credit expiry"), "expired");
                self.post(Draft::new(EntryKind::Expire, at, &occasion).of(amount, movement))?;
            }
            let occasion = Occasion::new(at, Actor::system("overdraft repayment"), "overdraft repaid");
            for (lot, _) in repaid {
                self.repay_overdraft(lot, at, &occasion)?;
            }
        }
        begins.for_each(|begin| self.note_peak(begin));
        Ok(())
    }

    fn note_peak(&mut self, at: Timestamp) {
        self.peak = self.peak.max(self.usable(at));
    }

    /// Pays what is overdrawn from what is available in `lot`, the oldest debt first. Returns how much.
    pub(super) fn repay_overdraft(
        &mut self,
        lot: LotId,
        at: Timestamp,
        occasion: &Occasion,
    ) -> Result<Credits, BalanceError> {
        let mut left = self.lots().find(|known| known.id == lot).map_or(Credits::ZERO, |lot| lot.available);
        let mut debtors: Vec<_> = self
            .holds
            .iter()
            .map(|hold| &hold.row)
            .filter(|hold| hold.overdrawn.is_positive())
            .cloned()
            .collect();
        debtors.sort_by_key(|hold| (hold.settlement.map(|made| made.at), hold.request));
        let mut repaid = Credits::ZERO;
        for mut hold in debtors {
            let part = left.min(hold.overdrawn);
            if !part.is_positive() {
                break;
            }
            let units = part.units();
            let change = LotChange { available: -units, consumed: units, ..LotChange::of(lot) };
            let movement = Movement { lots: vec![change], overdraft: -units, ..Movement::default() };
            self.post(Draft::new(EntryKind::Debit, at, occasion).about(hold.request).of(part, movement))?;
            hold.overdrawn = hold.overdrawn.checked_sub(part)?;
            hold.debited.push(lot, part);
            hold.changed_at = at;
            self.put_hold(hold);
            left = left.minus_down_to_zero(part);
            repaid = repaid.checked_add(part)?;
        }
        Ok(repaid)
    }
}
