//! Billing runs and invoices (OD-5 … OD-7).

use billing::{
    Billable, BillableAmounts, BillingRun, Gathering, Invoice, InvoiceDraft, LineSource, Outcome, SkipReason,
    Skipped, gather,
};
use kernel::{BillingRunId, InvoiceCode, InvoiceId, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sr_workflow::{BillError, ServiceRequest};
use ust_credits::{Credits, UNITS_PER_CREDIT};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    requests,
    retry::retrying,
    step::{Step, found},
};

impl ServiceDelivery {
    /// Gathers everything billable and not yet invoiced into one draft invoice per organization and currency (OD-6).
    /// Accepted requests become billed in the same transaction, their value fixed (SR-20). Runs wait for each other.
    ///
    /// # Errors
    /// Only the storage's; what cannot be billed is reported in the run and tried again by the next.
    pub async fn start_billing_run(&self, by: &Caller) -> Result<BillingRunId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "billing run").await?;
            step.actor.kind = kernel::ActorKind::System;
            step.uow.billing().lock_billing_runs().await?;
            let mut billables = step.uow.billing().uninvoiced_order_lines().await?;
            let mut requests = step.uow.work().lock_billable_requests().await?;
            let (mut billed, mut unfit) = (Vec::with_capacity(requests.len()), Vec::new());
            for request in &mut requests {
                let before = requests::facts(request);
                match step.bill(request)? {
                    Ok(billable) => {
                        billables.push(billable);
                        billed.push((request, before));
                    }
                    Err(skipped) => unfit.push(skipped),
                }
            }
            let mut gathering = gather(&billables, || step.id());
            gathering.skipped.extend(unfit);
            for (request, before) in billed {
                let source = LineSource::service_request(request.id());
                // What was left out stays as it was stored: accepted, and not billed.
                if gathering.skipped.iter().all(|skipped| skipped.source != source) {
                    step.save_request(request, "service_request.billed", &before).await?;
                }
            }
            let run = BillingRun::new(step.id(), step.now, by.actor(), &gathering);
            step.uow.billing().insert_billing_run(&run).await?;
            step.draft_invoices(gathering, run.id).await?;
            let after = json!({"invoices": run.invoices, "lines": run.lines, "skipped": run.skipped.len()});
            step.record(
                "billing_run.finished",
                Subject::new(SubjectKind::BillingRun, run.id),
                Value::Null,
                after,
            );
            step.commit().await?;
            Ok(run.id)
        })
        .await
    }

    /// Issues a draft invoice, due in `due_at`: it gets its code, and never changes again.
    ///
    /// # Errors
    /// No such invoice; a state that does not allow it; no lines; a due date that is past.
    pub async fn issue_invoice(&self, by: &Caller, id: InvoiceId, due_at: Timestamp) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "issue invoice").await?;
            let mut invoice = step.lock_invoice(id).await?;
            let before = invoice.status().to_string();
            if invoice.can_issue(due_at, step.now)? == Outcome::Changed {
                // Drawn last: numbers have no gaps, so others wait for this one until the commit (ID-6).
                let code = step
                    .next_code(InvoiceCode::series(step.now, self.utc_offset), InvoiceCode::in_series)
                    .await?;
                let _ = invoice.issue(code, due_at, step.now)?;
                step.save_invoice(&invoice, "invoice.issued", &before).await?;
            }
            step.commit().await
        })
        .await
    }

    /// Notes that an issued invoice was paid. Repeating it changes nothing.
    ///
    /// # Errors
    /// No such invoice; a state that does not allow it.
    pub async fn pay_invoice(&self, by: &Caller, id: InvoiceId) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "pay invoice").await?;
            let mut invoice = step.lock_invoice(id).await?;
            let before = invoice.status().to_string();
            if invoice.pay(step.now)? == Outcome::Changed {
                step.save_invoice(&invoice, "invoice.paid", &before).await?;
            }
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    async fn lock_invoice(&mut self, id: InvoiceId) -> Result<Invoice, Refusal> {
        let invoice = self.uow.billing().lock_invoice(id).await?;
        let invoice = invoice.filter(|invoice| self.caller.sees(Some(invoice.organization())));
        found(invoice, "invoice", id)
    }

    async fn save_invoice(&mut self, invoice: &Invoice, event: &str, before: &str) -> Result<(), Refusal> {
        self.uow.billing().save_invoice(invoice).await?;
        let after = json!({
            "status": invoice.status().to_string(),
            "code": invoice.code().map(|code| code.to_string()),
            "due": invoice.totals().due.to_string(),
        });
        self.record(event, subject(invoice), json!({"status": before}), after);
        Ok(())
    }

    /// Fixes the billed value of an accepted request (SR-20). Where no credit value is known, or the billed one does not fit, it
    /// stays unbilled and the run says so.
    fn bill(&self, request: &mut ServiceRequest) -> Result<Result<Billable, Skipped>, Refusal> {
        let source = LineSource::service_request(request.id());
        let amounts = match request.bill(&self.actor, self.now) {
            Ok(billed) => Some(BillableAmounts { value: billed.value, covered: billed.covered }),
            Err(BillError::NoBaseCreditValue) => None,
            Err(error @ (BillError::Credits(_) | BillError::Money(_))) => {
                let detail = error.to_string();
                return Ok(Err(Skipped { source, reason: SkipReason::AmountTooLarge, detail }));
            }
            Err(error) => return Err(error.into()),
        };
        let row = request.record();
        let actual = row.completion.as_ref().map_or(Credits::ZERO, |done| done.actual.credits);
        let credits = Decimal::from(actual.units()) / Decimal::from(UNITS_PER_CREDIT);
        Ok(Ok(Billable {
            source,
            organization: row.organization,
            description: format!("{} {}", row.code, row.title),
            // Work that took no credits is one piece of work all the same, worth nothing.
            quantity: if actual.is_zero() { Decimal::ONE } else { credits },
            amounts,
        }))
    }

    async fn draft_invoices(&mut self, gathering: Gathering, run: BillingRunId) -> Result<(), Refusal> {
        for plan in gathering.invoices {
            let draft = InvoiceDraft {
                id: self.id(),
                organization: plan.organization,
                currency: plan.currency,
                billing_run: Some(run),
            };
            let mut invoice = Invoice::new(draft, self.now);
            for line in plan.lines {
                invoice.add_line(line)?;
            }
            self.uow.billing().insert_invoice(&invoice).await?;
            let totals = invoice.totals();
            let after = json!({
                "status": "draft",
                "lines": invoice.lines().len(),
                "value": totals.value.to_string(),
                "covered": totals.covered.to_string(),
                "due": totals.due.to_string(),
            });
            self.record("invoice.drafted", subject(&invoice), Value::Null, after);
        }
        Ok(())
    }
}

fn subject(invoice: &Invoice) -> Subject {
    let subject = Subject::new(SubjectKind::Invoice, invoice.id()).of(invoice.organization());
    match invoice.code() {
        Some(code) => subject.coded(code),
        None => subject,
    }
}
