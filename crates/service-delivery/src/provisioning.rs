//! Provisioning (PV-1 … PV-3): the plan is the domain's; here it is carried out, in the transaction that calls for it.

use std::num::{NonZeroU32, NonZeroU64};

use billing::{Buyer, Order};
use entitlement::{
    Circumstances, CommissionRate, Entitlement, LicenseKey, NewEntitlement, PlannedContract, PlannedGrant,
    PlannedService, Product, Provisioned, ProvisioningPlan, ReferralCode, StaffTask, Trigger, plan,
};
use kernel::{CodeSeries, ContractCode, CreditBalanceId, EntitlementCode, OrderId, OrderLineId};
use serde_json::{Value, json};
use sr_workflow::{NewService, Service, ServiceContent};
use ust_credits::{CreditBalance, Credits, Grant, LotSource, Touching};
use uuid::Uuid;

use crate::{
    Governing, Refusal, Subject, SubjectKind,
    step::{Step, found},
};

/// What an affiliate gets of what they bring, until a policy says otherwise: 10 %.
const COMMISSION_BASIS_POINTS: u16 = 1_000;

/// One piece of a paid order's line.
pub(crate) struct Bought<'a> {
    pub(crate) order: &'a Order,
    pub(crate) line: OrderLineId,
    pub(crate) product: &'a Product,
}

impl Step<'_> {
    /// The next code of `series`.
    pub(crate) async fn next_code<C>(
        &mut self,
        series: CodeSeries,
        make: impl FnOnce(CodeSeries, NonZeroU64) -> Option<C>,
    ) -> Result<C, Refusal> {
        let sequence = self.uow.codes().next(series).await?;
        make(series, sequence)
            .ok_or_else(|| Refusal::Fault { detail: format!("no code in series {}", series.prefix()) })
    }

    /// Makes, begins and provisions the entitlement that was bought.
    pub(crate) async fn provision_bought(&mut self, bought: &Bought<'_>) -> Result<(), Refusal> {
        let product = bought.product;
        let (organization, holder) = match bought.order.buyer() {
            Buyer::Organization(id) => (Some(*id), None),
            Buyer::Person { name, email } => (None, Some((name.clone(), email.clone()))),
        };
        let class = product.class();
        let series = EntitlementCode::series(class, self.now, self.app.utc_offset);
        let new = NewEntitlement {
            code: self.next_code(series, EntitlementCode::in_series).await?,
            organization,
            holder,
            order_line: Some(bought.line),
            product: Some(product.id()),
            support_class: product.terms().support_class,
        };
        let entitlement = Entitlement::try_new(self.id(), new, self.now)?;
        self.begin_entitlement(entitlement, Some(product), Some(bought.order.id())).await
    }

    /// Stores a new entitlement, active from now on, with what its class calls for.
    pub(crate) async fn begin_entitlement(
        &mut self,
        mut entitlement: Entitlement,
        product: Option<&Product>,
        order: Option<OrderId>,
    ) -> Result<(), Refusal> {
        let months = product.and_then(|product| product.terms().term_months).and_then(NonZeroU32::new);
        entitlement.activate(months, self.now, self.app.utc_offset)?;
        self.uow.entitlements().insert_entitlement(&entitlement).await?;
        let after = json!({
            "status": entitlement.status().to_string(),
            "ends_at": entitlement.term().map(|term| term.ends_at.to_string()),
            "support_class": entitlement.support_class().to_string(),
        });
        self.record("entitlement.created", entitlement_subject(&entitlement), Value::Null, after);
        let policies = self.policies(&entitlement);
        let circumstances = Circumstances {
            trigger: Trigger::Automatic,
            order,
            invoices: vec![],
            jira_project: None,
            commission: CommissionRate::from_basis_points(COMMISSION_BASIS_POINTS).unwrap_or_default(),
            now: self.now,
            offset: self.app.utc_offset,
        };
        let entropy = &*self.app.entropy;
        let mut ids = || entropy.uuid();
        // Nothing can lie under an entitlement that is made in this transaction.
        let nothing = Provisioned::default();
        let plan = plan(&entitlement, product, policies.provisioning(), &circumstances, &nothing, &mut ids)?;
        self.carry_out(&entitlement, plan, &policies).await
    }

    async fn carry_out(
        &mut self,
        entitlement: &Entitlement,
        plan: ProvisioningPlan,
        policies: &Governing,
    ) -> Result<(), Refusal> {
        let under =
            |kind, id: Uuid| Subject::new(kind, id).under(entitlement.id()).of(entitlement.organization());
        if let Some(planned) = plan.license {
            let license = planned.issue(LicenseKey::from_bytes(self.random()), self.now);
            self.uow.entitlements().insert_license(&license).await?;
            let after = json!({"sites_allowed": license.sites_allowed()});
            self.record(
                "license.issued",
                under(SubjectKind::License, license.id().into()),
                Value::Null,
                after,
            );
        }
        if let Some(planned) = plan.environment {
            let environment = planned.create(self.now);
            self.uow.entitlements().insert_environment(&environment).await?;
            let after = json!({"name": environment.name(), "status": environment.status().to_string()});
            let subject = under(SubjectKind::Environment, environment.id().into());
            self.record("environment.created", subject, Value::Null, after);
        }
        if let Some(planned) = plan.service {
            self.create_service(entitlement, planned).await?;
        }
        if let Some(planned) = plan.contract {
            self.draw_up_contract(entitlement, &planned, policies).await?;
        }
        self.open_balance(entitlement, plan.credit_balance, plan.included_credits, policies).await?;
        if let Some(planned) = plan.affiliate {
            let affiliate = planned.enrol(ReferralCode::from_bytes(self.random()), self.now);
            self.uow.entitlements().insert_affiliate(&affiliate).await?;
            let after = json!({"referral_code": affiliate.code.to_string()});
            self.record(
                "affiliate.enrolled",
                under(SubjectKind::Affiliate, affiliate.id.into()),
                Value::Null,
                after,
            );
        }
        if let Some(link) = plan.order_link {
            self.uow.entitlements().link_order(link).await?;
        }
        for link in plan.invoice_links {
            self.uow.entitlements().link_invoice(link).await?;
        }
        if let Some(download) = plan.download {
            self.uow.entitlements().insert_download(&download).await?;
            let after = json!({"title": download.title});
            self.record(
                "download.offered",
                under(SubjectKind::Download, download.id.into()),
                Value::Null,
                after,
            );
        }
        if let Some(document) = plan.document {
            self.uow.entitlements().insert_document(&document).await?;
            let after = json!({"title": document.title});
            self.record(
                "document.announced",
                under(SubjectKind::Document, document.id.into()),
                Value::Null,
                after,
            );
        }
        for task in plan.tasks {
            match task {
                StaffTask::SetUpEnvironment { environment, checklist } => {
                    let subject = under(SubjectKind::Environment, environment.into());
                    self.record(
                        "environment.setup_requested",
                        subject,
                        Value::Null,
                        json!({"checklist": checklist}),
                    );
                }
                StaffTask::Provision => {
                    let subject = entitlement_subject(entitlement);
                    self.record("entitlement.provisioning_requested", subject, Value::Null, Value::Null);
                }
            }
        }
        Ok(())
    }

    async fn create_service(
        &mut self,
        entitlement: &Entitlement,
        planned: PlannedService,
    ) -> Result<(), Refusal> {
        let mut content = ServiceContent::new(planned.title, planned.service_type);
        content.jira_project_key = planned.jira_project.and_then(|key| key.parse().ok());
        let new = NewService {
            id: planned.id,
            entitlement: entitlement.id(),
            organization: entitlement.organization(),
            content,
            mode: planned.mode,
            begins: planned.start,
        };
        let service = Service::try_new(new, self.now)?;
        self.uow.work().insert_service(&service).await?;
        let row = service.record();
        let after = json!({"title": row.content.title, "mode": row.mode.to_string(), "status": row.status.to_string()});
        let subject = Subject::new(SubjectKind::Service, row.id).under(row.entitlement).of(row.organization);
        self.record("service.created", subject, Value::Null, after);
        Ok(())
    }

    /// The contract of an entitlement that is active is in force at once, with the SLA as it stands now (PV-6).
    async fn draw_up_contract(
        &mut self,
        entitlement: &Entitlement,
        planned: &PlannedContract,
        policies: &Governing,
    ) -> Result<(), Refusal> {
        let series = ContractCode::series(self.now, self.app.utc_offset);
        let code = self.next_code(series, ContractCode::in_series).await?;
        let mut contract = planned.draw_up(code, self.now)?;
        contract.activate(policies.sla().clone(), self.now)?;
        self.uow.entitlements().insert_contract(&contract).await?;
        let after = json!({
            "status": contract.status().to_string(),
            "starts_on": contract.starts_on().to_string(),
            "ends_on": contract.ends_on().to_string(),
        });
        let subject = Subject::new(SubjectKind::Contract, contract.id()).coded(code);
        let subject = subject.under(entitlement.id()).of(entitlement.organization());
        self.record("contract.signed", subject, Value::Null, after);
        Ok(())
    }

    async fn open_balance(
        &mut self,
        entitlement: &Entitlement,
        fresh: Option<CreditBalanceId>,
        included: Option<PlannedGrant>,
        policies: &Governing,
    ) -> Result<(), Refusal> {
        let mut balance = match (fresh, &included) {
            (Some(id), _) => CreditBalance::open(id, entitlement.id(), entitlement.organization(), self.now),
            (None, Some(grant)) => {
                let id = grant.balance;
                let loaded = self.uow.credits().lock_balance(id, &Touching::nothing()).await?;
                found(loaded, "credit balance", id)?
            }
            (None, None) => return Ok(()),
        };
        let subject = || {
            let subject = Subject::new(SubjectKind::CreditBalance, balance.id());
            subject.under(entitlement.id()).of(entitlement.organization())
        };
        let subject = subject();
        if fresh.is_some() {
            self.record("credit_balance.opened", subject.clone(), Value::Null, Value::Null);
        }
        if let Some(planned) = included {
            let amount = Credits::from_units(planned.amount.units());
            let grant = Grant::new(planned.lot, amount, LotSource::Included);
            let grant = grant.under(policies.credits(), self.now, self.app.utc_offset);
            balance.grant(&grant, &self.occasion())?;
            let after = json!({"amount": amount.to_string(), "source": "included"});
            self.record("credits.granted", subject, Value::Null, after);
        }
        if fresh.is_some() {
            self.uow.credits().insert_balance(&mut balance).await?;
        } else {
            self.uow.credits().save_balance(&mut balance).await?;
        }
        Ok(())
    }
}

pub(crate) fn entitlement_subject(entitlement: &Entitlement) -> Subject {
    let subject = Subject::new(SubjectKind::Entitlement, entitlement.id()).coded(entitlement.code());
    subject.under(entitlement.id()).of(entitlement.organization())
}
