//! The row of a service request.

use kernel::{
    Actor, CreditBalanceId, EntitlementId, EnvironmentId, Money, OrganizationId, ServiceId,
    ServiceRequestCode, ServiceRequestId, Timestamp,
};
use policy_resolver::kinds::Priority;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use time::Date;
use ust_credits::{Complexity, Credits};

use super::{ActualRecord, CatalogChoice, RequestStatus};
use crate::JiraIssueKey;

/// The two kinds of requests (SR-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RequestKind {
    /// On an environment.
    Standalone,
    /// On a service.
    ServiceLinked,
}

/// What a request is made on (SR-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestOrigin {
    /// An environment, under an environment entitlement.
    Standalone(EnvironmentId),
    /// A service, under a service entitlement.
    ServiceLinked(ServiceId),
}

impl RequestOrigin {
    /// Which kind of request that makes.
    pub fn kind(self) -> RequestKind {
        match self {
            Self::Standalone(_) => RequestKind::Standalone,
            Self::ServiceLinked(_) => RequestKind::ServiceLinked,
        }
    }
}

/// Where a request on hold goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HeldFrom {
    /// To `approved`.
    Approved,
    /// To `in_progress`.
    InProgress,
}

/// Who agreed to an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ApprovalKind {
    /// The customer.
    Customer,
    /// Staff, on the customer's behalf.
    OnBehalf,
    /// Nobody had to: it was pre-approved (SR-5).
    PreApproved,
}

/// How a request came to be approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who agreed.
    pub kind: ApprovalKind,
    /// Who gave the command; for a pre-approved one, who submitted it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why staff approved on the customer's behalf; none otherwise.
    pub reason: Option<String>,
    /// The estimate that was approved, complexity counted in; none where there was none.
    pub credits: Option<Credits>,
}

/// That the work was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What it did cost.
    pub actual: ActualRecord,
    /// Who recorded it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What became of the actual credits: `debited + overdrawn + excess` are the completion's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Debited from lots.
    pub debited: Credits,
    /// Debited as overdraft.
    pub overdrawn: Credits,
    /// Covered by nothing: billed.
    pub excess: Credits,
    /// When.
    pub at: Timestamp,
}

/// That the work was taken as done; by the system where the days for it had passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// That completed work was sent back, the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopening {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What a request is worth (SR-20); `covered + due` is `value`, exactly. Not rounded: that is done on the invoice line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BilledValue {
    /// Actual credits, complexity counted in, × base credit value.
    pub value: Money,
    /// The part that prepaid or overdrawn credits cover.
    pub covered: Money,
    /// The part to be paid: the excess.
    pub due: Money,
    /// When it was fixed.
    pub at: Timestamp,
}

/// Why a request ended without being billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum CloseReason {
    /// The work was declined.
    Rejected,
    /// It became a quote.
    Quoted,
    /// It was given up.
    Cancelled,
    /// Its entitlement ended (EN-5).
    EntitlementEnded,
}

/// How a request ended without being billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// Which way.
    pub reason: CloseReason,
    /// What was said about it.
    pub remark: Option<String>,
    /// Who closed it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// The row of a service request (SR-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequestRecord {
    /// Its id.
    pub id: ServiceRequestId,
    /// Its code (ID-3).
    pub code: ServiceRequestCode,
    /// What it is made on.
    pub origin: RequestOrigin,
    /// The entitlement that lies above.
    pub entitlement: EntitlementId,
    /// The customer; none under an entitlement without one (EN-3).
    pub organization: Option<OrganizationId>,
    /// What is asked for, in short.
    pub title: String,
    /// What is asked for, at length; may be empty.
    pub description: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// Where it goes back to; given exactly while on hold.
    pub held_from: Option<HeldFrom>,
    /// Why it is on hold; given exactly while on hold.
    pub hold_reason: Option<String>,
    /// The priority that counts.
    pub priority: Priority,
    /// The priority that the customer suggested (SR-11).
    pub suggested_priority: Option<Priority>,
    /// The day by which it is wanted.
    pub due_date: Option<Date>,
    /// Who does it.
    pub assignee: Option<String>,
    /// The issue in Jira.
    pub jira_issue_key: Option<JiraIssueKey>,
    /// The analysis that has to be completed before it starts (SR-9).
    pub analysis: Option<ServiceRequestId>,
    /// The catalog item, with its price when it was chosen.
    pub catalog: Option<CatalogChoice>,
    /// How hard it is; given together with the estimate.
    pub complexity: Option<Complexity>,
    /// The estimate before complexity.
    pub estimated_base: Option<Credits>,
    /// The estimate to reserve, complexity counted in; given together with the one before it.
    pub estimated_credits: Option<Credits>,
    /// The balance that pays; none where none does (CR-13).
    pub credit_balance: Option<CreditBalanceId>,
    /// Whether the hold was given back because nobody moved the request (SR-12).
    pub hold_given_back: bool,
    /// What a credit was worth when the request was made (SR-20).
    pub base_credit_value: Option<Money>,
    /// Who asked for it.
    pub requested_by: Actor,
    /// How it came to be approved.
    pub approval: Option<Approval>,
    /// The work as done.
    pub completion: Option<Completion>,
    /// What became of its credits; none until they are debited (at completion or at acceptance).
    pub settled: Option<Settled>,
    /// The work as accepted.
    pub acceptance: Option<Acceptance>,
    /// How it was last sent back.
    pub reopening: Option<Reopening>,
    /// What it is worth; given exactly when billed.
    pub billing: Option<BilledValue>,
    /// How it ended; given exactly when closed.
    pub closure: Option<Closure>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last moved it from state to state or estimated it (SR-12).
    pub moved_at: Timestamp,
    /// When anything about it was last changed.
    pub changed_at: Timestamp,
    /// When it takes a step by itself next, as [`ServiceRequest::schedule`](super::ServiceRequest::schedule) found it at the last
    /// change; none where it takes none. For whoever looks for requests that are due: what counts is looked at anew then.
    pub next_due: Option<Timestamp>,
    /// Grows by one with each saved change, from 1.
    pub version: i64,
}
