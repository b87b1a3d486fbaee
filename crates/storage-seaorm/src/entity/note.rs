use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub request_id: Uuid,
    pub visibility: String,
    pub author_kind: String,
    pub author_id: Option<Uuid>,
    pub author_name: String,
    pub body: String,
    pub at: i64,
}

super::no_relations!();
