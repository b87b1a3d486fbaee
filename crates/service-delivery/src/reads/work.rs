//! Lists of services and service requests.

use kernel::{
    EntitlementId, EnvironmentId, Invalid, OrganizationId, ServiceId, ServiceMode, ServiceRequestCode,
    ServiceRequestId, ServiceType, Timestamp,
};
use sr_workflow::{
    JiraIssueKey, JiraProjectKey, Priority, RequestOrigin, RequestStatus, ServiceRecord,
    ServiceRequestRecord, ServiceStatus,
};
use time::Date;
use ust_credits::{Credits, HoldRecord};

use super::{Above, CatalogItemName, InvoiceName, ListQuery, RequestName, Sorted, query::sort_by};

/// Which services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceFilter {
    /// Of that type.
    pub service_type: Option<ServiceType>,
    /// Of that mode.
    pub mode: Option<ServiceMode>,
    /// Seen in one of these states; in any where empty.
    pub status: Vec<ServiceStatus>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
    /// Whose work is tracked in that Jira project.
    pub jira_project_key: Option<JiraProjectKey>,
    /// Each of its words begins a word of the title.
    pub q: Option<String>,
}

sort_by! {
    /// The orders of services; the newest come first.
    ServiceSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By title.
    Title,
    /// By the status seen, then by when they were made.
    Status,
}

/// A page of services.
pub type ServiceQuery = ListQuery<ServiceFilter, ServiceSort>;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its id.
    pub id: ServiceId,
    /// What it is called.
    pub title: String,
    /// What kind of work it is.
    pub service_type: ServiceType,
    /// Its mode.
    pub mode: ServiceMode,
    /// Its own status.
    pub own_status: ServiceStatus,
    /// The status that the world sees (EN-5).
    pub status: ServiceStatus,
    /// The Jira project in which its work is tracked.
    pub jira_project_key: Option<JiraProjectKey>,
    /// What it lies under.
    pub above: Above,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A service with all that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDetail {
    /// Its row.
    pub service: ServiceRecord,
    /// The status that the world sees (EN-5).
    pub status: ServiceStatus,
    /// What it lies under.
    pub above: Above,
    /// What its requests add up to.
    pub work: WorkFigures,
}

/// What requests add up to (PJ-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkFigures {
    /// How many there are.
    pub requests: u64,
    /// Their estimates, complexity counted in.
    pub estimated: Credits,
    /// What is held for them in lots.
    pub held: Credits,
    /// What was debited for them, from lots or as overdraft, or is in excess.
    pub consumed: Credits,
}

/// Which service requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Each of its words begins a word of the code or title.
    pub q: Option<String>,
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
    /// On that service.
    pub service: Option<ServiceId>,
    /// On that environment.
    pub environment: Option<EnvironmentId>,
    /// With one of these priorities; with any where empty.
    pub priority: Vec<Priority>,
    /// In one of these states; in any where empty.
    pub status: Vec<RequestStatus>,
    /// Done by exactly that person.
    pub assignee: Option<String>,
    /// Done by somebody, or by nobody yet.
    pub assigned: Option<bool>,
    /// With that issue in Jira.
    pub jira_issue_key: Option<JiraIssueKey>,
    /// Made then or later.
    pub created_from: Option<Timestamp>,
    /// Made before then.
    pub created_until: Option<Timestamp>,
    /// Wanted on that day or later.
    pub due_from: Option<Date>,
    /// Wanted on that day or earlier.
    pub due_to: Option<Date>,
}

impl RequestFilter {
    /// Whether requests can be had by this filter in that order: those of a time only in the order of that time, since no index
    /// has it and another.
    ///
    /// # Errors
    /// The order is another.
    pub fn fits(&self, sort: Option<Sorted<RequestSort>>) -> Result<(), Invalid> {
        let by = sort.unwrap_or_default().by;
        let made = self.created_from.is_some() || self.created_until.is_some();
        let due = self.due_from.is_some() || self.due_to.is_some();
        let problem = match (made, due) {
            (true, true) => {
                return Err(Invalid::field(
                    "due_from",
                    "cannot be together with created_from or created_until",
                ));
            }
            (true, false) if by != RequestSort::CreatedAt => {
                "must be created_at or -created_at where created_from or created_until is given"
            }
            (false, true) if by != RequestSort::DueDate => {
                "must be due_date or -due_date where due_from or due_to is given"
            }
            _ => return Ok(()),
        };
        Err(Invalid::field("sort", problem))
    }
}

sort_by! {
    /// The orders of service requests; the newest come first.
    RequestSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By title.
    Title,
    /// By status, then by when they were made.
    Status,
    /// By priority, from low to urgent.
    Priority,
    /// By the day by which they are wanted.
    DueDate,
    /// By who does them, then by when they were made.
    Assignee,
    /// By the estimate, then by when they were made.
    EstimatedCredits,
    /// By what they did cost, then by when they were made.
    ActualCredits,
}

sort_by! {
    /// The orders in which customers see service requests: none by what they must not see (SR-10).
    CustomerRequestSort, descending CreatedAt:
    /// By when they were made.
    CreatedAt,
    /// By code, as a text.
    Code,
    /// By title.
    Title,
    /// By status, then by when they were made.
    Status,
    /// By priority, from low to urgent.
    Priority,
    /// By the day by which they are wanted.
    DueDate,
    /// By the estimate, then by when they were made.
    EstimatedCredits,
}

impl From<CustomerRequestSort> for RequestSort {
    fn from(by: CustomerRequestSort) -> Self {
        match by {
            CustomerRequestSort::CreatedAt => Self::CreatedAt,
            CustomerRequestSort::Code => Self::Code,
            CustomerRequestSort::Title => Self::Title,
            CustomerRequestSort::Status => Self::Status,
            CustomerRequestSort::Priority => Self::Priority,
            CustomerRequestSort::DueDate => Self::DueDate,
            CustomerRequestSort::EstimatedCredits => Self::EstimatedCredits,
        }
    }
}

/// A page of service requests.
pub type RequestQuery = ListQuery<RequestFilter, RequestSort>;

/// What a request is made on, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPlace {
    /// The environment or service.
    pub origin: RequestOrigin,
    /// The environment's name or the service's title.
    pub name: String,
}

/// A service request. What customers must not see of it (SR-10) is for whoever shows it to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Its id.
    pub id: ServiceRequestId,
    /// Its code.
    pub code: ServiceRequestCode,
    /// What is asked for, in short.
    pub title: String,
    /// What it is made on.
    pub place: RequestPlace,
    /// What it lies under.
    pub above: Above,
    /// Where it stands.
    pub status: RequestStatus,
    /// Whether it is completed and was accepted.
    pub accepted: bool,
    /// The priority that counts.
    pub priority: Priority,
    /// The priority that the customer suggested.
    pub suggested_priority: Option<Priority>,
    /// The day by which it is wanted.
    pub due_date: Option<Date>,
    /// Who does it.
    pub assignee: Option<String>,
    /// The issue in Jira.
    pub jira_issue_key: Option<JiraIssueKey>,
    /// The estimate, complexity counted in.
    pub estimated_credits: Option<Credits>,
    /// What it did cost, complexity counted in.
    pub actual_credits: Option<Credits>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything about it was last changed.
    pub changed_at: Timestamp,
}

/// A service request with all that its page needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestDetail {
    /// Its row.
    pub request: ServiceRequestRecord,
    /// What it is made on.
    pub place: RequestPlace,
    /// What it lies under.
    pub above: Above,
    /// The catalog item that was chosen.
    pub catalog_item: Option<CatalogItemName>,
    /// The analysis that has to be completed before it starts (SR-9).
    pub analysis: Option<RequestName>,
    /// What is held or was debited for it; none where no balance pays.
    pub hold: Option<HoldRecord>,
    /// The invoice that bills it.
    pub invoice: Option<InvoiceName>,
}
