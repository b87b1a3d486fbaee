//! Credits that staff grant (CR-2).

use kernel::{CreditBalanceId, LotId, Timestamp};
use serde_json::{Value, json};
use ust_credits::{Credits, Grant, LotSource, Touching};

use crate::{
    Made, Refusal, ServiceDelivery, Subject, SubjectKind, access::Caller, retry::retrying, step::found,
};

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
    /// What the outside calls this grant; the same one twice is one grant.
    pub external_ref: Option<String>,
    /// Why.
    pub reason: String,
}

impl ServiceDelivery {
    /// Grants credits as a new lot; an overdraft is repaid from it first.
    ///
    /// # Errors
    /// No such balance; an amount that is not over 0; an expiry before the first use; a reference of another grant.
    pub async fn grant_credits(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        new: &GrantCredits,
    ) -> Result<Made<LotId>, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, &new.reason).await?;
            let above = found(step.uow.credits().entitlement_of_balance(id).await?, "credit balance", id)?;
            let above = found(step.uow.entitlements().share_entitlement(above).await?, "entitlement", above)?;
            let policies = step.policies(&above);
            let touching = Touching { reference: new.external_ref.clone(), ..Touching::nothing() };
            let loaded = step.uow.credits().lock_balance(id, &touching).await?;
            let loaded = loaded.filter(|balance| step.caller.sees(balance.record().organization));
            let mut balance = found(loaded, "credit balance", id)?;
            let mut grant =
                Grant { usable_from: new.usable_from, ..Grant::new(step.id(), new.amount, new.source) };
            grant = match new.expires_at {
                Some(at) => grant.expiring(at, policies.credits().grace_days),
                None => grant.under(policies.credits(), step.now, self.utc_offset),
            };
            grant.reference.clone_from(&new.external_ref);
            let granted = balance.grant(&grant, &step.occasion())?;
            if granted.repeated {
                return Ok(Made::Existing(granted.lot));
            }
            step.signal_low_balance(&mut balance, policies.credits());
            step.record_expiries(&balance, 0);
            step.uow.credits().save_balance(&mut balance).await?;
            let subject =
                Subject::new(SubjectKind::CreditBalance, id).under(above.id()).of(above.organization());
            let after = json!({
                "amount": new.amount.to_string(),
                "source": new.source.to_string(),
                "repaid_overdraft": granted.repaid.to_string(),
            });
            step.record("credits.granted", subject, Value::Null, after);
            step.commit().await?;
            Ok(Made::New(granted.lot))
        })
        .await
    }
}
