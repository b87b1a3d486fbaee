//! Who caused a change (EN-6).

use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// The kinds of actors that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ActorKind {
    /// One of MIDDAG's own people, or a service acting with a staff role.
    Staff,
    /// A collaborator of a customer's organization, or a service acting for it.
    Customer,
    /// Jira, through its webhooks or the reconciliation.
    Jira,
    /// Account itself: a timed step, a demo, a command line.
    System,
}

/// Who did it: recorded with every event and every ledger entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The API key, collaborator or staff member, where there is one.
    pub id: Option<Uuid>,
    /// A name for people to read.
    pub name: String,
}

impl Actor {
    /// Account itself.
    pub fn system(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::System, id: None, name: name.into() }
    }

    /// A member of staff.
    pub fn staff(id: Uuid, name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Staff, id: Some(id), name: name.into() }
    }

    /// Somebody on the customer's side.
    pub fn customer(id: Uuid, name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Customer, id: Some(id), name: name.into() }
    }
}
