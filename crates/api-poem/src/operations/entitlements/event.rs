//! What events look like to staff (EN-6).

use kernel::Actor;
use poem_openapi::{
    Object,
    types::{Any, Example},
};
use serde_json::{Value, json};
use service_delivery::{Event, SubjectKind};
use uuid::Uuid;

use crate::{
    operations::{by::ActorView, example, policies::PolicyRefView},
    wire::{Instant, Word},
};

/// Something that happened.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct EventView {
    /// Its id.
    id: Uuid,
    /// When it happened.
    at: Instant,
    /// What happened, past tense: `entitlement.suspended`.
    name: String,
    /// Who caused it.
    actor: ActorView,
    /// Why: the command given, or the reason that came with it.
    cause: String,
    /// What it happened to.
    subject: SubjectView,
    /// What was there before, as far as it changed; absent for something new.
    before: Option<Any<Value>>,
    /// What is there now, as far as it changed; absent for something that is gone.
    after: Option<Any<Value>>,
    /// The policy documents that decided; absent where none did.
    policies: Option<Vec<PolicyRefView>>,
}

/// The thing that something happened to.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct SubjectView {
    /// What kind of thing.
    kind: Word<SubjectKind>,
    /// Its id.
    id: Uuid,
    /// Its code, where it has one.
    code: Option<String>,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let policies: Vec<PolicyRefView> = event.policies.into_iter().map(PolicyRefView::from).collect();
        let some = |facts: Value| (!facts.is_null()).then_some(Any(facts));
        Self {
            id: event.id.as_uuid(),
            at: event.at.into(),
            name: event.name,
            actor: event.actor.into(),
            cause: event.cause,
            subject: SubjectView {
                kind: event.subject.kind.into(),
                id: event.subject.id,
                code: event.subject.code,
            },
            before: some(event.before),
            after: some(event.after),
            policies: (!policies.is_empty()).then_some(policies),
        }
    }
}

impl Example for EventView {
    fn example() -> Self {
        let above = example::entitlement();
        Self {
            id: example::id(10),
            at: example::instant(),
            name: "entitlement.suspended".to_owned(),
            actor: Actor::staff(example::id(11), "finance").into(),
            cause: "two invoices are overdue".to_owned(),
            subject: SubjectView {
                kind: Word(SubjectKind::Entitlement),
                id: above.id,
                code: Some(above.code),
            },
            before: Some(Any(json!({"status": "active"}))),
            after: Some(Any(json!({"status": "suspended", "effects": []}))),
            policies: None,
        }
    }
}
