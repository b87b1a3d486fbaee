//! What an entitlement's class calls for (EN-1), planned by a pure function (PV-1 … PV-3).

mod planned;

use kernel::{
    AffiliateId, ContractId, CreditBalanceId, DocumentId, DownloadId, EntitlementClass, EntitlementId,
    EnvironmentId, InvoiceId, LicenseId, OrderId, ProductId, ServiceId, Timestamp,
};
use policy_resolver::kinds::ProvisioningPolicy;
use time::UtcOffset;
use uuid::Uuid;

pub use planned::{
    PlannedAffiliate, PlannedContract, PlannedEnvironment, PlannedGrant, PlannedLicense, PlannedService,
};

use crate::{
    CommissionRate, ContractStatus, Document, Download, Entitlement, EnvironmentStatus, InvoiceLink,
    LicenseStatus, OrderLink, Product, Resource, ResourceKind, environment::is_jira_project,
};

/// What exists under an entitlement already, with each resource's own status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// Licenses.
    pub licenses: Vec<(LicenseId, LicenseStatus)>,
    /// Environments.
    pub environments: Vec<(EnvironmentId, EnvironmentStatus)>,
    /// Contracts.
    pub contracts: Vec<(ContractId, ContractStatus)>,
    /// Services.
    pub services: Vec<ServiceId>,
    /// The entitlement's own credit balance.
    pub credit_balance: Option<CreditBalanceId>,
    /// Whether that balance was ever granted a lot of included credits.
    pub included_credits_granted: bool,
    /// Affiliate records.
    pub affiliates: Vec<AffiliateId>,
    /// Downloads.
    pub downloads: Vec<DownloadId>,
    /// Documents.
    pub documents: Vec<DocumentId>,
    /// Orders it is linked to.
    pub orders: Vec<OrderId>,
    /// Invoices it is linked to.
    pub invoices: Vec<InvoiceId>,
}

impl Provisioned {
    /// What of it follows the entitlement's standing by itself (EN-5): licenses, environments, contracts and the
    /// balance. Services and requests, whose states are not known here, are added by whoever asks.
    pub fn resources(&self) -> Vec<Resource> {
        let licenses =
            self.licenses.iter().map(|(id, own)| Resource::limited(ResourceKind::License, *id, *own));
        let environments = self.environments.iter();
        let environments =
            environments.map(|(id, own)| Resource::limited(ResourceKind::Environment, *id, *own));
        let contracts =
            self.contracts.iter().map(|(id, own)| Resource::limited(ResourceKind::Contract, *id, *own));
        let balance = self.credit_balance.map(Resource::credit_balance);
        licenses.chain(environments).chain(contracts).chain(balance).collect()
    }
}

/// What makes the provisioning happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// It happens by itself; ProvisioningPolicy may leave it to staff.
    Automatic,
    /// Staff ask for it.
    ByHand,
}

/// What the plan depends on besides entitlement, product and policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// What makes it happen.
    pub trigger: Trigger,
    /// The order that was paid; none for sovereign entitlements.
    pub order: Option<OrderId>,
    /// The invoices that bill it so far.
    pub invoices: Vec<InvoiceId>,
    /// The Jira project the work goes to, when one is known; what is no project key counts as unknown.
    pub jira_project: Option<String>,
    /// What an affiliate gets.
    pub commission: CommissionRate,
    /// The present instant.
    pub now: Timestamp,
    /// The business's offset: contracts begin on its calendar day.
    pub offset: UtcOffset,
}

/// What staff have to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffTask {
    /// Set up the environment; the points of the policy's checklist, in order.
    SetUpEnvironment {
        /// Which one.
        environment: EnvironmentId,
        /// What there is to do.
        checklist: Vec<String>,
    },
    /// Start the provisioning, which the policy leaves to them.
    Provision,
}

/// Everything that is to be made, and nothing that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisioningPlan {
    /// What it is for.
    pub entitlement: EntitlementId,
    /// A license.
    pub license: Option<PlannedLicense>,
    /// An environment.
    pub environment: Option<PlannedEnvironment>,
    /// A service.
    pub service: Option<PlannedService>,
    /// A contract.
    pub contract: Option<PlannedContract>,
    /// A credit balance, at zero.
    pub credit_balance: Option<CreditBalanceId>,
    /// A lot of included credits.
    pub included_credits: Option<PlannedGrant>,
    /// An affiliate's record.
    pub affiliate: Option<PlannedAffiliate>,
    /// A link to the order.
    pub order_link: Option<OrderLink>,
    /// Links to invoices.
    pub invoice_links: Vec<InvoiceLink>,
    /// A download.
    pub download: Option<Download>,
    /// A document, without file so far.
    pub document: Option<Document>,
    /// What staff have to do, to be notified of.
    pub tasks: Vec<StaffTask>,
}

impl ProvisioningPlan {
    /// Nothing to be made.
    fn nothing(entitlement: EntitlementId) -> Self {
        Self {
            entitlement,
            license: None,
            environment: None,
            service: None,
            contract: None,
            credit_balance: None,
            included_credits: None,
            affiliate: None,
            order_link: None,
            invoice_links: Vec::new(),
            download: None,
            document: None,
            tasks: Vec::new(),
        }
    }

    /// Whether there is nothing to be made and nothing to be done.
    pub fn is_empty(&self) -> bool {
        *self == Self::nothing(self.entitlement)
    }
}

/// Why nothing can be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The class needs figures that only a product has.
    #[error("is needed: an entitlement of class {class} is provisioned from its product")]
    ProductNeeded {
        /// The class.
        class: EntitlementClass,
    },
    /// Not the entitlement's product.
    #[error("the product {product} is not the entitlement's, or of another class")]
    OtherProduct {
        /// The product.
        product: ProductId,
    },
}

/// Plans what `entitlement` calls for (PV-1): what its class lists (EN-1) less what is there. `ids` gives a fresh id for
/// each new thing, so that carrying out the plan and planning again yields nothing new.
///
/// # Errors
/// A service or plugin without product, or a product that is not the entitlement's.
pub fn plan(
    entitlement: &Entitlement,
    product: Option<&Product>,
    policy: &ProvisioningPolicy,
    circumstances: &Circumstances,
    existing: &Provisioned,
    ids: &mut dyn FnMut() -> Uuid,
) -> Result<ProvisioningPlan, PlanError> {
    let class = entitlement.class();
    if let Some(product) = product
        && (entitlement.product() != Some(product.id()) || product.class() != class)
    {
        return Err(PlanError::OtherProduct { product: product.id() });
    }
    let planner = Planner { entitlement, product, policy, circumstances, existing };
    let mut plan = ProvisioningPlan::nothing(entitlement.id());
    match class {
        EntitlementClass::Plg => {
            planner.license(&mut plan, ids)?;
            planner.download(&mut plan, ids);
        }
        EntitlementClass::Env => planner.environment(&mut plan, ids),
        EntitlementClass::Svc => planner.service(&mut plan, ids)?,
        EntitlementClass::Ord => {
            planner.order_link(&mut plan);
            planner.invoice_links(&mut plan);
            planner.download(&mut plan, ids);
        }
        EntitlementClass::Afl => planner.affiliate(&mut plan, ids),
        EntitlementClass::Edu => {
            planner.order_link(&mut plan);
            planner.document(&mut plan, ids);
            planner.download(&mut plan, ids);
        }
    }
    if circumstances.trigger == Trigger::Automatic && !policy.automatic && !plan.is_empty() {
        let waiting = ProvisioningPlan::nothing(entitlement.id());
        return Ok(ProvisioningPlan { tasks: vec![StaffTask::Provision], ..waiting });
    }
    Ok(plan)
}

struct Planner<'a> {
    entitlement: &'a Entitlement,
    product: Option<&'a Product>,
    policy: &'a ProvisioningPolicy,
    circumstances: &'a Circumstances,
    existing: &'a Provisioned,
}

type Ids<'a> = &'a mut dyn FnMut() -> Uuid;

impl Planner<'_> {
    fn needed_product(&self) -> Result<&Product, PlanError> {
        self.product.ok_or(PlanError::ProductNeeded { class: self.entitlement.class() })
    }

    /// What new things are called: as the product, else by the code.
    fn title(&self) -> String {
        self.product.map_or_else(|| self.entitlement.code().to_string(), |product| product.name().to_owned())
    }

    fn license(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) -> Result<(), PlanError> {
        let product = self.needed_product()?;
        if self.existing.licenses.is_empty() {
            plan.license = Some(PlannedLicense {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                product: product.id(),
                sites_allowed: product.terms().sites_allowed.unwrap_or(1),
            });
        }
        Ok(())
    }

    fn environment(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) {
        if !self.existing.environments.is_empty() {
            return;
        }
        let id = EnvironmentId::from(ids());
        plan.environment =
            Some(PlannedEnvironment { id, entitlement: self.entitlement.id(), name: self.title() });
        plan.tasks.push(StaffTask::SetUpEnvironment {
            environment: id,
            checklist: self.policy.environment_checklist.clone(),
        });
    }

    fn service(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) -> Result<(), PlanError> {
        let product = self.needed_product()?;
        let kind =
            product.terms().service.ok_or(PlanError::ProductNeeded { class: self.entitlement.class() })?;
        if self.existing.services.is_empty() {
            let known = self.circumstances.jira_project.as_deref().filter(|key| is_jira_project(key));
            plan.service = Some(PlannedService {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                title: self.title(),
                service_type: kind.service_type,
                mode: kind.mode,
                start: self.policy.service_status,
                jira_project: known.map(str::to_owned),
            });
        }
        if self.policy.create_contract && self.existing.contracts.is_empty() {
            plan.contract = Some(PlannedContract {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                support_class: self.entitlement.support_class(),
                starts_on: self.circumstances.now.date_at(self.circumstances.offset),
                months: self.policy.contract_months,
                value: product.price(),
            });
        }
        let balance = self.existing.credit_balance.unwrap_or_else(|| {
            let id = ids().into();
            plan.credit_balance = Some(id);
            id
        });
        let included = product.terms().credits_included;
        if included.units() > 0 && !self.existing.included_credits_granted {
            plan.included_credits = Some(PlannedGrant { lot: ids().into(), balance, amount: included });
        }
        Ok(())
    }

    fn affiliate(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) {
        if self.existing.affiliates.is_empty() {
            plan.affiliate = Some(PlannedAffiliate {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                rate: self.circumstances.commission,
            });
        }
    }

    fn order_link(&self, plan: &mut ProvisioningPlan) {
        plan.order_link = self
            .circumstances
            .order
            .filter(|order| !self.existing.orders.contains(order))
            .map(|order| OrderLink { entitlement: self.entitlement.id(), order });
    }

    fn invoice_links(&self, plan: &mut ProvisioningPlan) {
        for invoice in &self.circumstances.invoices {
            let link = InvoiceLink { entitlement: self.entitlement.id(), invoice: *invoice };
            if !self.existing.invoices.contains(invoice) && !plan.invoice_links.contains(&link) {
                plan.invoice_links.push(link);
            }
        }
    }

    fn download(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) {
        if self.existing.downloads.is_empty() {
            plan.download = Some(Download {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                product: self.product.map(Product::id),
                title: self.title(),
                created_at: self.circumstances.now,
            });
        }
    }

    fn document(&self, plan: &mut ProvisioningPlan, ids: Ids<'_>) {
        if self.existing.documents.is_empty() {
            plan.document = Some(Document {
                id: ids().into(),
                entitlement: self.entitlement.id(),
                title: self.title(),
                file: None,
                created_at: self.circumstances.now,
            });
        }
    }
}

#[cfg(test)]
mod tests;
