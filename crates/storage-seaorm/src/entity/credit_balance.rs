use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_balance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub frozen: bool,
    pub forfeited_at: Option<i64>,
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
    pub last_sequence: i64,
    pub last_at: i64,
    pub next_due: Option<i64>,
    pub low_balance_armed: bool,
    pub version: i64,
}

super::no_relations!();
super::versioned!("credit balance");
