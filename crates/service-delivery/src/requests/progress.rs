//! From draft to work in progress.

use kernel::{ServiceRequestId, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use sr_workflow::PreApproval;
use ust_credits::{CreditBalance, Credits};

use super::{Work, facts};
use crate::{Refusal, ServiceDelivery, access::Caller, retry::retrying, step::Step};

/// A command that moves a request towards its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestChange {
    /// Ask for approval; approved at once where it is pre-approved (SR-5).
    Submit,
    /// The customer agrees; staff on their behalf give a reason.
    Approve {
        /// Why staff speak for the customer.
        on_behalf: Option<String>,
    },
    /// Work begins.
    Start,
    /// Work waits, for a reason.
    Hold {
        /// What for.
        reason: String,
    },
    /// Work goes on.
    Resume,
}

impl ServiceDelivery {
    /// Moves a request towards its work.
    ///
    /// # Errors
    /// No such request; a state that does not allow it, with what is legal; not the caller's to do; what the step needs and is
    /// not there.
    pub async fn move_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        change: &RequestChange,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            match change {
                RequestChange::Submit => self.submit(by, id).await,
                RequestChange::Approve { on_behalf } => self.approve(by, id, on_behalf.as_deref()).await,
                RequestChange::Start => self.start(by, id).await,
                RequestChange::Hold { reason } => {
                    let mut step = self.begin(by, reason).await?;
                    let mut request = step.lock_request(id).await?;
                    let before = facts(&request);
                    request.hold(reason, &step.actor, step.now)?;
                    step.save_request(&request, "service_request.held", &before).await?;
                    step.commit().await
                }
                RequestChange::Resume => {
                    let mut step = self.begin(by, "resume service request").await?;
                    let mut request = step.lock_request(id).await?;
                    let before = facts(&request);
                    let _ = request.resume(&step.actor, step.now)?;
                    step.save_request(&request, "service_request.resumed", &before).await?;
                    step.commit().await
                }
            }
        })
        .await
    }

    async fn submit(&self, by: &Caller, id: ServiceRequestId) -> Result<(), Refusal> {
        let mut step = self.begin(by, "submit service request").await?;
        let mut work = step.lock_work(id).await?;
        let before = facts(&work.request);
        step.hold_again(&mut work)?;
        step.top_up(&mut work)?;
        let verdict = step.pre_approval(&work).await?;
        let _ = work.request.submit(verdict, &step.actor, step.now)?;
        step.save_work(&mut work, "service_request.submitted", &before).await?;
        step.commit().await
    }

    async fn approve(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        on_behalf: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut step = self.begin(by, on_behalf.unwrap_or("approve service request")).await?;
        let mut work = step.lock_work(id).await?;
        let before = facts(&work.request);
        step.hold_again(&mut work)?;
        work.request.approve(on_behalf, &step.actor, step.now)?;
        step.save_work(&mut work, "service_request.approved", &before).await?;
        step.commit().await
    }

    async fn start(&self, by: &Caller, id: ServiceRequestId) -> Result<(), Refusal> {
        let mut step = self.begin(by, "start service request").await?;
        let mut request = step.lock_request(id).await?;
        let analysis = match request.record().analysis {
            Some(analysis) => step.uow.work().request(analysis).await?,
            None => None,
        };
        let before = facts(&request);
        request.start(analysis.as_ref(), &step.actor, step.now)?;
        step.save_request(&request, "service_request.started", &before).await?;
        step.commit().await
    }
}

impl Step<'_> {
    /// What the credits' side says (SR-5, CR-12).
    async fn pre_approval(&mut self, work: &Work) -> Result<PreApproval, Refusal> {
        let (Some((balance, standing)), Some(estimate)) = (&work.payer, work.request.estimated_credits())
        else {
            return Ok(PreApproval::Refused);
        };
        let used = self.used_this_month(balance, work.credits()).await?;
        let against =
            balance.pre_approval(work.request.id(), estimate, work.credits(), used, *standing, self.now);
        Ok(if against.is_empty() { PreApproval::Granted } else { PreApproval::Refused })
    }

    /// What was used of `balance` since the month began; reckoned only where `policy` has a limit for it (CR-12).
    pub(crate) async fn used_this_month(
        &mut self,
        balance: &CreditBalance,
        policy: &CreditPolicy,
    ) -> Result<Credits, Refusal> {
        if policy.monthly_limit.is_none() {
            return Ok(Credits::ZERO);
        }
        let today = self.today();
        let month = Timestamp::start_of(today.replace_day(1).unwrap_or(today), self.app.utc_offset);
        // What happened at its very first instant is of this month.
        let point = self.uow.credits().ledger_point(balance.id(), month.just_before()).await?;
        let then = point.map(|point| point.totals.used()).transpose()?.unwrap_or(Credits::ZERO);
        Ok(balance.totals().used()?.checked_sub(then)?)
    }
}
