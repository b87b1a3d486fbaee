use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "license")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub product_id: Option<Uuid>,
    pub key: String,
    pub sites_allowed: i64,
    pub status: String,
    pub version: i64,
    pub created_at: i64,
}

super::no_relations!();
super::versioned!("license");
