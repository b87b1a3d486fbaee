//! The life cycle of a quote (OD-2).

use kernel::LifeCycle;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Where a quote stands (OD-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum QuoteStatus {
    /// Being written; the customer does not see it.
    Draft,
    /// Offered, until its validity ends.
    Sent,
    /// Taken up; the order is made in the same transaction.
    Accepted,
    /// It became an order. Final.
    Converted,
    /// Turned down by the customer, or given up by staff. Final.
    Declined,
    /// Its validity ended. Final.
    Expired,
}

/// What can be done to a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum QuoteCommand {
    /// Change lines and validity.
    Revise,
    /// Offer it to the customer.
    Send,
    /// Take it up.
    Accept,
    /// Make the order of it.
    Convert,
    /// Turn it down.
    Decline,
    /// Note that its validity ended.
    Expire,
}

impl LifeCycle for QuoteStatus {
    type Command = QuoteCommand;
    const ENTITY: &'static str = "quote";

    fn next(self, command: QuoteCommand) -> Option<Self> {
        use QuoteCommand::{Accept, Convert, Decline, Expire, Revise, Send};
        match (self, command) {
            (Self::Draft, Revise) => Some(Self::Draft),
            (Self::Draft, Send) => Some(Self::Sent),
            (Self::Sent, Accept) => Some(Self::Accepted),
            (Self::Accepted, Convert) => Some(Self::Converted),
            (Self::Draft | Self::Sent, Decline) => Some(Self::Declined),
            (Self::Sent, Expire) => Some(Self::Expired),
            (Self::Draft, Accept | Convert | Expire)
            | (Self::Sent, Revise | Send | Convert)
            | (Self::Accepted, Revise | Send | Accept | Decline | Expire)
            | (Self::Converted | Self::Declined | Self::Expired, _) => None,
        }
    }
}
