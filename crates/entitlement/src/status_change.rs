//! Before and after.

/// What a command did to a status, for the event that tells of it (EN-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusChange<S> {
    /// Before.
    pub from: S,
    /// After; the same where the command changes something else than the status.
    pub to: S,
}
