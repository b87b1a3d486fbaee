//! Service requests (SR-1 … SR-12): each command together with what it does to the credits.
//!
//! Locks are taken in the order entitlement, credit balance, request.

mod close;
mod create;
mod done;
mod edit;
mod notes;
mod progress;
mod site;

pub use create::{CreateRequest, RequestGround};
pub use done::CompleteRequest;
pub use edit::{EstimateRequest, RequestWork};
pub use progress::RequestChange;
pub(crate) use site::Site;

use std::sync::Arc;

use entitlement::Entitlement;
use kernel::{EntitlementId, ServiceRequestId, Standing, StoreError};
use policy_resolver::kinds::CreditPolicy;
use serde_json::{Value, json};
use sr_workflow::ServiceRequest;
use ust_credits::{CreditBalance, Credits, Reservation, Touching};

use crate::{
    Governing, Refusal, RequestSite, Subject, SubjectKind,
    step::{Step, found},
};

/// A request with all that a command to it may need, locked.
pub(crate) struct Work {
    pub(crate) request: ServiceRequest,
    /// What holds for its entitlement.
    pub(crate) policies: Arc<Governing>,
    /// The balance that pays, and the standing of the entitlement above that balance; none where no balance pays.
    pub(crate) payer: Option<(CreditBalance, Standing)>,
}

impl Work {
    fn credits(&self) -> &CreditPolicy {
        self.policies.credits()
    }
}

impl Step<'_> {
    /// The request without its credits, for commands that do not touch them.
    pub(crate) async fn lock_request(&mut self, id: ServiceRequestId) -> Result<ServiceRequest, Refusal> {
        let request = self.uow.work().lock_request(id).await?;
        let request = request.filter(|request| self.caller.sees(request.record().organization));
        found(request, "service request", id)
    }

    /// The request, its balance, and what holds for both; locked in the order entitlement, balance, request.
    pub(crate) async fn lock_work(&mut self, id: ServiceRequestId) -> Result<Work, Refusal> {
        let site = self.uow.share_request(id).await?;
        let site = site.filter(|site| self.caller.sees(site.request.record().organization));
        let RequestSite { request: unlocked, entitlement, payer_under } = found(site, "service request", id)?;
        let payer = match unlocked.record().credit_balance {
            None => None,
            Some(balance) => {
                let above = found(payer_under, "credit balance", balance)?;
                let standing = self.standing_of(above, &entitlement).await?;
                let touching = Touching::request(id);
                let loaded = self.uow.credits().lock_balance(balance, &touching).await?;
                Some((found(loaded, "credit balance", balance)?, standing))
            }
        };
        let request = self.lock_request(id).await?;
        if request.record().credit_balance != unlocked.record().credit_balance {
            return Err(StoreError::Conflict.into());
        }
        Ok(Work { policies: self.policies(&entitlement), request, payer })
    }

    pub(crate) async fn entitlement_above(
        &mut self,
        request: &ServiceRequest,
    ) -> Result<Entitlement, Refusal> {
        let id = request.record().entitlement;
        found(self.uow.entitlements().share_entitlement(id).await?, "entitlement", id)
    }

    /// The standing of the entitlement that a balance lies under, which may be another than the request's.
    pub(crate) async fn standing_above(
        &mut self,
        balance: kernel::CreditBalanceId,
        own: &Entitlement,
    ) -> Result<Standing, Refusal> {
        let id = found(self.uow.credits().entitlement_of_balance(balance).await?, "credit balance", balance)?;
        self.standing_of(id, own).await
    }

    async fn standing_of(&mut self, id: EntitlementId, own: &Entitlement) -> Result<Standing, Refusal> {
        if id == own.id() {
            return Ok(own.standing(self.now));
        }
        let above = found(self.uow.entitlements().share_entitlement(id).await?, "entitlement", id)?;
        Ok(above.standing(self.now))
    }

    /// Holds `estimate` for the request in `work` (SR-6). Without a balance nothing is held and all will be excess.
    pub(crate) fn reserve(&mut self, work: &mut Work, estimate: Credits) -> Result<(), Refusal> {
        let Some((balance, standing)) = &mut work.payer else { return Ok(()) };
        let reserved = balance.reserve(
            work.request.id(),
            estimate,
            work.policies.credits(),
            *standing,
            &self.occasion(),
        )?;
        let subject = subject(&work.request);
        self.record_reservation(subject, balance, &reserved, work.policies.credits());
        Ok(())
    }

    /// Holds again what was given back while nobody moved the request (SR-12).
    pub(crate) fn hold_again(&mut self, work: &mut Work) -> Result<(), Refusal> {
        if work.request.needs_hold_again() {
            if let Some(estimate) = work.request.estimated_credits() {
                self.reserve(work, estimate)?;
            }
            work.request.hold_again(self.now);
        }
        Ok(())
    }

    pub(crate) fn record_reservation(
        &mut self,
        subject: Subject,
        balance: &mut CreditBalance,
        reserved: &Reservation,
        policy: &CreditPolicy,
    ) {
        if reserved.repeated {
            return;
        }
        let after = json!({
            "requested": reserved.requested.to_string(),
            "held": reserved.held.to_string(),
            "overdraft": reserved.overdraft.to_string(),
            "shortfall": reserved.shortfall.to_string(),
            "credit_balance": balance.id().to_string(),
        });
        self.record("credits.reserved", subject, Value::Null, after);
        self.signal_low_balance(balance, policy);
    }

    /// One notice on the way down (CR-12).
    pub(crate) fn signal_low_balance(&mut self, balance: &mut CreditBalance, policy: &CreditPolicy) {
        if let Some(low) = balance.signal_low_balance(policy, self.now) {
            let row = balance.record();
            let subject =
                Subject::new(SubjectKind::CreditBalance, row.id).under(row.entitlement).of(row.organization);
            let after = json!({"usable": low.usable.to_string(), "threshold": low.threshold.to_string()});
            self.record("credit_balance.low", subject, Value::Null, after);
        }
    }

    /// Writes back request and balance, and tells what happened to the request.
    pub(crate) async fn save_work(
        &mut self,
        work: &mut Work,
        event: &str,
        before: &Value,
    ) -> Result<(), Refusal> {
        if let Some((balance, _)) = &mut work.payer {
            self.record_expiries(balance, 0);
            self.uow.credits().save_balance(balance).await?;
        }
        work.request.schedule(&work.policies.credits_from_now_on());
        self.save_request(&work.request, event, before).await
    }

    pub(crate) async fn save_request(
        &mut self,
        request: &ServiceRequest,
        event: &str,
        before: &Value,
    ) -> Result<(), Refusal> {
        self.uow.work().save_request(request).await?;
        self.record_change(event, subject(request), before, &facts(request));
        Ok(())
    }
}

pub(crate) fn subject(request: &ServiceRequest) -> Subject {
    let row = request.record();
    Subject::new(SubjectKind::ServiceRequest, row.id)
        .coded(row.code)
        .under(row.entitlement)
        .of(row.organization)
}

pub(crate) fn facts(request: &ServiceRequest) -> Value {
    let row = request.record();
    let settled = row.settled.as_ref();
    json!({
        "status": row.status.to_string(),
        "title": row.title,
        "description": row.description,
        "priority": row.priority.to_string(),
        "due_date": row.due_date.map(|day| day.to_string()),
        "assignee": row.assignee,
        "jira_issue_key": row.jira_issue_key.as_ref().map(ToString::to_string),
        "complexity": row.complexity.map(|complexity| complexity.to_string()),
        "estimated_base": row.estimated_base.map(|credits| credits.to_string()),
        "estimated_credits": row.estimated_credits.map(|credits| credits.to_string()),
        "hold_reason": row.hold_reason,
        "actual_base": row.completion.as_ref().map(|done| done.actual.base.to_string()),
        "actual_credits": row.completion.as_ref().map(|done| done.actual.credits.to_string()),
        "debited": settled.map(|settled| settled.debited.to_string()),
        "overdrawn": settled.map(|settled| settled.overdrawn.to_string()),
        "excess": settled.map(|settled| settled.excess.to_string()),
        "accepted": row.acceptance.is_some(),
        "closed": row.closure.as_ref().map(|closure| closure.reason.to_string()),
        "base_credit_value": row.base_credit_value.map(|worth| worth.to_string()),
        "hold_given_back": row.hold_given_back,
    })
}
