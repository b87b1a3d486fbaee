use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "credit_lot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub balance_id: Uuid,
    pub source: String,
    pub amount: i64,
    pub available: i64,
    pub held: i64,
    pub consumed: i64,
    pub expired: i64,
    pub taken_back: i64,
    pub granted_at: i64,
    pub usable_from: i64,
    pub expires_at: Option<i64>,
    pub ends_at: Option<i64>,
    pub reference: Option<String>,
    pub is_open: bool,
}

super::no_relations!();
