//! The figures of a balance: what its ledger adds up to (CR-10).

use crate::{Credits, Movement};

/// Running totals of a balance. All are at least 0; `granted = available + held + consumed + expired + taken_back` (CR-10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everything ever granted.
    pub granted: Credits,
    /// In lots and not held, lots that are not usable yet included.
    pub available: Credits,
    /// Held for requests.
    pub held: Credits,
    /// Debited from lots.
    pub consumed: Credits,
    /// Gone with their lots' time.
    pub expired: Credits,
    /// Taken back by staff or at a cancellation.
    pub taken_back: Credits,
    /// Debited beyond the lots and not repaid yet (CR-5).
    pub overdraft: Credits,
    /// Overdraft that open reservations count on (CR-5).
    pub overdraft_held: Credits,
    /// Debited and covered by nothing: billed separately (CR-6).
    pub excess: Credits,
    /// What open reservations could not hold, under `bill_excess` (CR-5).
    pub shortfall: Credits,
}

fn plus(amount: Credits, change: i128) -> Option<Credits> {
    let units = i128::from(amount.units()) + change;
    (units >= 0).then(|| i64::try_from(units).ok().map(Credits::from_units)).flatten()
}

impl Totals {
    /// The totals after `movement`. None where one would be negative or not fit.
    pub fn after(&self, movement: &Movement) -> Option<Self> {
        let sum = |pick: fn(&crate::LotChange) -> i64| {
            movement.lots.iter().map(|change| i128::from(pick(change))).sum::<i128>()
        };
        Some(Self {
            granted: plus(self.granted, sum(|lot| lot.granted))?,
            available: plus(self.available, sum(|lot| lot.available))?,
            held: plus(self.held, sum(|lot| lot.held))?,
            consumed: plus(self.consumed, sum(|lot| lot.consumed))?,
            expired: plus(self.expired, sum(|lot| lot.expired))?,
            taken_back: plus(self.taken_back, sum(|lot| lot.taken_back))?,
            overdraft: plus(self.overdraft, movement.overdraft.into())?,
            overdraft_held: plus(self.overdraft_held, movement.overdraft_held.into())?,
            excess: plus(self.excess, movement.excess.into())?,
            shortfall: plus(self.shortfall, movement.shortfall.into())?,
        })
    }

    /// Every figure with its name, in a fixed order.
    pub fn named(&self) -> [(&'static str, Credits); 10] {
        [
            ("granted", self.granted),
            ("available", self.available),
            ("held", self.held),
            ("consumed", self.consumed),
            ("expired", self.expired),
            ("taken_back", self.taken_back),
            ("overdraft", self.overdraft),
            ("overdraft_held", self.overdraft_held),
            ("excess", self.excess),
            ("shortfall", self.shortfall),
        ]
    }

    /// Whether no figure is negative and the lots' figures add up to what was granted (CR-10).
    pub fn add_up(&self) -> bool {
        let parts = [self.available, self.held, self.consumed, self.expired, self.taken_back];
        let sum: i128 = parts.iter().map(|part| i128::from(part.units())).sum();
        sum == i128::from(self.granted.units())
            && self.named().iter().all(|(_, figure)| !figure.is_negative())
    }

    /// All that was used up to here: debited from lots, overdrawn and excess. The difference between two instants is what
    /// was used between them, given-back credits taken off; `monthly_limit` is reckoned with it (CR-12).
    ///
    /// # Errors
    /// [`crate::CreditsError::Overflow`] where the sum does not fit.
    pub fn used(&self) -> Result<Credits, crate::CreditsError> {
        Credits::sum([self.consumed, self.overdraft, self.excess])
    }
}
