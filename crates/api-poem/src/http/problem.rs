//! RFC 9457 problem documents (AP-3): what every refusal looks like.

use kernel::{FieldError, Invalid};
use poem::{IntoResponse, Response, http::StatusCode, web::Json};
use poem_openapi::{
    Object,
    types::{Example, ToJSON},
};

use super::request_id;

/// What problem documents are sent as.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct FieldProblem {
    /// The field's path in the body, or the parameter's name: `lines[0].quantity`.
    pub(crate) path: String,
    /// What is wrong and what would be right.
    pub(crate) problem: String,
}

impl From<FieldError> for FieldProblem {
    fn from(FieldError { path, problem }: FieldError) -> Self {
        Self { path, problem }
    }
}

/// Why a request was refused (RFC 9457). A refused request has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct Problem {
    /// The kind of problem: stable, for programs. `urn:middag:problem:` and a name in kebab case.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// The kind of problem, for people.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What is the case here, and what would be right.
    pub(crate) detail: String,
    /// The request's id, as in the header `X-Request-Id` and in the logs.
    pub(crate) request_id: Option<String>,
    /// Every field that is wrong, where fields are.
    pub(crate) errors: Option<Vec<FieldProblem>>,
    /// The state that the thing is in, where it does not allow the command.
    pub(crate) state: Option<String>,
    /// The command that the state does not allow.
    pub(crate) command: Option<String>,
    /// The commands that are legal now.
    pub(crate) legal: Option<Vec<String>>,
}

impl Example for Problem {
    fn example() -> Self {
        Self {
            kind: "urn:middag:problem:illegal-move".to_owned(),
            title: "Illegal move".to_owned(),
            status: 409,
            detail: "a service request that is draft does not allow start; legal now: submit, reject, \
                     convert_to_quote, estimate, cancel"
                .to_owned(),
            request_id: Some("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b".to_owned()),
            errors: None,
            state: Some("draft".to_owned()),
            command: Some("start".to_owned()),
            legal: Some(
                ["submit", "reject", "convert_to_quote", "estimate", "cancel"].map(str::to_owned).to_vec(),
            ),
        }
    }
}

impl Problem {
    /// The problem `name` (kebab case), answered with `status`.
    pub(crate) fn new(status: StatusCode, name: &str, detail: impl Into<String>) -> Self {
        request_id::note_problem(name);
        Self {
            kind: format!("urn:middag:problem:{name}"),
            title: sentence(name),
            status: status.as_u16(),
            detail: detail.into(),
            request_id: request_id::current(),
            errors: None,
            state: None,
            command: None,
            legal: None,
        }
    }

    /// Fields that are wrong, all of them.
    pub(crate) fn invalid(invalid: Invalid) -> Self {
        let detail = match invalid.0.as_slice() {
            [one] => one.to_string(),
            many => format!("{} fields are not right", many.len()),
        };
        let errors = invalid.0.into_iter().map(FieldProblem::from).collect();
        Self { errors: Some(errors), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }

    /// Something went wrong on our side; the logs say what.
    pub(crate) fn internal() -> Self {
        let detail = "something went wrong on our side; tell us the request id and we can find out what";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// The status to answer with.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        Json(self.to_json()).with_status(status).with_content_type(PROBLEM_JSON).into_response()
    }
}

/// `insufficient-credits` → `Insufficient credits`.
fn sentence(name: &str) -> String {
    let mut words = name.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
