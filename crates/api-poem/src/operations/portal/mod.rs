//! The customers' own operations (AP-6), one file per noun: what they must not see (SR-10) is in none of their types.

mod catalog_items;
mod contracts;
mod credits;
mod entitlements;
mod environments;
mod invoices;
mod licenses;
mod note_streams;
mod notes;
mod orders;
mod organization;
mod service_requests;
mod services;
mod terms;

use std::sync::Arc;

use self::{
    catalog_items::PortalCatalogItems, contracts::PortalContracts, credits::PortalCredits,
    entitlements::PortalEntitlements, environments::PortalEnvironments, invoices::PortalInvoices,
    licenses::PortalLicenses, note_streams::PortalNoteStreams, notes::PortalNotes, orders::PortalOrders,
    organization::PortalOrganization, service_requests::PortalServiceRequests, services::PortalServices,
    terms::PortalTerms,
};
use kernel::OrganizationId;
use service_delivery::{Refusal, access::Caller};

use super::Context;
use crate::http::ApiError;

/// All of them. The framework takes tuples of up to sixteen; nest them for more.
pub(crate) type Portal = (
    PortalOrganization,
    PortalEntitlements,
    PortalTerms,
    PortalLicenses,
    PortalContracts,
    PortalEnvironments,
    PortalServices,
    PortalCatalogItems,
    PortalServiceRequests,
    PortalNotes,
    PortalNoteStreams,
    PortalOrders,
    PortalInvoices,
    PortalCredits,
);

/// All of them, at work.
pub(crate) fn portal(context: &Arc<Context>) -> Portal {
    (
        PortalOrganization(context.clone()),
        PortalEntitlements(context.clone()),
        PortalTerms(context.clone()),
        PortalLicenses(context.clone()),
        PortalContracts(context.clone()),
        PortalEnvironments(context.clone()),
        PortalServices(context.clone()),
        PortalCatalogItems(context.clone()),
        PortalServiceRequests(context.clone()),
        PortalNotes(context.clone()),
        PortalNoteStreams(context.clone()),
        PortalOrders(context.clone()),
        PortalInvoices(context.clone()),
        PortalCredits(context.clone()),
    )
}

/// The organization of `by`. Whoever may use the portal has one.
fn ours(by: &Caller) -> Result<OrganizationId, ApiError> {
    by.tenant().ok_or_else(|| Refusal::not_found("organization", "of staff").into())
}

#[cfg(test)]
mod credits_tests;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
