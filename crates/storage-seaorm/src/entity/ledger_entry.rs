use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub balance_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub at: i64,
    pub kind: String,
    pub request_id: Option<Uuid>,
    pub amount: i64,
    pub movement: String,
    pub granted: i64,
    pub available: i64,
    pub held: i64,
    pub consumed: i64,
    pub expired: i64,
    pub taken_back: i64,
    pub overdraft: i64,
    pub overdraft_held: i64,
    pub excess: i64,
    pub shortfall: i64,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub cause: String,
}

super::no_relations!();
