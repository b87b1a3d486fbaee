//! The provider's keys, as they were seen last.

use std::{
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::Value;
use service_delivery::access::TokenError;
use tokio::sync::Mutex;

use crate::{provider::Provider, token::not_valid};

/// After how long the keys are asked for again: one that the provider has withdrawn is good for no longer than that.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// How often the provider is asked at the most: so many times at once, and then every so often.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(5).unwrap();
const EVERY: Duration = Duration::from_secs(30);

/// One key of the provider.
struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

impl Key {
    /// None for what verifies no signatures, or none that are known here.
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|own| *own == PublicKeyUse::Signature);
        let operations = jwk.common.key_operations.as_ref();
        let verifies = operations.is_none_or(|own| own.contains(&KeyOperations::Verify));
        if !signs || !verifies {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Some(Algorithm::try_from(named).ok()?),
            None => None,
        };
        Some(Self { id: jwk.common.key_id, algorithm, key })
    }

    fn verifies(&self, algorithm: Algorithm) -> bool {
        self.key.family() == algorithm.family() && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

/// What was seen of the provider.
#[derive(Default)]
struct Seen {
    keys: Arc<[Key]>,
    /// When they were read; none before the first time.
    read: Option<Instant>,
    /// Whether the last try failed.
    failed: bool,
    /// How often it was tried.
    tries: u64,
}

impl Seen {
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut fitting = self.keys.iter().filter(|own| own.verifies(algorithm));
        let found = match id {
            Some(id) => fitting.find(|own| own.id.as_deref() == Some(id)),
            // A token that names none fits where there is one only.
            None => fitting.next().filter(|_| fitting.next().is_none()),
        };
        found.map(|own| own.key.clone())
    }

    fn is_fresh(&self) -> bool {
        self.read.is_some_and(|read| read.elapsed() < FRESH)
    }
}

/// The keys, kept and asked for again.
pub(crate) struct Keys {
    provider: Provider,
    seen: RwLock<Arc<Seen>>,
    /// One asks, the others wait for what it hears.
    asking: Mutex<()>,
    allowance: DefaultDirectRateLimiter,
}

impl Keys {
    pub(crate) fn new(provider: Provider) -> Self {
        let quota = Quota::with_period(EVERY).unwrap_or(Quota::per_minute(AT_ONCE)).allow_burst(AT_ONCE);
        Self {
            provider,
            seen: RwLock::default(),
            asking: Mutex::default(),
            allowance: RateLimiter::direct(quota),
        }
    }

    /// The key with that id that verifies signatures by that algorithm.
    pub(crate) async fn key(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<DecodingKey, TokenError> {
        let seen = self.seen();
        if let Some(key) = seen.find(id, algorithm) {
            if !seen.is_fresh() {
                self.ask_beside();
            }
            return Ok(key);
        }
        let seen = self.ask_after(seen.tries).await;
        match seen.find(id, algorithm) {
            Some(key) => Ok(key),
            None if seen.failed || seen.read.is_none() => Err(TokenError::Unavailable),
            None => Err(not_valid("is signed with a key that the provider does not have")),
        }
    }

    fn seen(&self) -> Arc<Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is seen after the try with that number, which is made now if nobody makes it already.
    async fn ask_after(self: &Arc<Self>, tries: u64) -> Arc<Seen> {
        let turn = self.asking.lock().await;
        if self.seen().tries == tries && self.allowance.check().is_ok() {
            self.ask().await;
        }
        drop(turn);
        self.seen()
    }

    /// Nobody waits for it.
    fn ask_beside(self: &Arc<Self>) {
        let keys = self.clone();
        tokio::spawn(async move {
            let Ok(turn) = keys.asking.try_lock() else { return };
            if !keys.seen().is_fresh() && keys.allowance.check().is_ok() {
                keys.ask().await;
            }
            drop(turn);
        });
    }

    async fn ask(&self) {
        let provider = self.provider.clone();
        let asked = tokio::task::spawn_blocking(move || provider.keys().map_err(|error| error.to_string()));
        let answer = asked.await.unwrap_or_else(|error| Err(error.to_string()));
        let before = self.seen();
        let tries = before.tries + 1;
        let seen = match answer {
            Ok(found) => {
                let keys: Arc<[Key]> = found.into_iter().filter_map(Key::read).collect();
                tracing::info!(keys = keys.len(), "the keys of the OpenID provider were read");
                Seen { keys, read: Some(Instant::now()), failed: false, tries }
            }
            Err(error) => {
                tracing::warn!(error, "the OpenID provider does not say its keys; those that are known stay");
                Seen { keys: before.keys.clone(), read: before.read, failed: true, tries }
            }
        };
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(seen);
    }
}
