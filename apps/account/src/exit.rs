//! How a command ends.

use std::process::ExitCode;

use kernel::StoreError;

/// Why a command failed, as far as scripts care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything else.
    Failed = 1,
    /// The settings or the command line are not right.
    Usage = 2,
    /// The database cannot be reached.
    Database = 3,
    /// The schema is at another version.
    Schema = 4,
    /// The address cannot be listened on.
    Address = 5,
    /// An audit found differences.
    Audit = 6,
    /// Policy documents are not valid.
    Policies = 7,
    /// Policies would be different.
    Different = 8,
}

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        Self { kind, error: error.into() }
    }

    pub(crate) fn says(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, error: anyhow::Error::msg(message.into()) }
    }

    /// Says on the standard error stream what happened, and how the process ends.
    pub(crate) fn report(&self) -> ExitCode {
        use std::io::Write as _;
        // Nobody may be listening any more; the exit code says it too.
        drop(writeln!(std::io::stderr(), "error: {:#}", self.error));
        ExitCode::from(self.kind as u8)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { kind: Kind::Failed, error }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Unavailable { .. } | StoreError::Undecided { .. } => Kind::Database,
            _ => Kind::Failed,
        };
        Self { kind, error: error.into() }
    }
}
