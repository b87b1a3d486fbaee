//! Every refusal, as the answers that the OpenAPI document promises.

use kernel::{Invalid, StoreError};
use poem::http::StatusCode;
use poem_openapi::{ApiResponse, payload::Json};
use service_delivery::Refusal;

use super::problem::{FieldProblem, Problem};

/// How long to wait after another transaction got in the way, in seconds.
const AFTER_CONFLICT: u32 = 1;
/// How long to wait for a storage that is not there, in seconds.
const AFTER_OUTAGE: u32 = 5;

/// What is asked of callers without a valid key or token.
pub(crate) const CHALLENGE: &str = "Bearer realm=\"account\"";

/// A refusal.
#[derive(Debug, ApiResponse)]
pub(crate) enum ApiError {
    /// The body cannot be read: malformed JSON, or a file that is no text.
    #[oai(status = 400, content_type = "application/problem+json")]
    BadRequest(Json<Box<Problem>>),
    /// No key or token, or one that is wrong, revoked or expired.
    #[oai(status = 401, content_type = "application/problem+json")]
    Unauthorized(
        Json<Box<Problem>>,
        /// How to authenticate.
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
    /// The caller may not do this.
    #[oai(status = 403, content_type = "application/problem+json")]
    Forbidden(Json<Box<Problem>>),
    /// It does not exist, or does not exist for this caller.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Box<Problem>>),
    /// The body took too long to arrive.
    #[oai(status = 408, content_type = "application/problem+json")]
    TooSlow(Json<Box<Problem>>),
    /// The state or a rule does not allow it, or it exists already.
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(
        Json<Box<Problem>>,
        /// When to ask again, in seconds, where the same command is under way.
        #[oai(header = "Retry-After")]
        Option<u32>,
    ),
    /// It was changed by somebody else since its `ETag` was given out.
    #[oai(status = 412, content_type = "application/problem+json")]
    Stale(Json<Box<Problem>>),
    /// The body is longer than the server takes: 1 MiB, where it is not set otherwise.
    #[oai(status = 413, content_type = "application/problem+json")]
    TooLarge(Json<Box<Problem>>),
    /// The body is no `application/json`, or it is compressed.
    #[oai(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Json<Box<Problem>>),
    /// Fields or parameters are wrong; every one is named.
    #[oai(status = 422, content_type = "application/problem+json")]
    Invalid(Json<Box<Problem>>),
    /// A change needs `If-Match`.
    #[oai(status = 428, content_type = "application/problem+json")]
    PreconditionRequired(Json<Box<Problem>>),
    /// Too many requests with this key or token, or from this address.
    #[oai(status = 429, content_type = "application/problem+json")]
    TooManyRequests(
        Json<Box<Problem>>,
        /// When the next one may come, in seconds.
        #[oai(header = "Retry-After")]
        u32,
    ),
    /// Something went wrong on our side.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Box<Problem>>),
    /// Not possible at the moment; nothing was changed, unless the type is `outcome-unknown`.
    #[oai(status = 503, content_type = "application/problem+json")]
    Unavailable(
        Json<Box<Problem>>,
        /// When to try again, in seconds.
        #[oai(header = "Retry-After")]
        u32,
    ),
}

impl ApiError {
    /// One wrong parameter or field.
    pub(crate) fn field(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Invalid::field(path, problem).into()
    }

    /// A change without `If-Match`.
    pub(crate) fn if_match_required() -> Self {
        let detail = "send the ETag of what you have read in the header If-Match, so that no change of another is lost";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-required", detail).into()
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        let (status, body) = (problem.status(), Json(Box::new(problem)));
        match status {
            StatusCode::BAD_REQUEST => Self::BadRequest(body),
            StatusCode::UNAUTHORIZED => Self::Unauthorized(body, CHALLENGE.to_owned()),
            StatusCode::FORBIDDEN => Self::Forbidden(body),
            StatusCode::NOT_FOUND => Self::NotFound(body),
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow(body),
            StatusCode::CONFLICT => Self::Conflict(body, None),
            StatusCode::PRECONDITION_FAILED => Self::Stale(body),
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge(body),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType(body),
            StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid(body),
            StatusCode::PRECONDITION_REQUIRED => Self::PreconditionRequired(body),
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests(body, AFTER_OUTAGE),
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable(body, AFTER_OUTAGE),
            _ => Self::Internal(body),
        }
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Problem::invalid(invalid).into()
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound { .. } => Problem::new(StatusCode::NOT_FOUND, "not-found", detail).into(),
            Refusal::Forbidden { .. } => Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into(),
            Refusal::Invalid(invalid) => invalid.into(),
            Refusal::IllegalMove(illegal) => Problem {
                state: Some(illegal.state.to_owned()),
                command: Some(illegal.command.to_owned()),
                legal: Some(illegal.legal.into_iter().map(str::to_owned).collect()),
                ..Problem::new(StatusCode::CONFLICT, "illegal-move", detail)
            }
            .into(),
            Refusal::Rule { rule, .. } => {
                let errors = field_of(rule)
                    .map(|path| vec![FieldProblem { path: path.to_owned(), problem: detail.clone() }]);
                Problem { errors, ..Problem::new(status_of(rule), rule, detail) }.into()
            }
            Refusal::Fault { .. } => {
                tracing::error!(%detail, "a use case broke a rule of the domain");
                Problem::internal().into()
            }
            Refusal::Store(error) => error.into(),
        }
    }
}

/// Most rules are about what is the case: 409. Some are about who asks, or about what was sent.
fn status_of(rule: &str) -> StatusCode {
    match rule {
        "staff-only" | "client-notes-only" => StatusCode::FORBIDDEN,
        "actual-missing"
        | "amount-too-large"
        | "currency-mismatch"
        | "due-in-the-past"
        | "money"
        | "negative-amount"
        | "priority-not-offered" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

/// The field that a rule is about, where it is always the same one.
fn field_of(rule: &str) -> Option<&'static str> {
    match rule {
        "below-zero" | "not-debited" => Some("amount"),
        "currency-mismatch" => Some("amount.currency"),
        "due-in-the-past" => Some("due_at"),
        "priority-not-offered" => Some("priority"),
        _ => None,
    }
}

impl From<StoreError> for ApiError {
    /// What the storage says goes to the logs; callers learn what they can do.
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict => {
                tracing::warn!(%error, "gave up after repeated conflicts");
                let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string());
                Self::Unavailable(Json(Box::new(problem)), AFTER_CONFLICT)
            }
            StoreError::Unavailable { .. } => {
                tracing::error!(%error, "the storage failed");
                let detail = "the storage cannot be reached at the moment; nothing was changed";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).into()
            }
            StoreError::Undecided { .. } => {
                tracing::error!(%error, "the storage failed at the end");
                let detail = "the storage failed at the end: whether it took place is not known; send it again with the same \
                              Idempotency-Key, or look before you do";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "outcome-unknown", detail).into()
            }
            StoreError::Duplicate { constraint } => {
                tracing::info!(constraint, "a duplicate was refused");
                let detail = "something with one of these values exists already, and it must be unique";
                Problem::new(StatusCode::CONFLICT, "already-exists", detail).into()
            }
            StoreError::Stale { .. } => {
                let detail = format!("{error}; read it again and decide anew");
                Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail).into()
            }
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "a stored row is not right");
                Problem::internal().into()
            }
            StoreError::InvalidCursor => Self::field("cursor", "was not given out by this list"),
        }
    }
}
