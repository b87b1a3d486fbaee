//! Reserving credits for a request (CR-4, CR-5), and asking what a reservation would do (CR-15).

use kernel::{IllegalMove, ServiceRequestId, Standing, Timestamp, step};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};
use uuid::Uuid;

use super::{BalanceError, BalanceStatus, CreditBalance, Draft, Occasion, not_negative};
use crate::{
    Credits, EntryKind, HoldCommand, HoldRecord, HoldState, LotAmount, LotAmounts, LotChange, Movement,
};

/// Why a reservation was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The request's credits are settled already.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// The balance is frozen, by staff or with its entitlement (EN-5).
    #[error("the credit balance is frozen: nothing new can be reserved")]
    Frozen,
    /// Under `block`: there is not enough (CR-5).
    #[error("{needed} more credits are needed and {usable} are available")]
    Exhausted {
        /// What was to be held beyond what is held already.
        needed: Credits,
        /// What could be held.
        usable: Credits,
    },
    /// Under `overdraft`: the balance would go below its limit (CR-5).
    #[error("{needed} more credits are needed; {usable} are available and {room} can be overdrawn")]
    OverdraftLimit {
        /// What was to be held beyond what is held already.
        needed: Credits,
        /// What could be held.
        usable: Credits,
        /// How much overdraft is left.
        room: Credits,
    },
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What a reservation holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// What was asked for: `held + overdraft + shortfall`.
    pub requested: Credits,
    /// What is held in lots.
    pub held: Credits,
    /// What is promised as overdraft (CR-5).
    pub overdraft: Credits,
    /// What could not be held: it would be excess (CR-5).
    pub shortfall: Credits,
    /// Whether just this was reserved before: then nothing changed.
    pub repeated: bool,
}

/// What a reservation would do (CR-15). Nothing is held by asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What would be held, lot by lot, in the order of use.
    pub lots: LotAmounts,
    /// What would be promised as overdraft.
    pub overdraft: Credits,
    /// What would be excess.
    pub excess: Credits,
}

impl CreditBalance {
    /// Holds `estimate` for `request`, or changes what is held for it to `estimate`: then the old hold stands where the new one
    /// is refused (SR-6). Held lots are kept; more is held first in first out, less gives the last in line back first.
    /// Repeating the estimate that is held says so and changes nothing (CR-7).
    ///
    /// `standing` is that of the entitlement the balance lies under: only a live one lets it hold anything new (EN-5). A lower estimate is never refused.
    ///
    /// # Errors
    /// [`ReserveError`]; nothing is changed then.
    pub fn reserve(
        &mut self,
        request: ServiceRequestId,
        estimate: Credits,
        policy: &CreditPolicy,
        standing: Standing,
        occasion: &Occasion,
    ) -> Result<Reservation, ReserveError> {
        not_negative(estimate)?;
        let hold = self.hold_or_none(request, self.instant(occasion.now))?;
        let state = step(hold.state, HoldCommand::Reserve)?;
        if hold.state == HoldState::Open && hold.requested == estimate {
            return Ok(Reservation::of(&hold, true));
        }
        let more = hold.state != HoldState::Open || estimate > hold.requested;
        if more && self.status(standing) == BalanceStatus::Frozen {
            return Err(ReserveError::Frozen);
        }
        self.attempt(occasion.now, |next, now| {
            let hold = HoldRecord { state, changed_at: now, ..hold };
            if more {
                next.hold_more(hold, estimate, policy, now, occasion)
            } else {
                next.hold_less(hold, estimate, now, occasion)
            }
        })
    }

    /// Holds for `request` what could not be held when it was reserved, where lots cover all of it by now; else changes nothing, and
    /// answers none. So that what is approved beforehand is held, and not only there (SR-5).
    ///
    /// # Errors
    /// What any verb can meet; nothing is changed then.
    pub fn top_up(
        &mut self,
        request: ServiceRequestId,
        policy: &CreditPolicy,
        standing: Standing,
        occasion: &Occasion,
    ) -> Result<Option<Reservation>, ReserveError> {
        let hold = self.hold_or_none(request, self.instant(occasion.now))?;
        let needed = hold.requested.minus_down_to_zero(hold.held.total());
        let covered = needed.is_positive() && needed <= self.usable(self.instant(occasion.now));
        if hold.state != HoldState::Open || !covered || self.status(standing) == BalanceStatus::Frozen {
            return Ok(None);
        }
        let requested = hold.requested;
        self.attempt(occasion.now, |next, now| {
            next.hold_more(HoldRecord { changed_at: now, ..hold }, requested, policy, now, occasion)
        })
        .map(Some)
    }

    fn hold_more(
        &mut self,
        mut hold: HoldRecord,
        estimate: Credits,
        policy: &CreditPolicy,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<Reservation, ReserveError> {
        let needed = estimate.minus_down_to_zero(hold.held.total());
        let plan = self.plan(needed, now);
        let usable = Credits::sum(plan.iter().map(|(_, part)| *part)).map_err(BalanceError::from)?;
        let missing = needed.minus_down_to_zero(usable);
        let (overdraft, shortfall) = match policy.on_exhausted {
            _ if missing.is_zero() => (Credits::ZERO, Credits::ZERO),
            OnExhausted::BillExcess => (Credits::ZERO, missing),
            OnExhausted::Block => return Err(ReserveError::Exhausted { needed, usable }),
            OnExhausted::Overdraft => {
                let room = self.overdraft_room(policy, &hold);
                if missing > room {
                    return Err(ReserveError::OverdraftLimit { needed, usable, room });
                }
                (missing, Credits::ZERO)
            }
        };
        let lots = plan.iter().map(|(lot, part)| {
            let units = part.units();
            LotChange { available: -units, held: units, ..LotChange::of(*lot) }
        });
        let movement = Movement {
            lots: lots.collect(),
            overdraft_held: overdraft.units() - hold.overdraft_held.units(),
            shortfall: shortfall.units() - hold.shortfall.units(),
            ..Movement::default()
        };
        for (lot, part) in plan {
            match hold.held.0.iter_mut().find(|held| held.lot == lot) {
                Some(held) => held.amount = held.amount.checked_add(part).map_err(BalanceError::from)?,
                None => hold.held.0.push(LotAmount { lot, amount: part }),
            }
        }
        hold.held.0.sort_by_key(|held| self.queue_key(held.lot));
        hold = HoldRecord { requested: estimate, overdraft_held: overdraft, shortfall, ..hold };
        if !movement.is_nothing() {
            let draft = Draft::new(EntryKind::Reserve, now, occasion).about(hold.request);
            self.post(draft.of(usable, movement))?;
        }
        let reservation = Reservation::of(&hold, false);
        self.put_hold(hold);
        Ok(reservation)
    }

    fn hold_less(
        &mut self,
        mut hold: HoldRecord,
        estimate: Credits,
        now: Timestamp,
        occasion: &Occasion,
    ) -> Result<Reservation, ReserveError> {
        let mut less = hold.requested.minus_down_to_zero(estimate);
        let shortfall = less.min(hold.shortfall);
        less = less.minus_down_to_zero(shortfall);
        let overdraft = less.min(hold.overdraft_held);
        less = less.minus_down_to_zero(overdraft);
        let released = less;
        let mut movement = Movement {
            overdraft_held: -overdraft.units(),
            shortfall: -shortfall.units(),
            ..Movement::default()
        };
        while less.is_positive() {
            let Some(last) = hold.held.0.last_mut() else { break };
            let part = less.min(last.amount);
            movement.lots.push(LotChange {
                available: part.units(),
                held: -part.units(),
                ..LotChange::of(last.lot)
            });
            last.amount = last.amount.minus_down_to_zero(part);
            if last.amount.is_zero() {
                hold.held.0.pop();
            }
            less = less.minus_down_to_zero(part);
        }
        hold = HoldRecord {
            requested: estimate,
            overdraft_held: hold.overdraft_held.minus_down_to_zero(overdraft),
            shortfall: hold.shortfall.minus_down_to_zero(shortfall),
            ..hold
        };
        let draft = Draft::new(EntryKind::Release, now, occasion).about(hold.request);
        self.post(draft.of(released, movement))?;
        let reservation = Reservation::of(&hold, false);
        self.put_hold(hold);
        Ok(reservation)
    }

    /// How much more may be overdrawn, what `hold` itself counts on not reckoned.
    pub(super) fn overdraft_room(&self, policy: &CreditPolicy, hold: &HoldRecord) -> Credits {
        let totals = &self.record.totals;
        Credits::from(policy.overdraft_limit)
            .minus_down_to_zero(totals.overdraft)
            .minus_down_to_zero(totals.overdraft_held.minus_down_to_zero(hold.overdraft_held))
    }

    /// What reserving `estimate` would hold and leave uncovered at `now`, without holding anything (CR-15): for new work, or
    /// for `request` where what is held for it counts.
    ///
    /// # Errors
    /// What the reservation itself would answer.
    pub fn preview(
        &self,
        request: Option<ServiceRequestId>,
        estimate: Credits,
        policy: &CreditPolicy,
        standing: Standing,
        now: Timestamp,
    ) -> Result<Preview, ReserveError> {
        let mut scratch = self.clone();
        let request = request.unwrap_or_else(|| {
            scratch.touching = None;
            ServiceRequestId::new(Uuid::nil())
        });
        let occasion = Occasion::new(now, kernel::Actor::system("preview"), "preview");
        scratch.reserve(request, estimate, policy, standing, &occasion)?;
        let hold = scratch.hold_or_none(request, now)?;
        Ok(Preview { lots: hold.held, overdraft: hold.overdraft_held, excess: hold.shortfall })
    }
}

impl Reservation {
    fn of(hold: &HoldRecord, repeated: bool) -> Self {
        Self {
            requested: hold.requested,
            held: hold.held.total(),
            overdraft: hold.overdraft_held,
            shortfall: hold.shortfall,
            repeated,
        }
    }
}
