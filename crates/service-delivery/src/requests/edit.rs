//! What is said about a request, and what it is expected to cost.

use kernel::{CatalogItemId, Money, ServiceRequestId};
use sr_workflow::{Estimate, RequestEdit};
use ust_credits::{Complexity, Credits};

use super::facts;
use crate::{
    Refusal, ServiceDelivery,
    access::Caller,
    retry::retrying,
    step::{Step, not_stale},
};

/// Where an estimate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestWork {
    /// A catalog item, at its usual complexity or another.
    Catalog {
        /// The item.
        item: CatalogItemId,
        /// The complexity; the usual one where none is given.
        complexity: Option<Complexity>,
    },
    /// A figure of the staff's.
    Figure {
        /// Credits before complexity.
        base: Credits,
        /// The complexity.
        complexity: Complexity,
    },
}

/// What a request is expected to cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimateRequest {
    /// The work.
    pub work: RequestWork,
    /// What a credit is worth, where no policy said so when the request was made (SR-20).
    pub base_credit_value: Option<Money>,
}

impl ServiceDelivery {
    /// Changes what is said about a request: title, description, priority, due date, assignee.
    ///
    /// # Errors
    /// No such request, a stale version, every field that is wrong or not the caller's to change.
    pub async fn update_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        edit: &RequestEdit,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "update service request").await?;
            let entitlement = step.share_request(id).await?.entitlement;
            let mut request = step.lock_request(id).await?;
            not_stale("service request", request.version(), expected)?;
            let policies = step.policies(&entitlement);
            let before = facts(&request);
            if request.edit(edit.clone(), policies.sla(), &step.actor, step.now)? {
                step.save_request(&request, "service_request.updated", &before).await?;
            }
            step.commit().await
        })
        .await
    }

    /// Estimates a request, or anew, and holds the credits instead of those held before: on failure the old hold stands (SR-6).
    /// After approval, a higher estimate needs approval again.
    ///
    /// # Errors
    /// No such request or catalog item; a state that does not allow it; not enough credits, where the policy blocks.
    pub async fn estimate_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        estimate: &EstimateRequest,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "estimate service request").await?;
            let made = step.estimate_from(estimate.work).await?;
            let mut work = step.lock_work_to_hold(id).await?;
            let before = facts(&work.request);
            if let Some(worth) = estimate.base_credit_value {
                work.request.agree_base_credit_value(worth, &step.actor, step.now)?;
            }
            let _ = work.request.estimate(made, &step.actor, step.now)?;
            step.reserve(&mut work, made.credits())?;
            step.save_work(&mut work, "service_request.estimated", &before).await?;
            step.commit().await
        })
        .await
    }

    /// Says what a credit is worth for a request, where no policy did when it was made (SR-20): also once the work is done, so
    /// that a billing run which left it out finds it billable.
    ///
    /// # Errors
    /// No such request; one that is billed or closed; a value that is out of bounds, or fixed already; not the caller's to do.
    pub async fn agree_credit_value(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        worth: Money,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "agree credit value").await?;
            let mut request = step.lock_request(id).await?;
            let before = facts(&request);
            request.agree_base_credit_value(worth, &step.actor, step.now)?;
            step.save_request(&request, "service_request.credit_value_agreed", &before).await?;
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    async fn estimate_from(&mut self, work: RequestWork) -> Result<Estimate, Refusal> {
        match work {
            RequestWork::Catalog { item, complexity } => self.estimate_of_item(item, complexity).await,
            RequestWork::Figure { base, complexity } => Ok(Estimate::figure(base, complexity)?),
        }
    }
}
