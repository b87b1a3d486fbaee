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
use kernel::{CreditBalanceId, EntitlementId, ServiceRequestId, Standing, StoreError};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};
use serde_json::{Value, json};
use sr_workflow::{RequestOrigin, ServiceRequest};
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
    /// The balance that pays, or is to as soon as credits are held or debited, and the standing of the entitlement above it; none
    /// where no balance pays.
    pub(crate) payer: Option<(CreditBalance, Standing)>,
}

/// What is to be done with the credits of a balance that does not pay for the request yet.
enum Purpose {
    Hold,
    Debit,
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

    /// The request as it stands, and the entitlement above it, which is kept from changing.
    pub(super) async fn share_request(&mut self, id: ServiceRequestId) -> Result<RequestSite, Refusal> {
        let site = self.uow.share_request(id).await?;
        let site = site.filter(|site| self.caller.sees(site.request.record().organization));
        found(site, "service request", id)
    }

    /// The request, the balance that pays for it so far, and what holds for both; locked in the order entitlement, balance, request.
    pub(crate) async fn lock_work(&mut self, id: ServiceRequestId) -> Result<Work, Refusal> {
        self.lock_work_paid(id, None).await
    }

    /// The same, as credits are about to be held: where no balance pays yet, it is chosen now (CR-13), or refused under `block`.
    pub(super) async fn lock_work_to_hold(&mut self, id: ServiceRequestId) -> Result<Work, Refusal> {
        self.lock_work_paid(id, Some(Purpose::Hold)).await
    }

    /// The same, as credits are about to be debited, which is never refused (CR-6).
    pub(crate) async fn lock_work_to_debit(&mut self, id: ServiceRequestId) -> Result<Work, Refusal> {
        self.lock_work_paid(id, Some(Purpose::Debit)).await
    }

    async fn lock_work_paid(
        &mut self,
        id: ServiceRequestId,
        purpose: Option<Purpose>,
    ) -> Result<Work, Refusal> {
        let RequestSite { request: unlocked, entitlement, payer_under } = self.share_request(id).await?;
        let before = unlocked.record().credit_balance;
        let payer = match (before, purpose) {
            (Some(balance), _) => Some((balance, found(payer_under, "credit balance", balance)?)),
            (None, Some(purpose)) => self.choose_payer(&unlocked, &entitlement, purpose).await?,
            (None, None) => None,
        };
        let payer = match payer {
            None => None,
            Some((balance, above)) => {
                let standing = self.standing_of(above, &entitlement).await?;
                let touching = Touching::request(id);
                let loaded = self.uow.credits().lock_balance(balance, &touching).await?;
                Some((found(loaded, "credit balance", balance)?, standing))
            }
        };
        let request = self.lock_request(id).await?;
        if request.record().credit_balance != before {
            return Err(StoreError::Conflict.into());
        }
        Ok(Work { policies: self.policies(&entitlement), request, payer })
    }

    /// The balance that is to pay from now on, and the entitlement that it lies under.
    async fn choose_payer(
        &mut self,
        request: &ServiceRequest,
        entitlement: &Entitlement,
        purpose: Purpose,
    ) -> Result<Option<(CreditBalanceId, EntitlementId)>, Refusal> {
        let environment = match request.record().origin {
            RequestOrigin::Standalone(id) => self.uow.entitlements().environment(id).await?,
            RequestOrigin::ServiceLinked(_) => None,
        };
        let balance = self.uow.credits().balance_of_entitlement(entitlement.id()).await?;
        let on_exhausted = match purpose {
            Purpose::Hold => self.policies(entitlement).credits().on_exhausted,
            Purpose::Debit => OnExhausted::BillExcess,
        };
        let site = Site { entitlement: entitlement.clone(), balance, environment, service: None };
        let Some((payer, _)) = self.payer_for(None, &site, on_exhausted).await? else { return Ok(None) };
        let above = self.uow.credits().entitlement_of_balance(payer).await?;
        Ok(Some((payer, found(above, "credit balance", payer)?)))
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
        balance: CreditBalanceId,
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
        work.request.pay_from(balance.id());
        let subject = subject(&work.request);
        self.record_reservation(subject, balance, &reserved, work.policies.credits());
        Ok(())
    }

    /// Holds what could not be held when it was reserved, where lots cover all of it by now (SR-5).
    pub(super) fn top_up(&mut self, work: &mut Work) -> Result<(), Refusal> {
        let Some((balance, standing)) = &mut work.payer else { return Ok(()) };
        let policy = work.policies.credits();
        let held = balance.top_up(work.request.id(), policy, *standing, &self.occasion())?;
        if let Some(reserved) = held {
            self.record_reservation(subject(&work.request), balance, &reserved, policy);
        }
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
        "credit_balance": row.credit_balance.map(|id| id.to_string()),
    })
}
