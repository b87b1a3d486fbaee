//! Balances that staff freeze: nothing new can be reserved from them (EN-5).

use kernel::{CreditBalanceId, Invalid};
use serde_json::json;
use ust_credits::{MAX_REASON, Touching};

use crate::{Refusal, ServiceDelivery, access::Caller, retry::retrying};

impl ServiceDelivery {
    /// Freezes a balance, or lets it go: a status of its own, which the standing of its entitlement limits besides. False where
    /// it was so already.
    ///
    /// # Errors
    /// No such balance; no reason.
    pub async fn freeze_credits(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        frozen: bool,
        reason: &str,
    ) -> Result<bool, Refusal> {
        retrying(|| async {
            let mut invalid = Invalid::default();
            invalid.require_text("reason", reason, MAX_REASON);
            invalid.or_ok(())?;
            let mut step = self.begin(by, reason).await?;
            let mut account = step.lock_account(id, &Touching::nothing()).await?;
            let balance = &mut account.balance;
            let changed = if frozen { balance.freeze() } else { balance.unfreeze() };
            if changed {
                let name = if frozen { "credit_balance.frozen" } else { "credit_balance.unfrozen" };
                let status = |frozen: bool| json!({"frozen": frozen});
                step.save_account(&mut account, name, status(!frozen), status(frozen)).await?;
            }
            step.commit().await?;
            Ok(changed)
        })
        .await
    }
}
