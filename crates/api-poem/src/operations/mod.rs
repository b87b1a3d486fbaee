//! The operations, one file per noun.
//!
//! An operation's id is the name of its variant in [`service_delivery::access::Operation`]: by it the guard knows who may.
//! A handler parses, runs one use case and shows the outcome:
//!
//! ```text
//! /// Approve a service request
//! #[oai(path = "/:request/approve", method = "post", operation_id = "approve_service_request")]
//! async fn approve(&self, By(by): By, request: Path<Key>) -> Result<Json<ServiceRequestView>, ApiError> {
//!     let id = self.0.id(&by, Coded::ServiceRequest, &request).await?;
//!     Ok(Json(self.0.service.approve_service_request(&by, id).await?.into()))
//! }
//! ```

mod api_keys;
mod billing_runs;
mod by;
mod catalog_files;
mod catalog_items;
mod clock;
mod collaborators;
mod context;
mod contracts;
mod credit_balances;
#[cfg(test)]
mod csv_tests;
mod entitlements;
mod environments;
mod events;
mod example;
mod invoices;
mod licenses;
mod named;
mod note_streams;
mod orders;
mod organizations;
mod policies;
mod portal;
mod products;
mod reason;
mod service_requests;
mod services;
mod tag;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod walk;

use std::sync::Arc;

use api_keys::ApiKeys;
use billing_runs::BillingRuns;
use catalog_files::CatalogFiles;
use catalog_items::CatalogItems;
use clock::Clocks;
use collaborators::Collaborators;
pub(crate) use context::Context;
use contracts::Contracts;
use credit_balances::{CreditBalanceCommands, CreditBalances, CreditExpiries, CreditHistory, CreditPreviews};
use entitlements::Entitlements;
use environments::Environments;
use events::Events;
use invoices::Invoices;
use licenses::Licenses;
use note_streams::NoteStreamOperations;
use orders::Orders;
use organizations::Organizations;
use policies::{EntitlementPolicies, Policies, PolicyDocuments};
use portal::{Portal, portal};
use products::Products;
use service_requests::{RequestCreditsOperations, ServiceRequestCommands, ServiceRequests};
use services::Services;
use tag::Tag;

/// All of them. The framework takes tuples of up to sixteen; nest them for more.
pub(crate) type Operations = (ApiKeys, Clocks, Rules, Business, Holdings, Work, Credits, Portal);

/// Policies.
pub(crate) type Rules = (PolicyDocuments, Policies, EntitlementPolicies);

/// Customers and what they buy.
pub(crate) type Business = (Organizations, Collaborators, Products, Orders, BillingRuns, Invoices);

/// What they have.
pub(crate) type Holdings = (Entitlements, Events, Licenses, Environments, Contracts);

/// Work.
pub(crate) type Work = (Services, ServiceRequests, ServiceRequestCommands, NoteStreamOperations);

/// What work costs, and what pays for it.
pub(crate) type Credits = (
    CatalogItems,
    CatalogFiles,
    CreditBalances,
    CreditBalanceCommands,
    CreditHistory,
    CreditExpiries,
    CreditPreviews,
    RequestCreditsOperations,
);

/// All of them, at work.
pub(crate) fn all(context: Arc<Context>) -> Operations {
    let work = (
        Services(context.clone()),
        ServiceRequests(context.clone()),
        ServiceRequestCommands(context.clone()),
        NoteStreamOperations(context.clone()),
    );
    let credits = (
        CatalogItems(context.clone()),
        CatalogFiles(context.clone()),
        CreditBalances(context.clone()),
        CreditBalanceCommands(context.clone()),
        CreditHistory(context.clone()),
        CreditExpiries(context.clone()),
        CreditPreviews(context.clone()),
        RequestCreditsOperations(context.clone()),
    );
    let business = (
        Organizations(context.clone()),
        Collaborators(context.clone()),
        Products(context.clone()),
        Orders(context.clone()),
        BillingRuns(context.clone()),
        Invoices(context.clone()),
    );
    let holdings = (
        Entitlements(context.clone()),
        Events(context.clone()),
        Licenses(context.clone()),
        Environments(context.clone()),
        Contracts(context.clone()),
    );
    let rules =
        (PolicyDocuments(context.clone()), Policies(context.clone()), EntitlementPolicies(context.clone()));
    let portal = portal(&context);
    (ApiKeys(context.clone()), Clocks(context), rules, business, holdings, work, credits, portal)
}
