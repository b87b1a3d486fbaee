//! Credits that staff add or take back by hand.

use kernel::{CreditBalanceId, Invalid, LotId, Timestamp};
use serde_json::{Value, json};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use ust_credits::{AdjustError, Credits, LotSource, MAX_REASON, Touching};

use super::{GrantCredits, not_granted, not_taken};
use crate::{Made, Refusal, ServiceDelivery, access::Caller, retry::retrying, step::Step};

/// Which way an adjustment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AdjustmentDirection {
    /// A lot is added.
    Add,
    /// Credits are taken from what is usable, first in first out.
    TakeBack,
}

/// An adjustment by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustCredits {
    /// Which way.
    pub direction: AdjustmentDirection,
    /// How much; over 0.
    pub amount: Credits,
    /// When added credits expire; as CreditPolicy says where none is given.
    pub expires_at: Option<Timestamp>,
    /// What the outside calls added credits; the same one twice is one adjustment.
    pub external_ref: Option<String>,
    /// Why; not blank.
    pub reason: String,
}

impl AdjustCredits {
    /// Only added credits have an expiry and a reference of their own.
    fn check_taking_back(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("reason", &self.reason, MAX_REASON);
        if !self.amount.is_positive() {
            invalid.push("amount", "must be over 0");
        }
        let given =
            [("expires_at", self.expires_at.is_some()), ("external_ref", self.external_ref.is_some())];
        for (path, _) in given.into_iter().filter(|(_, given)| *given) {
            invalid.push(path, "must be left out where credits are taken back");
        }
        invalid.or_ok(())
    }

    fn adding(&self) -> GrantCredits {
        GrantCredits {
            amount: self.amount,
            source: LotSource::Manual,
            usable_from: None,
            expires_at: self.expires_at,
            external_ref: self.external_ref.clone(),
            reason: self.reason.clone(),
        }
    }

    fn facts(&self) -> Value {
        json!({"direction": self.direction.to_string(), "amount": self.amount.to_string()})
    }
}

impl ServiceDelivery {
    /// Adds credits by hand, or takes some back. The new lot where there is one.
    ///
    /// # Errors
    /// No such balance; no reason; an amount that is not over 0; more to be taken back than is usable; as
    /// [`Self::grant_credits`].
    pub async fn adjust_credits(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        adjustment: &AdjustCredits,
    ) -> Result<Made<Option<LotId>>, Refusal> {
        retrying(|| async {
            let step = self.begin(by, &adjustment.reason).await?;
            match adjustment.direction {
                AdjustmentDirection::Add => step.add_by_hand(id, adjustment).await,
                AdjustmentDirection::TakeBack => step.take_back_by_hand(id, adjustment).await,
            }
        })
        .await
    }

    /// Takes back all of a lot that is not held, and ends it: a wrong or refunded grant. What is held in it is gone when it is
    /// released. Returns how much was taken; nothing the second time.
    ///
    /// # Errors
    /// No such balance or lot; no reason.
    pub async fn withdraw_lot(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        lot: LotId,
        reason: &str,
    ) -> Result<Credits, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, reason).await?;
            let mut account = step.lock_account(id, &Touching::lot(lot)).await?;
            let ended = account.balance.end_of(lot);
            let taken = match account.balance.withdraw(lot, &step.occasion()) {
                Err(AdjustError::UnknownLot { lot }) => return Err(Refusal::not_found("lot", lot)),
                done => done.map_err(not_taken)?,
            };
            if account.balance.end_of(lot) == ended {
                step.commit().await?;
                return Ok(taken);
            }
            let after = json!({"lot": lot.to_string(), "taken_back": taken.to_string()});
            step.save_account(&mut account, "credits.withdrawn", Value::Null, after).await?;
            step.commit().await?;
            Ok(taken)
        })
        .await
    }
}

impl Step<'_> {
    async fn add_by_hand(
        mut self,
        id: CreditBalanceId,
        adjustment: &AdjustCredits,
    ) -> Result<Made<Option<LotId>>, Refusal> {
        let new = adjustment.adding();
        let mut account = self.lock_account(id, &new.touching()).await?;
        let grant = self.lot_to_be(&new, &account);
        let granted = account.balance.adjust_up(&grant, &self.occasion()).map_err(not_granted)?;
        if granted.repeated {
            self.commit().await?;
            return Ok(Made::Existing(Some(granted.lot)));
        }
        let mut after = adjustment.facts();
        after["repaid_overdraft"] = json!(granted.repaid.to_string());
        self.save_account(&mut account, "credits.adjusted", Value::Null, after).await?;
        self.commit().await?;
        Ok(Made::New(Some(granted.lot)))
    }

    async fn take_back_by_hand(
        mut self,
        id: CreditBalanceId,
        adjustment: &AdjustCredits,
    ) -> Result<Made<Option<LotId>>, Refusal> {
        adjustment.check_taking_back()?;
        let mut account = self.lock_account(id, &Touching::nothing()).await?;
        account.balance.adjust_down(adjustment.amount, &self.occasion()).map_err(not_taken)?;
        self.save_account(&mut account, "credits.adjusted", Value::Null, adjustment.facts()).await?;
        self.commit().await?;
        Ok(Made::New(None))
    }
}
