use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quote")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub organization_id: Option<Uuid>,
    pub holder_name: Option<String>,
    pub holder_email: Option<String>,
    pub currency: String,
    pub title: String,
    pub service_request_id: Option<Uuid>,
    pub valid_until: i64,
    pub total: String,
    pub status: String,
    pub order_id: Option<Uuid>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub version: i64,
}

super::no_relations!();
super::versioned!("quote");
