//! What can go wrong in a storage port, whatever is behind it.

/// A failure of a storage port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another transaction was in the way (serialization failure, deadlock, lock not to be had). Nothing was changed;
    /// the whole use case may be run again.
    #[error("another change got in the way; nothing was changed")]
    Conflict,
    /// The storage cannot be reached or cannot write (connection lost, disk full, no connection free in time).
    #[error("the storage is unavailable: {reason}")]
    Unavailable {
        /// What the storage said; for logs, not for callers.
        reason: String,
    },
    /// The storage failed while a transaction was made durable: whether it took place is unknown. Whoever does it again without
    /// looking may do it twice.
    #[error("the storage failed at the end of a transaction, which may have taken place: {reason}")]
    Undecided {
        /// What the storage said; for logs, not for callers.
        reason: String,
    },
    /// A value that must be unique exists already.
    #[error("{constraint} exists already")]
    Duplicate {
        /// The name of the constraint or index that refused.
        constraint: String,
    },
    /// The row was changed by somebody else since it was read.
    #[error("{entity} was changed by somebody else meanwhile")]
    Stale {
        /// What was to be saved.
        entity: &'static str,
    },
    /// A row that is no legal state of its aggregate, or a statement that the schema refuses: a fault of ours.
    #[error("{entity} {id} is corrupt: {reason}")]
    Corrupt {
        /// What was to be restored.
        entity: &'static str,
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A cursor that no list of this kind has given out.
    #[error("the cursor was not given out by this list")]
    InvalidCursor,
}

impl StoreError {
    /// A row that cannot be restored.
    pub fn corrupt(entity: &'static str, id: impl ToString, reason: impl ToString) -> Self {
        Self::Corrupt { entity, id: id.to_string(), reason: reason.to_string() }
    }
}
