//! Credits that staff grant (CR-2).

use kernel::{CreditBalanceId, LotId, Timestamp};
use serde_json::{Value, json};
use ust_credits::{Credits, Grant, LotSource, Touching};

use super::{Account, not_granted};
use crate::{Made, Refusal, ServiceDelivery, access::Caller, retry::retrying, step::Step};

/// Credits to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantCredits {
    /// How much; over 0.
    pub amount: Credits,
    /// Where they come from.
    pub source: LotSource,
    /// From when on they can be used; at once where none is given.
    pub usable_from: Option<Timestamp>,
    /// When they expire; as CreditPolicy says where none is given.
    pub expires_at: Option<Timestamp>,
    /// What the outside calls this grant; the same one twice is one grant, another under the same name is refused.
    pub external_ref: Option<String>,
    /// Why; not blank.
    pub reason: String,
}

impl GrantCredits {
    pub(super) fn touching(&self) -> Touching {
        Touching { reference: self.external_ref.clone(), ..Touching::nothing() }
    }
}

impl ServiceDelivery {
    /// Grants credits as a new lot; an overdraft is repaid from it first.
    ///
    /// # Errors
    /// No such balance; no reason; an amount that is not over 0; an expiry before the first use; a reference of another grant.
    pub async fn grant_credits(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        new: &GrantCredits,
    ) -> Result<Made<LotId>, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, &new.reason).await?;
            let mut account = step.lock_account(id, &new.touching()).await?;
            let grant = step.lot_to_be(new, &account);
            let granted = account.balance.grant(&grant, &step.occasion()).map_err(not_granted)?;
            if granted.repeated {
                step.commit().await?;
                return Ok(Made::Existing(granted.lot));
            }
            let after = json!({
                "amount": new.amount.to_string(),
                "source": new.source.to_string(),
                "repaid_overdraft": granted.repaid.to_string(),
            });
            step.save_account(&mut account, "credits.granted", Value::Null, after).await?;
            step.commit().await?;
            Ok(Made::New(granted.lot))
        })
        .await
    }
}

impl Step<'_> {
    /// The grant that was asked for, with an expiry as the policy says where none was.
    pub(super) fn lot_to_be(&self, new: &GrantCredits, account: &Account) -> Grant {
        let policy = account.policies.credits();
        let grant = Grant { usable_from: new.usable_from, ..Grant::new(self.id(), new.amount, new.source) };
        let grant = match new.expires_at {
            Some(at) => grant.expiring(at, policy.grace_days),
            None => grant.under(policy, self.now, self.app.utc_offset),
        };
        Grant { reference: new.external_ref.clone(), ..grant }
    }
}
