//! What a request is worth (SR-20).

use kernel::{Actor, ActorKind, Invalid, Money, MoneyError, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use rust_decimal::Decimal;
use ust_credits::{Credits, CreditsError, UNITS_PER_CREDIT};

use super::{BilledValue, RequestCommand, ServiceRequest, SettlementError};
use crate::{MoveError, NotAllowed, RequestStage};

/// The most that one credit may be worth.
pub const MAX_BASE_CREDIT_VALUE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// The most decimals of what one credit is worth.
pub const MAX_BASE_CREDIT_DECIMALS: u32 = 8;

/// Why a request was not billed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// Not legal, or not by this party.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// No policy said what a credit is worth when the request was made, and staff have not said so since.
    #[error("the request has no base credit value; staff have to agree one first")]
    NoBaseCreditValue,
    /// The credits are not settled: a fault of the caller's.
    #[error(transparent)]
    Settlement(#[from] SettlementError),
    /// Credits that do not fit.
    #[error(transparent)]
    Credits(#[from] CreditsError),
    /// A value that does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl ServiceRequest {
    /// Fixes the billed value (SR-20), once and for all, from what was recorded: actual base credits × multiplier × base
    /// credit value. The covered part is that of the credits debited or overdrawn, the due part that of the excess (OD-7).
    ///
    /// # Errors
    /// [`BillError`]; nothing is changed then.
    pub fn bill(&mut self, by: &Actor, now: Timestamp) -> Result<BilledValue, BillError> {
        let stage = self.step(RequestCommand::Bill, by)?;
        let worth = self.record.base_credit_value.ok_or(BillError::NoBaseCreditValue)?;
        let settled = self.record.settled.ok_or(SettlementError::Missing)?;
        let covered = settled.debited.checked_add(settled.overdrawn)?;
        let total = covered.checked_add(settled.excess)?;
        let billed = BilledValue {
            value: value_of(total, worth)?,
            covered: value_of(covered, worth)?,
            due: value_of(settled.excess, worth)?,
            at: now,
        };
        self.record.billing = Some(billed);
        self.enter(stage, now);
        Ok(billed)
    }

    /// Says what a credit is worth for this request; staff only, and only where no policy did when it was made: a snapshot
    /// never changes (SR-20).
    ///
    /// # Errors
    /// [`MoveError`], naming `base_credit_value`, where there is one already or it is out of bounds; nothing is changed then.
    pub fn agree_base_credit_value(
        &mut self,
        worth: Money,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), MoveError> {
        let command = "agree_base_credit_value";
        let (entity, state) = (<RequestStage as kernel::LifeCycle>::ENTITY, self.stage().into());
        if by.kind != ActorKind::Staff {
            return Err(NotAllowed { party: by.kind, command, entity, state }.into());
        }
        if matches!(self.stage(), RequestStage::Billed | RequestStage::Closed) {
            return Err(kernel::IllegalMove { entity, state, command, legal: vec![] }.into());
        }
        let mut invalid = Invalid::default();
        check_base_credit_value(Some(worth), &mut invalid);
        if self.record.base_credit_value.is_some() {
            invalid.push("base_credit_value", "is fixed: it was taken when the request was made");
        }
        invalid.or_ok(())?;
        self.record.base_credit_value = Some(worth);
        self.record.changed_at = now;
        Ok(())
    }
}

/// The snapshot of what a credit is worth now, for a new request; none where the policy leaves it open.
///
/// # Errors
/// [`MoneyError::UnknownCurrency`] where the policy's currency is none.
pub fn base_credit_value(policy: &CreditPolicy) -> Result<Option<Money>, MoneyError> {
    let Some(value) = &policy.base_credit_value else { return Ok(None) };
    Ok(Some(Money::new(value.amount, value.currency.parse()?)))
}

/// Notes a base credit value out of bounds. The bounds keep every billed value exact up to ten billion credits, far more than
/// [`MAX_FIGURE`](ust_credits::MAX_FIGURE) at any complexity. They are those of the policy's field, too.
pub(super) fn check_base_credit_value(worth: Option<Money>, invalid: &mut Invalid) {
    let Some(worth) = worth else { return };
    if worth.is_negative() || worth.amount() > MAX_BASE_CREDIT_VALUE {
        invalid.push("base_credit_value", format!("must be between 0 and {MAX_BASE_CREDIT_VALUE}"));
    }
    if worth.amount().normalize().scale() > MAX_BASE_CREDIT_DECIMALS {
        invalid.push(
            "base_credit_value",
            format!("must not have more than {MAX_BASE_CREDIT_DECIMALS} decimals"),
        );
    }
}

/// `credits` × `worth`, exactly: a product of more digits than a decimal holds is an error, never rounded.
fn value_of(credits: Credits, worth: Money) -> Result<Money, MoneyError> {
    let one_unit_scale = UNITS_PER_CREDIT.ilog10();
    let worth_amount = worth.amount().normalize();
    let units = i128::from(credits.units());
    let mantissa = worth_amount.mantissa().checked_mul(units).ok_or(MoneyError::Overflow)?;
    let amount = Decimal::try_from_i128_with_scale(mantissa, worth_amount.scale() + one_unit_scale)
        .map_err(|_| MoneyError::Overflow)?;
    Ok(Money::new(amount.normalize(), worth.currency()))
}
