//! Why an order did not move.

use kernel::{IllegalMove, Money, OrderId};

/// Why an order was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FulfilOrder {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// The proof is another order's.
    #[error("it is order {paid} that is paid in full, not this one")]
    OtherOrder {
        /// The order that is paid.
        paid: OrderId,
    },
}

/// Why an order was not cancelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelOrder {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// Money was received: it has to be refunded instead.
    #[error("{paid} was paid already; refund the order instead")]
    HasPayments {
        /// What was paid.
        paid: Money,
    },
}

/// Why an order was not refunded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundOrder {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// There is nothing to give back.
    #[error("nothing was paid; cancel the order instead")]
    NothingPaid,
}
