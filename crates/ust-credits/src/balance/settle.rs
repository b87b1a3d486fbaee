//! Settling what work really cost (CR-6).

use kernel::{IllegalMove, ServiceRequestId, Timestamp, step};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};

use super::{BalanceError, CreditBalance, Draft, Occasion, not_negative};
use crate::{
    Credits, EntryKind, HoldCommand, HoldRecord, HoldState, LotAmounts, LotChange, Movement, Settlement,
    SettlementRecord,
};

/// Why a settlement was refused. Never for want of credits (CR-6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The hold was released and not made again (CR-7).
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// It is settled already, with another amount; it has to be reversed first.
    #[error("settled already with {settled} credits, not {actual}; reverse that settlement first")]
    SettledOtherwise {
        /// What it was settled with.
        settled: Credits,
        /// What was asked now.
        actual: Credits,
    },
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What settling did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The settlement.
    pub settlement: Settlement,
    /// Whether it was settled with just this amount before: then nothing changed (CR-7).
    pub repeated: bool,
}

impl CreditBalance {
    /// Debits `actual`, complexity counted in, for `request` (CR-6): first what is held, first in first out, and the rest of it is
    /// released; then what is available, first in first out, also where nothing was held; what is still missing is overdrawn
    /// as far as `policy` allows or the reservation promised, and the rest is excess. Frozen balances settle too (EN-5).
    ///
    /// # Errors
    /// [`SettleError`]; nothing is changed then.
    pub fn settle(
        &mut self,
        request: ServiceRequestId,
        actual: Credits,
        policy: &CreditPolicy,
        occasion: &Occasion,
    ) -> Result<Settled, SettleError> {
        not_negative(actual)?;
        let hold = self.hold_or_none(request, self.instant(occasion.now))?;
        let state = step(hold.state, HoldCommand::Settle)?;
        if let Some(settlement) = hold.settlement() {
            return if settlement.actual() == actual {
                Ok(Settled { settlement, repeated: true })
            } else {
                Err(SettleError::SettledOtherwise { settled: settlement.actual(), actual })
            };
        }
        self.attempt(occasion.now, |next, now| {
            let hold = HoldRecord { state, changed_at: now, ..hold };
            let made = next.debit(hold, actual, policy, now, occasion)?;
            let settlement = Settlement::of(request, next.record.id, made);
            Ok(Settled { settlement, repeated: false })
        })
    }

    fn debit(
        &mut self,
        hold: HoldRecord,
        actual: Credits,
        policy: &CreditPolicy,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<SettlementRecord, BalanceError> {
        let mut left = actual;
        let mut used = LotAmounts::default();
        let (mut debit, mut release) = (Movement::default(), Movement::default());
        let mut released = Credits::ZERO;
        for held in &hold.held.0 {
            let part = left.min(held.amount);
            let rest = held.amount.minus_down_to_zero(part);
            if part.is_positive() {
                let units = part.units();
                debit.lots.push(LotChange { held: -units, consumed: units, ..LotChange::of(held.lot) });
                used.push(held.lot, part);
            }
            if rest.is_positive() {
                let units = rest.units();
                release.lots.push(LotChange { available: units, held: -units, ..LotChange::of(held.lot) });
                released = released.checked_add(rest)?;
            }
            left = left.minus_down_to_zero(part);
        }
        for (lot, part) in self.plan(left, now) {
            let units = part.units();
            debit.lots.push(LotChange { available: -units, consumed: units, ..LotChange::of(lot) });
            used.push(lot, part);
            left = left.minus_down_to_zero(part);
        }
        let room = match policy.on_exhausted {
            OnExhausted::Overdraft => self.overdraft_room(policy, &hold).max(hold.overdraft_held),
            OnExhausted::BillExcess | OnExhausted::Block => hold.overdraft_held,
        };
        let overdrawn = left.min(room);
        let excess = left.minus_down_to_zero(overdrawn);
        let debited = used.total();
        let amount = debited.checked_add(overdrawn)?;
        debit.overdraft = overdrawn.units();
        // What the reservation promised beyond its lots ends here, on whichever entry is written.
        let promises = if amount.is_positive() { &mut debit } else { &mut release };
        promises.overdraft_held = -hold.overdraft_held.units();
        promises.shortfall = -hold.shortfall.units();
        let excess_movement = Movement { excess: excess.units(), ..Movement::default() };
        let entries = [
            (EntryKind::Debit, amount, debit),
            (EntryKind::Release, released, release),
            (EntryKind::Excess, excess, excess_movement),
        ];
        for (kind, amount, movement) in entries {
            if !movement.is_nothing() {
                self.post(Draft::new(kind, now, occasion).about(hold.request).of(amount, movement))?;
            }
        }
        let made = SettlementRecord { at: now, actual, debited, overdrawn, excess, released };
        self.put_hold(HoldRecord {
            state: HoldState::Settled,
            held: LotAmounts::default(),
            overdraft_held: Credits::ZERO,
            shortfall: Credits::ZERO,
            debited: used,
            overdrawn,
            excess,
            settlement: Some(made),
            ..hold
        });
        Ok(made)
    }
}
