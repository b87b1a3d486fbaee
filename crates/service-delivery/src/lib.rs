//! The use cases of MIDDAG Account: each loads, tells the domain, saves and commits, in one unit of work.
//!
//! Pure like the domains: storage, clock and randomness come in through ports.

mod api_keys;
mod catalog;
mod commands;
mod credits;
mod entitlements;
mod invoices;
mod journal;
mod orders;
mod organizations;
mod policies;
mod products;
mod provisioning;
mod refusal;
mod requests;
mod resources;
mod retry;
mod services;
mod step;
mod unit_of_work;

pub mod access;
pub mod policy_documents;
pub mod reads;
pub mod worker;

pub use catalog::{ImportedRow, MAX_CATALOG_ROWS, RowOutcome};
pub use commands::{Command, Commands, Once, Work};
pub use credits::{
    AdjustCredits, AdjustmentDirection, CorrectCredits, CreditPreview, GrantCredits, PreviewOf, PreviewOn,
};
pub use entitlements::{CreateEntitlement, EntitlementChange, describe_how};
pub use journal::{Event, Journal, Subject, SubjectKind};
pub use orders::{CreateOrder, MAX_PIECES, Made, OrderedItem, ReceivedPayment};
pub use organizations::{AddCollaborator, ChangeCollaborator};
pub use policies::{
    FollowError, Freshness, Governing, PolicyFreshness, PolicyRef, PolicyScope, PolicySet, PolicySource,
    SETTINGS_LEVEL, policy_schema,
};
pub use refusal::Refusal;
pub use requests::{
    CompleteRequest, CreateRequest, EstimateRequest, RequestChange, RequestGround, RequestWork,
};
pub use resources::EnvironmentChange;
pub use retry::{MAX_ATTEMPTS, conflicts_retried};
pub use services::ServiceChange;
pub use step::ServiceDelivery;
pub use unit_of_work::{CodeSource, RequestSite, ServiceSite, Storage, UnitOfWork};
