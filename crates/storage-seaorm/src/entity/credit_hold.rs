use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "credit_hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: Uuid,
    pub balance_id: Uuid,
    pub state: String,
    pub requested: i64,
    pub held: String,
    pub overdraft_held: i64,
    pub shortfall: i64,
    pub debited: String,
    pub overdrawn: i64,
    pub excess: i64,
    pub settled_at: Option<i64>,
    pub settled_actual: Option<i64>,
    pub settled_debited: Option<i64>,
    pub settled_overdrawn: Option<i64>,
    pub settled_excess: Option<i64>,
    pub settled_released: Option<i64>,
    pub changed_at: i64,
}

super::no_relations!();
