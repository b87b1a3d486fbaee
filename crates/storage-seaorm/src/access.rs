//! API keys (OR-5).

use async_trait::async_trait;
use kernel::{ApiKeyId, StoreError};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use service_delivery::access::{ApiKey, ApiKeyRecord, Grant, Keys, Store};

use crate::{
    Database,
    entity::api_key::{self, Column, Entity},
    error,
    rows::{Reading, insert, lock, micros, names, read_names, update},
    unit_of_work::Transaction,
};

#[async_trait]
impl Store for Transaction {
    async fn insert_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        insert(&self.tx, row(key)).await
    }

    async fn lock_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        lock::<Entity>(&self.tx, id).await?.map(restore).transpose()
    }

    async fn save_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        update(&self.tx, row(key), "API key").await
    }
}

#[async_trait]
impl Keys for Database {
    async fn api_key(&self, lookup: &str) -> Result<Option<ApiKey>, StoreError> {
        let found = Entity::find().filter(Column::Lookup.eq(lookup)).one(self.reader()).await;
        found.map_err(error::map)?.map(restore).transpose()
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
    Ok(ApiKey::restore(ApiKeyRecord {
        id: row.id.into(),
        name: row.name,
        lookup: row.lookup,
        secret_hash: row.secret_hash.try_into().map_err(|_| read.corrupt("its hash is not of 32 bytes"))?,
        grant,
        created_at: read.instant(row.created_at)?,
        expires_at: read.instant_some(row.expires_at)?,
        revoked_at: read.instant_some(row.revoked_at)?,
    }))
}
