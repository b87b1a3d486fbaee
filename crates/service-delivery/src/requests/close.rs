//! Requests that are closed without being done: their credits go back in the same transaction (SR-8).

use billing::{Buyer, Quote, QuoteDraft};
use entitlement::Entitlement;
use kernel::{QuoteCode, QuoteId, ServiceRequestId};
use policy_resolver::kinds::RunningRequests;
use serde_json::{Value, json};
use sr_workflow::ServiceRequest;
use ust_credits::CreditBalance;

use super::{Work, facts, subject};
use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    retry::retrying,
    step::{Step, found},
};

/// How long a quote that a request became is valid, until staff revise it.
const QUOTE_DAYS: i64 = 30;

impl ServiceDelivery {
    /// Declines a draft or pending request, with or without a reason.
    ///
    /// # Errors
    /// No such request; a state that does not allow it.
    pub async fn reject_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        why: Option<&str>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, why.unwrap_or("reject service request")).await?;
            let mut work = step.lock_work(id).await?;
            let before = facts(&work.request);
            work.request.reject(why, &step.actor, step.now)?;
            step.release(&mut work)?;
            step.save_work(&mut work, "service_request.rejected", &before).await?;
            step.commit().await
        })
        .await
    }

    /// Gives a request up, with or without a reason: staff, or the customer until it is approved.
    ///
    /// # Errors
    /// No such request; a state that does not allow it; not the caller's to do.
    pub async fn cancel_request(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        why: Option<&str>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, why.unwrap_or("cancel service request")).await?;
            let mut work = step.lock_work(id).await?;
            let before = facts(&work.request);
            work.request.cancel(why, &step.actor, step.now)?;
            step.release(&mut work)?;
            step.save_work(&mut work, "service_request.cancelled", &before).await?;
            step.commit().await
        })
        .await
    }

    /// Closes a request beyond the contract's scope and drafts a quote for it, in the same transaction.
    ///
    /// # Errors
    /// No such request; a state that does not allow it.
    pub async fn convert_request_to_quote(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        why: Option<&str>,
    ) -> Result<QuoteId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, why.unwrap_or("convert service request to quote")).await?;
            let mut work = step.lock_work(id).await?;
            let before = facts(&work.request);
            work.request.convert_to_quote(why, &step.actor, step.now)?;
            step.release(&mut work)?;
            let quote = step.draft_quote(&work.request).await?;
            step.save_work(&mut work, "service_request.quoted", &before).await?;
            step.commit().await?;
            Ok(quote)
        })
        .await
    }
}

impl Step<'_> {
    pub(crate) fn release(&mut self, work: &mut Work) -> Result<(), Refusal> {
        match &mut work.payer {
            Some((balance, _)) => self.release_hold(&work.request, balance),
            None => Ok(()),
        }
    }

    fn release_hold(&mut self, request: &ServiceRequest, balance: &mut CreditBalance) -> Result<(), Refusal> {
        let released = balance.release(request.id(), &self.occasion())?;
        if !released.repeated {
            let after =
                json!({"released": released.amount.to_string(), "credit_balance": balance.id().to_string()});
            self.record("credits.released", subject(request), Value::Null, after);
        }
        Ok(())
    }

    /// The entitlement above has ended (EN-5): closes what closes with it. `balance` is the one that pays, locked.
    pub(crate) async fn end_request(
        &mut self,
        id: ServiceRequestId,
        running: RunningRequests,
        balance: Option<&mut CreditBalance>,
    ) -> Result<(), Refusal> {
        let mut request = found(self.uow.work().lock_request(id).await?, "service request", id)?;
        let before = facts(&request);
        if request.end_with_entitlement(running, &self.actor.clone(), self.now) {
            if let Some(balance) = balance {
                self.release_hold(&request, balance)?;
            }
            self.save_request(&request, "service_request.closed", &before).await?;
        }
        Ok(())
    }

    /// A draft without lines: staff price it.
    async fn draft_quote(&mut self, request: &ServiceRequest) -> Result<QuoteId, Refusal> {
        let entitlement = self.entitlement_above(request).await?;
        let (buyer, currency) = self.buyer_of(&entitlement).await?;
        let code =
            self.next_code(QuoteCode::series(self.now, self.app.utc_offset), QuoteCode::in_series).await?;
        let draft = QuoteDraft {
            id: self.id(),
            code,
            buyer,
            currency,
            title: request.record().title.clone(),
            service_request: Some(request.id()),
            valid_until: self.now.plus_days(QUOTE_DAYS),
            lines: vec![],
        };
        let quote = Quote::try_new(draft, self.now)?;
        self.uow.billing().insert_quote(&quote).await?;
        let subject = Subject::new(SubjectKind::Quote, quote.id()).coded(code);
        let subject = subject.under(entitlement.id()).of(entitlement.organization());
        let after =
            json!({"status": "draft", "title": quote.title(), "service_request": request.code().to_string()});
        self.record("quote.drafted", subject, Value::Null, after);
        Ok(quote.id())
    }

    async fn buyer_of(&mut self, entitlement: &Entitlement) -> Result<(Buyer, kernel::Currency), Refusal> {
        if let Some(id) = entitlement.organization() {
            let organization = found(self.uow.entitlements().organization(id).await?, "organization", id)?;
            return Ok((Buyer::Organization(id), organization.currency()));
        }
        let product = match entitlement.product() {
            Some(id) => self.uow.entitlements().product(id).await?,
            None => None,
        };
        match (entitlement.holder(), product) {
            (Some(holder), Some(product)) => {
                let buyer = Buyer::Person { name: holder.name.clone(), email: holder.email.to_string() };
                Ok((buyer, product.price().currency()))
            }
            _ => Err(Refusal::rule(
                "no-currency",
                "the entitlement has neither organization nor product, so that no currency is known; attach an organization first",
            )),
        }
    }
}
