//! Which balance pays (CR-13).

use kernel::{CreditBalanceId, LotId, Timestamp};
use policy_resolver::kinds::OnExhausted;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A balance of the organization, as far as the choice needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayerCandidate {
    /// The balance.
    pub balance: CreditBalanceId,
    /// When its oldest usable lot was granted, and that lot: the first in the order of use (CR-3).
    pub oldest_usable: (Timestamp, LotId),
}

/// Why a balance was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PayerReason {
    /// It was named.
    Named,
    /// It lies under the request's own entitlement.
    Entitlement,
    /// It is linked to the request's environment.
    Environment,
    /// It is linked to the request's contract.
    Contract,
    /// Of the organization's balances it has the oldest usable lot.
    OldestLot,
}

/// The balances that could pay for a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayerChoice {
    /// The one that was named.
    pub named: Option<CreditBalanceId>,
    /// The request's entitlement's own.
    pub entitlement: Option<CreditBalanceId>,
    /// The one linked to its environment.
    pub environment: Option<CreditBalanceId>,
    /// The one linked to its contract.
    pub contract: Option<CreditBalanceId>,
    /// The organization's balances that could hold something now: with a usable lot, not frozen. In any order. Needed only
    /// where all others are none.
    pub organization: Vec<PayerCandidate>,
}

/// There is no balance, and the policy does not allow work that nothing covers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credit balance pays for this request, and its policy blocks work that no credits cover")]
pub struct NoPayer;

/// The balance that pays and why, or none: then everything is excess ([`crate::Settlement::unbacked`]) (CR-13).
///
/// # Errors
/// [`NoPayer`] where there is none under `block`.
pub fn which_balance_pays(
    choice: &PayerChoice,
    on_exhausted: OnExhausted,
) -> Result<Option<(CreditBalanceId, PayerReason)>, NoPayer> {
    let oldest = || choice.organization.iter().min_by_key(|candidate| candidate.oldest_usable);
    let found = [
        (choice.named, PayerReason::Named),
        (choice.entitlement, PayerReason::Entitlement),
        (choice.environment, PayerReason::Environment),
        (choice.contract, PayerReason::Contract),
    ]
    .into_iter()
    .find_map(|(balance, reason)| Some((balance?, reason)))
    .or_else(|| oldest().map(|candidate| (candidate.balance, PayerReason::OldestLot)));
    match (found, on_exhausted) {
        (None, OnExhausted::Block) => Err(NoPayer),
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn balance(number: u128) -> CreditBalanceId {
        CreditBalanceId::new(Uuid::from_u128(number))
    }

    fn candidate(number: u128, granted_at: i64, lot: u128) -> PayerCandidate {
        let at = Timestamp::from_unix_micros(granted_at).unwrap();
        PayerCandidate { balance: balance(number), oldest_usable: (at, LotId::new(Uuid::from_u128(lot))) }
    }

    #[test]
    fn cr_13_the_order_is_named_own_linked_oldest_none() {
        let mut choice = PayerChoice {
            named: Some(balance(1)),
            entitlement: Some(balance(2)),
            environment: Some(balance(3)),
            contract: Some(balance(4)),
            organization: vec![candidate(5, 20, 1), candidate(6, 10, 9), candidate(7, 10, 8)],
        };
        let pays = |choice: &PayerChoice| which_balance_pays(choice, OnExhausted::Block).unwrap();
        assert_eq!(pays(&choice), Some((balance(1), PayerReason::Named)));
        choice.named = None;
        assert_eq!(pays(&choice), Some((balance(2), PayerReason::Entitlement)));
        choice.entitlement = None;
        assert_eq!(pays(&choice), Some((balance(3), PayerReason::Environment)));
        choice.environment = None;
        assert_eq!(pays(&choice), Some((balance(4), PayerReason::Contract)));
        choice.contract = None;
        assert_eq!(pays(&choice), Some((balance(7), PayerReason::OldestLot)));
        choice.organization.reverse();
        assert_eq!(pays(&choice), Some((balance(7), PayerReason::OldestLot)));
    }

    #[test]
    fn cr_13_without_a_balance_all_is_excess_or_refused_under_block() {
        let nobody = PayerChoice::default();
        assert_eq!(which_balance_pays(&nobody, OnExhausted::BillExcess), Ok(None));
        assert_eq!(which_balance_pays(&nobody, OnExhausted::Overdraft), Ok(None));
        assert_eq!(which_balance_pays(&nobody, OnExhausted::Block), Err(NoPayer));
    }
}
