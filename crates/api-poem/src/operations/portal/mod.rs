//! The customers' own operations (AP-6), one file per noun: what they must not see (SR-10) is in none of their types.

mod notes;
mod service_requests;

use std::sync::Arc;

use self::{notes::PortalNotes, service_requests::PortalServiceRequests};
use super::Context;

/// All of them. The framework takes tuples of up to sixteen; nest them for more.
pub(crate) type Portal = (PortalServiceRequests, PortalNotes);

/// All of them, at work.
pub(crate) fn portal(context: &Arc<Context>) -> Portal {
    (PortalServiceRequests(context.clone()), PortalNotes(context.clone()))
}

#[cfg(test)]
mod tests;
