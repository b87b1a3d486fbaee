//! The work: services, service requests and the notes on them.
//!
//! A [`Service`] is the container of work under a service entitlement, in one of two modes. A [`ServiceRequest`] is one piece
//! of work: [`admit`]ted, drafted, estimated, approved, worked on, completed against a settlement, accepted and billed.
//! Who may move it is decided here too: every verb takes the actor.
//!
//! Pure: no I/O and no clock; policies, prices and settlements arrive as arguments.

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
