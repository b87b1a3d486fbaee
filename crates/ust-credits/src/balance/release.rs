//! Giving a reservation back (CR-7).

use kernel::{IllegalMove, ServiceRequestId, step};

use super::{BalanceError, CreditBalance, Draft, Occasion};
use crate::{Credits, EntryKind, HoldCommand, HoldRecord, HoldState, LotAmounts, LotChange, Movement};

/// Why a release was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The request's credits are settled (CR-7).
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What a release did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// What was given back to its lots.
    pub amount: Credits,
    /// Whether nothing was held (any more): then nothing changed.
    pub repeated: bool,
}

impl CreditBalance {
    /// Gives back everything held for `request` (CR-7). What was held in a lot that is over by now expires at once (CR-4).
    ///
    /// # Errors
    /// [`ReleaseError`]; nothing is changed then.
    pub fn release(
        &mut self,
        request: ServiceRequestId,
        occasion: &Occasion,
    ) -> Result<Released, ReleaseError> {
        let hold = self.hold_or_none(request, self.instant(occasion.now))?;
        let state = step(hold.state, HoldCommand::Release)?;
        if state == hold.state {
            return Ok(Released { amount: Credits::ZERO, repeated: true });
        }
        self.attempt(occasion.now, |next, now| {
            let lots = hold.held.0.iter().map(|held| {
                let units = held.amount.units();
                LotChange { available: units, held: -units, ..LotChange::of(held.lot) }
            });
            let movement = Movement {
                lots: lots.collect(),
                overdraft_held: -hold.overdraft_held.units(),
                shortfall: -hold.shortfall.units(),
                ..Movement::default()
            };
            let amount = hold.held.total();
            if !movement.is_nothing() {
                next.post(Draft::new(EntryKind::Release, now, occasion).about(request).of(amount, movement))?;
            }
            let repeated = hold.state != HoldState::Open;
            next.put_hold(HoldRecord {
                state,
                requested: Credits::ZERO,
                held: LotAmounts::default(),
                overdraft_held: Credits::ZERO,
                shortfall: Credits::ZERO,
                changed_at: now,
                ..hold
            });
            Ok(Released { amount, repeated })
        })
    }
}
