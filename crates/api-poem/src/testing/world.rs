//! The whole surface on a real database, with customers in it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use entitlement::{
    CreditAmount, EnvironmentConfiguration, Locale, NewProduct, OrganizationDetails, Platform, ProductTerms,
    Role, Scope, ServiceKind, SupportClass,
};
use kernel::{
    CallerId, CreditBalanceId, EntitlementClass, EntitlementId, EnvironmentId, Money, OrganizationId,
    ProductId, ServiceId, ServiceMode, ServiceType, Timestamp,
    ports::{Clock, Entropy},
};
use poem::{
    Response,
    endpoint::BoxEndpoint,
    http::{Method, StatusCode},
    test::TestClient,
};
use serde_json::{Value, json};
use service_delivery::{
    CreateEntitlement, EnvironmentChange, PolicySet, ServiceDelivery,
    access::{Caller, Grant, StaffRole},
    reads::{Reads, Viewer},
};
use storage_seaorm::{
    Database, Options,
    testing::{TestDatabase, sqlite},
};
use time::UtcOffset;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Client, Ready};
use crate::{Backend, Edge, Streaming, endpoint};

/// A clock that stands still until it is set.
pub(crate) struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Ids that grow, as UUIDv7 do; bytes that never repeat.
struct Growing(AtomicU64);

impl Entropy for Growing {
    fn uuid(&self) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 | u128::from(count))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| {
            let count = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (count ^ (count >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0]
        });
    }
}

/// A server with a database of its own, and an administrator's key to it.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    clock: Arc<SetClock>,
    entropy: Arc<Growing>,
    tasks: TaskTracker,
    pub(crate) service: Arc<ServiceDelivery>,
    pub(crate) client: Client,
    /// The key of a member of staff who may do everything.
    pub(crate) staff: String,
}

/// What a request was answered with.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, where this is the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The fields that are wrong, where some are.
    #[track_caller]
    pub(crate) fn wrong_fields(self) -> Vec<String> {
        let body = self.is(422);
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no fields: {body:#}"));
        errors.iter().map(|error| error["path"].as_str().unwrap().to_owned()).collect()
    }

    /// The rule or kind of problem, where it was refused with this status.
    #[track_caller]
    pub(crate) fn problem(self, status: u16) -> String {
        self.is(status)["type"].as_str().unwrap().trim_start_matches("urn:middag:problem:").to_owned()
    }
}

fn caller(grant: Grant) -> Caller {
    Caller { id: CallerId::new(Uuid::from_u128(1)), name: "test".to_owned(), grant }
}

/// What a server on that database stands on.
fn backend(
    database: Database,
    policies: &Value,
    clock: &Arc<SetClock>,
    entropy: &Arc<Growing>,
    tasks: &TaskTracker,
) -> Backend {
    let policies = Arc::new(PolicySet::try_new(policies).unwrap());
    let storage = Arc::new(database);
    let service =
        ServiceDelivery::new(storage.clone(), clock.clone(), entropy.clone(), policies, UtcOffset::UTC);
    Backend {
        service: Arc::new(service),
        reads: storage.clone(),
        commands: storage.clone(),
        keys: storage,
        people: None,
        clock: clock.clone(),
        entropy: entropy.clone(),
        readiness: Arc::new(Ready(Ok(String::new()))),
        tasks: tasks.clone(),
        edge: Edge::default(),
        streaming: Streaming::default(),
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::under(&json!({})).await
    }

    /// With these global policies.
    pub(crate) async fn under(policies: &Value) -> Self {
        Self::on(sqlite().await, policies).await
    }

    /// On that database, with these global policies.
    pub(crate) async fn on(database: TestDatabase, policies: &Value) -> Self {
        let clock = Arc::new(SetClock(Mutex::new("2026-05-01T12:00:00Z".parse().unwrap())));
        let entropy = Arc::new(Growing(AtomicU64::new(1)));
        let tasks = TaskTracker::new();
        let backend = backend((*database).clone(), policies, &clock, &entropy, &tasks);
        let (service, client) = (backend.service.clone(), TestClient::new(endpoint(backend)));
        let mut world = Self { database, clock, entropy, tasks, service, client, staff: String::new() };
        world.staff = world.key(Grant::Staff(StaffRole::Admin)).await;
        world
    }

    /// Another server on the same database, with connections of its own.
    pub(crate) async fn another(&self, streaming: Streaming) -> BoxEndpoint<'static, Response> {
        let database = Database::connect(self.database.url(), &Options::default()).await.unwrap();
        let backend = backend(database, &json!({}), &self.clock, &self.entropy, &self.tasks);
        endpoint(Backend { streaming, ..backend })
    }

    /// Another server on the same database. On SQLite it shares the connections: whoever writes there is alone.
    pub(crate) async fn another_server(&self) -> Client {
        let database = match self.database.admin_url() {
            Some(_) => Database::connect(self.database.url(), &Options::default()).await.unwrap(),
            None => (*self.database).clone(),
        };
        TestClient::new(endpoint(backend(database, &json!({}), &self.clock, &self.entropy, &self.tasks)))
    }

    /// Waits until all that goes on beside the requests is done.
    pub(crate) async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// A new key that may do what `grant` says.
    pub(crate) async fn key(&self, grant: Grant) -> String {
        let by = caller(Grant::Staff(StaffRole::Admin));
        let (_, secret) = self.service.create_api_key(&by, "a key", &grant, None).await.unwrap();
        secret.reveal().to_owned()
    }

    /// The key of somebody with `role` and `scopes` at `organization`.
    pub(crate) async fn customer(
        &self,
        organization: OrganizationId,
        role: Role,
        scopes: &[Scope],
    ) -> String {
        self.key(Grant::Organization { organization, role, scopes: scopes.to_vec() }).await
    }

    /// Who sets the scene.
    pub(crate) fn staff_caller(&self) -> Caller {
        caller(Grant::Staff(StaffRole::Admin))
    }

    /// Lets the database grow to so many pages at the most, as a disk does; never below what it has.
    pub(crate) async fn limit_pages(&self, pages: u32) {
        let pragma = format!("PRAGMA max_page_count = {pages}");
        storage_seaorm::testing::run(&self.database, &pragma).await.unwrap();
    }

    /// Sets the clock.
    pub(crate) fn at(&self, instant: &str) {
        *self.clock.0.lock().unwrap() = instant.parse().unwrap();
    }

    pub(crate) async fn organization(&self, name: &str) -> OrganizationId {
        let details = OrganizationDetails {
            name: name.to_owned(),
            legal_name: format!("{name} Ltda."),
            tax_id: None,
            country: "BR".to_owned(),
            locale: Locale::PtBr,
            currency: "BRL".to_owned(),
            billing_email: "finance@example.com".to_owned(),
        };
        self.service.create_organization(&self.staff_caller(), &details).await.unwrap()
    }

    /// A product that makes a service in `mode` with 10 credits.
    pub(crate) async fn service_product(&self, sku: &str, mode: ServiceMode) -> ProductId {
        let terms = ProductTerms {
            name: "Support and development".to_owned(),
            price: Money::parse("1000", "BRL".parse().unwrap()).unwrap(),
            term_months: Some(12),
            trial_days: 0,
            support_class: SupportClass::Business,
            tier: None,
            service: Some(ServiceKind { service_type: ServiceType::Support, mode }),
            credits_included: CreditAmount::from_units(100),
            sites_allowed: None,
        };
        let new = NewProduct { sku: sku.parse().unwrap(), class: EntitlementClass::Svc, terms };
        self.service.create_product(&self.staff_caller(), &new).await.unwrap()
    }

    /// An active entitlement of `organization`.
    pub(crate) async fn entitlement(
        &self,
        organization: OrganizationId,
        class: EntitlementClass,
        product: Option<ProductId>,
    ) -> EntitlementId {
        let new = CreateEntitlement {
            class,
            organization: Some(organization),
            holder: None,
            product,
            support_class: Some(SupportClass::Business),
        };
        self.service.create_entitlement(&self.staff_caller(), &new).await.unwrap()
    }

    /// A proposed service in `mode`, and the balance of 10 credits beside it.
    pub(crate) async fn proposed_service(
        &self,
        organization: OrganizationId,
        mode: ServiceMode,
    ) -> (ServiceId, CreditBalanceId) {
        let organization_number = organization.as_uuid().as_u128() & 0xffff;
        let sku = format!("SVC-{mode}-{organization_number}").to_uppercase();
        let product = self.service_product(&sku, mode).await;
        let above = self.entitlement(organization, EntitlementClass::Svc, Some(product)).await;
        let viewer = Viewer::staff(self.clock.now());
        let detail = self.database.entitlement(viewer, above).await.unwrap().unwrap();
        (detail.provisioned.services[0], detail.provisioned.credit_balance.unwrap())
    }

    /// An active environment; `pays` pays for its requests.
    pub(crate) async fn active_environment(
        &self,
        organization: OrganizationId,
        pays: Option<CreditBalanceId>,
    ) -> EnvironmentId {
        let by = self.staff_caller();
        let above = self.entitlement(organization, EntitlementClass::Env, None).await;
        let viewer = Viewer::staff(self.clock.now());
        let detail = self.database.entitlement(viewer, above).await.unwrap().unwrap();
        let id = detail.provisioned.environments[0].0;
        let configuration = EnvironmentConfiguration {
            server: Some("moodle-1".to_owned()),
            primary_url: Some("https://ava.example.com".to_owned()),
            platform: Some(Platform::Moodle),
            credit_balance: pays,
            ..EnvironmentConfiguration::default()
        };
        self.service.configure_environment(&by, id, &configuration, None).await.unwrap();
        self.service.change_environment(&by, id, EnvironmentChange::Activate).await.unwrap();
        id
    }

    /// Asks as the holder of `key`.
    pub(crate) async fn ask(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.ask_if(key, method, path, body, None).await
    }

    /// As [`World::ask`], with `If-Match`. Every POST has a name, and what was done is answered alike when it is sent again
    /// (AP-4).
    pub(crate) async fn ask_if(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Answer {
        let name = (method == Method::POST).then(|| self.entropy.uuid().to_string());
        let send = async || {
            let mut request = self.client.request(method.clone(), path).header("X-API-Key", key);
            for (header, value) in [("If-Match", if_match), ("Idempotency-Key", name.as_deref())] {
                if let Some(value) = value {
                    request = request.header(header, value);
                }
            }
            if let Some(body) = body {
                request = request.body_json(body);
            }
            let response = request.send().await.0;
            let status = response.status();
            let header = |name: &str| response.header(name).map(str::to_owned);
            let (etag, location) = (header("ETag"), header("Location"));
            let text = response.into_body().into_string().await.unwrap();
            let body = serde_json::from_str(&text).unwrap_or(Value::Null);
            Answer { status, etag, location, body }
        };
        let answer = send().await;
        if name.is_some() && answer.status.is_success() {
            assert_eq!(send().await, answer, "AP-4: {path}");
        }
        answer
    }

    /// What `key` gets from `path`: status and text.
    pub(crate) async fn raw(&self, key: &str, method: Method, path: &str) -> (u16, String) {
        let answer = self.client.request(method, path).header("X-API-Key", key).send().await.0;
        (answer.status().as_u16(), answer.into_body().into_string().await.unwrap())
    }

    /// Reads as staff.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&self.staff, Method::GET, path, None).await
    }

    /// Gives a command or creates as staff.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let body = (!body.is_null()).then_some(body);
        self.ask(&self.staff, Method::POST, path, body).await
    }

    /// Every page of a list, `limit` at a time: the value of `field` of each item.
    pub(crate) async fn walk(&self, path: &str, limit: u16, field: &str) -> Vec<String> {
        let (mut found, mut cursor) = (vec![], None::<String>);
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("{path}{separator}limit={limit}{more}")).await.is(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= usize::from(limit));
            found.extend(items.iter().map(|item| item[field].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return found,
            }
        }
    }
}
