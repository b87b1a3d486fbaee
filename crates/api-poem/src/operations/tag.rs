//! How the document groups the operations.

use poem_openapi::Tags;

/// One per noun.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Keys for services that call this API (OR-5).
    #[oai(rename = "API keys")]
    ApiKeys,
    /// Kinds of work with a fixed price in credits (CT-1, CT-2).
    #[oai(rename = "Catalog items")]
    CatalogItems,
    /// The instant by which everything is decided (WK-3).
    Clock,
    /// What was agreed, for how long, at what price (PV-6).
    Contracts,
    /// Credits: what was granted, what is held, what was used (CR-2 … CR-14).
    #[oai(rename = "Credit balances")]
    CreditBalances,
    /// What customers may use (EN-1 … EN-6).
    Entitlements,
    /// Everything that happened (EN-6).
    Events,
    /// Managed installations (PV-3, PV-4).
    Environments,
    /// What is billed, and the runs that gather it (OD-5 … OD-7).
    Invoices,
    /// The right to use plugins, site by site (PV-5).
    Licenses,
    /// The customers and their people (OR-1 … OR-3).
    Organizations,
    /// What was bought, and what was paid for it (OD-3, OD-4).
    Orders,
    /// Rules that differ by class, customer, product or entitlement, and why each is what it is (PO-1 … PO-9).
    Policies,
    /// What MIDDAG sells (OD-1).
    Products,
    /// The work that customers see and ask for, as they see it (AP-6, SR-10).
    Portal,
    /// Pieces of work: asked for, estimated, approved, done, accepted, billed (SR-1 … SR-20).
    #[oai(rename = "Service requests")]
    ServiceRequests,
    /// Containers of work under a service entitlement (SV-1 … SV-3).
    Services,
}
