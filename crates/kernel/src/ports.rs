//! Where time and randomness come from: the only ports that every domain shares.

use uuid::Uuid;

use crate::Timestamp;

/// The clock every decision takes its `now` from (TM-1). Read once per use case.
pub trait Clock: Send + Sync {
    /// The present instant, in whole microseconds.
    fn now(&self) -> Timestamp;
}

/// Fresh ids and unguessable bytes.
pub trait Entropy: Send + Sync {
    /// A new UUIDv7 (ID-1). Ids of one process grow in the order in which they are made.
    fn uuid(&self) -> Uuid;

    /// Fills `bytes` with cryptographically secure random bits (license keys, API secrets).
    fn fill(&self, bytes: &mut [u8]);
}
