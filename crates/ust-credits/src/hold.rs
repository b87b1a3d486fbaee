//! Holds: what a balance keeps for a request, and what it was debited for it (CR-4, CR-6).

use kernel::{CreditBalanceId, LifeCycle, ServiceRequestId, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{Credits, LotAmounts, Settlement};

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HoldState {
    /// Nothing was ever asked of the balance for this request. Never stored.
    None,
    /// Credits are held (or would be, had there been any).
    Open,
    /// Everything was given back (CR-7).
    Released,
    /// The actual amount was debited (CR-6).
    Settled,
    /// What was debited was given back (CR-14): a new settlement may follow.
    Reversed,
}

/// What may be asked about a request's credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HoldCommand {
    /// Hold an estimate, or another one.
    Reserve,
    /// Debit the actual amount.
    Settle,
    /// Give back what is held.
    Release,
    /// Give back what was debited.
    Reverse,
}

impl LifeCycle for HoldState {
    type Command = HoldCommand;

    const ENTITY: &'static str = "credit hold";

    fn next(self, command: HoldCommand) -> Option<Self> {
        use {HoldCommand as C, HoldState as S};
        match (self, command) {
            (S::None | S::Open | S::Released | S::Reversed, C::Reserve) => Some(S::Open),
            (S::None | S::Open | S::Reversed | S::Settled, C::Settle) => Some(S::Settled),
            (S::Open | S::Reversed | S::Released, C::Release) => Some(S::Released),
            (S::None, C::Release) => Some(S::None),
            (S::Settled | S::Reversed, C::Reverse) => Some(S::Reversed),
            (S::Settled, C::Reserve | C::Release)
            | (S::Released, C::Settle)
            | (S::None | S::Open | S::Released, C::Reverse) => None,
        }
    }
}

/// The row of a hold: one per request, for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRecord {
    /// The request: the row's key.
    pub request: ServiceRequestId,
    /// The balance that pays.
    pub balance: CreditBalanceId,
    /// Where it stands. Never [`HoldState::None`] in a row.
    pub state: HoldState,
    /// What was last asked to be held.
    pub requested: Credits,
    /// What is held where, while open.
    pub held: LotAmounts,
    /// The overdraft that is promised beyond it, while open (CR-5).
    pub overdraft_held: Credits,
    /// What could not be held at all, while open (CR-5).
    pub shortfall: Credits,
    /// What is debited for the request from which lots, in order of use; given-back amounts are gone from it (CR-14).
    pub debited: LotAmounts,
    /// What is debited as overdraft and not repaid (CR-5).
    pub overdrawn: Credits,
    /// What is in excess and billed separately (CR-6).
    pub excess: Credits,
    /// The last settlement as it was made; none before one.
    pub settlement: Option<SettlementRecord>,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// The columns of a settlement on the row of its hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementRecord {
    /// When it was made.
    pub at: Timestamp,
    /// What the work cost, complexity counted in.
    pub actual: Credits,
    /// The part debited from lots.
    pub debited: Credits,
    /// The part debited as overdraft.
    pub overdrawn: Credits,
    /// The part that nothing covers.
    pub excess: Credits,
    /// What was held beyond and given back.
    pub released: Credits,
}

impl HoldRecord {
    pub(crate) fn new(request: ServiceRequestId, balance: CreditBalanceId, at: Timestamp) -> Self {
        Self {
            request,
            balance,
            state: HoldState::None,
            requested: Credits::ZERO,
            held: LotAmounts::default(),
            overdraft_held: Credits::ZERO,
            shortfall: Credits::ZERO,
            debited: LotAmounts::default(),
            overdrawn: Credits::ZERO,
            excess: Credits::ZERO,
            settlement: None,
            changed_at: at,
        }
    }

    /// The last settlement, where one holds.
    pub fn settlement(&self) -> Option<Settlement> {
        let made = self.settlement.filter(|_| self.state == HoldState::Settled)?;
        Some(Settlement::of(self.request, self.balance, made))
    }

    /// What is debited and can be given back (CR-14): from lots and as overdraft.
    pub fn reversible(&self) -> Credits {
        Credits::from_units(self.debited.total().units().saturating_add(self.overdrawn.units()))
    }

    /// What is wrong with the row, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        let amounts = [self.requested, self.overdraft_held, self.shortfall, self.overdrawn, self.excess];
        let nothing_held = self.held.is_empty() && self.overdraft_held.is_zero() && self.shortfall.is_zero();
        let nothing_debited = self.debited.is_empty() && self.overdrawn.is_zero() && self.excess.is_zero();
        let parts = [self.held.total(), self.overdraft_held, self.shortfall];
        if amounts.iter().any(|amount| amount.is_negative()) {
            return Some("an amount is negative");
        }
        match self.state {
            HoldState::None => Some("a hold that was never made"),
            HoldState::Open if Credits::sum(parts).ok() != Some(self.requested) => {
                Some("requested is not held + overdraft + shortfall")
            }
            HoldState::Open if !nothing_debited => Some("open, and something is debited"),
            HoldState::Released | HoldState::Reversed if !nothing_held || !nothing_debited => {
                Some("over, and something is held or debited")
            }
            HoldState::Settled if !nothing_held => Some("settled, and something is held"),
            HoldState::Settled if self.settlement.is_none() => Some("settled without a settlement"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{legal_commands, step};
    use proptest::prelude::*;
    use strum::VariantArray;

    use super::*;

    /// Written out from CR-6, CR-7, CR-14 and SR-12, not from the table above.
    const ALLOWED: [(HoldState, [Option<HoldState>; 4]); 5] = {
        use HoldState::{None as N, Open, Released, Reversed, Settled};
        [
            // reserve, settle, release, reverse
            (N, [Some(Open), Some(Settled), Some(N), None]),
            (Open, [Some(Open), Some(Settled), Some(Released), None]),
            (Released, [Some(Open), None, Some(Released), None]),
            (Settled, [None, Some(Settled), None, Some(Reversed)]),
            (Reversed, [Some(Open), Some(Settled), Some(Released), Some(Reversed)]),
        ]
    };

    #[test]
    fn cr_7_every_state_meets_every_command() {
        for (state, expected) in ALLOWED {
            for (command, to) in HoldCommand::VARIANTS.iter().zip(expected) {
                assert_eq!(step(state, *command).ok(), to, "{state} {command}");
            }
        }
        assert_eq!(ALLOWED.len(), HoldState::VARIANTS.len());
    }

    #[test]
    fn cr_7_a_refusal_says_what_is_legal() {
        let refused = step(HoldState::Settled, HoldCommand::Release).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a credit hold that is settled does not allow release; legal now: settle, reverse"
        );
        assert_eq!(legal_commands(HoldState::Released), ["reserve", "release"]);
    }

    proptest! {
        #[test]
        fn cr_7_random_walks_never_leave_the_table(walk in prop::collection::vec(0usize..4, 0..64)) {
            let mut state = HoldState::None;
            for index in walk {
                let (_, expected) = ALLOWED.iter().find(|(from, _)| *from == state).unwrap();
                match step(state, HoldCommand::VARIANTS[index]) {
                    Ok(to) => { prop_assert_eq!(Some(to), expected[index]); state = to; }
                    Err(_) => prop_assert_eq!(None, expected[index]),
                }
            }
        }
    }
}
