//! Lists of events.

use kernel::{OrganizationId, Timestamp};
use uuid::Uuid;

use super::{ListQuery, query::sort_by};
use crate::SubjectKind;

/// Which events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// About that thing.
    pub subject: Option<Uuid>,
    /// About things of that kind.
    pub subject_kind: Option<SubjectKind>,
    /// About things of that organization.
    pub organization: Option<OrganizationId>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

sort_by! {
    /// The orders of events; the newest come first.
    EventSort, descending At:
    /// In the order in which they were recorded.
    At,
}

/// A page of events.
pub type EventQuery = ListQuery<EventFilter, EventSort>;
