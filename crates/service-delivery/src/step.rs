//! What every use case starts from.

use std::sync::Arc;

use entitlement::Entitlement;
use kernel::{
    Actor, CallerId, EntitlementId, StoreError, Timestamp,
    ports::{Clock, Entropy},
};
use serde_json::{Map, Value};
use time::{Date, UtcOffset};
use ust_credits::Occasion;
use uuid::Uuid;

use crate::{
    Event, Governing, PolicyScope, PolicySource, Refusal, Storage, Subject, SubjectKind, UnitOfWork,
    access::{Caller, Grant, StaffRole},
    worker::TestClock,
};

/// The use cases, on the storage, clock, randomness and policies they are given.
pub struct ServiceDelivery {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) policies: Arc<dyn PolicySource>,
    pub(crate) utc_offset: UtcOffset,
    pub(crate) test_clock: Option<Arc<dyn TestClock>>,
}

impl ServiceDelivery {
    /// `utc_offset` is the business time zone, for the year and month in codes and for calendar days (ID-7).
    pub fn new(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        policies: Arc<dyn PolicySource>,
        utc_offset: UtcOffset,
    ) -> Self {
        Self { storage, clock, entropy, policies, utc_offset, test_clock: None }
    }

    /// The business time zone (ID-7).
    pub fn utc_offset(&self) -> UtcOffset {
        self.utc_offset
    }

    /// A new unit of work in which `by` gives the command `cause`. Reads the clock, once.
    pub(crate) async fn begin(&self, by: &Caller, cause: &str) -> Result<Step<'_>, StoreError> {
        let uow = self.storage.begin().await?;
        let (now, caller, cause) = (self.clock.now(), by.clone(), cause.to_owned());
        Ok(Step { app: self, uow, now, actor: by.actor(), caller, cause, events: vec![], governing: vec![] })
    }

    /// A new unit of work in which things happen by themselves: each says when and why with [`Step::take_place`].
    pub(crate) async fn begin_timed(&self) -> Result<Step<'_>, StoreError> {
        let uow = self.storage.begin().await?;
        let (now, actor) = (self.clock.now(), Actor::system("worker"));
        let (id, name) = (CallerId::new(Uuid::nil()), actor.name.clone());
        let caller = Caller { id, name, grant: Grant::Staff(StaffRole::Admin) };
        Ok(Step {
            app: self,
            uow,
            now,
            actor,
            caller,
            cause: String::new(),
            events: vec![],
            governing: vec![],
        })
    }
}

/// One attempt of one use case: its transaction, its instant, and the events to be written with it.
pub(crate) struct Step<'a> {
    pub(crate) app: &'a ServiceDelivery,
    pub(crate) uow: Box<dyn UnitOfWork>,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) caller: Caller,
    pub(crate) cause: String,
    /// Each with the number of what governed it.
    events: Vec<(Event, Option<usize>)>,
    /// What was asked for, and for which entitlement.
    governing: Vec<(EntitlementId, Arc<Governing>)>,
}

impl Step<'_> {
    /// A fresh id.
    pub(crate) fn id<I: From<Uuid>>(&self) -> I {
        I::from(self.app.entropy.uuid())
    }

    /// Unguessable bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.app.entropy.fill(&mut bytes);
        bytes
    }

    /// Today, in the business time zone.
    pub(crate) fn today(&self) -> Date {
        self.now.date_at(self.app.utc_offset)
    }

    /// The instant, the actor and the cause, for ledger entries.
    pub(crate) fn occasion(&self) -> Occasion {
        Occasion::new(self.now, self.actor.clone(), self.cause.clone())
    }

    /// What follows happens by itself, at `at`: `name` does it, because of `cause`.
    pub(crate) fn take_place(&mut self, at: Timestamp, name: &str, cause: &str) {
        self.now = at;
        self.actor = Actor::system(name);
        cause.clone_into(&mut self.cause);
    }

    /// What governs decisions on `entitlement` now. The events that follow say which documents decided.
    pub(crate) fn policies(&mut self, entitlement: &Entitlement) -> Arc<Governing> {
        let scope = PolicyScope {
            class: entitlement.class(),
            organization: entitlement.organization(),
            product: entitlement.product(),
            entitlement: Some(entitlement.id()),
            support_class: entitlement.support_class(),
        };
        let governing = Arc::new(self.app.policies.governing(&scope, self.now));
        self.governing.push((entitlement.id(), governing.clone()));
        governing
    }

    /// What governed a decision on `subject`: what was asked for last for its entitlement. Where a balance pays for another
    /// entitlement's work, that one's policies decided.
    fn governed_by(&self, subject: &Subject) -> Option<usize> {
        let own = self.governing.iter().rposition(|(id, _)| Some(*id) == subject.entitlement);
        own.or_else(|| match subject.kind {
            SubjectKind::CreditBalance => self.governing.len().checked_sub(1),
            _ => None,
        })
    }

    /// Notes that `name` happened to `subject`; written at [`Step::commit`].
    pub(crate) fn record(&mut self, name: &str, subject: Subject, before: Value, after: Value) {
        let occasion = (self.now, self.actor.clone(), self.cause.clone());
        self.record_as(name, occasion, subject, before, after);
    }

    /// As [`Step::record`], with an instant, an actor and a cause of its own.
    pub(crate) fn record_as(
        &mut self,
        name: &str,
        (at, actor, cause): (Timestamp, Actor, String),
        subject: Subject,
        before: Value,
        after: Value,
    ) {
        let (id, policies) = (self.id(), vec![]);
        let governing = self.governed_by(&subject);
        let event = Event { id, at, name: name.to_owned(), actor, cause, subject, before, after, policies };
        self.events.push((event, governing));
    }

    /// As [`Step::record`], of two objects of facts: only what differs is written.
    pub(crate) fn record_change(&mut self, name: &str, subject: Subject, before: &Value, after: &Value) {
        let differing = |one: &Value, other: &Value| {
            let entries = one.as_object().into_iter().flatten();
            let differing = entries.filter(|(key, value)| other.get(key) != Some(value));
            Value::Object(differing.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
        };
        self.record(name, subject, differing(before, after), differing(after, before));
    }

    /// Writes the events and makes everything durable.
    pub(crate) async fn commit(mut self) -> Result<(), Refusal> {
        if self.governing.iter().any(|(_, governing)| governing.failed()) {
            return Err(Refusal::Fault { detail: "a policy could not be resolved".to_owned() });
        }
        let mut known = None;
        let mut events = Vec::with_capacity(self.events.len());
        for (mut event, number) in std::mem::take(&mut self.events) {
            if let Some((_, governing)) = number.and_then(|number| self.governing.get(number)) {
                // The events of one decision follow each other.
                if known.as_ref().is_none_or(|(own, _)| *own != number) {
                    known = Some((number, governing.decided_by()));
                }
                event.policies = known.as_ref().map(|(_, policies)| policies.clone()).unwrap_or_default();
            }
            events.push(event);
        }
        self.uow.journal().append(&events).await?;
        Ok(self.uow.commit().await?)
    }
}

/// Refuses an edit of something that was changed since the caller read it; no expectation, no refusal (AP-5).
pub(crate) fn not_stale(entity: &'static str, version: i64, expected: Option<i64>) -> Result<(), Refusal> {
    match expected {
        Some(expected) if expected != version => Err(StoreError::Stale { entity }.into()),
        _ => Ok(()),
    }
}

/// Reads better than a chain of `ok_or_else`: what was loaded, or that there is no such thing.
pub(crate) fn found<T>(loaded: Option<T>, what: &'static str, key: impl ToString) -> Result<T, Refusal> {
    loaded.ok_or_else(|| Refusal::not_found(what, key))
}
