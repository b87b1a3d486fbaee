//! Where SQLite begins to read a list of service requests.
//!
//! It takes an index for a condition wherever there is one, and sorts all that it finds by it, however much that is. A `+` before a
//! column keeps it from that: then it walks along the index of the order until the page is full. PostgreSQL knows how many rows to
//! expect, and is told one thing only: not to look for one customer's requests along all codes or titles.

use kernel::{OrganizationId, StoreError};
use sea_orm::{ConnectionTrait, DbBackend};
use service_delivery::reads::{RequestFilter, RequestQuery, RequestSort};

use super::filter::{self, FEW, Filter};
use crate::reader::Reader;

/// A condition that many rows may fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broad {
    Status,
    Priority,
    Assignee,
    Created,
    Due,
}

/// What is told to SQLite.
pub(super) struct Begin {
    sqlite: bool,
    /// The condition whose index is used.
    lead: Option<Broad>,
    /// Whether the rows found are few, and sorted.
    sorts: bool,
}

impl Begin {
    pub(super) async fn of(
        db: &Reader<'_>,
        query: &RequestQuery,
        organization: Option<OrganizationId>,
        searched: &Filter,
    ) -> Result<Self, StoreError> {
        let (wanted, by) = (&query.filter, query.sorted().by);
        let narrow = organization.is_some() || is_narrow(wanted) || searched.finds_few();
        if db.get_database_backend() != DbBackend::Sqlite {
            return Ok(Self { sqlite: false, lead: None, sorts: narrow });
        }
        // The indexes of what is narrow have these orders.
        let sorted_anyway = !matches!(by, RequestSort::CreatedAt | RequestSort::Status);
        if narrow {
            return Ok(Self { sqlite: true, lead: None, sorts: sorted_anyway });
        }
        for broad in [Broad::Assignee, Broad::Created, Broad::Status, Broad::Priority] {
            if finds_few(db, broad, wanted).await? {
                return Ok(Self { sqlite: true, lead: Some(broad), sorts: sorted_anyway });
            }
        }
        let lead = match by {
            RequestSort::CreatedAt if wanted.assignee.is_some() || wanted.assigned == Some(false) => {
                Some(Broad::Assignee)
            }
            RequestSort::CreatedAt if wanted.status.len() == 1 => Some(Broad::Status),
            RequestSort::CreatedAt => Some(Broad::Created),
            RequestSort::Status => Some(Broad::Status),
            RequestSort::Assignee => Some(Broad::Assignee),
            RequestSort::DueDate => Some(Broad::Due),
            RequestSort::Priority => Some(Broad::Priority),
            _ => None,
        };
        Ok(Self { sqlite: true, lead, sorts: false })
    }

    /// Whether reading begins with that condition.
    pub(super) fn leads(&self, broad: Broad) -> bool {
        self.lead == Some(broad)
    }

    /// Whether what is found has to be sorted.
    pub(super) fn sorts(&self) -> bool {
        self.sorts
    }

    /// The column of a condition.
    pub(super) fn at(&self, broad: Broad, column: &str) -> String {
        if self.sqlite && !self.leads(broad) { format!("+{column}") } else { column.to_owned() }
    }

    /// The first column of an order.
    pub(super) fn order(&self, column: &str) -> String {
        if self.sqlite && self.sorts { format!("+{column}") } else { column.to_owned() }
    }

    /// The first column of an order by a text.
    pub(super) fn order_text(&self, column: &str) -> String {
        if self.sorts && !self.sqlite { format!("({column} || '')") } else { self.order(column) }
    }
}

/// Whether no more is wanted than belongs to one thing of one customer.
fn is_narrow(wanted: &RequestFilter) -> bool {
    wanted.entitlement.is_some()
        || wanted.service.is_some()
        || wanted.environment.is_some()
        || wanted.jira_issue_key.is_some()
}

/// Whether there is the condition, and few rows fulfil it.
async fn finds_few(db: &Reader<'_>, broad: Broad, wanted: &RequestFilter) -> Result<bool, StoreError> {
    let mut filter = Filter::default();
    match broad {
        Broad::Status => filter.one_of("t.status", &wanted.status),
        Broad::Priority => filter.any_of("t.priority_rank", wanted.priority.iter().map(|one| *one as i32)),
        Broad::Assignee => {
            filter.reads("t.assignee", wanted.assignee.as_deref());
            if let Some(assigned) = wanted.assigned {
                filter.and(if assigned { "t.assignee IS NOT NULL" } else { "t.assignee IS NULL" });
            }
        }
        Broad::Created => {
            filter.from("t.created_at", wanted.created_from);
            filter.until("t.created_at", wanted.created_until);
        }
        // They come in the order of their days.
        Broad::Due => {}
    }
    if filter.clause().is_empty() {
        return Ok(false);
    }
    filter::are_few(db, "service_request t", filter, FEW).await
}
