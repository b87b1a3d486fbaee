use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub organization_id: Option<Uuid>,
    pub holder_name: Option<String>,
    pub holder_email: Option<String>,
    pub currency: String,
    pub external_ref: Option<String>,
    pub quote_id: Option<Uuid>,
    pub total: String,
    pub paid: String,
    pub status: String,
    pub created_at: i64,
    pub paid_at: Option<i64>,
    pub fulfilled_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub version: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("order");
