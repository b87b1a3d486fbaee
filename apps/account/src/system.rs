//! The system's clock and randomness.

use kernel::{
    Timestamp,
    ports::{Clock, Entropy},
};
use rand::TryRngCore;
use time::OffsetDateTime;
use uuid::Uuid;

/// The system's clock, cut to whole microseconds (TM-1).
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from(OffsetDateTime::now_utc())
    }
}

/// Ids that grow with time, and the operating system's randomness.
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// # Panics
    /// Where the operating system has no randomness: a key made without would be no secret.
    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_1_ids_of_one_process_grow_in_the_order_in_which_they_are_made() {
        let ids: Vec<Uuid> = (0..10_000).map(|_| OsEntropy.uuid()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
