//! A company without people: use cases on a database, at a clock that stands until it is moved. For tests and figures.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use entitlement::{
    CreditAmount, Locale, NewProduct, OrganizationDetails, ProductTerms, ServiceKind, SupportClass,
};
use kernel::{
    CallerId, CreditBalanceId, EntitlementClass, EntitlementId, Money, OrganizationId, ProductId, ServiceId,
    ServiceMode, ServiceRequestId, ServiceType, Timestamp,
    ports::{Clock, Entropy},
};
use serde_json::Value;
use service_delivery::{
    CompleteRequest, CreateEntitlement, CreateRequest, GrantCredits, PolicySet, RequestChange, RequestGround,
    ServiceChange, ServiceDelivery, Storage as _,
    access::{Caller, Grant, StaffRole},
};
use sr_workflow::GivenActual;
use storage_seaorm::testing::TestDatabase;
use time::UtcOffset;
use ust_credits::{Complexity, LotSource};
use uuid::Uuid;

/// In microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;

struct Stopped(AtomicI64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Counts: its ids grow, and its bytes differ each time.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn uuid(&self) -> Uuid {
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        let (high, low) = (count >> 20, count & 0xf_ffff);
        Uuid::from_u128(0x0196_0000_0000_7000_8000_0000_0000_0000 | (high << 80) | low)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]);
    }
}

/// One customer, one product, and as many entitlements as wanted.
pub(crate) struct Company {
    pub(crate) db: TestDatabase,
    pub(crate) app: ServiceDelivery,
    pub(crate) staff: Caller,
    clock: Arc<Stopped>,
    organization: OrganizationId,
    product: ProductId,
}

/// A support entitlement.
pub(crate) struct Support {
    pub(crate) entitlement: EntitlementId,
    pub(crate) balance: CreditBalanceId,
    /// Approved and active.
    pub(crate) service: ServiceId,
}

impl Company {
    /// Founded at `start`, under these policies.
    pub(crate) async fn founded(db: TestDatabase, start: Timestamp, policies: &Value) -> Self {
        let clock = Arc::new(Stopped(AtomicI64::new(start.unix_micros())));
        let policies = Arc::new(PolicySet::try_new(policies).unwrap());
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let app =
            ServiceDelivery::new(Arc::new((*db).clone()), clock.clone(), entropy, policies, UtcOffset::UTC);
        let grant = Grant::Staff(StaffRole::Admin);
        let staff = Caller { id: CallerId::new(Uuid::nil()), name: "Rosa".to_owned(), grant };
        let details = OrganizationDetails {
            name: "Acme".to_owned(),
            legal_name: "Acme Ltda.".to_owned(),
            tax_id: None,
            country: "BR".to_owned(),
            locale: Locale::PtBr,
            currency: "BRL".to_owned(),
            billing_email: "finance@example.com".to_owned(),
        };
        let organization = app.create_organization(&staff, &details).await.unwrap();
        let terms = ProductTerms {
            name: "Support".to_owned(),
            price: Money::parse("1200", "BRL".parse().unwrap()).unwrap(),
            term_months: Some(120),
            trial_days: 0,
            support_class: SupportClass::Business,
            tier: None,
            service: Some(ServiceKind { service_type: ServiceType::Support, mode: ServiceMode::Ongoing }),
            credits_included: CreditAmount::ZERO,
            sites_allowed: None,
        };
        let new = NewProduct { sku: "SVC-1".parse().unwrap(), class: EntitlementClass::Svc, terms };
        let product = app.create_product(&staff, &new).await.unwrap();
        Self { db, app, staff, clock, organization, product }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, micros: i64) {
        self.clock.0.fetch_add(micros, Ordering::SeqCst);
    }

    /// A new support entitlement with an active service and an empty balance.
    pub(crate) async fn support(&self) -> Support {
        let new = CreateEntitlement {
            class: EntitlementClass::Svc,
            organization: Some(self.organization),
            holder: None,
            product: Some(self.product),
            support_class: None,
        };
        let entitlement = self.app.create_entitlement(&self.staff, &new).await.unwrap();
        let (balance, service) = {
            let mut uow = self.db.begin().await.unwrap();
            let balance = uow.credits().balance_of_entitlement(entitlement).await.unwrap().unwrap();
            (balance, uow.work().services_under(entitlement).await.unwrap()[0].id())
        };
        let approve = ServiceChange::Approve { on_behalf: Some("by telephone".to_owned()) };
        for change in [approve, ServiceChange::Activate] {
            self.app.change_service(&self.staff, service, &change).await.unwrap();
        }
        Support { entitlement, balance, service }
    }

    /// Credits that were bought.
    pub(crate) async fn grant(&self, balance: CreditBalanceId, amount: &str, expires_at: Option<Timestamp>) {
        let bought = GrantCredits {
            amount: amount.parse().unwrap(),
            source: LotSource::Purchase,
            usable_from: None,
            expires_at,
            external_ref: None,
            reason: "a top-up".to_owned(),
        };
        self.app.grant_credits(&self.staff, balance, &bought).await.unwrap();
    }

    /// A request for 2 credits that waits for somebody; with `done` it is completed, and waits for its acceptance.
    pub(crate) async fn request(&self, service: ServiceId, done: bool) -> ServiceRequestId {
        let new = CreateRequest {
            ground: RequestGround::Service(service),
            title: "A page".to_owned(),
            description: String::new(),
            priority: None,
            due_date: None,
            assignee: Some("Bo".to_owned()),
            catalog_item: None,
            complexity: Some(Complexity::Low),
            estimate: Some("2".parse().unwrap()),
            credit_balance: None,
            analysis: None,
        };
        let id = self.app.create_request(&self.staff, &new).await.unwrap();
        if done {
            for change in [RequestChange::Submit, RequestChange::Start] {
                self.app.move_request(&self.staff, id, &change).await.unwrap();
            }
            let actual = GivenActual { base: "2".parse().unwrap(), reason: Some("as agreed".to_owned()) };
            let done = CompleteRequest { actual: Some(actual), worklog_seconds: 0 };
            self.app.complete_request(&self.staff, id, &done).await.unwrap();
        }
        id
    }
}
