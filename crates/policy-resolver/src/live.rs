//! The snapshot in force, swapped without a lock.

use std::{ops::Deref, sync::Arc};

use arc_swap::ArcSwap;

use crate::{Diagnostics, Document, Snapshot};

/// The snapshot in force: read by many threads without a lock, replaced by any.
///
/// ```
/// use policy_resolver::{Document, Live, Schema};
///
/// let live = Live::new(Schema::standard().compile([])?);
/// let wrong = Document::new("refund", "global", None).set("window_days", "thirty");
/// assert!(live.update([wrong]).is_err());
/// assert_eq!(live.current().documents().count(), 0);
/// # Ok::<(), policy_resolver::Diagnostics>(())
/// ```
pub struct Live(ArcSwap<Snapshot>);

/// The snapshot that was in force when it was asked for; it stays whole while it is held.
pub struct Current(arc_swap::Guard<Arc<Snapshot>>);

impl Deref for Current {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.0
    }
}

impl Live {
    /// Puts the first snapshot in force.
    pub fn new(snapshot: Snapshot) -> Self {
        Self(ArcSwap::from_pointee(snapshot))
    }

    /// The snapshot in force, for a short while: one decision, one request.
    pub fn current(&self) -> Current {
        Current(self.0.load())
    }

    /// The snapshot in force, to keep.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Puts another snapshot in force.
    pub fn replace(&self, snapshot: impl Into<Arc<Snapshot>>) {
        self.0.store(snapshot.into());
    }

    /// Adds documents to the set in force. Of two updates at once, neither is lost.
    ///
    /// # Errors
    /// Everything that is wrong with the new set; the one in force stays.
    pub fn update(&self, documents: impl IntoIterator<Item = Document>) -> Result<(), Diagnostics> {
        let documents: Vec<Document> = documents.into_iter().collect();
        let mut before = self.snapshot();
        loop {
            let after = Arc::new(before.with(documents.iter().cloned())?);
            let seen = self.0.compare_and_swap(&before, after);
            if Arc::ptr_eq(&seen, &before) {
                return Ok(());
            }
            before = arc_swap::Guard::into_inner(seen);
        }
    }
}
