//! API keys (OR-5), and collaborators by their address.

use async_trait::async_trait;
use entitlement::{Collaborator, EmailAddress};
use kernel::{ApiKeyId, StoreError, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement,
    sea_query::{Expr, ExprTrait, Func},
};
use service_delivery::access::{ApiKey, ApiKeyRecord, Grant, Keys, Members, Store};

use crate::{
    Database,
    entitlements::organization::restore_collaborator,
    entity::{
        api_key::{self, Column, Entity},
        collaborator,
    },
    error,
    rows::{Reading, insert, lock, micros, names, read_names, update},
    unit_of_work::Transaction,
};

#[async_trait]
impl Store for Transaction {
    async fn insert_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        insert(self.tx().await?, row(key)).await
    }

    async fn lock_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        lock::<Entity>(self.tx().await?, id).await?.map(restore).transpose()
    }

    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        update(self.tx().await?, row(key), "API key").await
    }
}

#[async_trait]
impl Keys for Database {
    async fn api_key(&self, lookup: &str) -> Result<Option<ApiKey>, StoreError> {
        let found = Entity::find().filter(Column::Lookup.eq(lookup)).one(&self.reader()).await;
        found.map_err(error::map)?.map(restore).transpose()
    }

    async fn note_use(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        let sql = "UPDATE api_key SET last_used_at = $1
            WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)";
        let values = [at.unix_micros().into(), id.as_uuid().into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        tx.execute_raw(statement).await.map_err(error::map)?;
        tx.commit().await
    }
}

#[async_trait]
impl Members for Database {
    async fn collaborators_at(&self, email: &EmailAddress) -> Result<Vec<Collaborator>, StoreError> {
        let mailbox = Func::lower(Expr::col(collaborator::Column::Email)).eq(Func::lower(email.as_str()));
        let found =
            collaborator::Entity::find().filter(mailbox).all(&self.reader()).await.map_err(error::map)?;
        let mut found = found.into_iter().map(restore_collaborator).collect::<Result<Vec<_>, _>>()?;
        // PostgreSQL may take more letters for the same than we do.
        found.retain(|own| own.record().email.is_same_mailbox(email));
        Ok(found)
    }
}

fn row(key: &ApiKey) -> api_key::Model {
    let record = key.record().clone();
    let (staff_role, organization_id, organization_role, scopes) = match record.grant {
        Grant::Staff(role) => (Some(role.to_string()), None, None, String::new()),
        Grant::Organization { organization, role, scopes } => {
            (None, Some(organization.into()), Some(role.to_string()), names(&scopes))
        }
    };
    api_key::Model {
        id: record.id.into(),
        name: record.name,
        lookup: record.lookup,
        secret_hash: record.secret_hash.to_vec(),
        staff_role,
        organization_id,
        organization_role,
        scopes,
        created_at: record.created_at.unix_micros(),
        expires_at: micros(record.expires_at),
        revoked_at: micros(record.revoked_at),
        rotated_at: micros(record.rotated_at),
        previous_hash: record.previous.map(|(hash, _)| hash.to_vec()),
        previous_until: micros(record.previous.map(|(_, until)| until)),
        last_used_at: micros(record.last_used_at),
    }
}

pub(crate) fn restore(row: api_key::Model) -> Result<ApiKey, StoreError> {
    let read = Reading::of("API key", row.id);
    let grant = match (row.staff_role, row.organization_id, row.organization_role) {
        (Some(role), None, None) => Grant::Staff(read.parse(&role)?),
        (None, Some(organization), Some(role)) => Grant::Organization {
            organization: organization.into(),
            role: read.parse(&role)?,
            scopes: read_names(&read, &row.scopes)?,
        },
        _ => return Err(read.corrupt("it is staff's and an organization's, or nobody's")),
    };
    let hash =
        |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| read.corrupt("its hash is not of 32 bytes"));
    let previous = match (row.previous_hash, read.instant_some(row.previous_until)?) {
        (Some(previous), Some(until)) => Some((hash(previous)?, until)),
        (None, None) => None,
        _ => return Err(read.corrupt("its secret before has no end, or is not there")),
    };
    Ok(ApiKey::restore(ApiKeyRecord {
        id: row.id.into(),
        name: row.name,
        lookup: row.lookup,
        secret_hash: hash(row.secret_hash)?,
        grant,
        created_at: read.instant(row.created_at)?,
        expires_at: read.instant_some(row.expires_at)?,
        revoked_at: read.instant_some(row.revoked_at)?,
        rotated_at: read.instant_some(row.rotated_at)?,
        previous,
        last_used_at: read.instant_some(row.last_used_at)?,
    }))
}
