//! A small company to test with, in builders that read like its day.

pub(crate) mod asked;
mod looks;
pub(crate) mod sold;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use entitlement::Role;
use kernel::{
    CallerId, Money, OrganizationId, Timestamp,
    ports::{Clock, Entropy},
};
use serde_json::{Value, json};
use service_delivery::{
    PolicySet, PolicySource, Refusal, ServiceDelivery,
    access::{Caller, Grant, StaffRole},
};
use storage_seaorm::testing::TestDatabase;
use time::UtcOffset;
use ust_credits::Credits;
use uuid::Uuid;

pub(crate) use asked::a_request;
pub(crate) use sold::terms;

/// A clock that stands until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn days_pass(&self, days: i64) {
        self.0.fetch_add(days * 86_400_000_000, Ordering::SeqCst);
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Counts: its ids grow, and its bytes differ each time.
struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn uuid(&self) -> Uuid {
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        // The bits of UUIDv7: version and variant where they belong, the count around them.
        let (high, low) = (count >> 20, count & 0xf_ffff);
        Uuid::from_u128(0x0196_0000_0000_7000_8000_0000_0000_0000 | (high << 80) | low)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let mixed = (count ^ (count >> 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            chunk.copy_from_slice(&mixed[..chunk.len()]);
        }
    }
}

pub(crate) struct World {
    pub(crate) db: TestDatabase,
    pub(crate) app: Arc<ServiceDelivery>,
    pub(crate) clock: Arc<TestClock>,
    entropy: Arc<TestEntropy>,
    pub(crate) staff: Caller,
}

impl World {
    /// Under the default policies, but with a credit worth 100 BRL.
    pub(crate) fn new(db: TestDatabase) -> Self {
        Self::with(db, json!({}))
    }

    /// As [`World::new`], with these policies besides.
    pub(crate) fn with(db: TestDatabase, policies: Value) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(at("2026-05-10T12:00:00Z").unix_micros())));
        let entropy = Arc::new(TestEntropy(AtomicU64::new(1)));
        let app = serve(&db, &clock, &entropy, policies);
        let staff = caller("Rosa", Grant::Staff(StaffRole::Admin));
        Self { db, app, clock, entropy, staff }
    }

    /// The same company from now on, under other policies.
    pub(crate) fn under(&self, policies: Value) -> Arc<ServiceDelivery> {
        serve(&self.db, &self.clock, &self.entropy, policies)
    }

    /// The same company from now on, with policies from elsewhere.
    pub(crate) fn governed_by(&self, policies: Arc<dyn PolicySource>) -> ServiceDelivery {
        let storage = Arc::new((*self.db).clone());
        ServiceDelivery::new(storage, self.clock.clone(), self.entropy.clone(), policies, UtcOffset::UTC)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn fresh<I: From<Uuid>>(&self) -> I {
        I::from(self.entropy.uuid())
    }

    /// The refusal of a command, which must have changed nothing, and have written no event.
    pub(crate) async fn refused<T: std::fmt::Debug>(
        &self,
        command: impl Future<Output = Result<T, Refusal>>,
    ) -> Refusal {
        let before = self.fingerprint().await;
        let refusal = Box::pin(command).await.expect_err("refused");
        assert_eq!(self.fingerprint().await, before, "a refused command changes nothing: {refusal}");
        refusal
    }

    /// What a command gives that has nothing to do: it must change nothing, and write no event.
    pub(crate) async fn idle<T>(&self, command: impl Future<Output = Result<T, Refusal>>) -> T {
        let before = self.fingerprint().await;
        let outcome = Box::pin(command).await.expect("accepted");
        assert_eq!(self.fingerprint().await, before, "nothing to do, nothing changed");
        outcome
    }

    /// What a command gives, and the names of the events that it wrote, in their order.
    pub(crate) async fn told<T>(
        &self,
        command: impl Future<Output = Result<T, Refusal>>,
    ) -> (T, Vec<String>) {
        let before = self.db.number("SELECT coalesce(max(seq), 0) FROM event").await.unwrap();
        let outcome = Box::pin(command).await.expect("accepted");
        let sql = format!("SELECT string_agg(name, ' ' ORDER BY seq) FROM event WHERE seq > {before}");
        let names = self.db.text(&sql).await.unwrap().unwrap_or_default();
        (outcome, names.split_whitespace().map(str::to_owned).collect())
    }
}

/// With a credit worth 100 BRL, unless `policies` say otherwise.
fn serve(
    db: &TestDatabase,
    clock: &Arc<TestClock>,
    entropy: &Arc<TestEntropy>,
    policies: Value,
) -> Arc<ServiceDelivery> {
    let mut all = json!({"credits": {"base_credit_value": {"amount": "100", "currency": "BRL"}}});
    for (kind, fields) in policies.as_object().unwrap() {
        for (field, value) in fields.as_object().unwrap() {
            all[kind][field] = value.clone();
        }
    }
    let policies = Arc::new(PolicySet::try_new(&all).unwrap());
    let storage = Arc::new((**db).clone());
    Arc::new(ServiceDelivery::new(storage, clock.clone(), entropy.clone(), policies, UtcOffset::UTC))
}

fn caller(name: &str, grant: Grant) -> Caller {
    static CALLERS: AtomicU64 = AtomicU64::new(1);
    let id = CallerId::new(Uuid::from_u128(u128::from(CALLERS.fetch_add(1, Ordering::Relaxed))));
    Caller { id, name: name.to_owned(), grant }
}

/// The owner of `organization`.
pub(crate) fn owner_of(organization: OrganizationId) -> Caller {
    customer(organization, Role::Owner)
}

/// Somebody of `organization`.
pub(crate) fn customer(organization: OrganizationId, role: Role) -> Caller {
    caller("Ana", Grant::Organization { organization, role, scopes: vec![] })
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn brl(amount: &str) -> Money {
    money(amount, "BRL")
}

pub(crate) fn money(amount: &str, currency: &str) -> Money {
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

pub(crate) fn credits(amount: &str) -> Credits {
    amount.parse().unwrap()
}

/// The name of the rule that refused.
pub(crate) fn rule(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Rule { rule, .. } => rule,
        other => panic!("{other:?} is no rule"),
    }
}

/// The kind of thing that is not there.
pub(crate) fn missing(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound { what, .. } => what,
        other => panic!("{other:?} is not about something missing"),
    }
}

/// The fields that are wrong.
pub(crate) fn wrong(refusal: &Refusal) -> Vec<&str> {
    match refusal {
        Refusal::Invalid(invalid) => invalid.0.iter().map(|field| field.path.as_str()).collect(),
        other => panic!("{other:?} is about no fields"),
    }
}

/// The state and the command of an illegal move.
pub(crate) fn illegal(refusal: &Refusal) -> (&str, &str) {
    match refusal {
        Refusal::IllegalMove(illegal) => (illegal.state, illegal.command),
        other => panic!("{other:?} is no illegal move"),
    }
}
