//! Why a use case did nothing.

mod domain;

use kernel::{IllegalMove, Invalid, StoreError};

/// A use case that changed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What was named does not exist, or the caller may not see it (OR-6).
    #[error("there is no {what} {key}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// The id or code as given.
        key: String,
    },
    /// The caller sees it but may not do this (OR-6).
    #[error("{detail}")]
    Forbidden {
        /// What is missing.
        detail: String,
    },
    /// Fields that are wrong, all of them.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The state does not allow the command.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// A rule of the domain says no.
    #[error("{detail}")]
    Rule {
        /// A stable name in kebab case, such as `insufficient-credits`.
        rule: &'static str,
        /// What is the case and what would be right.
        detail: String,
    },
    /// A use case handed the domain what it must not: a fault of ours. Nothing was changed.
    #[error("internal fault: {detail}")]
    Fault {
        /// For logs, not for callers.
        detail: String,
    },
    /// The storage failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// Nothing of this kind is known by `key`.
    pub fn not_found(what: &'static str, key: impl ToString) -> Self {
        Self::NotFound { what, key: key.to_string() }
    }

    /// The rule named `rule` says no.
    pub fn rule(rule: &'static str, detail: impl ToString) -> Self {
        Self::Rule { rule, detail: detail.to_string() }
    }
}
