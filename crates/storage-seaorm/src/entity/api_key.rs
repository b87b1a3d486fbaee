use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub lookup: String,
    pub secret_hash: Vec<u8>,
    pub staff_role: Option<String>,
    pub organization_id: Option<Uuid>,
    pub organization_role: Option<String>,
    pub scopes: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub rotated_at: Option<i64>,
    pub previous_hash: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    pub last_used_at: Option<i64>,
}

super::no_relations!();
