use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub seq: i64,
    pub id: Uuid,
    pub at: i64,
    pub name: String,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub cause: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub subject_code: Option<String>,
    pub entitlement_id: Option<Uuid>,
    pub organization_id: Option<Uuid>,
    pub before: Json,
    pub after: Json,
    /// Documents and versions; null where there are none.
    pub policies: Option<Json>,
}

super::no_relations!();
