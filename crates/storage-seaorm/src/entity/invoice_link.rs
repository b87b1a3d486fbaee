use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entitlement_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: Uuid,
}

super::no_relations!();
