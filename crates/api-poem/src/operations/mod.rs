//! The operations, one file per noun.
//!
//! An operation's id is the name of its variant in [`service_delivery::access::Operation`]: by it the guard knows who may.
//! A handler parses, runs one use case and shows the outcome:
//!
//! ```text
//! /// Approve a service request
//! #[oai(path = "/:request/approve", method = "post", operation_id = "approve_service_request")]
//! async fn approve(&self, By(by): By, request: Path<Key>) -> Result<Json<ServiceRequestView>, ApiError> {
//!     let id = self.0.request_id(&request).await?;
//!     Ok(Json(self.0.service.approve_service_request(&by, id).await?.into()))
//! }
//! ```

use std::sync::Arc;

use service_delivery::ServiceDelivery;

/// What every operation works with.
pub(crate) struct Context {
    /// The use cases.
    pub(crate) service: Arc<ServiceDelivery>,
}

#[cfg(test)]
pub(crate) mod tests;

/// All of them.
pub(crate) type Operations = ();

/// All of them, at work.
pub(crate) fn all(_context: Arc<Context>) -> Operations {}
