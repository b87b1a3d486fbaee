use sea_orm::entity::prelude::*;

/// What orders sold is kept as this row in JSON, and read for good: a column that comes later has a default there, and one that is
/// renamed keeps its name.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, serde::Serialize, serde::Deserialize)]
#[sea_orm(table_name = "product")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub sku: String,
    pub class: String,
    pub name: String,
    pub price: String,
    pub currency: String,
    pub term_months: Option<i64>,
    pub trial_days: i64,
    pub support_class: String,
    pub tier_name: Option<String>,
    pub tier_rank: Option<i32>,
    pub service_type: Option<String>,
    pub service_mode: Option<String>,
    pub credits_included: i64,
    pub sites_allowed: Option<i64>,
    pub active: bool,
    pub version: i64,
    pub created_at: i64,
    #[serde(skip)]
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("product");
