//! Policy documents (PO-6).

use async_trait::async_trait;
use kernel::{PolicyDocumentId, StoreError};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement, Value, prelude::Uuid};
use service_delivery::policy_documents::{Feed, PolicyVersion, Store};

use crate::{
    Database,
    entity::{policy_document, policy_version},
    error,
    rows::{Reading, actor, by_id, find_id, insert, micros, update},
    unit_of_work::Transaction,
};

/// What is selected of a version `v` and its document `d`.
pub(crate) const COLUMNS: &str = "v.revision, d.id, d.name, d.kind, d.level, d.target, v.version, \
    v.recorded_at, v.actor_kind, v.actor_id, v.actor_name, v.reason, v.effective_from, v.effective_until, v.content";

/// Every version with its document.
pub(crate) const VERSIONS: &str = "policy_version v JOIN policy_document d ON d.id = v.document_id";

/// Every document with its newest version.
pub(crate) const NEWEST: &str = "policy_document d JOIN policy_version v ON v.revision = d.revision";

/// A version with its document.
#[derive(FromQueryResult)]
pub(crate) struct VersionRow {
    revision: i64,
    id: Uuid,
    name: String,
    kind: String,
    level: String,
    target: Option<String>,
    version: i64,
    recorded_at: i64,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    reason: String,
    effective_from: Option<i64>,
    effective_until: Option<i64>,
    content: String,
}

impl VersionRow {
    pub(crate) fn restore(self) -> Result<PolicyVersion, StoreError> {
        let read = Reading::of("policy version", self.revision);
        Ok(PolicyVersion {
            revision: self.revision,
            document: self.id.into(),
            name: self.name,
            kind: self.kind,
            level: self.level,
            target: self.target,
            version: read.number(self.version)?,
            recorded_at: read.instant(self.recorded_at)?,
            author: actor(&read, &self.actor_kind, self.actor_id, self.actor_name)?,
            reason: self.reason,
            effective_from: read.instant_some(self.effective_from)?,
            effective_until: read.instant_some(self.effective_until)?,
            content: self.content,
        })
    }
}

async fn select(
    db: &impl ConnectionTrait,
    from: &str,
    rest: &str,
    parameter: impl Into<Value>,
) -> Result<Vec<PolicyVersion>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {from} {rest}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [parameter.into()]);
    let rows = db.query_all_raw(statement).await.map_err(error::map)?;
    let restored =
        rows.iter().map(|row| VersionRow::from_query_result(row, "").map_err(error::map)?.restore());
    restored.collect()
}

async fn since(db: &impl ConnectionTrait, revision: i64) -> Result<Vec<PolicyVersion>, StoreError> {
    select(db, VERSIONS, "WHERE v.revision > $1 ORDER BY v.revision", revision).await
}

async fn revision(db: &impl ConnectionTrait, lock: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT revision FROM policy_set WHERE id = 1{lock}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.map_err(error::map)?;
    let row = row.ok_or_else(|| StoreError::corrupt("policy set", "1", "it is not there"))?;
    row.try_get_by_index(0).map_err(error::map)
}

#[async_trait]
impl Store for Transaction {
    async fn lock_policies(&mut self) -> Result<i64, StoreError> {
        // On SQLite, whoever may write is alone.
        let postgres = self.backend() == sea_orm::DbBackend::Postgres;
        revision(self.tx().await?, if postgres { " FOR NO KEY UPDATE" } else { "" }).await
    }

    async fn policy_revision(&mut self) -> Result<i64, StoreError> {
        revision(self.tx().await?, "").await
    }

    async fn policy_versions_since(&mut self, revision: i64) -> Result<Vec<PolicyVersion>, StoreError> {
        since(self.tx().await?, revision).await
    }

    async fn policy_document(&mut self, id: PolicyDocumentId) -> Result<Option<PolicyVersion>, StoreError> {
        Ok(select(self.tx().await?, NEWEST, "WHERE d.id = $1", id.as_uuid()).await?.pop())
    }

    async fn find_policy_document(&mut self, name: &str) -> Result<Option<PolicyDocumentId>, StoreError> {
        use sea_orm::ColumnTrait as _;
        // PostgreSQL refuses this character in texts; so no row has it.
        if name.contains('\0') {
            return Ok(None);
        }
        let unique = policy_document::Column::Name.eq(name);
        find_id::<policy_document::Entity, _>(self.tx().await?, policy_document::Column::Id, unique).await
    }

    async fn insert_policy_version(&mut self, version: &PolicyVersion) -> Result<(), StoreError> {
        let head = policy_document::Model {
            id: version.document.as_uuid(),
            name: version.name.clone(),
            kind: version.kind.clone(),
            level: version.level.clone(),
            target: version.target.clone(),
            revision: version.revision,
        };
        match by_id::<policy_document::Entity>(self.tx().await?, version.document).await? {
            None => insert(self.tx().await?, head).await?,
            Some(_) => update(self.tx().await?, head, "policy document").await?,
        }
        let row = policy_version::Model {
            revision: version.revision,
            document_id: version.document.as_uuid(),
            version: i64::from(version.version),
            recorded_at: version.recorded_at.unix_micros(),
            actor_kind: version.author.kind.to_string(),
            actor_id: version.author.id,
            actor_name: version.author.name.clone(),
            reason: version.reason.clone(),
            effective_from: micros(version.effective_from),
            effective_until: micros(version.effective_until),
            content: version.content.clone(),
        };
        policy_version::Entity::insert(sea_orm::IntoActiveModel::into_active_model(row))
            .exec_without_returning(self.tx().await?)
            .await
            .map_err(error::map)?;
        let sql = "UPDATE policy_set SET revision = $1 WHERE id = 1 AND revision < $1";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [version.revision.into()]);
        match self.tx().await?.execute_raw(statement).await.map_err(error::map)?.rows_affected() {
            0 => Err(StoreError::Stale { entity: "policy set" }),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Feed for Database {
    async fn revision(&self) -> Result<i64, StoreError> {
        revision(&self.reader(), "").await
    }

    async fn versions_since(&self, revision: i64) -> Result<Vec<PolicyVersion>, StoreError> {
        since(&self.reader(), revision).await
    }
}
