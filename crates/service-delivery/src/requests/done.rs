//! Work that is done: the actual, the settlement, the acceptance (SR-7, CR-6).

use kernel::{Invalid, ServiceRequestId};
use policy_resolver::kinds::DebitOn;
use serde_json::{Value, json};
use sr_workflow::{GivenActual, RequestCommand};
use ust_credits::{Credits, ReserveError, Reversal, Settlement};

use super::{Work, facts, subject};
use crate::{Refusal, ServiceDelivery, access::Caller, retry::retrying, step::Step};

/// What the work took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompleteRequest {
    /// Credits before complexity, where staff give a figure; a reason is needed where it replaces a fixed price or worklogs.
    pub actual: Option<GivenActual>,
    /// Seconds of work logged; what they cost is the actual where there is no fixed price.
    pub worklog_seconds: u32,
}

impl CompleteRequest {
    /// Where a figure was given, it is the figure that is too large.
    fn too_large(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Rule { rule: "amount-too-large", detail } if self.actual.is_some() => {
                Invalid::field("actual", detail).into()
            }
            other => other,
        }
    }
}

impl ServiceDelivery {
    /// Records the work as done: actual, settlement, release of the rest, in one transaction (SR-7). Under
    /// `debit_on: acceptance` the hold stays until the acceptance.
    ///
    /// # Errors
    /// No such request; a state that does not allow it; nothing to take the actual from; a figure without its reason.
    pub async fn complete_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        done: &CompleteRequest,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "complete service request").await?;
            let mut work = step.lock_work_to_debit(id).await?;
            let before = facts(&work.request);
            // Whether it may be completed at all is said before anything about its figure or its credits.
            work.request.step(RequestCommand::Complete, &step.actor)?;
            let actual = work.request.actual(done.actual.as_ref(), done.worklog_seconds, work.credits());
            let actual = actual.map_err(|error| done.too_large(error.into()))?;
            let settlement = match work.credits().debit_on {
                DebitOn::Completion => {
                    let settlement = step.settle(&mut work, actual.credits());
                    Some(settlement.map_err(|refusal| done.too_large(refusal))?)
                }
                DebitOn::Acceptance => None,
            };
            work.request.complete(actual, settlement.as_ref(), &step.actor, step.now)?;
            step.save_work(&mut work, "service_request.completed", &before).await?;
            step.commit().await
        })
        .await
    }

    /// Takes the work as done; debits now, where the policy debits at the acceptance.
    ///
    /// # Errors
    /// No such request; a state that does not allow it; not the caller's to do.
    pub async fn accept_request(&self, by: &Caller, id: ServiceRequestId) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "accept service request").await?;
            let mut work = step.lock_work_to_debit(id).await?;
            let before = facts(&work.request);
            step.accept(&mut work)?;
            step.save_work(&mut work, "service_request.accepted", &before).await?;
            step.commit().await
        })
        .await
    }

    /// Sends the work back, for a reason: its settlement is reversed, and its estimate is held again as far as it can be.
    ///
    /// # Errors
    /// No such request; a state that does not allow it; no reason.
    pub async fn reopen_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        reason: &str,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, reason).await?;
            let mut work = step.lock_work(id).await?;
            let before = facts(&work.request);
            if work.request.reopen(reason, &step.actor, step.now)?.is_some() {
                step.reverse(&mut work)?;
            }
            step.save_work(&mut work, "service_request.reopened", &before).await?;
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    /// Takes the work as done; debits now, where that waited for the acceptance.
    pub(crate) fn accept(&mut self, work: &mut Work) -> Result<(), Refusal> {
        let settlement = match work.request.awaits_settlement() {
            Some(actual) => Some(self.settle(work, actual)?),
            None => None,
        };
        let policies = work.policies.clone();
        Ok(work.request.accept(settlement.as_ref(), policies.credits(), &self.actor, self.now)?)
    }

    fn settle(&mut self, work: &mut Work, actual: Credits) -> Result<Settlement, Refusal> {
        let Some((balance, _)) = &mut work.payer else {
            return Ok(Settlement::unbacked(work.request.id(), actual));
        };
        let settled = balance.settle(work.request.id(), actual, work.policies.credits(), &self.occasion())?;
        work.request.pay_from(balance.id());
        let made = settled.settlement;
        let after = json!({
            "actual": made.actual().to_string(),
            "debited": made.debited().to_string(),
            "overdrawn": made.overdrawn().to_string(),
            "excess": made.excess().to_string(),
            "released": made.released().to_string(),
            "credit_balance": balance.id().to_string(),
        });
        let policies = work.policies.clone();
        self.record("credits.settled", subject(&work.request), Value::Null, after);
        self.signal_low_balance(balance, policies.credits());
        Ok(made)
    }

    /// Gives back what was debited, and holds the estimate again. Where that cannot be held any more, the work goes on all the
    /// same: the settlement to come takes what there is.
    fn reverse(&mut self, work: &mut Work) -> Result<(), Refusal> {
        let Some((balance, standing)) = &mut work.payer else { return Ok(()) };
        let reversed = balance.reverse(work.request.id(), Reversal::Whole, &self.occasion())?;
        let after = json!({
            "to_lots": reversed.to_lots.to_string(),
            "overdraft": reversed.overdraft.to_string(),
            "excess": reversed.excess.to_string(),
        });
        let policies = work.policies.clone();
        let subject = subject(&work.request);
        self.record("credits.reversed", subject.clone(), Value::Null, after);
        let Some(estimate) = work.request.estimated_credits() else { return Ok(()) };
        match balance.reserve(work.request.id(), estimate, policies.credits(), *standing, &self.occasion()) {
            Ok(reserved) => self.record_reservation(subject, balance, &reserved, policies.credits()),
            Err(
                ReserveError::Frozen | ReserveError::Exhausted { .. } | ReserveError::OverdraftLimit { .. },
            ) => {}
            Err(error @ (ReserveError::Illegal(_) | ReserveError::Balance(_))) => return Err(error.into()),
        }
        Ok(())
    }
}
