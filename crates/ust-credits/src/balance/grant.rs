//! Granting credits (CR-2, CR-14).

use kernel::{Invalid, LotId, Timestamp};

use super::{BalanceError, CreditBalance, Draft, Occasion, Tracked, adjust::with_reason};
use crate::{Credits, EntryKind, Grant, LotChange, LotRecord, Movement};

/// Why a grant was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Fields that are wrong: no reason, an amount that is not over 0 or over the most, an expiry before the first use.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The reference was used for another grant.
    #[error("`{reference}` names other credits already: their {}", .differences.join(", their "))]
    ReferenceTaken {
        /// The reference.
        reference: String,
        /// What is otherwise with what was granted under it, such as `amount is 10`.
        differences: Vec<String>,
    },
    /// What any verb can meet.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What a grant did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The lot: the new one, or that of the first time.
    pub lot: LotId,
    /// Whether this reference was granted before: then nothing changed.
    pub repeated: bool,
    /// What of it repaid an overdraft at once (CR-14).
    pub repaid: Credits,
}

impl CreditBalance {
    /// Grants credits as a new lot. An overdraft is repaid from it first: at once, or when the lot becomes usable (CR-14).
    /// The same grant with the same reference twice is one. To be loaded with [`super::Touching::reference`] where there is one.
    ///
    /// # Errors
    /// [`GrantError`]; nothing is changed then.
    pub fn grant(&mut self, grant: &Grant, occasion: &Occasion) -> Result<Granted, GrantError> {
        self.add_lot(grant, EntryKind::Grant, occasion)
    }

    pub(super) fn add_lot(
        &mut self,
        grant: &Grant,
        kind: EntryKind,
        occasion: &Occasion,
    ) -> Result<Granted, GrantError> {
        if let Some(known) = self.granted_before(grant)? {
            return Ok(Granted { lot: known, repeated: true, repaid: Credits::ZERO });
        }
        self.attempt(occasion.now, |next, now| {
            let mut invalid = with_reason(occasion);
            let lot = grant.lot_at(now).map_err(|wrong| invalid.0.extend(wrong.0));
            let Ok(lot) = lot else { return Err(invalid.into()) };
            invalid.or_ok(())?;
            let usable = lot.is_usable(now);
            let place = next.lots.partition_point(|known| known.row.queue_key() < lot.queue_key());
            next.lots.insert(place, Tracked::new(lot));
            let units = grant.amount.units();
            let change = LotChange { granted: units, available: units, ..LotChange::of(grant.lot) };
            let movement = Movement { lots: vec![change], ..Movement::default() };
            next.post(Draft::new(kind, now, occasion).of(grant.amount, movement))?;
            let repaid = if usable { next.repay_overdraft(grant.lot, now, occasion)? } else { Credits::ZERO };
            Ok(Granted { lot: grant.lot, repeated: false, repaid })
        })
    }

    fn granted_before(&self, grant: &Grant) -> Result<Option<LotId>, GrantError> {
        let same = |lot: &&LotRecord| lot.reference == grant.reference;
        match &grant.reference {
            None => Ok(None),
            Some(reference) => match self.lots().find(same) {
                Some(known) => match grant.differences(known) {
                    none if none.is_empty() => Ok(Some(known.id)),
                    differences => {
                        Err(GrantError::ReferenceTaken { reference: reference.clone(), differences })
                    }
                },
                None if self
                    .touching
                    .as_ref()
                    .is_none_or(|touching| touching.reference == grant.reference) =>
                {
                    Ok(None)
                }
                None => {
                    Err(BalanceError::NotLoaded { what: format!("the lot known as `{reference}`") }.into())
                }
            },
        }
    }

    /// When the lot `lot` ends; for whoever says so to people.
    pub fn end_of(&self, lot: LotId) -> Option<Timestamp> {
        self.lots().find(|known| known.id == lot).and_then(|lot| lot.ends_at)
    }
}
