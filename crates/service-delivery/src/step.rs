//! What every use case starts from.

use std::sync::Arc;

use kernel::{
    Actor, StoreError, Timestamp,
    ports::{Clock, Entropy},
};
use serde_json::Value;
use time::UtcOffset;
use uuid::Uuid;

use crate::{Event, PolicySource, Refusal, Storage, Subject, UnitOfWork};

/// The use cases, on the storage, clock and randomness they are given.
pub struct ServiceDelivery {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) policies: Arc<dyn PolicySource>,
    pub(crate) utc_offset: UtcOffset,
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
        Self { storage, clock, entropy, policies, utc_offset }
    }

    /// A new unit of work in which `actor` gives the command `cause`. Reads the clock, once.
    pub(crate) async fn begin(&self, actor: &Actor, cause: &str) -> Result<Step<'_>, StoreError> {
        let uow = self.storage.begin().await?;
        Ok(Step {
            app: self,
            uow,
            now: self.clock.now(),
            actor: actor.clone(),
            cause: cause.to_owned(),
            events: vec![],
        })
    }
}

/// One attempt of one use case: its transaction, its instant, and the events to be written with it.
pub(crate) struct Step<'a> {
    pub(crate) app: &'a ServiceDelivery,
    pub(crate) uow: Box<dyn UnitOfWork>,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) cause: String,
    events: Vec<Event>,
}

impl Step<'_> {
    /// A fresh id.
    pub(crate) fn id<I: From<Uuid>>(&self) -> I {
        I::from(self.app.entropy.uuid())
    }

    /// Notes that `name` happened to `subject`; written at [`Step::commit`].
    pub(crate) fn record(&mut self, name: &str, subject: Subject, before: Value, after: Value) {
        self.events.push(Event {
            id: self.id(),
            at: self.now,
            name: name.to_owned(),
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            subject,
            before,
            after,
        });
    }

    /// Writes the events and makes everything durable.
    pub(crate) async fn commit(mut self) -> Result<(), Refusal> {
        self.uow.journal().append(&self.events).await?;
        Ok(self.uow.commit().await?)
    }
}
