use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub document_id: Uuid,
    pub version: i64,
    pub recorded_at: i64,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub reason: String,
    pub effective_from: Option<i64>,
    pub effective_until: Option<i64>,
    pub content: String,
}

super::no_relations!();
