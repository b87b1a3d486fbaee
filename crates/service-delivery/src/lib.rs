//! The use cases of MIDDAG Account: each loads, tells the domain, saves and commits, in one unit of work.
//!
//! Pure like the domains: storage, clock and randomness come in through ports.

mod api_keys;
mod journal;
mod orders;
mod organizations;
mod policies;
mod products;
mod provisioning;
mod refusal;
mod retry;
mod step;
mod unit_of_work;

pub mod access;
pub mod reads;

pub use journal::{Event, Journal, Subject, SubjectKind};
pub use orders::{CreateOrder, MAX_PIECES, Made, OrderedItem, ReceivedPayment};
pub use organizations::{AddCollaborator, ChangeCollaborator};
pub use policies::{GlobalPolicies, PolicyScope, PolicySource};
pub use refusal::Refusal;
pub use retry::MAX_ATTEMPTS;
pub use step::ServiceDelivery;
pub use unit_of_work::{CodeSource, Storage, UnitOfWork};
