//! Checks shared by everything that is rebuilt from storage.

use kernel::{Currency, Money, StoreError};

/// Refuses a row of `entity` where a check does not hold.
pub(crate) struct RowCheck {
    pub(crate) entity: &'static str,
    pub(crate) id: String,
}

impl RowCheck {
    pub(crate) fn new(entity: &'static str, id: impl ToString) -> Self {
        Self { entity, id: id.to_string() }
    }

    /// The row is corrupt, because of `reason`.
    pub(crate) fn corrupt(&self, reason: impl ToString) -> StoreError {
        StoreError::corrupt(self.entity, &self.id, reason)
    }

    pub(crate) fn that(&self, holds: bool, reason: &str) -> Result<(), StoreError> {
        if holds { Ok(()) } else { Err(self.corrupt(reason)) }
    }

    /// `stored` is what `reckoned` came to.
    pub(crate) fn same_money<E: ToString>(
        &self,
        what: &str,
        stored: Money,
        reckoned: Result<Money, E>,
    ) -> Result<Money, StoreError> {
        let reckoned = reckoned.map_err(|error| self.corrupt(error.to_string()))?;
        if stored == reckoned {
            Ok(reckoned)
        } else {
            Err(self.corrupt(format!("{what} is stored as {stored} and comes to {reckoned}")))
        }
    }

    pub(crate) fn currency(&self, what: &str, money: Money, currency: Currency) -> Result<(), StoreError> {
        self.that(money.currency() == currency, &format!("{what} is in another currency"))
    }
}
