use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub title: String,
    pub file_key: Option<String>,
    pub file_size: Option<i64>,
    pub file_media_type: Option<String>,
    pub file_sha256: Option<Vec<u8>>,
    pub created_at: i64,
}

super::no_relations!();
