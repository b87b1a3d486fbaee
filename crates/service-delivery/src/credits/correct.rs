//! Debited credits that staff give back (CR-14).

use kernel::ServiceRequestId;
use serde_json::{Value, json};
use ust_credits::{Credits, Reversal};

use crate::{
    Refusal, ServiceDelivery,
    access::Caller,
    requests::{Work, subject},
    retry::retrying,
};

/// A correction of what was debited for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectCredits {
    /// How much is given back, over 0; all that is debited where none is given.
    pub amount: Option<Credits>,
    /// Why; not blank.
    pub reason: String,
}

impl ServiceDelivery {
    /// Gives back what was debited for a request, all or some of it, in reverse order of use. What the request is worth was
    /// recorded with its settlement, and stays; it counts as changed, for what is shown of its credits is (AP-5).
    ///
    /// # Errors
    /// No such request; no reason; nothing settled; an amount that is not over 0, or more than is debited and not given back yet.
    pub async fn correct_credits(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        correction: &CorrectCredits,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, &correction.reason).await?;
            let Work { mut request, policies, payer } = step.lock_work(id).await?;
            let Some((mut balance, _)) = payer else {
                return Err(Refusal::rule("not-debited", "no credit balance pays for this service request"));
            };
            let debited = balance.hold(id).map_or(Credits::ZERO, |hold| hold.reversible());
            let amount = correction.amount.unwrap_or(debited);
            let reversed = balance.reverse(id, Reversal::Part(amount), &step.occasion())?;
            let after = json!({
                "amount": amount.to_string(),
                "to_lots": reversed.to_lots.to_string(),
                "overdraft": reversed.overdraft.to_string(),
                "credit_balance": balance.id().to_string(),
            });
            step.record("credits.corrected", subject(&request), Value::Null, after);
            step.signal_low_balance(&mut balance, policies.credits());
            step.record_expiries(&balance, 0);
            step.uow.credits().save_balance(&mut balance).await?;
            request.credits_corrected(step.now);
            step.uow.work().save_request(&request).await?;
            step.commit().await
        })
        .await
    }
}
