//! Whether a balance takes new reservations (EN-5).

use kernel::{Limited, Standing};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::CreditBalance;

/// The status of a balance: its own, or what the world sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum BalanceStatus {
    /// Reservations are taken.
    Active,
    /// No new reservation; what is held is settled and released as ever, lots expire as ever.
    Frozen,
}

impl Limited for BalanceStatus {
    fn seen(self, standing: Standing) -> Self {
        match standing {
            Standing::Live => self,
            Standing::Pending
            | Standing::Suspended
            | Standing::Expired
            | Standing::ExpiredPastGrace
            | Standing::Cancelled => Self::Frozen,
        }
    }
}

impl CreditBalance {
    /// What the world sees: the balance's own status, limited by the `standing` of its entitlement (EN-5).
    pub fn status(&self, standing: Standing) -> BalanceStatus {
        self.own_status().seen(standing)
    }

    /// The balance's own status, whatever its entitlement's.
    pub fn own_status(&self) -> BalanceStatus {
        if self.record.frozen { BalanceStatus::Frozen } else { BalanceStatus::Active }
    }

    /// Refuses new reservations from now on. False where it was frozen already.
    pub fn freeze(&mut self) -> bool {
        let fresh = !std::mem::replace(&mut self.record.frozen, true);
        self.changed |= fresh;
        fresh
    }

    /// Takes new reservations again. False where it was not frozen.
    pub fn unfreeze(&mut self) -> bool {
        let fresh = std::mem::replace(&mut self.record.frozen, false);
        self.changed |= fresh;
        fresh
    }
}
