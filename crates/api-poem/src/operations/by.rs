//! Who did something.

use kernel::{Actor, ActorKind};
use poem_openapi::Object;
use uuid::Uuid;

use crate::wire::Word;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ActorView {
    /// What kind of actor.
    pub(crate) kind: Word<ActorKind>,
    /// The API key, collaborator or member of staff, where there is one.
    pub(crate) id: Option<Uuid>,
    /// For people.
    pub(crate) name: String,
}

impl From<Actor> for ActorView {
    fn from(Actor { kind, id, name }: Actor) -> Self {
        Self { kind: Word(kind), id, name }
    }
}
