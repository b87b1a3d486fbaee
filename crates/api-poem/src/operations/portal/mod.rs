//! The customers' own operations (AP-6), one file per noun: what they must not see (SR-10) is in none of their types.

mod catalog_items;
mod contracts;
mod entitlements;
mod environments;
mod invoices;
mod licenses;
mod notes;
mod orders;
mod organization;
mod service_requests;
mod services;

use std::sync::Arc;

use self::{
    catalog_items::PortalCatalogItems, contracts::PortalContracts, entitlements::PortalEntitlements,
    environments::PortalEnvironments, invoices::PortalInvoices, licenses::PortalLicenses, notes::PortalNotes,
    orders::PortalOrders, organization::PortalOrganization, service_requests::PortalServiceRequests,
    services::PortalServices,
};
use super::Context;

/// All of them. The framework takes tuples of up to sixteen; nest them for more.
pub(crate) type Portal = (
    PortalOrganization,
    PortalEntitlements,
    PortalLicenses,
    PortalContracts,
    PortalEnvironments,
    PortalServices,
    PortalCatalogItems,
    PortalServiceRequests,
    PortalNotes,
    PortalOrders,
    PortalInvoices,
);

/// All of them, at work.
pub(crate) fn portal(context: &Arc<Context>) -> Portal {
    (
        PortalOrganization(context.clone()),
        PortalEntitlements(context.clone()),
        PortalLicenses(context.clone()),
        PortalContracts(context.clone()),
        PortalEnvironments(context.clone()),
        PortalServices(context.clone()),
        PortalCatalogItems(context.clone()),
        PortalServiceRequests(context.clone()),
        PortalNotes(context.clone()),
        PortalOrders(context.clone()),
        PortalInvoices(context.clone()),
    )
}

#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
