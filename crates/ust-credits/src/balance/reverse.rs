//! Giving debited credits back (CR-14).

use kernel::{IllegalMove, Invalid, ServiceRequestId, Timestamp, step};

use super::{BalanceError, CreditBalance, Draft, Occasion, adjust::with_reason};
use crate::{Credits, EntryKind, HoldCommand, HoldRecord, HoldState, LotChange, Movement};

/// How much of a settlement is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// All of it, the excess too: a reopened request. A new reservation or settlement may follow.
    Whole,
    /// So much of what was debited, over 0: a correction. The settlement stands, and the excess.
    Part(Credits),
}

/// Why a reversal was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReverseError {
    /// Nothing is settled.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// Fields that are wrong: no reason, an amount that is not over 0.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// More than was debited, or nothing is debited any more.
    #[error("{asked} credits cannot be given back: {debited} are debited for the request")]
    NotDebited {
        /// What was asked.
        asked: Credits,
        /// What is debited and not given back yet.
        debited: Credits,
    },
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What a reversal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversed {
    /// What went back to its lots; what came from a lot that is over by now expired at once.
    pub to_lots: Credits,
    /// By how much the overdraft shrank.
    pub overdraft: Credits,
    /// By how much the excess shrank.
    pub excess: Credits,
    /// Whether it was reversed before: then nothing changed.
    pub repeated: bool,
}

impl CreditBalance {
    /// Gives back what was debited for `request`, in reverse order of use: the overdraft first, then the lots, the last one used
    /// first. What comes from a lot that is over by now expires at once (CR-14).
    ///
    /// # Errors
    /// [`ReverseError`]; nothing is changed then.
    pub fn reverse(
        &mut self,
        request: ServiceRequestId,
        reversal: Reversal,
        occasion: &Occasion,
    ) -> Result<Reversed, ReverseError> {
        with_reason(occasion).or_ok(())?;
        let hold = self.hold_or_none(request, self.instant(occasion.now))?;
        let state = step(hold.state, HoldCommand::Reverse)?;
        let debited = hold.reversible();
        let (state, amount, excess) = match reversal {
            Reversal::Whole => (state, debited, hold.excess),
            Reversal::Part(asked) if asked > debited || debited.is_zero() => {
                return Err(ReverseError::NotDebited { asked, debited });
            }
            Reversal::Part(asked) if !asked.is_positive() => {
                return Err(Invalid::field("amount", "must be over 0").into());
            }
            Reversal::Part(asked) => (hold.state, asked, Credits::ZERO),
        };
        if hold.state == HoldState::Reversed {
            let none = Credits::ZERO;
            return Ok(Reversed { to_lots: none, overdraft: none, excess: none, repeated: true });
        }
        self.attempt(occasion.now, |next, now| {
            // Read anew: what fell due before may have repaid its overdraft.
            let hold = HoldRecord { state, changed_at: now, ..next.hold_or_none(request, now)? };
            Ok(next.give_back(hold, amount, excess, now, occasion)?)
        })
    }

    fn give_back(
        &mut self,
        mut hold: HoldRecord,
        amount: Credits,
        excess: Credits,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<Reversed, BalanceError> {
        let overdraft = amount.min(hold.overdrawn);
        let to_lots = amount.minus_down_to_zero(overdraft);
        let mut movement =
            Movement { overdraft: -overdraft.units(), excess: -excess.units(), ..Movement::default() };
        let mut left = to_lots;
        while left.is_positive() {
            let Some(last) = hold.debited.0.last_mut() else { break };
            let part = left.min(last.amount);
            let units = part.units();
            movement.lots.push(LotChange { available: units, consumed: -units, ..LotChange::of(last.lot) });
            last.amount = last.amount.minus_down_to_zero(part);
            if last.amount.is_zero() {
                hold.debited.0.pop();
            }
            left = left.minus_down_to_zero(part);
        }
        self.end_forfeited(&movement);
        if !movement.is_nothing() {
            let draft = Draft::new(EntryKind::Refund, now, occasion).about(hold.request);
            self.post(draft.of(amount, movement))?;
        }
        hold.overdrawn = hold.overdrawn.minus_down_to_zero(overdraft);
        hold.excess = hold.excess.minus_down_to_zero(excess);
        if hold.state == HoldState::Reversed {
            hold.requested = Credits::ZERO;
        }
        self.put_hold(hold);
        Ok(Reversed { to_lots, overdraft, excess, repeated: false })
    }

    /// Credits that come back to a lot from before a forfeiture are forfeited as well: the lot was closed then, and not loaded.
    fn end_forfeited(&mut self, movement: &Movement) {
        let Some(forfeited_at) = self.record.forfeited_at else { return };
        for lot in &mut self.lots {
            let touched = movement.lots.iter().any(|change| change.lot == lot.row.id);
            if touched && lot.row.granted_at < forfeited_at && !lot.row.has_ended(forfeited_at) {
                lot.row.ends_at = Some(forfeited_at);
                lot.changed = true;
            }
        }
    }
}
