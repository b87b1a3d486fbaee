//! The tables, as they are. Private to this crate.
#![expect(unreachable_pub, reason = "the derives make everything as public as the model")]

pub(crate) mod affiliate;
pub(crate) mod api_key;
pub(crate) mod billing_run;
pub(crate) mod catalog_item;
pub(crate) mod collaborator;
pub(crate) mod contract;
pub(crate) mod contract_version;
pub(crate) mod credit_balance;
pub(crate) mod credit_hold;
pub(crate) mod credit_lot;
pub(crate) mod document;
pub(crate) mod download;
pub(crate) mod entitlement;
pub(crate) mod environment;
pub(crate) mod event;
pub(crate) mod invoice;
pub(crate) mod invoice_line;
pub(crate) mod invoice_link;
pub(crate) mod ledger_entry;
pub(crate) mod license;
pub(crate) mod license_site;
pub(crate) mod note;
pub(crate) mod order;
pub(crate) mod order_line;
pub(crate) mod order_link;
pub(crate) mod organization;
pub(crate) mod payment;
pub(crate) mod policy_document;
pub(crate) mod policy_version;
pub(crate) mod product;
pub(crate) mod quote;
pub(crate) mod quote_line;
pub(crate) mod service;
pub(crate) mod service_request;
pub(crate) mod sold_product;

/// Rows are loaded by hand-written queries; no entity navigates to another.
macro_rules! no_relations {
    () => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    };
}
use no_relations;

/// A table whose rows count their changes; the text is what a stale one is called.
macro_rules! versioned {
    ($name:literal) => {
        impl crate::rows::Versioned for Entity {
            const NAME: &'static str = $name;
            const ID: Column = Column::Id;
            const VERSION: Column = Column::Version;
        }
    };
}
use versioned;
