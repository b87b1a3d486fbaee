use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub title: String,
    pub service_type: String,
    pub jira_project_key: Option<String>,
    pub starts_on: Option<TimeDate>,
    pub estimated_end: Option<TimeDate>,
    pub deliverables: Json,
    pub mode: String,
    pub status: String,
    pub actual_end: Option<TimeDate>,
    pub approved_by: Option<Json>,
    pub approved_at: Option<i64>,
    pub approval_reason: Option<String>,
    pub accepted_by: Option<Json>,
    pub accepted_at: Option<i64>,
    pub acceptance_reason: Option<String>,
    pub created_at: i64,
    pub changed_at: i64,
    pub version: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("service");
