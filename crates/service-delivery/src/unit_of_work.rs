//! One transaction, several ports.

use std::num::NonZeroU64;

use async_trait::async_trait;
use entitlement::Entitlement;
use kernel::{CodeSeries, CreditBalanceId, EntitlementId, ServiceId, ServiceRequestId, StoreError};
use sr_workflow::{Service, ServiceRequest};

use crate::{access, journal::Journal, policy_documents, worker::Schedule};

/// One transaction over every domain's storage. Dropping it rolls everything back.
///
/// What is written may be sent together, before the next read: an error of one write may be told by a later call, at the latest by
/// [`UnitOfWork::commit`]. After an error it is only good for being dropped, as part of what was to be written together may be there.
///
/// Locks are taken in one order everywhere: service, entitlement, credit balance, request, codes.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Organizations, products, entitlements and what lies under them.
    fn entitlements(&mut self) -> &mut dyn entitlement::Store;
    /// Balances and the catalog.
    fn credits(&mut self) -> &mut dyn ust_credits::Store;
    /// Services, requests and notes.
    fn work(&mut self) -> &mut dyn sr_workflow::Store;
    /// Quotes, orders, payments, invoices and billing runs.
    fn billing(&mut self) -> &mut dyn billing::Store;
    /// API keys.
    fn access(&mut self) -> &mut dyn access::Store;
    /// Policy documents.
    fn policies(&mut self) -> &mut dyn policy_documents::Store;
    /// Domain events, written in the transaction that caused them (EV-1).
    fn journal(&mut self) -> &mut dyn Journal;
    /// What falls due by itself (WK-1).
    fn schedule(&mut self) -> &mut dyn Schedule;
    /// Loads a service and the entitlement above it, and keeps both from changing; others may do the same at the same time. For a
    /// request on the service (SR-2). Whoever changes both locks them in that order too.
    async fn share_service(&mut self, id: ServiceId) -> Result<Option<ServiceSite>, StoreError>;
    /// Loads a request as it stands, without locking it, and the entitlement above it, which is kept from changing; others may do the
    /// same at the same time.
    async fn share_request(&mut self, id: ServiceRequestId) -> Result<Option<RequestSite>, StoreError>;
    /// Numbers for codes.
    fn codes(&mut self) -> &mut dyn CodeSource;
    /// Notes what is to be done in memory once everything is durable, and only then.
    fn afterwards(&mut self, act: Box<dyn FnOnce() + Send + Sync>);
    /// Makes everything done so far durable, all at once: now, or with the answer of the [`Command`](crate::Command) that is being
    /// carried out. So is, then, what was read: whoever answers that something has been done before commits too, though nothing is
    /// written.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A service and what a request on it needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSite {
    /// The service.
    pub service: Service,
    /// The entitlement above it.
    pub entitlement: Entitlement,
    /// The balance that lies under that entitlement.
    pub balance: Option<CreditBalanceId>,
}

/// A request and what a command to it needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestSite {
    /// The request, which others may change meanwhile.
    pub request: ServiceRequest,
    /// The entitlement above it.
    pub entitlement: Entitlement,
    /// The entitlement that the balance lies under which pays for the request, where one does.
    pub payer_under: Option<EntitlementId>,
}

/// Where codes get their numbers (ID-6).
#[async_trait]
pub trait CodeSource: Send {
    /// The next number of `series`: unique under any concurrency, on every server. For a gapless series the number is
    /// given back when the unit of work is; for the others a gap may remain and nobody waits for another's commit.
    async fn next(&mut self, series: CodeSeries) -> Result<NonZeroU64, StoreError>;
}

/// Where units of work come from.
#[async_trait]
pub trait Storage: Send + Sync {
    /// Begins a unit of work that may write.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;
}
