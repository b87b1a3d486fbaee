use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collaborator")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization_id: Uuid,
    pub name: String,
    pub email: String,
    pub role: String,
    pub scopes: String,
    pub version: i64,
    pub created_at: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("collaborator");
