//! What completed work was paid with (CR-6).

use kernel::{CreditBalanceId, ServiceRequestId};

use crate::{Credits, SettlementRecord};

/// The proof that a request's actual credits are accounted for: every unit debited, overdrawn or in excess (CR-6).
///
/// Only a balance makes one, by settling; or [`Settlement::unbacked`], where no balance pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    request: ServiceRequestId,
    balance: Option<CreditBalanceId>,
    actual: Credits,
    debited: Credits,
    overdrawn: Credits,
    excess: Credits,
    released: Credits,
}

impl Settlement {
    pub(crate) fn of(request: ServiceRequestId, balance: CreditBalanceId, made: SettlementRecord) -> Self {
        let SettlementRecord { at: _, actual, debited, overdrawn, excess, released } = made;
        Self { request, balance: Some(balance), actual, debited, overdrawn, excess, released }
    }

    /// The settlement of work that no balance pays for: all of `actual` is excess (CR-13). A negative amount counts as 0.
    pub fn unbacked(request: ServiceRequestId, actual: Credits) -> Self {
        let actual = actual.max(Credits::ZERO);
        let nothing = Credits::ZERO;
        Self {
            request,
            balance: None,
            actual,
            debited: nothing,
            overdrawn: nothing,
            excess: actual,
            released: nothing,
        }
    }

    /// The request.
    pub fn request(&self) -> ServiceRequestId {
        self.request
    }

    /// The balance that pays; none where none does.
    pub fn balance(&self) -> Option<CreditBalanceId> {
        self.balance
    }

    /// What the work cost, complexity counted in: `debited + overdrawn + excess`.
    pub fn actual(&self) -> Credits {
        self.actual
    }

    /// The part debited from lots.
    pub fn debited(&self) -> Credits {
        self.debited
    }

    /// The part debited as overdraft (CR-5).
    pub fn overdrawn(&self) -> Credits {
        self.overdrawn
    }

    /// The part that nothing covers: billed separately.
    pub fn excess(&self) -> Credits {
        self.excess
    }

    /// What was held beyond the actual and given back.
    pub fn released(&self) -> Credits {
        self.released
    }
}
