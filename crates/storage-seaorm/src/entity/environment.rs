use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "environment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub entitlement_id: Uuid,
    pub organization_id: Option<Uuid>,
    pub name: String,
    pub server: Option<String>,
    pub primary_url: Option<String>,
    pub staging_url: Option<String>,
    pub platform: Option<String>,
    pub backup_schedule: Option<String>,
    pub dns_records: Json,
    pub contract_id: Option<Uuid>,
    pub credit_balance_id: Option<Uuid>,
    pub jira_project_key: Option<String>,
    pub status: String,
    pub activated_at: Option<i64>,
    pub decommissioned_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("environment");
