//! A new request: checked (SR-2), priced, reserved, in one transaction.

use entitlement::Entitlement;
use kernel::{
    CatalogItemId, CreditBalanceId, EnvironmentId, Invalid, ServiceId, ServiceRequestCode, ServiceRequestId,
};
use policy_resolver::kinds::Priority;
use serde_json::Value;
use sr_workflow::{Asked, Estimate, NewRequest, ServiceRequest, admit, base_credit_value};
use time::Date;
use ust_credits::{Complexity, Credits, PayerReason, Touching};

use super::{Work, facts, subject};
use crate::{
    Refusal, ServiceDelivery,
    access::Caller,
    retry::retrying,
    step::{Step, found},
};

/// What a request is made on (SR-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestGround {
    /// An environment.
    Environment(EnvironmentId),
    /// A service.
    Service(ServiceId),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRequest {
    /// On what.
    pub ground: RequestGround,
    /// In short.
    pub title: String,
    /// At length; may be empty.
    pub description: String,
    /// How urgent; `normal` where none is given. From a customer it is a suggestion (SR-11).
    pub priority: Option<Priority>,
    /// The day by which it is wanted.
    pub due_date: Option<Date>,
    /// Who is to do it; staff only.
    pub assignee: Option<String>,
    /// The catalog item that prices it.
    pub catalog_item: Option<CatalogItemId>,
    /// Its complexity: the item's usual one where none is given; needed with `estimate`.
    pub complexity: Option<Complexity>,
    /// Credits before complexity, where no catalog item is chosen; staff only.
    pub estimate: Option<Credits>,
    /// The balance that is to pay (CR-13).
    pub credit_balance: Option<CreditBalanceId>,
    /// The analysis that has to be completed first (SR-9).
    pub analysis: Option<ServiceRequestId>,
}

impl ServiceDelivery {
    /// Makes a draft. Where there is an estimate, its credits are held in the same transaction (SR-6).
    ///
    /// # Errors
    /// No such environment or service; not admitted (SR-1, SR-2, SR-11), with what is the case; every field that is wrong; not
    /// enough credits, where the policy blocks.
    pub async fn create_request(
        &self,
        by: &Caller,
        new: &CreateRequest,
    ) -> Result<ServiceRequestId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create service request").await?;
            let site = step.share_site(new.ground).await?;
            let policies = step.policies(&site.entitlement);
            let standing = site.entitlement.standing(step.now);
            let ground = site.ground()?;
            let by_whom = step.actor.kind;
            let admitted = admit(&Asked {
                by: by_whom,
                ground,
                standing,
                priority: new.priority,
                provisioning: policies.provisioning(),
                sla: policies.sla(),
            })?;
            let estimate = step.estimate_of(new).await?;
            step.check_analysis(new.analysis, &site.entitlement).await?;
            // Without an estimate nothing is held yet: who pays is chosen once it is, of what there is then (SR-6, CR-13).
            let payer = if estimate.is_some() || new.credit_balance.is_some() {
                step.payer_for(new.credit_balance, &site, policies.credits().on_exhausted).await?
            } else {
                None
            };
            let payer = match payer {
                None => None,
                // It lies under the entitlement that is here already.
                Some((id, PayerReason::Entitlement)) => Some((id, standing)),
                Some((id, _)) => Some((id, step.standing_above(id, &site.entitlement).await?)),
            };
            let series = ServiceRequestCode::series(step.now, self.utc_offset);
            let made = NewRequest {
                id: step.id(),
                code: step.next_code(series, ServiceRequestCode::in_series).await?,
                title: new.title.clone(),
                description: new.description.clone(),
                due_date: new.due_date,
                assignee: new.assignee.clone(),
                estimate,
                credit_balance: payer.map(|(id, _)| id),
                base_credit_value: base_credit_value(policies.credits())?,
                analysis: new.analysis,
            };
            let mut request = ServiceRequest::try_new(made, admitted, &step.actor, step.now)?;
            request.schedule(&policies.credits_from_now_on());
            let id = request.id();
            // The balance is read last, as others wait for it until this transaction ends; what is written goes together then.
            let reservation = match (estimate, payer) {
                (Some(estimate), Some((payer, standing))) => {
                    let loaded = step.uow.credits().lock_balance(payer, &Touching::fresh_request(id)).await?;
                    Some((estimate.credits(), found(loaded, "credit balance", payer)?, standing))
                }
                _ => None,
            };
            step.uow.work().insert_request(&request).await?;
            step.record("service_request.created", subject(&request), Value::Null, facts(&request));
            if let Some((credits, balance, standing)) = reservation {
                let mut work = Work { request, policies, payer: Some((balance, standing)) };
                step.reserve(&mut work, credits)?;
                if let Some((balance, _)) = &mut work.payer {
                    step.record_expiries(balance, 0);
                    step.uow.credits().save_balance(balance).await?;
                }
            }
            step.commit().await?;
            Ok(id)
        })
        .await
    }
}

impl Step<'_> {
    async fn estimate_of(&mut self, new: &CreateRequest) -> Result<Option<Estimate>, Refusal> {
        match (new.catalog_item, new.estimate) {
            (Some(_), Some(_)) => {
                Err(Invalid::field("estimate", "must be left out where a catalog item is chosen").into())
            }
            (Some(item), None) => Ok(Some(self.estimate_of_item(item, new.complexity).await?)),
            (None, Some(base)) => {
                let problem = "is needed where an estimate is given";
                let complexity = new.complexity.ok_or_else(|| Invalid::field("complexity", problem))?;
                Ok(Some(Estimate::figure(base, complexity)?))
            }
            (None, None) if new.complexity.is_some() => {
                let problem = "goes with a catalog item or an estimate, and neither is given";
                Err(Invalid::field("complexity", problem).into())
            }
            (None, None) => Ok(None),
        }
    }

    pub(crate) async fn estimate_of_item(
        &mut self,
        item: CatalogItemId,
        complexity: Option<Complexity>,
    ) -> Result<Estimate, Refusal> {
        let item = self.uow.credits().catalog_item(item).await?;
        let item = item.ok_or_else(|| Invalid::field("catalog_item", "there is no such catalog item"))?;
        Ok(Estimate::of_catalog(&item, complexity)?)
    }

    /// An analysis is a request of the same customer (SR-9).
    async fn check_analysis(
        &mut self,
        analysis: Option<ServiceRequestId>,
        entitlement: &Entitlement,
    ) -> Result<(), Refusal> {
        let Some(id) = analysis else { return Ok(()) };
        let above = self.uow.work().request(id).await?.map(|request| request.record().entitlement);
        if self.is_same_customers(above, entitlement).await? {
            return Ok(());
        }
        Err(Invalid::field("analysis", format!("there is no service request {id} of this customer")).into())
    }
}
