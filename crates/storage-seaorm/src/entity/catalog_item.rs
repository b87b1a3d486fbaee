use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "catalog_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub service_type: String,
    pub description: String,
    pub base_credits: i64,
    pub usual_complexity: String,
    pub active: bool,
    pub version: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("catalog item");
