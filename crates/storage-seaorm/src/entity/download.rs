use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "download")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub product_id: Option<Uuid>,
    pub title: String,
    pub created_at: i64,
}

super::no_relations!();
