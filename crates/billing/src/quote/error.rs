//! Why a quote did not move.

use kernel::{IllegalMove, Invalid, OrderId, Timestamp};

/// Why a quote was not revised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviseQuote {
    /// The state does not allow it: only a draft is revised.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// Fields that are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// Why a quote was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendQuote {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// There is nothing to offer.
    #[error("the quote has no lines")]
    NoLines,
    /// Its validity has ended: revise it first.
    #[error("the quote's validity ended at {valid_until}")]
    NoLongerValid {
        /// From when on it is not valid.
        valid_until: Timestamp,
    },
}

/// Why a quote was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptQuote {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// Its validity has ended, whether or not that was noted yet.
    #[error("the quote's validity ended at {valid_until}")]
    NoLongerValid {
        /// From when on it is not valid.
        valid_until: Timestamp,
    },
}

/// Why a quote was not converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertQuote {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// It became another order already.
    #[error("the quote became order {order} already")]
    AnotherOrder {
        /// That order.
        order: OrderId,
    },
}

/// Why a quote did not expire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpireQuote {
    /// The state does not allow it.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// It is still valid.
    #[error("the quote is valid until {valid_until}")]
    StillValid {
        /// From when on it is not valid.
        valid_until: Timestamp,
    },
}
