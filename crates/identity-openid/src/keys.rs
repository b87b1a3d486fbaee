//! The provider's keys, as they were seen last.

use std::{
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, KeyOperations, PublicKeyUse},
};
use kernel::Timestamp;
use serde_json::Value;
use service_delivery::access::TokenError;
use time::Duration;
use tokio::sync::Mutex;

use crate::{provider::Provider, token::not_valid};

/// After how long the keys are asked for again, beside the token that comes then.
const FRESH: Duration = Duration::minutes(15);
/// How long keys are good for without having been read again: one that the provider has withdrawn is accepted for no longer than
/// that, also while the provider is away.
const GOOD: Duration = Duration::minutes(30);
/// Keys that were read so short a time ago are those that the provider has: one that is not among them is none.
const JUST_READ: Duration = Duration::seconds(5);
/// How often the provider is asked at the most: so many times at once, and then every so often.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(5).unwrap();
const EVERY: std::time::Duration = std::time::Duration::from_secs(30);

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
    read: Option<Timestamp>,
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

    /// Whether the keys were read less than `time` before `now`.
    fn is_within(&self, time: Duration, now: Timestamp) -> bool {
        self.read.is_some_and(|read| now < read.saturating_add(time))
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

    /// The key with that id that verifies signatures by that algorithm, at `now`.
    ///
    /// # Errors
    /// The provider has no such key; or it is not known whether it has, because it does not say its keys, or was asked so often that
    /// it is not asked again yet.
    pub(crate) async fn key(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<DecodingKey, TokenError> {
        let seen = self.seen();
        if let Some(key) = seen.find(id, algorithm).filter(|_| seen.is_within(GOOD, now)) {
            if !seen.is_within(FRESH, now) {
                self.ask_beside(now);
            }
            return Ok(key);
        }
        let seen = self.ask_after(seen.tries, now).await;
        match seen.find(id, algorithm).filter(|_| seen.is_within(GOOD, now)) {
            Some(key) => Ok(key),
            None if !seen.failed && seen.is_within(JUST_READ, now) => {
                Err(not_valid("is signed with a key that the provider does not have"))
            }
            // It may be good: others may have used up the allowance with keys that they made up.
            None => Err(TokenError::Unavailable),
        }
    }

    fn seen(&self) -> Arc<Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is seen after the try with that number, which is made now if nobody makes it already.
    async fn ask_after(self: &Arc<Self>, tries: u64, now: Timestamp) -> Arc<Seen> {
        let turn = self.asking.lock().await;
        if self.seen().tries == tries && self.allowance.check().is_ok() {
            self.ask(now).await;
        }
        drop(turn);
        self.seen()
    }

    /// Nobody waits for it.
    fn ask_beside(self: &Arc<Self>, now: Timestamp) {
        let keys = self.clone();
        tokio::spawn(async move {
            let Ok(turn) = keys.asking.try_lock() else { return };
            if !keys.seen().is_within(FRESH, now) && keys.allowance.check().is_ok() {
                keys.ask(now).await;
            }
            drop(turn);
        });
    }

    async fn ask(&self, now: Timestamp) {
        let provider = self.provider.clone();
        let asked = tokio::task::spawn_blocking(move || provider.keys().map_err(|error| error.to_string()));
        let answer = asked.await.unwrap_or_else(|error| Err(error.to_string()));
        let answer = answer.and_then(|found| {
            let keys: Arc<[Key]> = found.into_iter().filter_map(Key::read).collect();
            // Whoever has none can sign nothing: that is a mistake, and not that all were withdrawn.
            if keys.is_empty() {
                Err("it names no key that verifies signatures".to_owned())
            } else {
                Ok(keys)
            }
        });
        let before = self.seen();
        let tries = before.tries + 1;
        let seen = match answer {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "the keys of the OpenID provider were read");
                Seen { keys, read: Some(now), failed: false, tries }
            }
            Err(error) => {
                tracing::warn!(error, "the OpenID provider does not say its keys; those that are known stay");
                Seen { keys: before.keys.clone(), read: before.read, failed: true, tries }
            }
        };
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(seen);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    use serde_json::json;

    use super::*;

    /// The ids of the keys that a provider has; none where it is away.
    type Has = Option<&'static [&'static str]>;

    /// A provider.
    struct Fake {
        issuer: String,
        has: Arc<RwLock<Has>>,
    }

    impl Fake {
        fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let issuer = format!("http://{}", listener.local_addr().unwrap());
            let fake = Self { issuer: issuer.clone(), has: Arc::default() };
            let has = fake.has.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    answer(stream.unwrap(), &issuer, *has.read().unwrap());
                }
            });
            fake
        }

        fn has(&self, ids: Has) {
            *self.has.write().unwrap() = ids;
        }
    }

    fn answer(mut stream: TcpStream, issuer: &str, has: Has) {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let body = if head.starts_with(b"GET /keys ") {
            // The public key of RFC 8037, appendix A.2.
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let key = |id: &&str| json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x});
            json!({"keys": has.unwrap_or_default().iter().map(key).collect::<Vec<_>>()})
        } else {
            json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")})
        }
        .to_string();
        let status = if has.is_some() { "200 OK" } else { "503 Service Unavailable" };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n");
        write!(stream, "{head}content-type: application/json\r\n\r\n{body}").unwrap();
    }

    /// At which nobody has asked yet.
    const BEGIN: Timestamp = Timestamp::MIN;

    async fn found(keys: &Arc<Keys>, id: &str, now: Timestamp) -> Result<(), TokenError> {
        keys.key(Some(id), Algorithm::EdDSA, now).await.map(|_| ())
    }

    fn is_refused(found: Result<(), TokenError>) -> bool {
        matches!(found, Err(TokenError::NotValid { .. }))
    }

    fn is_not_known(found: Result<(), TokenError>) -> bool {
        matches!(found, Err(TokenError::Unavailable))
    }

    #[tokio::test]
    async fn a_key_that_is_withdrawn_is_accepted_for_half_an_hour_at_the_most() {
        let provider = Fake::start();
        provider.has(Some(&["one"]));
        let keys = Arc::new(Keys::new(Provider::new(&provider.issuer)));
        found(&keys, "one", BEGIN).await.unwrap();
        // Nobody comes for a while, and meanwhile it is withdrawn.
        provider.has(Some(&["two"]));
        let then = BEGIN.saturating_add(GOOD);
        assert!(is_refused(found(&keys, "one", then).await));
        found(&keys, "two", then).await.unwrap();
        // The provider is away: a while longer its keys are known.
        provider.has(None);
        found(&keys, "two", then.saturating_add(FRESH)).await.unwrap();
        let later = then.saturating_add(GOOD);
        assert!(is_not_known(found(&keys, "two", later).await));
        provider.has(Some(&["two"]));
        found(&keys, "two", later).await.unwrap();
    }

    #[tokio::test]
    async fn a_key_that_could_not_be_asked_for_may_be_good() {
        let provider = Fake::start();
        provider.has(Some(&["one"]));
        let keys = Arc::new(Keys::new(Provider::new(&provider.issuer)));
        for number in 0..AT_ONCE.get() {
            assert!(is_refused(found(&keys, &format!("made up {number}"), BEGIN).await));
        }
        // Now it cannot be asked for a while. What it has is known for some seconds more.
        assert!(is_refused(found(&keys, "made up", BEGIN).await));
        provider.has(Some(&["one", "two"]));
        let then = BEGIN.saturating_add(JUST_READ);
        assert!(is_not_known(found(&keys, "two", then).await));
        found(&keys, "one", then).await.unwrap();
    }

    #[tokio::test]
    async fn a_provider_that_names_no_key_at_all_makes_a_mistake() {
        let provider = Fake::start();
        provider.has(Some(&[]));
        let keys = Arc::new(Keys::new(Provider::new(&provider.issuer)));
        assert!(is_not_known(found(&keys, "one", BEGIN).await));
        provider.has(Some(&["one"]));
        found(&keys, "one", BEGIN).await.unwrap();
        provider.has(Some(&[]));
        assert!(is_not_known(found(&keys, "two", BEGIN).await));
        found(&keys, "one", BEGIN).await.unwrap();
        // It is not good for longer than any other.
        assert!(is_not_known(found(&keys, "one", BEGIN.saturating_add(GOOD)).await));
    }
}
