//! References from an entitlement to what was paid (EN-1).

use kernel::{EntitlementId, InvoiceId, OrderId};

/// The order that an entitlement came from. Each pair once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderLink {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The order.
    pub order: OrderId,
}

/// An invoice that bills an entitlement. Each pair once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceLink {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The invoice.
    pub invoice: InvoiceId,
}
