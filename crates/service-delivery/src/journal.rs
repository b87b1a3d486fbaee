//! Every change is an event (EN-6), written in the transaction that caused it.

use async_trait::async_trait;
use kernel::{Actor, EntitlementId, EventId, OrganizationId, StoreError, Timestamp};
use serde_json::Value;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::PolicyRef;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "each is the glossary's noun")]
pub enum SubjectKind {
    Organization,
    Collaborator,
    Product,
    Quote,
    Order,
    Payment,
    Entitlement,
    License,
    Environment,
    Contract,
    Service,
    CreditBalance,
    CatalogItem,
    ServiceRequest,
    Note,
    Invoice,
    BillingRun,
    ApiKey,
    Affiliate,
    Document,
    Download,
    PolicyDocument,
}

/// The thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Its id.
    pub id: Uuid,
    /// Its code, where it has one.
    pub code: Option<String>,
    /// The entitlement whose timeline shows the event.
    pub entitlement: Option<EntitlementId>,
    /// The organization that it belongs to.
    pub organization: Option<OrganizationId>,
}

impl Subject {
    /// The thing of `kind` with `id`, so far without code, entitlement and organization.
    pub fn new(kind: SubjectKind, id: impl Into<Uuid>) -> Self {
        Self { kind, id: id.into(), code: None, entitlement: None, organization: None }
    }

    /// Known to people as `code`.
    pub fn coded(mut self, code: impl ToString) -> Self {
        self.code = Some(code.to_string());
        self
    }

    /// Shown on the timeline of `entitlement`.
    pub fn under(mut self, entitlement: impl Into<Option<EntitlementId>>) -> Self {
        self.entitlement = entitlement.into();
        self
    }

    /// Belongs to `organization`.
    pub fn of(mut self, organization: impl Into<Option<OrganizationId>>) -> Self {
        self.organization = organization.into();
        self
    }
}

/// Something that happened, with who, when, why, and before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id; ids of one server grow in the order of the events.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, past tense, after the subject: `entitlement.suspended`.
    pub name: String,
    /// Who caused it.
    pub actor: Actor,
    /// Why: the command given, or the reason that came with it.
    pub cause: String,
    /// What it is about.
    pub subject: Subject,
    /// What was there before, as far as it changed; null for something new.
    pub before: Value,
    /// What is there now, as far as it changed.
    pub after: Value,
    /// The policy documents that decided, where policies govern such a decision; none where the defaults did.
    pub policies: Vec<PolicyRef>,
}

/// Takes the events of a unit of work.
#[async_trait]
pub trait Journal: Send {
    /// Appends `events` in the same transaction, in this order.
    async fn append(&mut self, events: &[Event]) -> Result<(), StoreError>;
}
