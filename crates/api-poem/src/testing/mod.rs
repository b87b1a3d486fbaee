//! A surface without a database, for tests.

mod reads;
#[allow(dead_code, reason = "not every story needs every scene")]
mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kernel::{
    ApiKeyId, StoreError, Timestamp,
    ports::{Clock, Entropy},
};
use poem::{Response, endpoint::BoxEndpoint, test::TestClient};
use poem_openapi::OpenApi;
use service_delivery::{
    Command, Commands, Once, PolicySet, ServiceDelivery, Storage, UnitOfWork, Work,
    access::{ApiKey, Grant, Keys, StaffRole},
    worker::TestClock,
};
use time::UtcOffset;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{Backend, Edge, Readiness, Streaming, note_streams::NoteStreams, operations::Context, surface};
pub(crate) use world::{Answer, World};

pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        "2026-05-01T12:00:00Z".parse().unwrap()
    }
}

/// Every byte differs from the one before, every id too.
#[derive(Default)]
pub(crate) struct Counting(AtomicU8);

impl Entropy for Counting {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// A storage that is down.
struct NoStorage;

impl NoStorage {
    fn down() -> StoreError {
        StoreError::Unavailable { reason: "password=secret".to_owned() }
    }
}

#[async_trait]
impl Storage for NoStorage {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Err(NoStorage::down())
    }
}

#[async_trait]
impl Commands for NoStorage {
    async fn once(&self, _: &Command, _: Work<'_>) -> Result<Once, StoreError> {
        Err(NoStorage::down())
    }
}

#[async_trait]
impl TestClock for NoStorage {
    async fn set_forward(&self, _: Timestamp) -> Result<(), StoreError> {
        Err(NoStorage::down())
    }
}

#[derive(Clone, Default)]
pub(crate) struct FakeKeys {
    keys: Vec<ApiKey>,
    pub(crate) down: Arc<AtomicBool>,
}

impl FakeKeys {
    /// Adds a key and gives its secret.
    pub(crate) fn add(&mut self, grant: Grant, expires_at: Option<&str>, revoked: bool) -> String {
        let entropy = Counting(AtomicU8::new(u8::try_from(self.keys.len() * 7).unwrap()));
        let made = "2026-01-01T00:00:00Z".parse().unwrap();
        let expires_at = expires_at.map(|at| at.parse().unwrap());
        let id = ApiKeyId::new(Uuid::from_u128(self.keys.len() as u128));
        let (mut key, secret) = ApiKey::try_new(id, "test", grant, expires_at, &entropy, made).unwrap();
        if revoked {
            key.revoke(made);
        }
        self.keys.push(key);
        secret.reveal().to_owned()
    }

    pub(crate) fn staff(&mut self) -> String {
        self.add(Grant::Staff(StaffRole::Admin), None, false)
    }
}

#[async_trait]
impl Keys for FakeKeys {
    async fn api_key(&self, lookup: &str) -> Result<Option<ApiKey>, StoreError> {
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable { reason: "connection refused by 10.0.0.7".to_owned() });
        }
        Ok(self.keys.iter().find(|key| key.record().lookup == lookup).cloned())
    }

    async fn note_use(&self, _: ApiKeyId, _: Timestamp) -> Result<(), StoreError> {
        Err(NoStorage::down())
    }
}

pub(crate) struct Ready(pub(crate) Result<String, String>);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Result<crate::Ready, String> {
        self.0.clone().map(|detail| crate::Ready { detail, worker_lag: Duration::from_secs(7) })
    }
}

pub(crate) type Client = TestClient<BoxEndpoint<'static, Response>>;

/// Use cases on a storage that is down.
pub(crate) fn context() -> Arc<Context> {
    let policies = Arc::new(PolicySet::try_new(&serde_json::json!({})).unwrap());
    let (storage, clock, entropy) =
        (Arc::new(NoStorage), Arc::new(FixedClock), Arc::new(Counting::default()));
    let service = ServiceDelivery::new(storage.clone(), clock.clone(), entropy, policies, UtcOffset::UTC)
        .with_test_clock(storage);
    let note_streams = NoteStreams::new(Arc::new(NoStorage), Streaming::default());
    Arc::new(Context { service: Arc::new(service), reads: Arc::new(NoStorage), clock, note_streams })
}

/// What stands on a storage that is down, with these keys.
pub(crate) fn backend(keys: &FakeKeys, ready: Ready) -> Backend {
    Backend {
        service: context().service.clone(),
        reads: Arc::new(NoStorage),
        commands: Arc::new(NoStorage),
        keys: Arc::new(keys.clone()),
        people: None,
        clock: Arc::new(FixedClock),
        entropy: Arc::new(Counting::default()),
        readiness: Arc::new(ready),
        tasks: TaskTracker::new(),
        edge: Edge::default(),
        streaming: Streaming::default(),
    }
}

/// The whole surface with `operations`, and these keys.
pub(crate) fn client<T: OpenApi + 'static>(keys: &FakeKeys, ready: Ready, operations: T) -> Client {
    TestClient::new(surface(backend(keys, ready), operations))
}
