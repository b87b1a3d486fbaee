use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub invoice_id: Uuid,
    pub position: i32,
    pub source_kind: String,
    pub source_id: Uuid,
    pub claims_source: bool,
    pub corrects_id: Option<Uuid>,
    pub description: String,
    pub quantity: String,
    pub value: String,
    pub covered: String,
    pub due: String,
}

super::no_relations!();
