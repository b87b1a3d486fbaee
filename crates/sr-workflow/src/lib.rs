//! The work: services, service requests and the notes on them.
//!
//! A [`Service`] is the container of work under a service entitlement, in one of two modes. A [`ServiceRequest`] is one piece
//! of work: [`admit`]ted, drafted, estimated, approved, worked on, completed against a settlement, accepted and billed.
//! Who may move it is decided here too: every verb takes the actor.
//!
//! Pure: no I/O and no clock; policies, prices and settlements arrive as arguments.
//!
//! ```
//! use kernel::{Actor, ActorKind, EntitlementId, EnvironmentId, ServiceRequestId, Standing, Timestamp};
//! use policy_resolver::kinds::{ProvisioningPolicy, SlaPolicy};
//! use sr_workflow::{Asked, Estimate, Ground, NewRequest, PreApproval, RequestStatus, ServiceRequest, admit};
//! use ust_credits::Complexity;
//! use uuid::Uuid;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now: Timestamp = "2026-05-01T12:00:00Z".parse()?;
//! let bo = Actor::staff(Uuid::from_u128(1), "Bo");
//! let ground = Ground::Environment {
//!     id: EnvironmentId::new(Uuid::from_u128(2)),
//!     entitlement: EntitlementId::new(Uuid::from_u128(3)),
//!     organization: None,
//!     status: "active",
//!     active: true,
//! };
//! let admitted = admit(&Asked {
//!     by: ActorKind::Staff,
//!     ground,
//!     standing: Standing::Live,
//!     priority: None,
//!     provisioning: &ProvisioningPolicy::default(),
//!     sla: &SlaPolicy::default(),
//! })?;
//! let new = NewRequest {
//!     id: ServiceRequestId::new(Uuid::from_u128(4)),
//!     code: "SR-20260042".parse()?,
//!     title: "Update the plugins".into(),
//!     description: String::new(),
//!     due_date: None,
//!     assignee: Some("Bo".into()),
//!     estimate: Some(Estimate::figure("4".parse()?, Complexity::Medium)?),
//!     credit_balance: None,
//!     base_credit_value: None,
//!     analysis: None,
//! };
//! let mut request = ServiceRequest::try_new(new, admitted, &bo, now)?;
//! assert_eq!(request.estimated_credits(), Some("6".parse()?));
//! request.submit(PreApproval::Granted, &bo, now)?;
//! request.start(None, &bo, now)?;
//! assert_eq!(request.status(), RequestStatus::InProgress);
//! # Ok(())
//! # }
//! ```

mod consent;
mod jira_key;
mod note;
mod refusal;
mod request;
mod service;
mod text;

pub mod ports;

pub use consent::Consent;
pub use jira_key::{JiraIssueKey, JiraKeyError, JiraProjectKey, MAX_PROJECT_KEY};
/// Who gives a command, as far as SR-4 tells them apart.
pub use kernel::ActorKind as Party;
pub use kernel::{ServiceMode, ServiceType, Standing};
pub use note::{Note, NoteError, NoteRecord, NoteVisibility};
pub use policy_resolver::kinds::Priority;
pub use ports::Store;
pub use refusal::{MoveError, NotAllowed};
pub use request::*;
pub use service::*;
pub use text::{MAX_ASSIGNEE, MAX_DESCRIPTION, MAX_NOTE, MAX_REASON, MAX_TITLE};
