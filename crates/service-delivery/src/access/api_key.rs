//! API keys (OR-5): act for a service; only a hash is stored and the secret is shown once.

use async_trait::async_trait;
use kernel::{ApiKeyId, Invalid, StoreError, Timestamp, ports::Entropy};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::Duration;

use super::{Caller, Grant};

/// What every secret begins with, so that scanners recognise a leaked one.
pub const API_KEY_PREFIX: &str = "mda";

/// Letters and digits that cannot be mistaken for each other (Crockford's base 32, lower case).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LOOKUP_LEN: usize = 10;
const SECRET_LEN: usize = 52;

/// A new key's secret: shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// 256 random bits behind a lookup part of 50.
    fn generate(entropy: &dyn Entropy) -> Self {
        Self::behind(&random::<LOOKUP_LEN>(entropy), entropy)
    }

    /// 256 random bits behind this lookup part.
    fn behind(lookup: &str, entropy: &dyn Entropy) -> Self {
        Self(format!("{API_KEY_PREFIX}_{lookup}_{}", random::<SECRET_LEN>(entropy)))
    }

    /// The secret's text, to show it once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn lookup(text: &str) -> Option<&str> {
        let (lookup, secret) = text.strip_prefix(API_KEY_PREFIX)?.strip_prefix('_')?.split_once('_')?;
        let well_formed =
            |part: &str, len| part.len() == len && part.bytes().all(|byte| ALPHABET.contains(&byte));
        (well_formed(lookup, LOOKUP_LEN) && well_formed(secret, SECRET_LEN)).then_some(lookup)
    }

    fn hash(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }
}

/// So many random letters and digits.
fn random<const N: usize>(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; N];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

impl std::fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// An API key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its id.
    pub id: ApiKeyId,
    /// What the key is for, for people.
    pub name: String,
    /// The part of the secret by which it is found.
    pub lookup: String,
    /// SHA-256 of the whole secret.
    pub secret_hash: [u8; 32],
    /// What it may do.
    pub grant: Grant,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; none for never.
    pub expires_at: Option<Timestamp>,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it got its secret, where it had another one before.
    pub rotated_at: Option<Timestamp>,
    /// SHA-256 of the secret before, and until when that one is accepted too.
    pub previous: Option<([u8; 32], Timestamp)>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// For how long the secret before a rotation may be accepted, in hours.
pub const MAX_GRACE_HOURS: u32 = 7 * 24;

/// How much later a use has to be than the one that is noted, to be noted.
const USES_NOTED_EVERY: i64 = 60_000_000;

/// Why a key is refused. Callers are told no more than that it is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// Not the form of a key, or not known, or the secret does not match.
    #[error("the key is not known")]
    Unknown,
    /// Revoked.
    #[error("the key was revoked")]
    Revoked,
    /// Past its expiry.
    #[error("the key has expired")]
    Expired,
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey(ApiKeyRecord);

impl ApiKey {
    /// A new key named `name` for `grant`, valid until `expires_at`, and its secret.
    ///
    /// # Errors
    /// A blank name, or an expiry that is past.
    pub fn try_new(
        id: ApiKeyId,
        name: &str,
        grant: Grant,
        expires_at: Option<Timestamp>,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<(Self, ApiKeySecret), Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("name", name, 100);
        if expires_at.is_some_and(|at| at <= now) {
            invalid.push("expires_at", "must be in the future");
        }
        let secret = ApiKeySecret::generate(entropy);
        let lookup = ApiKeySecret::lookup(secret.reveal()).unwrap_or_default().to_owned();
        let secret_hash = ApiKeySecret::hash(secret.reveal());
        let name = name.trim().to_owned();
        let record = ApiKeyRecord {
            id,
            name,
            lookup,
            secret_hash,
            grant,
            created_at: now,
            expires_at,
            revoked_at: None,
            rotated_at: None,
            previous: None,
            last_used_at: None,
        };
        invalid.or_ok((Self(record), secret))
    }

    /// The key that was stored.
    pub fn restore(record: ApiKeyRecord) -> Self {
        Self(record)
    }

    /// The row to store.
    pub fn record(&self) -> &ApiKeyRecord {
        &self.0
    }

    /// Refuses the key from `now` on. Says whether it was valid before.
    pub fn revoke(&mut self, now: Timestamp) -> bool {
        let was_valid = self.0.revoked_at.is_none();
        self.0.revoked_at.get_or_insert(now);
        was_valid
    }

    /// Gives the key a new secret from `now` on; the one it had is accepted for `grace_hours` more, one that it had before no
    /// longer.
    ///
    /// # Errors
    /// More than [`MAX_GRACE_HOURS`].
    pub fn rotate(
        &mut self,
        grace_hours: u32,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<ApiKeySecret, Invalid> {
        if grace_hours > MAX_GRACE_HOURS {
            return Err(Invalid::field("grace_hours", format!("must be at most {MAX_GRACE_HOURS}")));
        }
        let secret = ApiKeySecret::behind(&self.0.lookup, entropy);
        let until = now.saturating_add(Duration::hours(grace_hours.into()));
        self.0.previous = (grace_hours > 0).then_some((self.0.secret_hash, until));
        self.0.secret_hash = ApiKeySecret::hash(secret.reveal());
        self.0.rotated_at = Some(now);
        Ok(secret)
    }

    /// Whether a use at `now` is worth noting.
    pub fn is_use_noted(&self, now: Timestamp) -> bool {
        let noted = self.0.last_used_at.map(Timestamp::unix_micros);
        noted.is_none_or(|noted| now.unix_micros().saturating_sub(noted) >= USES_NOTED_EVERY)
    }

    /// Refuses a key that is revoked or expired at `now`.
    ///
    /// # Errors
    /// Which of the two it is.
    pub fn check_valid(&self, now: Timestamp) -> Result<(), ApiKeyError> {
        if self.0.revoked_at.is_some() {
            return Err(ApiKeyError::Revoked);
        }
        match self.0.expires_at {
            Some(at) if at <= now => Err(ApiKeyError::Expired),
            _ => Ok(()),
        }
    }

    /// The part of a presented secret by which its key is found; none where it has not the form of one.
    pub fn lookup_of(presented: &str) -> Option<&str> {
        ApiKeySecret::lookup(presented)
    }

    /// Who is calling with `presented` at `now`. Compares in constant time.
    ///
    /// # Errors
    /// Another secret, or a key that is revoked or expired.
    pub fn authenticate(&self, presented: &str, now: Timestamp) -> Result<Caller, ApiKeyError> {
        let hash = ApiKeySecret::hash(presented);
        let is_previous =
            self.0.previous.is_some_and(|(previous, until)| bool::from(hash.ct_eq(&previous)) && now < until);
        if !bool::from(hash.ct_eq(&self.0.secret_hash)) && !is_previous {
            return Err(ApiKeyError::Unknown);
        }
        self.check_valid(now)?;
        Ok(Caller { id: self.0.id.as_uuid().into(), name: self.0.name.clone(), grant: self.0.grant.clone() })
    }
}

/// Storage of API keys, within a unit of work.
#[async_trait]
pub trait Store: Send {
    /// Stores a new key.
    async fn insert_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError>;
    /// The key with `id`, locked until the unit of work ends.
    async fn lock_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;
    /// Stores a changed key.
    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError>;
}

/// Finds keys for authentication, outside of any unit of work.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key whose secret has this lookup part.
    async fn api_key(&self, lookup: &str) -> Result<Option<ApiKey>, StoreError>;
    /// Notes that the key was used then; never an earlier use than the one that is noted.
    async fn note_use(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::StaffRole;

    struct Fixed;
    impl Entropy for Fixed {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(at).unwrap();
            }
        }
    }

    /// Always the same byte.
    struct Always(u8);
    impl Entropy for Always {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn a_key(expires: Option<&str>) -> (ApiKey, ApiKeySecret) {
        let id = ApiKeyId::new(uuid::Uuid::nil());
        let grant = Grant::Staff(StaffRole::Admin);
        ApiKey::try_new(id, "shop", grant, expires.map(at), &Fixed, at("2026-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn or_5_the_secret_is_not_in_what_is_stored() {
        let (key, secret) = a_key(None);
        assert_eq!(ApiKey::lookup_of(secret.reveal()), Some(key.record().lookup.as_str()));
        assert!(!format!("{key:?} {secret:?}").contains(&secret.reveal()[15..]));
    }

    #[test]
    fn or_5_revoked_expired_and_wrong_secrets_are_refused() {
        let (mut key, secret) = a_key(Some("2026-02-01T00:00:00Z"));
        let now = at("2026-01-31T23:59:59Z");
        assert_eq!(key.authenticate(secret.reveal(), now).unwrap().name, "shop");
        assert_eq!(key.authenticate("mda_x", now), Err(ApiKeyError::Unknown));
        assert_eq!(key.authenticate(secret.reveal(), at("2026-02-01T00:00:00Z")), Err(ApiKeyError::Expired));
        assert!(key.revoke(now));
        assert!(!key.revoke(now));
        assert_eq!(key.authenticate(secret.reveal(), now), Err(ApiKeyError::Revoked));
    }

    #[test]
    fn or_5_a_rotated_key_accepts_its_old_secret_for_a_while() {
        let (mut key, first) = a_key(None);
        let (noon, one) = (at("2026-01-05T12:00:00Z"), at("2026-01-05T13:00:00Z"));
        let second = key.rotate(1, &Always(9), noon).unwrap();
        assert_ne!(first.reveal(), second.reveal());
        assert_eq!(ApiKey::lookup_of(first.reveal()), ApiKey::lookup_of(second.reveal()));
        for (secret, at, expected) in [
            (&first, at("2026-01-05T12:59:59.999999Z"), true),
            (&first, one, false),
            (&second, noon, true),
            (&second, one, true),
        ] {
            assert_eq!(key.authenticate(secret.reveal(), at).is_ok(), expected, "{at}");
        }
        // Rotated again, the first is gone at once; without grace, the second too.
        let third = key.rotate(0, &Always(8), noon).unwrap();
        for (secret, expected) in [(&first, false), (&second, false), (&third, true)] {
            assert_eq!(key.authenticate(secret.reveal(), noon).is_ok(), expected);
        }
        let refused = key.rotate(MAX_GRACE_HOURS + 1, &Fixed, noon).unwrap_err();
        assert_eq!(refused.0[0].path, "grace_hours");
    }

    #[test]
    fn or_5_a_use_is_noted_once_a_minute() {
        let (key, _) = a_key(None);
        let noon = at("2026-01-05T12:00:00Z");
        assert!(key.is_use_noted(noon));
        let noted = ApiKey::restore(ApiKeyRecord { last_used_at: Some(noon), ..key.record().clone() });
        assert!(!noted.is_use_noted(at("2026-01-05T12:00:59.999999Z")));
        assert!(noted.is_use_noted(at("2026-01-05T12:01:00Z")));
    }

    #[test]
    fn or_5_what_is_no_key_is_not_looked_up() {
        for text in ["", "mda", "mda__", "mda_0123456789_", "xyz_0123456789_0", "mda_é123456789_0"] {
            assert_eq!(ApiKey::lookup_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_needs_a_name_and_a_future() {
        let id = ApiKeyId::new(uuid::Uuid::nil());
        let now = at("2026-01-01T00:00:00Z");
        let refused =
            ApiKey::try_new(id, " ", Grant::Staff(StaffRole::Admin), Some(now), &Fixed, now).unwrap_err();
        assert_eq!(refused.0.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["name", "expires_at"]);
    }
}
