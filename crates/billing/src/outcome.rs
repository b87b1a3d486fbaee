//! What an idempotent command did.

/// Whether a command changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It was done now.
    Changed,
    /// It had been done before; nothing was changed.
    Unchanged,
}
