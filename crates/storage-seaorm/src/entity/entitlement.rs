use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entitlement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub class: String,
    pub organization_id: Option<Uuid>,
    pub holder_name: Option<String>,
    pub holder_email: Option<String>,
    pub order_line_id: Option<Uuid>,
    pub product_id: Option<Uuid>,
    pub support_class: String,
    pub status: String,
    pub trial_ends_at: Option<i64>,
    pub starts_at: Option<i64>,
    pub term_anchor: Option<i64>,
    pub term_months: Option<i64>,
    pub term_ends_at: Option<i64>,
    pub past_due_since: Option<i64>,
    pub suspended_at: Option<i64>,
    pub cancel_at: Option<i64>,
    pub expired_at: Option<i64>,
    pub renewal_grace_ends_at: Option<i64>,
    pub cancelled_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub words: Option<String>,
}

super::no_relations!();
super::versioned!("entitlement");
