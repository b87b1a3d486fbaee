//! The one helper that reruns a use case after a conflict.

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
};

use kernel::StoreError;

use crate::Refusal;

/// How often a use case is tried before its conflict is reported.
pub const MAX_ATTEMPTS: u32 = 12;

static RETRIED: AtomicU64 = AtomicU64::new(0);

/// How often this process has run a use case again after a conflict: for operators, nothing depends on it.
pub fn conflicts_retried() -> u64 {
    RETRIED.load(Ordering::Relaxed)
}

/// Runs `attempt`, a whole use case, until it is not in conflict with another transaction. Nothing of a conflicting attempt
/// remains, so running it again is safe; it reads everything anew.
pub(crate) async fn retrying<T, F, Fut>(mut attempt: F) -> Result<T, Refusal>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Refusal>>,
{
    let mut tries = 1;
    loop {
        match attempt().await {
            Err(Refusal::Store(StoreError::Conflict)) if tries < MAX_ATTEMPTS => {
                RETRIED.fetch_add(1, Ordering::Relaxed);
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}
