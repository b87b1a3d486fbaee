//! The policy documents in force: compiled, behind a swap without a lock, following what is stored.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use kernel::{Invalid, StoreError, Timestamp};
use policy_resolver::{Diagnostics, Document, Level, Live, Schema, Snapshot, Subject, kinds::Policies};
use serde_json::Value;
use time::Duration;

use super::{Governing, PolicyScope, PolicySource, instant};
use crate::{
    Refusal,
    policy_documents::{Feed, problems},
};

/// The level of the documents that settings make: below it come the five of PO-2.
pub const SETTINGS_LEVEL: &str = "settings";

/// The schema of the product: the ten kinds at the levels `settings` < `global` < `class` < `organization` < `product` <
/// `entitlement`. Settings are the base of the global level: a stored global document overrides them.
pub fn policy_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let levels = [
            Level::single(SETTINGS_LEVEL),
            Level::single("global"),
            Level::targeted("class"),
            Level::targeted("organization"),
            Level::targeted("product"),
            Level::targeted("entitlement"),
        ];
        let schema = Schema::standard_builder().levels(levels).crossing("organization", "product").build();
        // Its parts are constants: a test proves that they make a schema.
        schema.unwrap_or_else(|_| Schema::standard())
    })
}

/// How far the documents in force are behind those that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// How many versions were stored when the set in force was; it grows with every change.
    pub revision: i64,
    /// How many versions are stored, as far as this server has seen: more than those in force, where they cannot be put in
    /// force.
    pub stored: i64,
    /// When it was last found to be what is stored; none before the first time.
    pub checked_at: Option<Timestamp>,
}

impl Freshness {
    /// How long ago it was last found to be what is stored; none where it never was.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.checked_at
            .map(|at| Duration::microseconds(now.unix_micros().saturating_sub(at.unix_micros()).max(0)))
    }
}

/// Says how stale the policies of this server are.
pub trait PolicyFreshness: Send + Sync {
    /// How far they are behind.
    fn freshness(&self) -> Freshness;
}

/// Why the set in force stays what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// What is stored cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is not valid together with the settings of this server.
    #[error("the stored policies do not go together with the settings of this server: {0}")]
    Invalid(Diagnostics),
}

/// The documents in force: those that settings make and those that are stored, compiled.
///
/// Resolving takes no lock and reads no database. A change that is stored is followed with [`PolicySet::follow`], at once by
/// the server that wrote it and by the others when they look next.
pub struct PolicySet {
    live: Live,
    /// Taken by whoever puts another set in force, never by whoever resolves.
    writing: Mutex<()>,
    revision: AtomicI64,
    stored: AtomicI64,
    checked_at: AtomicI64,
}

const NEVER: i64 = i64::MIN;

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicySet").field("freshness", &self.freshness()).finish_non_exhaustive()
    }
}

impl PolicySet {
    /// Nothing but settings: an object of kinds, each an object of the fields that differ from the default:
    /// `{"credits": {"on_exhausted": "block"}}`.
    ///
    /// # Errors
    /// What is no kind, no field of it, or no value that the field takes, by its path.
    pub fn try_new(settings: &Value) -> Result<Self, Invalid> {
        let snapshot =
            policy_schema().compile(documents_of(settings)?).map_err(|found| of_settings(&found))?;
        Ok(Self {
            live: Live::new(snapshot),
            writing: Mutex::new(()),
            revision: AtomicI64::new(0),
            stored: AtomicI64::new(0),
            checked_at: AtomicI64::new(NEVER),
        })
    }

    /// The set in force, to keep.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.live.snapshot()
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The set in force, and how many stored versions are in it.
    pub(crate) fn known(&self) -> (i64, Arc<Snapshot>) {
        let _writing = self.writing();
        (self.revision.load(Ordering::Relaxed), self.live.snapshot())
    }

    /// Puts `snapshot` in force, which holds all that was stored up to `revision`, as found at `now`; unless a later one is.
    pub(crate) fn advance(&self, revision: i64, snapshot: Arc<Snapshot>, now: Timestamp) {
        let _writing = self.writing();
        self.stored.fetch_max(revision, Ordering::Relaxed);
        if revision > self.revision.load(Ordering::Relaxed) {
            self.live.replace(snapshot);
            self.revision.store(revision, Ordering::Relaxed);
        }
        self.checked_at.fetch_max(now.unix_micros(), Ordering::Relaxed);
    }

    /// Puts in force what is stored, as of `now`. Says whether that was anything new.
    ///
    /// # Errors
    /// What is stored cannot be read, or is not valid together with the settings; the set in force stays.
    pub async fn follow(&self, feed: &dyn Feed, now: Timestamp) -> Result<bool, FollowError> {
        let stored = feed.revision().await?;
        self.stored.fetch_max(stored, Ordering::Relaxed);
        let (known, snapshot) = self.known();
        if stored == known {
            self.checked_at.fetch_max(now.unix_micros(), Ordering::Relaxed);
            return Ok(false);
        }
        let versions = feed.versions_since(known).await?;
        let Some(revision) = versions.last().map(|version| version.revision) else { return Ok(false) };
        let documents = versions.iter().map(|version| version.document()).collect::<Result<Vec<_>, _>>()?;
        let after = snapshot.with(documents).map_err(FollowError::Invalid)?;
        self.advance(revision, Arc::new(after), now);
        Ok(true)
    }

    /// Whom the documents are resolved for.
    pub fn subject(scope: &PolicyScope) -> Subject {
        let organization = scope.organization.map(|id| id.to_string());
        let product = scope.product.map(|id| id.to_string());
        let entitlement = scope.entitlement.map(|id| id.to_string());
        let places = [
            ("class", Some(scope.class.into())),
            ("organization", organization.as_deref()),
            ("product", product.as_deref()),
            ("entitlement", entitlement.as_deref()),
        ];
        let there =
            places.into_iter().filter_map(|(level, target): (_, Option<&str>)| Some((level, target?)));
        let subject = policy_schema().subject(there).unwrap_or_default();
        subject.with_profile(policy_schema(), scope.support_class.into())
    }
}

impl PolicyFreshness for PolicySet {
    fn freshness(&self) -> Freshness {
        let checked_at = Some(self.checked_at.load(Ordering::Relaxed)).filter(|at| *at != NEVER);
        Freshness {
            revision: self.revision.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
            checked_at: checked_at.and_then(Timestamp::from_unix_micros),
        }
    }
}

impl PolicySource for PolicySet {
    fn policies(&self, scope: &PolicyScope, as_of: Timestamp) -> Arc<Policies> {
        let resolved = self.live.current().policies(&Self::subject(scope), instant(as_of));
        Arc::new(resolved.unwrap_or_else(|_| Policies::for_support_class(scope.support_class)))
    }

    fn governing(&self, scope: &PolicyScope, as_of: Timestamp) -> Governing {
        Governing::resolved(self.live.snapshot(), Self::subject(scope), scope.support_class, as_of)
    }

    fn documents(&self) -> Option<&PolicySet> {
        Some(self)
    }
}

/// The documents that settings make: always known and always valid.
fn documents_of(settings: &Value) -> Result<Vec<Document>, Invalid> {
    let object = "must be an object of the fields that differ from the default";
    let kinds = settings.as_object().ok_or_else(|| Invalid::field("policies", object))?;
    let mut invalid = Invalid::default();
    let mut documents = Vec::new();
    for (kind, fields) in kinds {
        match fields {
            Value::Object(fields) => documents
                .push(Document { fields: fields.clone(), ..Document::new(kind, SETTINGS_LEVEL, None) }),
            _ => invalid.push(format!("policies.{kind}"), object),
        }
    }
    invalid.or_ok(documents)
}

/// What is wrong with the documents that settings make, by the names of the settings.
fn of_settings(found: &Diagnostics) -> Invalid {
    let mut named = Diagnostics::default();
    for diagnostic in found {
        let mut diagnostic = diagnostic.clone();
        let kind = diagnostic.documents.first().and_then(|own| own.id.split('/').next()).unwrap_or_default();
        diagnostic.path = match diagnostic.path.strip_prefix("fields.") {
            Some(field) => format!("policies.{kind}.{field}"),
            None => format!("policies.{kind}"),
        };
        diagnostic.documents.clear();
        named.0.push(diagnostic);
    }
    problems(&named)
}

impl From<FollowError> for Refusal {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Store(error) => error.into(),
            FollowError::Invalid(_) => Self::Fault { detail: error.to_string() },
        }
    }
}
