//! Makes the story happen: every deed through the use case that a person would use.

mod money;
mod sales;
mod work;

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, anyhow};
use kernel::{
    CallerId, Currency, EntitlementId, OrderId, OrganizationId, ProductId, ServiceRequestId, Timestamp,
    ports::{Clock as _, Entropy},
};
use service_delivery::{
    GrantCredits, ServiceDelivery, Storage,
    access::{Caller, Grant, StaffRole},
    reads::{EntitlementDetail, Reads, Viewer},
};
use time::UtcOffset;

use super::{
    clock::DemoClock,
    deed::{Dated, Deed, Name, Who},
    policies::DemoPolicies,
};

/// A customer, as far as the story needs it.
#[derive(Clone, Copy)]
pub(super) struct KnownOrganization {
    pub(super) id: OrganizationId,
    pub(super) currency: Currency,
}

/// Carries out deeds, and remembers what they made by the names that the story gives.
pub(super) struct Narrator {
    pub(super) app: ServiceDelivery,
    pub(super) reads: Arc<dyn Reads>,
    pub(super) clock: Arc<DemoClock>,
    policies: Arc<DemoPolicies>,
    entropy: Arc<dyn Entropy>,
    organizations: HashMap<Name, KnownOrganization>,
    callers: HashMap<Who, Caller>,
    products: HashMap<String, ProductId>,
    items: HashMap<Name, kernel::CatalogItemId>,
    orders: HashMap<Name, (OrderId, Vec<Name>)>,
    entitlements: HashMap<Name, EntitlementId>,
    requests: HashMap<Name, ServiceRequestId>,
}

impl Narrator {
    pub(super) fn try_new(
        storage: Arc<dyn Storage>,
        reads: Arc<dyn Reads>,
        entropy: Arc<dyn Entropy>,
        present: Timestamp,
        utc_offset: UtcOffset,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(DemoClock::new(present, utc_offset));
        let policies = Arc::new(DemoPolicies::try_new()?);
        let app = ServiceDelivery::new(storage, clock.clone(), entropy.clone(), policies.clone(), utc_offset);
        Ok(Self {
            app,
            reads,
            clock,
            policies,
            entropy,
            organizations: HashMap::new(),
            callers: HashMap::new(),
            products: HashMap::new(),
            items: HashMap::new(),
            orders: HashMap::new(),
            entitlements: HashMap::new(),
            requests: HashMap::new(),
        })
    }

    /// Makes everything happen, in the order of time; what happens in the same hour, in the order told.
    pub(super) async fn narrate(&mut self, mut story: Vec<Dated>) -> anyhow::Result<()> {
        story.sort_by_key(|dated| (std::cmp::Reverse(dated.when.days_ago), dated.when.hour));
        for dated in story {
            self.clock.set(dated.when);
            // What fell due since the last deed took place in between.
            self.app.run_due(self.clock.now()).await?;
            let told = format!("{dated:?}");
            self.happen(dated).await.with_context(|| format!("in the demo's story: {told}"))?;
        }
        Ok(())
    }

    async fn happen(&mut self, dated: Dated) -> anyhow::Result<()> {
        let by = self.caller(dated.by)?;
        match dated.deed {
            Deed::OfferProduct(offer) => self.offer_product(&by, offer).await,
            Deed::WithdrawProduct(sku) => {
                Ok(self.app.deactivate_product(&by, known(&self.products, sku.to_owned())?).await?)
            }
            Deed::OfferItem(offer) => self.offer_item(&by, offer).await,
            Deed::WithdrawItem(code) => {
                Ok(self.app.deactivate_catalog_item(&by, known(&self.items, code)?).await?)
            }
            Deed::Register(customer) => self.register(&by, customer).await,
            Deed::Welcome { into, name, email, role, scopes } => {
                self.welcome(&by, into, name, email, role, scopes).await
            }
            Deed::Order(sale) => self.order(&by, sale).await,
            Deed::CancelOrder(order) => {
                let (order, _) = known(&self.orders, order)?;
                Ok(self.app.cancel_order(&by, order).await?)
            }
            Deed::Pay { order, reference, part } => self.pay(&by, order, reference, part).await,
            Deed::Entitle { name, class, holder, product } => {
                self.entitle(&by, name, class, holder, product).await
            }
            Deed::Attach { entitlement, to } => {
                let (entitlement, to) = (self.entitlement(entitlement)?, self.organization(to)?);
                Ok(self.app.attach_organization(&by, entitlement, to.id).await?)
            }
            Deed::Change { entitlement, change, reason } => {
                let entitlement = self.entitlement(entitlement)?;
                Ok(self.app.change_entitlement(&by, entitlement, change, reason).await?)
            }
            Deed::UseLicense { entitlement, site } => self.use_license(&by, entitlement, site).await,
            Deed::GrantCredits { entitlement, amount, source, reference, valid_days, reason } => {
                let expires_at = valid_days.map(|days| self.clock.now().plus_days(days));
                let grant = GrantCredits {
                    amount: amount.parse()?,
                    source,
                    usable_from: None,
                    expires_at,
                    external_ref: reference.map(str::to_owned),
                    reason: reason.to_owned(),
                };
                self.app.grant_credits(&by, self.balance(entitlement).await?, &grant).await?;
                Ok(())
            }
            Deed::SetUp(installation) => self.set_up(&by, installation).await,
            Deed::ChangeEnvironment { entitlement, change } => {
                let environment = self.environment(entitlement).await?;
                Ok(self.app.change_environment(&by, environment, change).await?)
            }
            Deed::DescribeService(engagement) => self.describe_service(&by, engagement).await,
            Deed::ChangeService { entitlement, change } => {
                let service = self.service(entitlement).await?;
                Ok(self.app.change_service(&by, service, &change).await?)
            }
            Deed::Ask(asked) => self.ask(&by, asked).await,
            Deed::Work { request, step } => self.work(&by, known(&self.requests, request)?, step).await,
            Deed::Bill => self.bill(&by).await,
            Deed::Issue { due_in_days } => self.issue(&by, due_in_days).await,
            Deed::CollectInvoices { save } => self.collect(&by, save).await,
        }
    }

    /// Staff are who the story says they are; customers are known once they were welcomed into a team.
    fn caller(&mut self, who: Who) -> anyhow::Result<Caller> {
        if let (Who::Staff(name, role), false) = (who, self.callers.contains_key(&who)) {
            let caller = self.new_caller(name, Grant::Staff(role));
            self.callers.insert(who, caller);
        }
        known(&self.callers, who)
    }

    /// Who sets the demo up.
    pub(super) fn demo(&self) -> Caller {
        self.new_caller("demo", Grant::Staff(StaffRole::Admin))
    }

    fn new_caller(&self, name: &str, grant: Grant) -> Caller {
        Caller { id: CallerId::new(self.entropy.uuid()), name: name.to_owned(), grant }
    }

    pub(super) fn organization(&self, name: Name) -> anyhow::Result<KnownOrganization> {
        known(&self.organizations, name)
    }

    pub(super) fn entitlement(&self, name: Name) -> anyhow::Result<EntitlementId> {
        known(&self.entitlements, name)
    }

    pub(super) fn request(&self, name: Name) -> anyhow::Result<ServiceRequestId> {
        known(&self.requests, name)
    }

    /// An entitlement with what was provisioned under it.
    pub(super) async fn detail(&self, name: Name) -> anyhow::Result<EntitlementDetail> {
        let id = self.entitlement(name)?;
        let found = self.reads.entitlement(self.viewer(), id).await?;
        found.with_context(|| format!("the entitlement {name} is gone"))
    }

    pub(super) async fn environment(&self, name: Name) -> anyhow::Result<kernel::EnvironmentId> {
        let under = self.detail(name).await?.provisioned.environments;
        Ok(under.first().with_context(|| format!("{name} has no environment"))?.0)
    }

    pub(super) async fn service(&self, name: Name) -> anyhow::Result<kernel::ServiceId> {
        let under = self.detail(name).await?.provisioned.services;
        under.first().copied().with_context(|| format!("{name} has no service"))
    }

    pub(super) async fn balance(&self, name: Name) -> anyhow::Result<kernel::CreditBalanceId> {
        let under = self.detail(name).await?.provisioned;
        under.credit_balance.with_context(|| format!("{name} has no credit balance"))
    }

    pub(super) fn viewer(&self) -> Viewer {
        Viewer::staff(self.clock.now())
    }
}

/// What the story calls `name`.
fn known<K, V: Clone>(things: &HashMap<K, V>, name: K) -> anyhow::Result<V>
where
    K: std::hash::Hash + Eq + std::fmt::Debug,
{
    things.get(&name).cloned().ok_or_else(|| anyhow!("the story does not know {name:?} yet"))
}
