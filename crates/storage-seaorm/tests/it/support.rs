//! A small world to test in: one customer with everything under one entitlement.

use std::sync::atomic::{AtomicU64, Ordering};

use billing::{Buyer, Item, Order, OrderDraft, OrderLine};
use entitlement::{
    CreditAmount, EmailAddress, Entitlement, EntitlementRecord, EntitlementStatus, Environment,
    EnvironmentConfiguration, EnvironmentRecord, EnvironmentStatus, Holder, Organization,
    OrganizationDetails, Platform, Product, ProductRecord, ProductTerms, ServiceKind, SupportClass, Term,
    Tier,
};
use kernel::{
    Actor, CreditBalanceId, EntitlementClass, EntitlementId, EnvironmentId, Money, OrderId, OrderLineId,
    OrganizationId, ProductId, ServiceId, ServiceRequestId, StoreError, Timestamp,
};
use policy_resolver::kinds::ServiceStart;
use service_delivery::{Storage, UnitOfWork};
use sr_workflow::{
    NewService, Priority, RequestOrigin, RequestStatus, Service, ServiceContent, ServiceMode, ServiceRequest,
    ServiceRequestRecord, ServiceType,
};
use storage_seaorm::Database;
use ust_credits::{CreditBalance, Credits, Grant, LotSource, Occasion};
use uuid::Uuid;

/// A fresh id; later ones are greater, as UUIDv7 are.
pub(crate) fn id<I: From<Uuid>>() -> I {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    I::from(Uuid::from_u128(0x0196_0000_0000_7000_8000_0000_0000_0000 | u128::from(count)))
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-05-01T12:00:00.123456Z")
}

pub(crate) fn brl(amount: &str) -> Money {
    Money::parse(amount, "BRL".parse().unwrap()).unwrap()
}

pub(crate) fn credits(amount: &str) -> Credits {
    amount.parse().unwrap()
}

pub(crate) fn email() -> EmailAddress {
    "Ana.Souza@Example.com".parse().unwrap()
}

pub(crate) fn staff() -> Actor {
    Actor::staff(id(), "Rosa")
}

pub(crate) fn occasion() -> Occasion {
    Occasion::new(now(), staff(), "for the test")
}

pub(crate) async fn begin(db: &Database) -> Box<dyn UnitOfWork> {
    db.begin().await.unwrap()
}

/// The constraint that refused.
pub(crate) fn duplicate(outcome: Result<(), StoreError>) -> String {
    match outcome {
        Err(StoreError::Duplicate { constraint }) => constraint,
        other => panic!("{other:?} is no duplicate"),
    }
}

pub(crate) fn organization(name: &str) -> Organization {
    let details = OrganizationDetails {
        name: name.to_owned(),
        legal_name: format!("{name} Educação Ltda."),
        tax_id: Some("12.345.678/0001-90".to_owned()),
        country: "BR".to_owned(),
        locale: entitlement::Locale::PtBr,
        currency: "BRL".to_owned(),
        billing_email: "finance@example.com".to_owned(),
    };
    Organization::try_new(id(), details, now()).unwrap()
}

pub(crate) fn product(sku: &str) -> Product {
    Product::restore(ProductRecord {
        id: id(),
        sku: sku.parse().unwrap(),
        class: EntitlementClass::Svc,
        terms: ProductTerms {
            name: "Support and development".to_owned(),
            price: brl("1234.50"),
            term_months: Some(12),
            trial_days: 14,
            support_class: SupportClass::Business,
            tier: Some(Tier { name: "Gold".to_owned(), rank: -2 }),
            service: Some(ServiceKind { service_type: ServiceType::Support, mode: ServiceMode::Ongoing }),
            credits_included: CreditAmount::from_units(400),
            sites_allowed: None,
        },
        active: true,
        version: 1,
        created_at: now(),
    })
    .unwrap()
}

pub(crate) fn order(code: &str, buyer: Buyer, product: ProductId, external_ref: Option<&str>) -> Order {
    let item = Item {
        product,
        sku: "SVC-GOLD".to_owned(),
        name: "Support and development".to_owned(),
        quantity: 2,
        unit_price: brl("1234.50"),
    };
    let draft = OrderDraft {
        id: id(),
        code: code.parse().unwrap(),
        buyer,
        currency: "BRL".parse().unwrap(),
        external_ref: external_ref.map(str::to_owned),
        quote: None,
        lines: vec![OrderLine { id: id(), item: item.clone() }, OrderLine { id: id(), item }],
    };
    Order::try_new(draft, now()).unwrap()
}

pub(crate) fn entitlement(code: &str, organization: Option<OrganizationId>) -> EntitlementRecord {
    EntitlementRecord {
        id: id(),
        code: code.parse().unwrap(),
        class: EntitlementClass::Svc,
        organization,
        holder: Some(Holder { name: "Ana Souza".to_owned(), email: email() }),
        order_line: None,
        product: None,
        support_class: SupportClass::Business,
        status: EntitlementStatus::Active,
        trial_ends_at: Some(at("2026-01-15T00:00:00Z")),
        starts_at: Some(at("2026-01-15T00:00:00Z")),
        term: Some(Term { anchor: now(), months: 12, ends_at: at("2027-05-01T12:00:00.123456Z") }),
        past_due_since: None,
        suspended_at: None,
        cancel_at: Some(at("2027-05-01T12:00:00Z")),
        expired_at: None,
        renewal_grace_ends_at: None,
        cancelled_at: None,
        version: 1,
        created_at: now(),
    }
}

pub(crate) fn environment(entitlement: EntitlementId) -> EnvironmentRecord {
    EnvironmentRecord {
        id: id(),
        entitlement,
        name: "Acme campus".to_owned(),
        configuration: EnvironmentConfiguration {
            server: Some("srv-01".to_owned()),
            primary_url: Some("https://campus.example.com/".to_owned()),
            platform: Some(Platform::Moodle),
            ..EnvironmentConfiguration::default()
        },
        status: EnvironmentStatus::Active,
        activated_at: Some(now()),
        decommissioned_at: None,
        version: 1,
        created_at: now(),
    }
}

/// What every other row hangs on.
pub(crate) struct World {
    pub(crate) organization: OrganizationId,
    pub(crate) product: ProductId,
    pub(crate) order: OrderId,
    pub(crate) order_line: OrderLineId,
    pub(crate) entitlement: EntitlementId,
    pub(crate) environment: EnvironmentId,
    pub(crate) service: ServiceId,
    pub(crate) balance: CreditBalanceId,
}

impl World {
    /// Stores one of each; the balance is empty. The order's second line is of an older server, which did not keep what it sold.
    pub(crate) async fn new(db: &Database) -> Self {
        let mut uow = begin(db).await;
        let acme = organization("Acme");
        uow.entitlements().insert_organization(&acme).await.unwrap();
        let gold = product("SVC-GOLD");
        uow.entitlements().insert_product(&gold).await.unwrap();
        let order = order("SO-20260001", Buyer::Organization(acme.id()), gold.id(), None);
        uow.billing().insert_order(&order).await.unwrap();
        let order_line = order.lines()[0].id;
        uow.entitlements().insert_sold_product(order_line, &gold).await.unwrap();
        let record = EntitlementRecord {
            order_line: Some(order_line),
            product: Some(gold.id()),
            ..entitlement("SVC-2026050001", Some(acme.id()))
        };
        let entitlement = record.id;
        uow.entitlements().insert_entitlement(&Entitlement::restore(record).unwrap()).await.unwrap();
        let environment = Environment::restore(environment(entitlement)).unwrap();
        uow.entitlements().insert_environment(&environment).await.unwrap();
        let new = NewService {
            id: id(),
            entitlement,
            organization: Some(acme.id()),
            content: ServiceContent::new("Support", ServiceType::Support),
            mode: ServiceMode::Ongoing,
            begins: ServiceStart::Approved,
        };
        let service = Service::try_new(new, now()).unwrap();
        uow.work().insert_service(&service).await.unwrap();
        let mut balance = CreditBalance::open(id(), entitlement, Some(acme.id()), now());
        uow.credits().insert_balance(&mut balance).await.unwrap();
        uow.commit().await.unwrap();
        Self {
            organization: acme.id(),
            product: gold.id(),
            order: order.id(),
            order_line,
            entitlement,
            environment: environment.id(),
            service: service.id(),
            balance: balance.id(),
        }
    }

    /// Grants `amount` credits in a lot of their own.
    pub(crate) async fn grant(&self, db: &Database, amount: &str) {
        let mut uow = begin(db).await;
        let touching = ust_credits::Touching::nothing();
        let mut balance = uow.credits().lock_balance(self.balance, &touching).await.unwrap().unwrap();
        let grant = Grant::new(id(), credits(amount), LotSource::Purchase);
        balance.grant(&grant, &occasion()).unwrap();
        uow.credits().save_balance(&mut balance).await.unwrap();
        uow.commit().await.unwrap();
    }

    /// A draft on the service.
    pub(crate) fn request(&self, code: &str) -> ServiceRequestRecord {
        ServiceRequestRecord {
            id: id(),
            code: code.parse().unwrap(),
            origin: RequestOrigin::ServiceLinked(self.service),
            entitlement: self.entitlement,
            organization: Some(self.organization),
            title: "Nova página de acesso".to_owned(),
            description: String::new(),
            status: RequestStatus::Draft,
            held_from: None,
            hold_reason: None,
            priority: Priority::Normal,
            suggested_priority: None,
            due_date: None,
            assignee: None,
            jira_issue_key: None,
            analysis: None,
            catalog: None,
            complexity: None,
            estimated_base: None,
            estimated_credits: None,
            credit_balance: Some(self.balance),
            hold_given_back: false,
            base_credit_value: None,
            requested_by: staff(),
            approval: None,
            completion: None,
            settled: None,
            acceptance: None,
            reopening: None,
            billing: None,
            closure: None,
            created_at: now(),
            moved_at: now(),
            changed_at: now(),
            next_due: None,
            version: 1,
        }
    }

    /// Stores `count` drafts.
    pub(crate) async fn requests(&self, db: &Database, count: u32) -> Vec<ServiceRequestId> {
        let mut uow = begin(db).await;
        let mut ids = Vec::new();
        for number in 1..=count {
            let record = self.request(&format!("SR-2026{number:04}"));
            ids.push(record.id);
            uow.work().insert_request(&ServiceRequest::restore(record).unwrap()).await.unwrap();
        }
        uow.commit().await.unwrap();
        ids
    }
}
