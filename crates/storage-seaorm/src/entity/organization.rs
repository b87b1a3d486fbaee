use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub legal_name: String,
    pub tax_id: Option<String>,
    pub country: String,
    pub locale: String,
    pub currency: String,
    pub billing_email: String,
    pub version: i64,
    pub created_at: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("organization");
