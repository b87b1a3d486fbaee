//! Everything that the work needs from outside.

use async_trait::async_trait;
use kernel::{EntitlementId, OrganizationId, ServiceId, ServiceRequestCode, ServiceRequestId, StoreError};

use crate::{Note, Service, ServiceRequest};

/// Where services, requests and notes are kept, within one unit of work.
///
/// A lock is held until the unit of work ends. A save writes the row where its version is still the aggregate's, and
/// stores that version plus one; where it is not, it fails with [`StoreError::Stale`].
#[async_trait]
pub trait Store: Send {
    /// Keeps a new service.
    async fn insert_service(&mut self, service: &Service) -> Result<(), StoreError>;

    /// Loads a service and locks it.
    async fn lock_service(&mut self, id: ServiceId) -> Result<Option<Service>, StoreError>;

    /// The services under an entitlement, oldest first: provisioning twice yields the same one (PV-1).
    async fn services_under(&mut self, entitlement: EntitlementId) -> Result<Vec<Service>, StoreError>;

    /// Saves a service that was locked.
    async fn save_service(&mut self, service: &Service) -> Result<(), StoreError>;

    /// Keeps a new request.
    async fn insert_request(&mut self, request: &ServiceRequest) -> Result<(), StoreError>;

    /// The id of the request with this code.
    async fn request_id(&mut self, code: ServiceRequestCode) -> Result<Option<ServiceRequestId>, StoreError>;

    /// Loads a request without locking it: an analysis, before its execution starts (SR-9).
    async fn request(&mut self, id: ServiceRequestId) -> Result<Option<ServiceRequest>, StoreError>;

    /// Loads a request and locks it.
    async fn lock_request(&mut self, id: ServiceRequestId) -> Result<Option<ServiceRequest>, StoreError>;

    /// Loads the requests under an entitlement that can still be closed (draft, pending approval, approved, in progress, on
    /// hold), in the order of their ids (EN-5). Without locking: whoever closes them locks their balances first.
    async fn open_requests_under(
        &mut self,
        entitlement: EntitlementId,
    ) -> Result<Vec<ServiceRequest>, StoreError>;

    /// Loads and locks the requests that are accepted and not billed, of every organization and of none, in the order of
    /// their ids (OD-6).
    async fn lock_billable_requests(&mut self) -> Result<Vec<ServiceRequest>, StoreError>;

    /// Saves a request that was locked.
    async fn save_request(&mut self, request: &ServiceRequest) -> Result<(), StoreError>;

    /// Keeps a new note.
    async fn insert_note(&mut self, note: &Note) -> Result<(), StoreError>;

    /// Gives services and requests under an entitlement the organization that was attached to it (EN-3).
    /// Those that have one already keep it.
    async fn attach_organization(
        &mut self,
        entitlement: EntitlementId,
        organization: OrganizationId,
    ) -> Result<(), StoreError>;
}
