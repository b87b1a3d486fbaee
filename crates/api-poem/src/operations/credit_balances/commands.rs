//! What staff do to a credit balance by hand.

use std::sync::Arc;

use poem_openapi::{OpenApi, param::Path, payload::Json};
use service_delivery::access::Caller;

use super::{
    super::{Context, Tag, reason::Reason},
    BALANCE,
    body::{NewAdjustment, NewGrant},
    view::{CreditBalanceView, CreditsAdjusted, CreditsGranted, LotWithdrawn},
};
use crate::{
    http::{ApiError, Body, By},
    wire::{Key, Repeatable},
};

pub(crate) struct CreditBalanceCommands(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-balances", tag = "Tag::CreditBalances")]
impl CreditBalanceCommands {
    /// Grant credits
    ///
    /// They become a lot of their own; an overdraft is repaid from it first. Under the same `external_ref` the same grant is
    /// made once, however often it is sent.
    #[oai(path = "/:credit_balance/grant", method = "post", operation_id = "grant_credits")]
    async fn grant(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        Body(body): Body<NewGrant>,
    ) -> Result<Repeatable<CreditsGranted>, ApiError> {
        let id = credit_balance.id(BALANCE)?;
        let made = self.0.service.grant_credits(&by, id, &body.into()).await?;
        let balance = self.0.credit_balance(&by, id, &credit_balance).await?;
        let granted = CreditsGranted::new(made.into_inner(), balance);
        Ok(Repeatable::at(&made, format!("/v1/credit-balances/{id}/lots"), granted))
    }

    /// Adjust a credit balance
    ///
    /// Added credits become a lot of their own, and under the same `external_ref` are added once. What is taken back comes
    /// from what is usable; more than that is refused, and nothing is taken.
    #[oai(path = "/:credit_balance/adjust", method = "post", operation_id = "adjust_credits")]
    async fn adjust(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        Body(body): Body<NewAdjustment>,
    ) -> Result<Repeatable<CreditsAdjusted>, ApiError> {
        let id = credit_balance.id(BALANCE)?;
        let made = self.0.service.adjust_credits(&by, id, &body.into()).await?;
        let balance = self.0.credit_balance(&by, id, &credit_balance).await?;
        let adjusted = CreditsAdjusted::new(made.into_inner(), balance);
        Ok(Repeatable::at(&made, format!("/v1/credit-balances/{id}/ledger"), adjusted))
    }

    /// Take a lot back
    ///
    /// All of it that is not held, for a wrong or refunded grant. What is held in it is gone when it is released. Nothing is
    /// taken the second time.
    #[oai(path = "/:credit_balance/lots/:lot/withdraw", method = "post", operation_id = "withdraw_lot")]
    async fn withdraw(
        &self,
        By(by): By,
        /// The balance's id.
        credit_balance: Path<Key>,
        /// The lot's id.
        lot: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Json<LotWithdrawn>, ApiError> {
        let id = credit_balance.id(BALANCE)?;
        let taken = self.0.service.withdraw_lot(&by, id, lot.id("lot")?, &body.reason).await?;
        let balance = self.0.credit_balance(&by, id, &credit_balance).await?;
        Ok(Json(LotWithdrawn::new(taken, balance)))
    }

    /// Freeze a credit balance
    ///
    /// Nothing new can be reserved from it. What is held is settled and released as ever, and lots expire as ever.
    #[oai(path = "/:credit_balance/freeze", method = "post", operation_id = "freeze_credit_balance")]
    async fn freeze(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Json<CreditBalanceView>, ApiError> {
        self.set_frozen(by, &credit_balance, true, &body.reason).await
    }

    /// Let a frozen credit balance go
    ///
    /// It takes new reservations again, as far as its entitlement does.
    #[oai(path = "/:credit_balance/unfreeze", method = "post", operation_id = "unfreeze_credit_balance")]
    async fn unfreeze(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Json<CreditBalanceView>, ApiError> {
        self.set_frozen(by, &credit_balance, false, &body.reason).await
    }
}

impl CreditBalanceCommands {
    async fn set_frozen(
        &self,
        by: Caller,
        key: &Key,
        frozen: bool,
        reason: &str,
    ) -> Result<Json<CreditBalanceView>, ApiError> {
        let id = key.id(BALANCE)?;
        self.0.service.freeze_credits(&by, id, frozen, reason).await?;
        Ok(Json(self.0.credit_balance(&by, id, key).await?))
    }
}
