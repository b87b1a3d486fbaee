use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: Option<String>,
    pub organization_id: Uuid,
    pub currency: String,
    pub billing_run_id: Option<Uuid>,
    pub value: String,
    pub covered: String,
    pub due: String,
    pub status: String,
    pub created_at: i64,
    pub issued_at: Option<i64>,
    pub due_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub version: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("invoice");
