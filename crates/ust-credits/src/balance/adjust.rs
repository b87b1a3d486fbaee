//! What staff, renewals and cancellations do to lots.

use kernel::{Invalid, LotId, Timestamp};

use super::{BalanceError, CreditBalance, Draft, GrantError, Granted, Occasion, not_negative};
use crate::{Credits, EntryKind, Grant, LotChange, LotRecord, LotSource, Movement};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 2_000;

/// Why credits were not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    /// Fields that are wrong: no reason, an amount that is not over 0.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// More than there is.
    #[error("{asked} credits cannot be taken back: {usable} are available")]
    BelowZero {
        /// What was asked.
        asked: Credits,
        /// What could be taken.
        usable: Credits,
    },
    /// No such lot in this balance.
    #[error("lot {lot} is none of this credit balance")]
    UnknownLot {
        /// The lot.
        lot: LotId,
    },
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What is wrong with the occasion's cause, where it is the reason of a person.
pub(super) fn with_reason(occasion: &Occasion) -> Invalid {
    let mut invalid = Invalid::default();
    invalid.require_text("reason", &occasion.cause, MAX_REASON);
    invalid
}

impl CreditBalance {
    /// Adds credits by hand, with the occasion's cause as the reason: a lot as by [`Self::grant`], written down as an adjustment.
    ///
    /// # Errors
    /// [`GrantError`]; nothing is changed then.
    pub fn adjust_up(&mut self, grant: &Grant, occasion: &Occasion) -> Result<Granted, GrantError> {
        self.add_lot(grant, EntryKind::Adjust, occasion)
    }

    /// Takes `amount` back by hand from what is usable, first in first out, with the occasion's cause as the reason.
    ///
    /// # Errors
    /// [`AdjustError`]; nothing is changed then.
    pub fn adjust_down(&mut self, amount: Credits, occasion: &Occasion) -> Result<(), AdjustError> {
        let mut invalid = with_reason(occasion);
        if !amount.is_positive() {
            invalid.push("amount", "must be over 0");
        }
        invalid.or_ok(())?;
        self.attempt(occasion.now, |next, now| {
            let usable = next.usable(now);
            if amount > usable {
                return Err(AdjustError::BelowZero { asked: amount, usable });
            }
            let plan = next.plan(amount, now);
            Ok(next.take_back(plan, now, occasion)?)
        })
    }

    /// Takes back all that is not held of one lot and ends it, so that what is held in it is gone when it comes back: a wrong or
    /// refunded grant. To be loaded with [`super::Touching::lot`]. Returns how much was taken; nothing the second time.
    ///
    /// # Errors
    /// [`AdjustError`]; nothing is changed then.
    pub fn withdraw(&mut self, lot: LotId, occasion: &Occasion) -> Result<Credits, AdjustError> {
        with_reason(occasion).or_ok(())?;
        let ended =
            self.lots().find(|known| known.id == lot).map(|lot| lot.has_ended(self.instant(occasion.now)));
        match ended {
            None => return Err(AdjustError::UnknownLot { lot }),
            Some(true) => return Ok(Credits::ZERO),
            Some(false) => {}
        }
        self.attempt(occasion.now, |next, now| Ok(next.end_lots(|known| known.id == lot, now, occasion)?))
    }

    /// Takes back everything that is not held, and ends every lot, so that what is held is gone when it comes back
    /// (cancellation with `unused_credits: forfeit`). Returns how much was taken; nothing the second time.
    ///
    /// # Errors
    /// [`BalanceError`]; nothing is changed then.
    pub fn forfeit(&mut self, occasion: &Occasion) -> Result<Credits, BalanceError> {
        let now = self.instant(occasion.now);
        if self.record.forfeited_at.is_some() && self.lots().all(|lot| !lot.is_open() || lot.has_ended(now)) {
            return Ok(Credits::ZERO);
        }
        self.attempt(occasion.now, |next, now| {
            next.record.forfeited_at = Some(now);
            next.changed = true;
            // Closed lots end when something comes back to them: they may not be loaded.
            next.end_lots(LotRecord::is_open, now, occasion)
        })
    }

    /// At a renewal, lets no more than `cap` of the term's unused credits roll over; the oldest of the surplus expires at once.
    /// Only included and rolled-over credits count: what was bought on its own or given by staff keeps its own time. To be
    /// called before the new term's credits are granted. Returns how much expired.
    ///
    /// # Errors
    /// [`BalanceError`]; nothing is changed then.
    pub fn cap_rollover(
        &mut self,
        cap: Option<Credits>,
        occasion: &Occasion,
    ) -> Result<Credits, BalanceError> {
        let Some(cap) = cap else { return Ok(Credits::ZERO) };
        not_negative(cap)?;
        self.attempt(occasion.now, |next, now| {
            let rolling: Vec<_> = next
                .usable_lots(now)
                .filter(|lot| matches!(lot.source, LotSource::Included | LotSource::Rollover))
                .map(|lot| (lot.id, lot.available))
                .collect();
            let surplus = Credits::sum(rolling.iter().map(|(_, amount)| *amount))?.minus_down_to_zero(cap);
            let mut left = surplus;
            let mut movement = Movement::default();
            for (lot, available) in rolling {
                let units = left.min(available).units();
                if units > 0 {
                    movement.lots.push(LotChange { available: -units, expired: units, ..LotChange::of(lot) });
                }
                left = left.minus_down_to_zero(available);
            }
            if surplus.is_positive() {
                next.post(Draft::new(EntryKind::Expire, now, occasion).of(surplus, movement))?;
            }
            Ok(surplus)
        })
    }

    fn end_lots(
        &mut self,
        which: impl Fn(&LotRecord) -> bool,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<Credits, BalanceError> {
        let mut plan = Vec::new();
        for lot in self.lots.iter_mut().filter(|lot| which(&lot.row) && !lot.row.has_ended(now)) {
            lot.row.ends_at = Some(now);
            lot.changed = true;
            self.changed = true;
            if lot.row.available.is_positive() {
                plan.push((lot.row.id, lot.row.available));
            }
        }
        let taken = Credits::sum(plan.iter().map(|(_, amount)| *amount))?;
        if taken.is_positive() {
            self.take_back(plan, now, occasion)?;
        }
        Ok(taken)
    }

    fn take_back(
        &mut self,
        plan: Vec<(LotId, Credits)>,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<(), BalanceError> {
        let amount = Credits::sum(plan.iter().map(|(_, amount)| *amount))?;
        let lots = plan.into_iter().map(|(lot, amount)| {
            let units = amount.units();
            LotChange { available: -units, taken_back: units, ..LotChange::of(lot) }
        });
        let movement = Movement { lots: lots.collect(), ..Movement::default() };
        self.post(Draft::new(EntryKind::Adjust, now, occasion).of(amount, movement))
    }
}
