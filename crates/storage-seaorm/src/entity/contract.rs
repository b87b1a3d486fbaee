use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contract")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub support_class: String,
    pub sla: Option<Json>,
    pub starts_on: TimeDate,
    pub ends_on: TimeDate,
    pub anchor_on: TimeDate,
    pub anchor_months: i64,
    pub status: String,
    pub renews_id: Option<Uuid>,
    pub signed_at: Option<i64>,
    pub terminated_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("contract");
