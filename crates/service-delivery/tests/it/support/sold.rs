//! Customers, products, and what they bought.

use billing::Buyer;
use entitlement::{
    CreditAmount, EnvironmentConfiguration, Locale, NewProduct, OrganizationDetails, Platform, ProductTerms,
    ServiceKind, SupportClass,
};
use kernel::{
    CatalogItemId, CreditBalanceId, EntitlementClass, EntitlementId, EnvironmentId, Money, OrderId,
    OrganizationId, ProductId, ServiceId, ServiceMode, ServiceType,
};
use service_delivery::{
    CreateOrder, EnvironmentChange, GrantCredits, OrderedItem, ReceivedPayment, ServiceChange,
};
use ust_credits::{CatalogItemContent, Complexity, LotSource};

use super::{World, brl, credits};

/// A customer's support: an active, ongoing service with a balance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Support {
    pub(crate) organization: OrganizationId,
    pub(crate) entitlement: EntitlementId,
    pub(crate) service: ServiceId,
    pub(crate) balance: CreditBalanceId,
}

/// A customer's hosting: an active environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campus {
    pub(crate) entitlement: EntitlementId,
    pub(crate) environment: EnvironmentId,
}

/// A product of `class` that costs 1,200 BRL a year.
pub(crate) fn terms(class: EntitlementClass) -> ProductTerms {
    let svc = class == EntitlementClass::Svc;
    ProductTerms {
        name: format!("A {class}"),
        price: brl("1200"),
        term_months: Some(12),
        trial_days: 0,
        support_class: SupportClass::Business,
        tier: None,
        service: svc
            .then_some(ServiceKind { service_type: ServiceType::Support, mode: ServiceMode::Ongoing }),
        credits_included: CreditAmount::ZERO,
        sites_allowed: (class == EntitlementClass::Plg).then_some(2),
    }
}

impl World {
    pub(crate) async fn organization(&self, name: &str) -> OrganizationId {
        let details = OrganizationDetails {
            name: name.to_owned(),
            legal_name: format!("{name} Educação Ltda."),
            tax_id: None,
            country: "BR".to_owned(),
            locale: Locale::PtBr,
            currency: "BRL".to_owned(),
            billing_email: "finance@example.com".to_owned(),
        };
        self.app.create_organization(&self.staff, &details).await.unwrap()
    }

    pub(crate) async fn product(
        &self,
        class: EntitlementClass,
        change: impl FnOnce(&mut ProductTerms),
    ) -> ProductId {
        let mut terms = terms(class);
        change(&mut terms);
        let count = self.db.number("SELECT count(*) FROM product").await.unwrap();
        let new = NewProduct { sku: format!("{class}-{count}").parse().unwrap(), class, terms };
        self.app.create_product(&self.staff, &new).await.unwrap()
    }

    pub(crate) async fn item(&self, code: &str, base: &str, complexity: Complexity) -> CatalogItemId {
        let content = CatalogItemContent {
            code: code.to_owned(),
            name: format!("Work called {code}"),
            service_type: ServiceType::Support,
            description: String::new(),
            base_credits: credits(base),
            usual_complexity: complexity,
        };
        self.app.create_catalog_item(&self.staff, &content).await.unwrap()
    }

    /// An order of one piece of each product, not paid.
    pub(crate) fn ordering(&self, buyer: Buyer, products: &[ProductId]) -> CreateOrder {
        let lines =
            products.iter().map(|product| OrderedItem { product: *product, quantity: 1, unit_price: None });
        CreateOrder { buyer, currency: brl("0").currency(), external_ref: None, lines: lines.collect() }
    }

    pub(crate) fn paying(&self, amount: Money, external_ref: &str) -> ReceivedPayment {
        ReceivedPayment { external_ref: external_ref.to_owned(), amount, received_at: None }
    }

    /// An order that is paid in full.
    pub(crate) async fn paid(&self, order: &CreateOrder) -> OrderId {
        let id = self.app.create_order(&self.staff, order).await.unwrap().into_inner();
        let total = self.order(id).await.total();
        if !total.amount().is_zero() {
            let payment = self.paying(total, &format!("pay {id}"));
            self.app.record_payment(&self.staff, id, &payment).await.unwrap();
        }
        id
    }

    pub(crate) async fn bought(&self, organization: OrganizationId, product: ProductId) -> EntitlementId {
        let order = self.paid(&self.ordering(Buyer::Organization(organization), &[product])).await;
        self.entitlements_of(order).await[0]
    }

    pub(crate) async fn do_to_service(&self, id: ServiceId, change: ServiceChange) {
        self.app.change_service(&self.staff, id, &change).await.unwrap();
    }

    /// `organization` has bought support with these credits, and the service is active.
    pub(crate) async fn support(&self, organization: OrganizationId, included: &str) -> Support {
        let units = credits(included).units();
        let product = self
            .product(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(units))
            .await;
        let support = self.support_of(organization, product).await;
        self.do_to_service(
            support.service,
            ServiceChange::Approve { on_behalf: Some("by telephone".into()) },
        )
        .await;
        self.do_to_service(support.service, ServiceChange::Activate).await;
        support
    }

    /// `organization` has bought `product`; its service is as it was provisioned.
    pub(crate) async fn support_of(&self, organization: OrganizationId, product: ProductId) -> Support {
        let entitlement = self.bought(organization, product).await;
        let service = self.services_under(entitlement).await[0].id();
        let balance = self.under_entitlement(entitlement).await.credit_balance.unwrap();
        Support { organization, entitlement, service, balance }
    }

    pub(crate) async fn acme_support(&self, included: &str) -> Support {
        let acme = self.organization("Acme").await;
        self.support(acme, included).await
    }

    /// `organization` has bought hosting, and its environment is active. `balance` pays for its requests.
    pub(crate) async fn campus(
        &self,
        organization: OrganizationId,
        balance: Option<CreditBalanceId>,
    ) -> Campus {
        let product = self.product(EntitlementClass::Env, |_| {}).await;
        let entitlement = self.bought(organization, product).await;
        let environment = self.under_entitlement(entitlement).await.environments[0].0;
        let configuration = configured(balance);
        self.app.configure_environment(&self.staff, environment, &configuration, None).await.unwrap();
        self.app.change_environment(&self.staff, environment, EnvironmentChange::Activate).await.unwrap();
        Campus { entitlement, environment }
    }

    pub(crate) async fn grant(&self, balance: CreditBalanceId, amount: &str) {
        self.app.grant_credits(&self.staff, balance, &granting(amount)).await.unwrap();
    }
}

/// Credits bought by hand, that can be used at once.
pub(crate) fn granting(amount: &str) -> GrantCredits {
    GrantCredits {
        amount: credits(amount),
        source: LotSource::Purchase,
        usable_from: None,
        expires_at: None,
        external_ref: None,
        reason: "a top-up".to_owned(),
    }
}

/// All that an environment needs to be active.
pub(crate) fn configured(balance: Option<CreditBalanceId>) -> EnvironmentConfiguration {
    EnvironmentConfiguration {
        server: Some("srv-01".to_owned()),
        primary_url: Some("https://campus.example.com/".to_owned()),
        platform: Some(Platform::Moodle),
        credit_balance: balance,
        ..EnvironmentConfiguration::default()
    }
}
