//! What staff send about a service request.

use kernel::{
    CatalogItemId, CreditBalanceId, EnvironmentId, Invalid, Money as Amount, ServiceId, ServiceRequestId,
};
use poem_openapi::{
    Object,
    types::{Example, MaybeUndefined},
};
use service_delivery::{
    CompleteRequest, CorrectCredits, CreateRequest, EstimateRequest, RequestGround, RequestWork,
};
use sr_workflow::{GivenActual, JiraIssueKey, Priority, RequestEdit};
use ust_credits::Complexity;
use uuid::Uuid;

use super::super::example;
use crate::wire::{Credits, Day, Key, Money, Word};

/// A piece of work that is asked for, on an environment or on a service.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewServiceRequest {
    /// The environment that it is made on; this or `service_id`.
    environment_id: Option<Uuid>,
    /// The service that it is made on; this or `environment_id`.
    service_id: Option<Uuid>,
    /// What is asked for, in short: up to 200 characters.
    #[oai(validator(max_length = 200))]
    title: String,
    /// What is asked for, at length: up to 20,000 characters.
    #[oai(validator(max_length = 20_000))]
    description: Option<String>,
    /// How urgent it is; `normal` where it is absent.
    priority: Option<Word<Priority>>,
    /// The day by which it is wanted.
    due_date: Option<Day>,
    /// Who is to do it: up to 200 characters.
    assignee: Option<String>,
    /// The catalog item that prices it: its id or code; this or `estimate`, or neither.
    pub(super) catalog_item: Option<Key>,
    /// How hard it is: needed with `estimate`; with `catalog_item` the item's usual one where it is absent. It goes with one of
    /// the two only.
    complexity: Option<Word<Complexity>>,
    /// Credits before complexity, where no catalog item is chosen; it needs `complexity`.
    estimate: Option<Credits>,
    /// The balance that is to pay, where it is not to be found by itself.
    credit_balance_id: Option<Uuid>,
    /// The analysis that has to be completed first: its id or code.
    pub(super) analysis: Option<Key>,
}

impl Example for NewServiceRequest {
    fn example() -> Self {
        Self {
            environment_id: Some(example::id(15)),
            service_id: None,
            title: "Update the plugins".to_owned(),
            description: Some("All of them, and check the gradebook afterwards.".to_owned()),
            priority: Some(Word(Priority::High)),
            due_date: Some(example::day()),
            assignee: Some("Bo".to_owned()),
            catalog_item: Some(Key::from(example::id(16))),
            complexity: None,
            estimate: None,
            credit_balance_id: None,
            analysis: None,
        }
    }
}

/// The one of the two that is given.
pub(crate) fn ground(environment: Option<Uuid>, service: Option<Uuid>) -> Result<RequestGround, Invalid> {
    match (environment, service) {
        (Some(id), None) => Ok(RequestGround::Environment(EnvironmentId::new(id))),
        (None, Some(id)) => Ok(RequestGround::Service(ServiceId::new(id))),
        _ => Err(Invalid::field("environment_id", "either this or service_id must be there")),
    }
}

impl NewServiceRequest {
    pub(super) fn read(
        self,
        catalog_item: Option<CatalogItemId>,
        analysis: Option<ServiceRequestId>,
    ) -> Result<CreateRequest, Invalid> {
        Ok(CreateRequest {
            ground: ground(self.environment_id, self.service_id)?,
            title: self.title,
            description: self.description.unwrap_or_default(),
            priority: self.priority.map(|Word(priority)| priority),
            due_date: self.due_date.map(|Day(day)| day),
            assignee: self.assignee,
            catalog_item,
            complexity: self.complexity.map(|Word(complexity)| complexity),
            estimate: self.estimate.map(|Credits(amount)| amount),
            credit_balance: self.credit_balance_id.map(CreditBalanceId::new),
            analysis,
        })
    }
}

/// Changes to what is said about a request. What is absent stays as it is; `null` clears what can be cleared.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct ServiceRequestChanges {
    /// Another title: up to 200 characters; until it is approved.
    title: Option<String>,
    /// Another description: up to 20,000 characters; until it is approved.
    description: Option<String>,
    /// Another priority.
    priority: Option<Word<Priority>>,
    /// Another day by which it is wanted; none with `null`.
    #[oai(nullable)]
    due_date: MaybeUndefined<Day>,
    /// Who does it: up to 200 characters; nobody with `null`.
    #[oai(nullable)]
    assignee: MaybeUndefined<String>,
    /// The issue in Jira; none with `null`.
    #[oai(nullable)]
    jira_issue_key: MaybeUndefined<String>,
}

impl Example for ServiceRequestChanges {
    fn example() -> Self {
        Self {
            title: None,
            description: None,
            priority: Some(Word(Priority::Urgent)),
            due_date: MaybeUndefined::Value(example::day()),
            assignee: MaybeUndefined::Value("Bo".to_owned()),
            jira_issue_key: MaybeUndefined::Value("ACME-17".to_owned()),
        }
    }
}

fn change<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

impl ServiceRequestChanges {
    pub(super) fn read(self) -> Result<RequestEdit, Invalid> {
        let key =
            change(self.jira_issue_key).map(|key| key.map(|key| key.parse::<JiraIssueKey>()).transpose());
        let key = key.transpose().map_err(|error| Invalid::field("jira_issue_key", error.to_string()))?;
        Ok(RequestEdit {
            title: self.title,
            description: self.description,
            due_date: change(self.due_date).map(|day| day.map(|Day(day)| day)),
            priority: self.priority.map(|Word(priority)| priority),
            assignee: change(self.assignee),
            jira_issue_key: key,
        })
    }
}

/// What a request is expected to cost: a catalog item, or a figure with its complexity.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewEstimate {
    /// The catalog item that prices it: its id or code; this or `estimate`.
    pub(super) catalog_item: Option<Key>,
    /// Credits before complexity; this or `catalog_item`.
    estimate: Option<Credits>,
    /// Its complexity: the catalog item's usual one where it is absent; needed with `estimate`.
    complexity: Option<Word<Complexity>>,
    /// What a credit is worth, where no policy said so when the request was made.
    base_credit_value: Option<Money>,
}

impl Example for NewEstimate {
    fn example() -> Self {
        Self {
            catalog_item: None,
            estimate: Some(Credits(ust_credits::Credits::from_units(45))),
            complexity: Some(Word(Complexity::High)),
            base_credit_value: None,
        }
    }
}

impl NewEstimate {
    pub(super) fn read(self, catalog_item: Option<CatalogItemId>) -> Result<EstimateRequest, Invalid> {
        let mut invalid = Invalid::default();
        let complexity = self.complexity.map(|Word(complexity)| complexity);
        let work = match (catalog_item, self.estimate, complexity) {
            (Some(item), None, complexity) => Some(RequestWork::Catalog { item, complexity }),
            (None, Some(Credits(base)), Some(complexity)) => Some(RequestWork::Figure { base, complexity }),
            (None, Some(_), None) => {
                invalid.push("complexity", "is needed where an estimate is given");
                None
            }
            (Some(_), Some(_), _) | (None, None, _) => {
                invalid.push("estimate", "either this or catalog_item must be there");
                None
            }
        };
        let worth: Option<Amount> =
            self.base_credit_value.and_then(|worth| worth.read("base_credit_value", &mut invalid));
        match work {
            Some(work) => invalid.or_ok(EstimateRequest { work, base_credit_value: worth }),
            None => Err(invalid),
        }
    }
}

/// Who is to do it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct Assignment {
    /// Their name: up to 200 characters.
    pub(super) assignee: String,
}

impl Example for Assignment {
    fn example() -> Self {
        Self { assignee: "Bo".to_owned() }
    }
}

/// What the work took. Without anything, the catalog item's price.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct WorkDone {
    /// Credits before complexity, where staff give a figure.
    actual: Option<Credits>,
    /// Why: up to 2,000 characters; needed where the figure replaces a fixed price or worklogs.
    reason: Option<String>,
    /// Seconds of work logged; what they cost is the actual where there is no fixed price and no figure.
    worklog_seconds: Option<u32>,
}

impl Example for WorkDone {
    fn example() -> Self {
        Self {
            actual: Some(Credits(ust_credits::Credits::from_units(35))),
            reason: Some("Two plugins were up to date already".to_owned()),
            worklog_seconds: Some(5_400),
        }
    }
}

impl WorkDone {
    pub(super) fn read(body: Option<Self>) -> Result<CompleteRequest, Invalid> {
        let Some(Self { actual, reason, worklog_seconds }) = body else {
            return Ok(CompleteRequest::default());
        };
        if actual.is_none() && reason.is_some() {
            return Err(Invalid::field("reason", "goes with actual"));
        }
        let actual = actual.map(|Credits(base)| GivenActual { base, reason });
        Ok(CompleteRequest { actual, worklog_seconds: worklog_seconds.unwrap_or_default() })
    }
}

/// What a credit is worth.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct CreditValue {
    /// What a credit is worth, before complexity.
    base_credit_value: Money,
}

impl Example for CreditValue {
    fn example() -> Self {
        Self { base_credit_value: Money { amount: "180.00".to_owned(), currency: "BRL".to_owned() } }
    }
}

impl CreditValue {
    pub(super) fn read(&self) -> Result<Amount, Invalid> {
        let mut invalid = Invalid::default();
        match self.base_credit_value.read("base_credit_value", &mut invalid) {
            Some(worth) => Ok(worth),
            None => Err(invalid),
        }
    }
}

/// A correction of what was debited.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewCorrection {
    /// How much is given back: over 0, and no more than is debited; all of it where it is absent.
    amount: Option<Credits>,
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    reason: String,
}

impl Example for NewCorrection {
    fn example() -> Self {
        Self {
            amount: Some(Credits(ust_credits::Credits::from_units(20))),
            reason: "Two hours were our own mistake".to_owned(),
        }
    }
}

impl From<NewCorrection> for CorrectCredits {
    fn from(body: NewCorrection) -> Self {
        Self { amount: body.amount.map(|Credits(amount)| amount), reason: body.reason }
    }
}
