//! What is offered, who buys it, and what they get.

use anyhow::{Context as _, ensure};
use billing::{Buyer, OrderStatus};
use entitlement::{
    DnsRecord, DnsRecordType, EnvironmentConfiguration, NewProduct, OrganizationDetails, ProductTerms, Role,
    Scope, ServiceKind, Tier,
};
use kernel::{Currency, EntitlementClass, Money};
use policy_resolver::kinds::CreditAmount;
use service_delivery::{
    AddCollaborator, CreateEntitlement, CreateOrder, OrderedItem, ReceivedPayment,
    access::{Caller, Grant},
};
use ust_credits::{CatalogItemContent, UNITS_PER_CREDIT};

use super::{KnownOrganization, Narrator, known};
use crate::demo::deed::{Buys, Customer, Installation, ItemOffer, Name, ProductOffer, Sale, Who};

impl Narrator {
    pub(super) async fn offer_product(&mut self, by: &Caller, offer: ProductOffer) -> anyhow::Result<()> {
        let (amount, currency) = offer.price;
        let terms = ProductTerms {
            name: offer.name,
            price: Money::parse(amount, currency.parse()?)?,
            term_months: offer.months,
            trial_days: 0,
            support_class: offer.support,
            tier: offer.tier.map(|(name, rank)| Tier { name: name.to_owned(), rank }),
            service: offer.service.map(|(service_type, mode)| ServiceKind { service_type, mode }),
            credits_included: CreditAmount::from_units(offer.credits * UNITS_PER_CREDIT),
            sites_allowed: offer.sites,
        };
        let new = NewProduct { sku: offer.sku.parse()?, class: offer.class, terms };
        let id = self.app.create_product(by, &new).await?;
        self.products.insert(offer.sku, id);
        Ok(())
    }

    pub(super) async fn offer_item(&mut self, by: &Caller, offer: ItemOffer) -> anyhow::Result<()> {
        let content = CatalogItemContent {
            code: offer.code.to_owned(),
            name: offer.name.to_owned(),
            service_type: offer.service_type,
            description: offer.description.to_owned(),
            base_credits: offer.credits.parse()?,
            usual_complexity: offer.complexity,
        };
        let id = self.app.create_catalog_item(by, &content).await?;
        self.items.insert(offer.code, id);
        Ok(())
    }

    pub(super) async fn register(&mut self, by: &Caller, customer: Customer) -> anyhow::Result<()> {
        let currency: Currency = customer.currency.parse()?;
        let details = OrganizationDetails {
            name: customer.name.to_owned(),
            legal_name: customer.legal_name.to_owned(),
            tax_id: Some(customer.tax_id.to_owned()),
            country: customer.country.to_owned(),
            locale: customer.locale,
            currency: customer.currency.to_owned(),
            billing_email: customer.billing_email.to_owned(),
        };
        let id = self.app.create_organization(by, &details).await?;
        self.policies.bill_in(id, currency);
        self.organizations.insert(customer.name, KnownOrganization { id, currency });
        Ok(())
    }

    pub(super) async fn welcome(
        &mut self,
        by: &Caller,
        into: Name,
        name: Name,
        email: Name,
        role: Role,
        scopes: &[Scope],
    ) -> anyhow::Result<()> {
        let organization = self.organization(into)?.id;
        let scopes = scopes.to_vec();
        let new =
            AddCollaborator { name: name.to_owned(), email: email.to_owned(), role, scopes: scopes.clone() };
        self.app.add_collaborator(by, organization, &new).await?;
        let caller = self.new_caller(name, Grant::Organization { organization, role, scopes });
        self.callers.insert(Who::Customer(name), caller);
        Ok(())
    }

    pub(super) async fn order(&mut self, by: &Caller, sale: Sale) -> anyhow::Result<()> {
        let (buyer, currency) = match sale.buyer {
            Buys::Organization(name) => {
                let organization = self.organization(name)?;
                (Buyer::Organization(organization.id), organization.currency)
            }
            Buys::Person { name, email, currency } => {
                (Buyer::Person { name: name.to_owned(), email: email.to_owned() }, currency.parse()?)
            }
        };
        let mut lines = Vec::new();
        for (sku, pieces, price) in &sale.lines {
            lines.push(OrderedItem {
                product: known(&self.products, (*sku).to_owned())?,
                quantity: u32::try_from(pieces.len())?,
                unit_price: price.map(|amount| Money::parse(amount, currency)).transpose()?,
            });
        }
        let new = CreateOrder { buyer, currency, external_ref: sale.reference.map(str::to_owned), lines };
        let order = self.app.create_order(by, &new).await?.into_inner();
        let pieces = sale.lines.iter().flat_map(|(_, pieces, _)| pieces.iter().copied()).collect();
        self.orders.insert(sale.name, (order, pieces));
        self.name_what_was_bought(sale.name).await
    }

    /// Records a payment: of all that is due, or a part of it.
    pub(super) async fn pay(
        &mut self,
        by: &Caller,
        order: Name,
        reference: Name,
        part: Option<Name>,
    ) -> anyhow::Result<()> {
        let (id, _) = known(&self.orders, order)?;
        let detail = self.reads.order(self.viewer(), id).await?.context("the order is gone")?;
        let amount = match part {
            Some(amount) => Money::parse(amount, detail.order.currency)?,
            None => detail.order.total.checked_sub(detail.order.paid)?,
        };
        let payment = ReceivedPayment { external_ref: reference.to_owned(), amount, received_at: None };
        self.app.record_payment(by, id, &payment).await?;
        self.name_what_was_bought(order).await
    }

    async fn name_what_was_bought(&mut self, order: Name) -> anyhow::Result<()> {
        let (id, names) = known(&self.orders, order)?;
        let detail = self.reads.order(self.viewer(), id).await?.context("the order is gone")?;
        if detail.order.status != OrderStatus::Fulfilled {
            return Ok(());
        }
        let made: Vec<_> = detail.lines.iter().flat_map(|line| &line.entitlements).collect();
        ensure!(made.len() == names.len(), "{order} made {} entitlements", made.len());
        self.entitlements.extend(names.into_iter().zip(made.into_iter().map(|(id, _)| *id)));
        Ok(())
    }

    pub(super) async fn entitle(
        &mut self,
        by: &Caller,
        name: Name,
        class: EntitlementClass,
        (holder, email): (Name, Name),
        product: Name,
    ) -> anyhow::Result<()> {
        let new = CreateEntitlement {
            class,
            organization: None,
            holder: Some((holder.to_owned(), email.to_owned())),
            product: Some(known(&self.products, product.to_owned())?),
            support_class: None,
        };
        let id = self.app.create_entitlement(by, &new).await?;
        self.entitlements.insert(name, id);
        Ok(())
    }

    pub(super) async fn use_license(&self, by: &Caller, entitlement: Name, site: Name) -> anyhow::Result<()> {
        let under = self.detail(entitlement).await?.provisioned.licenses;
        let (id, _) = under.first().context("there is no license")?;
        let detail = self.reads.license(self.viewer(), *id).await?.context("the license is gone")?;
        self.app.activate_license(by, &detail.license.key.to_string(), site).await?;
        Ok(())
    }

    pub(super) async fn set_up(&self, by: &Caller, installation: Installation) -> anyhow::Result<()> {
        let Installation { entitlement, server, host, platform, backup, covered_by, jira } = installation;
        let (contract, credit_balance) = match covered_by {
            None => (None, None),
            Some(other) => {
                let under = self.detail(other).await?.provisioned;
                (under.contracts.first().map(|(id, _)| *id), under.credit_balance)
            }
        };
        let dns = |record_type, name: &str, value: &str| DnsRecord {
            record_type,
            name: name.to_owned(),
            value: value.to_owned(),
            ttl_seconds: Some(3_600),
        };
        let configuration = EnvironmentConfiguration {
            server: Some(server.to_owned()),
            primary_url: Some(format!("https://{host}")),
            staging_url: Some(format!("https://staging.{host}")),
            platform: Some(platform),
            backup_schedule: Some(backup.to_owned()),
            dns_records: vec![
                dns(DnsRecordType::Cname, host, server),
                dns(DnsRecordType::Txt, host, "v=spf1 include:mail.middag.example -all"),
            ],
            contract,
            credit_balance,
            jira_project: jira.map(str::to_owned),
        };
        let id = self.environment(entitlement).await?;
        Ok(self.app.configure_environment(by, id, &configuration, None).await?)
    }
}
