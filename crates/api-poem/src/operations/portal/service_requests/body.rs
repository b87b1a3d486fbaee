//! What customers send about their service requests.

use kernel::{CatalogItemId, Invalid};
use poem_openapi::{Object, types::Example};
use service_delivery::CreateRequest;
use sr_workflow::Priority;
use uuid::Uuid;

use super::super::super::{example, service_requests::ground};
use crate::wire::{Day, Key, Word};

/// A piece of work that a customer asks for, on an environment or, where that is allowed, on a service.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct PortalNewServiceRequest {
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
    /// How urgent it is to the customer: a suggestion. `normal` where it is absent.
    priority: Option<Word<Priority>>,
    /// The day by which it is wanted.
    due_date: Option<Day>,
    /// The catalog item that says what it costs: its id or code. Without one, staff estimate it.
    pub(super) catalog_item: Option<Key>,
}

impl Example for PortalNewServiceRequest {
    fn example() -> Self {
        Self {
            environment_id: Some(example::id(15)),
            service_id: None,
            title: "Update the plugins".to_owned(),
            description: Some("All of them, and check the gradebook afterwards.".to_owned()),
            priority: Some(Word(Priority::High)),
            due_date: Some(example::day()),
            catalog_item: Some(Key::from(example::id(16))),
        }
    }
}

impl PortalNewServiceRequest {
    pub(super) fn read(self, catalog_item: Option<CatalogItemId>) -> Result<CreateRequest, Invalid> {
        Ok(CreateRequest {
            ground: ground(self.environment_id, self.service_id)?,
            title: self.title,
            description: self.description.unwrap_or_default(),
            priority: self.priority.map(|Word(priority)| priority),
            due_date: self.due_date.map(|Day(day)| day),
            assignee: None,
            catalog_item,
            complexity: None,
            estimate: None,
            credit_balance: None,
            analysis: None,
        })
    }
}
