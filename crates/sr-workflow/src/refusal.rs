//! Why a command is refused.

use kernel::{ActorKind, IllegalMove, Invalid};

/// Somebody gave a command that is not theirs to give: at all, or in this state (SR-4).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{party} may not {command} a {entity} that is {state}")]
pub struct NotAllowed {
    /// Who asked.
    pub party: ActorKind,
    /// What was asked.
    pub command: &'static str,
    /// What was to be changed.
    pub entity: &'static str,
    /// The state it is in.
    pub state: &'static str,
}

/// A command that changed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The state does not allow it, to nobody.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// The state allows it, but not to this party.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Fields that are missing or wrong, all of them.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}
