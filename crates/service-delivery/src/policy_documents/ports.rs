//! What is stored of policy documents.

use async_trait::async_trait;
use kernel::{Actor, PolicyDocumentId, StoreError, Timestamp};
use policy_resolver::Document;
use serde_json::{Map, Value};

use crate::policies::instant;

/// One version of a policy document; written once, never changed (PO-6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its place among all versions of all documents, counted from 1 without gaps.
    pub revision: i64,
    /// The document.
    pub document: PolicyDocumentId,
    /// The document's name, unique; the same in every version.
    pub name: String,
    /// The kind whose fields it changes.
    pub kind: String,
    /// The level at which it stands.
    pub level: String,
    /// What it stands for there; none at the global level.
    pub target: Option<String>,
    /// The version, counted from 1.
    pub version: u32,
    /// When it was written: before, the earlier version holds.
    pub recorded_at: Timestamp,
    /// Who wrote it.
    pub author: Actor,
    /// Why.
    pub reason: String,
    /// From when it is valid.
    pub effective_from: Option<Timestamp>,
    /// Until when it is valid, that instant not included.
    pub effective_until: Option<Timestamp>,
    /// `guard` and `fields`, as JSON.
    pub content: String,
}

/// An object as it is written in JSON.
type JsonObject = Map<String, Value>;

impl PolicyVersion {
    /// What it changes and what it guards.
    ///
    /// # Errors
    /// The content is corrupt.
    pub fn guard_and_fields(&self) -> Result<(JsonObject, JsonObject), StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("policy version", self.revision, reason);
        let mut content: Map<String, Value> =
            serde_json::from_str(&self.content).map_err(|error| corrupt(error.to_string()))?;
        match (content.remove("guard"), content.remove("fields")) {
            (Some(Value::Object(guard)), Some(Value::Object(fields))) => Ok((guard, fields)),
            _ => Err(corrupt("no guard or no fields".to_owned())),
        }
    }

    /// As the resolver has it.
    ///
    /// # Errors
    /// The content is corrupt.
    pub fn document(&self) -> Result<Document, StoreError> {
        let (guard, fields) = self.guard_and_fields()?;
        Ok(Document {
            id: self.name.clone(),
            kind: self.kind.clone(),
            level: self.level.clone(),
            target: self.target.clone(),
            version: self.version,
            author: Some(self.author.name.clone()),
            reason: Some(self.reason.clone()),
            recorded_at: Some(instant(self.recorded_at)),
            effective_from: self.effective_from.map(instant),
            effective_until: self.effective_until.map(instant),
            guard,
            fields,
        })
    }
}

/// Storage of policy documents, within a unit of work.
#[async_trait]
pub trait Store: Send {
    /// Takes the one lock under which policies are written, until the unit of work ends, and gives the revision of what is stored.
    async fn lock_policies(&mut self) -> Result<i64, StoreError>;
    /// The revision of what is stored, without the lock.
    async fn policy_revision(&mut self) -> Result<i64, StoreError>;
    /// All versions written after `revision`, in their order.
    async fn policy_versions_since(&mut self, revision: i64) -> Result<Vec<PolicyVersion>, StoreError>;
    /// The newest version of a document.
    async fn policy_document(&mut self, id: PolicyDocumentId) -> Result<Option<PolicyVersion>, StoreError>;
    /// The document with that name.
    async fn find_policy_document(&mut self, name: &str) -> Result<Option<PolicyDocumentId>, StoreError>;
    /// Adds a version, and the document with its first one; the revision of what is stored becomes that of the version. Take
    /// [`Store::lock_policies`] before.
    async fn insert_policy_version(&mut self, version: &PolicyVersion) -> Result<(), StoreError>;
}

/// What is stored, outside of any unit of work: for servers that follow it.
#[async_trait]
pub trait Feed: Send + Sync {
    /// The revision of what is stored.
    async fn revision(&self) -> Result<i64, StoreError>;
    /// All versions written after `revision`, in their order.
    async fn versions_since(&self, revision: i64) -> Result<Vec<PolicyVersion>, StoreError>;
}
