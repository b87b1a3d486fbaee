use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub order_id: Uuid,
    pub external_ref: String,
    pub amount: String,
    pub currency: String,
    pub received_at: i64,
    pub recorded_at: i64,
}

super::no_relations!();
