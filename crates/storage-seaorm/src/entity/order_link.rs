use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entitlement_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
}

super::no_relations!();
