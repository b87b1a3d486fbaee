//! Two customers with some of everything, and more of it whenever it is asked for.

use billing::{
    BillingRun, Buyer, Invoice, InvoiceDraft, Item, LineSource, Order, OrderDraft, OrderLine, Payment,
};
use entitlement::{
    Collaborator, CollaboratorRecord, Contract, Entitlement, EntitlementRecord, EntitlementStatus,
    Environment, EnvironmentConfiguration, EnvironmentRecord, KEY_BYTES, License, LicenseKey, NewContract,
    Product, ProductRecord, Role, Scope, SupportClass, Term,
};
use kernel::{
    Actor, CreditBalanceId, EntitlementId, EnvironmentId, OrderId, OrganizationId, ProductId, ServiceId,
    ServiceRequestId, Timestamp,
};
use policy_resolver::kinds::ServiceStart;
use service_delivery::{
    Subject, SubjectKind, UnitOfWork,
    access::{ApiKey, ApiKeyRecord, Grant as Granted, StaffRole},
    reads::Viewer,
};
use sr_workflow::{
    CloseReason, Closure, NewService, Note, NoteRecord, NoteVisibility, Priority, RequestOrigin,
    RequestStatus, Service, ServiceContent, ServiceMode, ServiceRequest, ServiceRequestRecord, ServiceType,
};
use storage_seaorm::Database;
use strum::VariantArray;
use time::macros::date;
use ust_credits::{
    CatalogItem, CatalogItemContent, Complexity, CreditBalance, Grant, LotSource, Occasion, Touching,
};
use uuid::Uuid;

use crate::{
    billing::line,
    journal::event,
    support::{World, begin, brl, credits, entitlement, environment, id, now, organization, product, staff},
};

/// A customer, and what more is hung on.
pub(crate) struct Customer {
    pub(crate) organization: OrganizationId,
    pub(crate) product: ProductId,
    pub(crate) entitlement: EntitlementId,
    pub(crate) environment: EnvironmentId,
    pub(crate) service: ServiceId,
    pub(crate) order: OrderId,
    pub(crate) balance: CreditBalanceId,
    pub(crate) request: ServiceRequestId,
}

pub(crate) struct Crowd {
    pub(crate) acme: Customer,
    pub(crate) bolt: Customer,
    count: u32,
}

/// When the thing with this number was made: two at each instant.
pub(crate) fn made(number: u32) -> Timestamp {
    now().saturating_add(time::Duration::milliseconds(i64::from(number / 4)))
}

/// An instant after everything was made.
pub(crate) fn later() -> Timestamp {
    now().plus_days(1)
}

pub(crate) fn staff_now() -> Viewer {
    Viewer::staff(later())
}

/// An entitlement in `status`, with all that it has then.
pub(crate) fn in_status(record: EntitlementRecord, status: EntitlementStatus) -> EntitlementRecord {
    use EntitlementStatus as S;
    let over = matches!(status, S::Expired | S::Cancelled);
    EntitlementRecord {
        status,
        past_due_since: (status == S::PastDue).then(now),
        suspended_at: (status == S::Suspended).then(now),
        cancel_at: record.cancel_at.filter(|_| !over),
        expired_at: (status == S::Expired).then(now),
        renewal_grace_ends_at: (status == S::Expired).then(|| now().plus_days(7)),
        cancelled_at: (status == S::Cancelled).then(now),
        ..record
    }
}

impl Crowd {
    pub(crate) async fn new(db: &Database) -> Self {
        let world = World::new(db).await;
        let acme = Customer {
            organization: world.organization,
            product: world.product,
            entitlement: world.entitlement,
            environment: world.environment,
            service: world.service,
            order: world.order,
            balance: world.balance,
            request: id(),
        };
        let bolt = Customer { product: world.product, ..another(db).await };
        let mut uow = begin(db).await;
        for (customer, code) in [(&acme, "SR-20250001"), (&bolt, "SR-20250002")] {
            let record = ServiceRequestRecord { id: customer.request, ..request(customer, code, 0) };
            uow.work().insert_request(&ServiceRequest::restore(record).unwrap()).await.unwrap();
        }
        uow.commit().await.unwrap();
        let mut crowd = Self { acme, bolt, count: 0 };
        for _ in 0..3 {
            crowd.add(db).await;
        }
        crowd
    }

    /// Adds one more of everything to each customer, and what is nobody's.
    pub(crate) async fn add(&mut self, db: &Database) {
        let mut uow = begin(db).await;
        offer(&mut *uow, self.count + 1).await;
        for customer in [&self.acme, &self.bolt] {
            self.count += 1;
            people(&mut *uow, customer, self.count).await;
            sales(&mut *uow, customer, self.count).await;
            resources(&mut *uow, customer, self.count).await;
            work(&mut *uow, customer, self.count).await;
            credit(&mut *uow, customer, self.count).await;
        }
        uow.commit().await.unwrap();
    }
}

async fn another(db: &Database) -> Customer {
    let mut uow = begin(db).await;
    let bolt = organization("Bolt");
    uow.entitlements().insert_organization(&bolt).await.unwrap();
    let soap = product("SVC-SOAP");
    uow.entitlements().insert_product(&soap).await.unwrap();
    let order = crate::support::order("SO-20250002", Buyer::Organization(bolt.id()), soap.id(), None);
    uow.billing().insert_order(&order).await.unwrap();
    let record = entitlement("SVC-2025050002", Some(bolt.id()));
    let above = record.id;
    uow.entitlements().insert_entitlement(&Entitlement::restore(record).unwrap()).await.unwrap();
    let campus = Environment::restore(environment(above)).unwrap();
    uow.entitlements().insert_environment(&campus).await.unwrap();
    let service = service(above, bolt.id(), "Support", 0);
    uow.work().insert_service(&service).await.unwrap();
    let mut balance = CreditBalance::open(id(), above, Some(bolt.id()), now());
    uow.credits().insert_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
    Customer {
        organization: bolt.id(),
        product: soap.id(),
        entitlement: above,
        environment: campus.id(),
        service: service.id(),
        order: order.id(),
        balance: balance.id(),
        request: id(),
    }
}

async fn offer(uow: &mut dyn UnitOfWork, number: u32) {
    let lone = organization(["Twin", "Ärzte"][number as usize / 2 % 2]);
    uow.entitlements().insert_organization(&lone).await.unwrap();
    let mut record = product(&format!("SVC-{number:04}")).record().clone();
    record.active = number % 4 == 1;
    record = ProductRecord { created_at: made(number), ..record };
    uow.entitlements().insert_product(&Product::restore(record).unwrap()).await.unwrap();
    let content = CatalogItemContent {
        code: format!("item-{number:04}"),
        name: "Install a plugin".to_owned(),
        service_type: ServiceType::VARIANTS[number as usize % 3],
        description: "Its latest version.".to_owned(),
        base_credits: credits("2"),
        usual_complexity: Complexity::Low,
    };
    let mut item = CatalogItem::try_new(id(), content).unwrap();
    if number % 4 == 3 {
        item.deactivate();
    }
    uow.credits().insert_catalog_item(&item).await.unwrap();
    let run = BillingRun {
        id: id(),
        at: made(number),
        actor: Actor::system("worker"),
        invoices: 0,
        lines: 0,
        skipped: vec![billing::Skipped {
            source: LineSource::service_request(id()),
            reason: billing::SkipReason::NoOrganization,
            detail: "nobody".to_owned(),
        }],
    };
    uow.billing().insert_billing_run(&run).await.unwrap();
}

async fn people(uow: &mut dyn UnitOfWork, customer: &Customer, number: u32) {
    let record = CollaboratorRecord {
        id: id(),
        organization: customer.organization,
        name: ["Ana", "Bia"][number as usize / 2 % 2].to_owned(),
        email: format!("p{number}@example.com").parse().unwrap(),
        role: Role::Member,
        scopes: vec![Scope::Requests],
        version: 1,
        created_at: made(number),
    };
    uow.entitlements().insert_collaborator(&Collaborator::restore(record).unwrap()).await.unwrap();
    for (grant, lookup) in [
        (Granted::Staff(StaffRole::Finance), "s"),
        (
            Granted::Organization {
                organization: customer.organization,
                role: Role::Guest,
                scopes: vec![Scope::Billing],
            },
            "o",
        ),
    ] {
        let key = ApiKey::restore(ApiKeyRecord {
            id: id(),
            name: "shop".to_owned(),
            lookup: format!("{lookup}{number}"),
            secret_hash: [7; 32],
            grant,
            created_at: made(number),
            expires_at: number.is_multiple_of(3).then(|| now().plus_days(1)),
            revoked_at: (number % 3 == 1).then(now),
            rotated_at: None,
            previous: None,
            last_used_at: None,
        });
        uow.access().insert_api_key(&key).await.unwrap();
    }
    let subject = Subject::new(SubjectKind::Service, customer.service).under(customer.entitlement);
    let happened = event(id(), subject.of(customer.organization));
    uow.journal().append(&[happened]).await.unwrap();
}

async fn sales(uow: &mut dyn UnitOfWork, customer: &Customer, number: u32) {
    let item = Item {
        product: customer.product,
        sku: "SVC-GOLD".to_owned(),
        name: "Support".to_owned(),
        quantity: 1,
        unit_price: brl("10.00"),
    };
    let draft = OrderDraft {
        id: id(),
        code: format!("SO-2026{:04}", number + 10).parse().unwrap(),
        buyer: Buyer::Organization(customer.organization),
        currency: "BRL".parse().unwrap(),
        external_ref: number.is_multiple_of(2).then(|| format!("Shop_{number:04}")),
        quote: None,
        lines: vec![OrderLine { id: id(), item }],
    };
    let mut order = Order::try_new(draft, made(number)).unwrap();
    if number.is_multiple_of(3) {
        let _ = order.cancel(made(number)).unwrap();
    }
    uow.billing().insert_order(&order).await.unwrap();
    let payment = Payment {
        id: id(),
        order: customer.order,
        external_ref: format!("pay-{number}"),
        amount: brl("0.01"),
        received_at: now(),
        recorded_at: made(number),
    };
    uow.billing().insert_payment(&payment).await.unwrap();
    let draft = InvoiceDraft {
        id: id(),
        organization: customer.organization,
        currency: "BRL".parse().unwrap(),
        billing_run: None,
    };
    let mut invoice = Invoice::new(draft, made(number));
    invoice.add_line(line(LineSource::service_request(id()), "10.00", "0")).unwrap();
    if number % 5 > 1 {
        let code = format!("INV-2026{number:04}").parse().unwrap();
        let _ = invoice.issue(code, made(number).plus_days(i64::from(number % 5)), made(number)).unwrap();
    }
    uow.billing().insert_invoice(&invoice).await.unwrap();
}

async fn resources(uow: &mut dyn UnitOfWork, customer: &Customer, number: u32) {
    let statuses = EntitlementStatus::VARIANTS;
    let endless = number % 4 == 3;
    let usual = entitlement("SVC-2026060001", None);
    let ends = usual.term.map(|term| Term { ends_at: term.ends_at.plus_days(i64::from(number % 4)), ..term });
    let record = EntitlementRecord {
        product: Some(customer.product),
        term: ends.filter(|_| !endless),
        cancel_at: usual.cancel_at.filter(|_| !endless),
        created_at: made(number),
        ..entitlement(&format!("SVC-202606{number:04}"), Some(customer.organization))
    };
    let record = in_status(record, statuses[number as usize % statuses.len()]);
    let above = record.id;
    uow.entitlements().insert_entitlement(&Entitlement::restore(record).unwrap()).await.unwrap();
    let mut key = [0; KEY_BYTES];
    key[..4].copy_from_slice(&number.to_be_bytes());
    let key = LicenseKey::from_bytes(key);
    let license = License::new(id(), above, Some(customer.product), key, 3, made(number));
    uow.entitlements().insert_license(&license).await.unwrap();
    let usual = environment(above);
    let server = Some(format!("srv-{:02}", number % 3));
    let record = EnvironmentRecord {
        configuration: EnvironmentConfiguration { server, ..usual.configuration },
        name: ["Campus", "campus", "Loja"][number as usize / 2 % 3].to_owned(),
        created_at: made(number),
        ..usual
    };
    uow.entitlements().insert_environment(&Environment::restore(record).unwrap()).await.unwrap();
    let new = NewContract {
        code: format!("CT-2026{number:04}").parse().unwrap(),
        entitlement: above,
        support_class: SupportClass::Flex,
        terms: String::new(),
        value: brl("100"),
        starts_on: date!(2026 - 01 - 31),
        months: 1 + number / 2 % 4,
    };
    let contract = Contract::try_new(id(), new, made(number)).unwrap();
    uow.entitlements().insert_contract(&contract).await.unwrap();
    let title = ["Portal", "Suporte", "Suporte é tudo"][number as usize / 2 % 3];
    uow.work().insert_service(&service(above, customer.organization, title, number)).await.unwrap();
    let mut balance = CreditBalance::open(id(), above, Some(customer.organization), now());
    uow.credits().insert_balance(&mut balance).await.unwrap();
}

pub(crate) fn service(
    above: EntitlementId,
    organization: OrganizationId,
    title: &str,
    number: u32,
) -> Service {
    let new = NewService {
        id: id(),
        entitlement: above,
        organization: Some(organization),
        content: ServiceContent {
            jira_project_key: (number % 4 < 2).then(|| "ACME".parse().unwrap()),
            ..ServiceContent::new(title, ServiceType::VARIANTS[number as usize % 9])
        },
        mode: ServiceMode::VARIANTS[number as usize / 2 % 2],
        begins: if number.is_multiple_of(2) { ServiceStart::Approved } else { ServiceStart::Proposal },
    };
    Service::try_new(new, made(number)).unwrap()
}

pub(crate) fn request(customer: &Customer, code: &str, number: u32) -> ServiceRequestRecord {
    let closed = number % 4 == 3;
    let origin = if number.is_multiple_of(2) {
        RequestOrigin::ServiceLinked(customer.service)
    } else {
        RequestOrigin::Standalone(customer.environment)
    };
    ServiceRequestRecord {
        id: id(),
        code: code.parse().unwrap(),
        origin,
        entitlement: customer.entitlement,
        organization: Some(customer.organization),
        title: ["Nova página", "nova página", "Relatório 50% _pronto_"][number as usize / 2 % 3].to_owned(),
        description: "Tudo".to_owned(),
        status: if closed { RequestStatus::Closed } else { RequestStatus::VARIANTS[number as usize / 2 % 2] },
        held_from: None,
        hold_reason: None,
        priority: Priority::VARIANTS[number as usize % 4],
        suggested_priority: None,
        due_date: (!number.is_multiple_of(3))
            .then(|| date!(2026 - 06 - 01) + time::Duration::days(i64::from(number % 3))),
        assignee: (number % 3 == 1).then(|| "Rosa".to_owned()),
        jira_issue_key: (number % 5 == 1).then(|| format!("ACME-{}", number + 1).parse().unwrap()),
        analysis: None,
        catalog: None,
        complexity: Some(Complexity::Low),
        estimated_base: Some(credits("1")),
        estimated_credits: Some(credits("1")),
        credit_balance: Some(customer.balance),
        hold_given_back: false,
        base_credit_value: None,
        requested_by: staff(),
        approval: None,
        completion: None,
        settled: None,
        acceptance: None,
        reopening: None,
        billing: None,
        closure: closed.then(|| Closure {
            reason: CloseReason::Rejected,
            remark: None,
            by: staff(),
            at: now(),
        }),
        created_at: made(number),
        moved_at: now(),
        changed_at: now(),
        next_due: None,
        version: 1,
    }
}

async fn work(uow: &mut dyn UnitOfWork, customer: &Customer, number: u32) {
    let record = request(customer, &format!("SR-2026{number:04}"), number);
    uow.work().insert_request(&ServiceRequest::restore(record).unwrap()).await.unwrap();
    for visibility in NoteVisibility::VARIANTS {
        let note = NoteRecord {
            id: id(),
            request: customer.request,
            visibility: *visibility,
            author: staff(),
            body: "Olá".to_owned(),
            at: made(number),
        };
        uow.work().insert_note(&Note::try_new(note).unwrap()).await.unwrap();
    }
}

async fn credit(uow: &mut dyn UnitOfWork, customer: &Customer, number: u32) {
    let nothing = Touching::nothing();
    let mut balance = uow.credits().lock_balance(customer.balance, &nothing).await.unwrap().unwrap();
    let occasion = Occasion::new(made(number), staff(), "for the test");
    balance.grant(&Grant::new(id(), credits("3"), LotSource::Manual), &occasion).unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
}

/// The id of a row, to tell rows apart.
pub(crate) fn uuid(id: impl Into<Uuid>) -> Uuid {
    id.into()
}
