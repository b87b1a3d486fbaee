//! The operations, one file per noun.

use std::sync::Arc;

use service_delivery::ServiceDelivery;

/// What every operation works with.
pub(crate) struct Context {
    /// The use cases.
    pub(crate) service: Arc<ServiceDelivery>,
}

/// All of them.
pub(crate) type Operations = ();

/// All of them, at work.
pub(crate) fn all(_context: Arc<Context>) -> Operations {}
