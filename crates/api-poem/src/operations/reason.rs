//! Bodies of commands that are given with a reason.

use poem_openapi::{Object, types::Example};

/// Why.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct Reason {
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    pub(crate) reason: String,
}

impl Example for Reason {
    fn example() -> Self {
        Self { reason: "Agreed on the telephone with Ana Souza".to_owned() }
    }
}

/// Why, where there is something to say.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct OptionalReason {
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    pub(crate) reason: Option<String>,
}

impl Example for OptionalReason {
    fn example() -> Self {
        Self { reason: Some("No longer needed".to_owned()) }
    }
}

/// The reason in a body that may be absent.
pub(crate) fn given(body: Option<OptionalReason>) -> Option<String> {
    body.and_then(|body| body.reason)
}
