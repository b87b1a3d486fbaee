//! The life cycle of an order (OD-3).

use kernel::LifeCycle;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where an order stands (OD-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum OrderStatus {
    /// Something is due.
    Pending,
    /// Paid in full; its entitlements are not provisioned yet.
    Paid,
    /// Every line's entitlement is provisioned. Final but for a refund.
    Fulfilled,
    /// Given up before anything was paid. Final.
    Cancelled,
    /// What was paid went back. Final.
    Refunded,
}

/// What can be done to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum OrderCommand {
    /// Record a payment; the one that pays in full moves the order.
    Pay,
    /// Note that all is provisioned.
    Fulfil,
    /// Give up.
    Cancel,
    /// Give back what was paid.
    Refund,
}

impl LifeCycle for OrderStatus {
    type Command = OrderCommand;
    const ENTITY: &'static str = "order";

    fn next(self, command: OrderCommand) -> Option<Self> {
        use OrderCommand::{Cancel, Fulfil, Pay, Refund};
        match (self, command) {
            (Self::Pending, Pay) => Some(Self::Paid),
            (Self::Paid, Fulfil) => Some(Self::Fulfilled),
            (Self::Pending, Cancel) => Some(Self::Cancelled),
            (Self::Pending | Self::Paid | Self::Fulfilled, Refund) => Some(Self::Refunded),
            (Self::Pending, Fulfil)
            | (Self::Paid | Self::Fulfilled | Self::Cancelled | Self::Refunded, Pay | Cancel)
            | (Self::Fulfilled | Self::Cancelled | Self::Refunded, Fulfil)
            | (Self::Cancelled | Self::Refunded, Refund) => None,
        }
    }
}
