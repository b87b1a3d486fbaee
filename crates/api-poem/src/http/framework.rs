//! What the framework itself refuses, as problem documents.

use kernel::Invalid;
use poem::{
    Error, IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::{StatusCode, header::ALLOW},
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError};

use super::problem::Problem;

/// The answer to an error that no handler has turned into one.
pub(crate) fn answer(error: Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let problem = problem(&error);
    // The paths of operations answer so themselves: what is left are pages, which can be read and nothing else.
    if error.is::<MethodNotAllowedError>() {
        return problem.with_header(ALLOW, "GET, HEAD").into_response();
    }
    problem.into_response()
}

fn problem(error: &Error) -> Problem {
    if let Some(wrong) = error.downcast_ref::<ParseParamError>() {
        return Problem::invalid(Invalid::field(wrong.name, readable(&wrong.reason)));
    }
    // A path that is no UTF-8 is one that nothing has.
    let unknown = error.is::<NotFoundError>() || error.is::<poem::error::ParsePathError>();
    if unknown || error.is::<ParsePathError>() {
        let detail = "there is nothing at this path; /openapi.json lists what there is";
        return Problem::new(StatusCode::NOT_FOUND, "not-found", detail);
    }
    if error.is::<MethodNotAllowedError>() {
        let detail = "this path can only be read; GET and HEAD are possible here";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail);
    }
    if error.is::<ContentTypeError>() {
        let detail = "the body must be sent with the Content-Type that this operation takes: application/json, or text/csv for files of rows";
        return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail);
    }
    if let Some(wrong) = error.downcast_ref::<ParseRequestPayloadError>() {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed-json",
            format!("the body is no JSON: {}", wrong.reason),
        );
    }
    if error.is::<ReadBodyError>() {
        return Problem::new(StatusCode::BAD_REQUEST, "incomplete-body", "the body did not arrive in full");
    }
    let status = error.status();
    if status.is_server_error() {
        tracing::error!(%error, "an unexpected error");
        return Problem::internal();
    }
    Problem::new(status, "refused", error.to_string())
}

/// What is wrong with a parameter and what would be right, without the names of the framework's types and rules.
fn readable(reason: &str) -> String {
    let end = reason.find(" (occurred while parsing").unwrap_or(reason.len());
    let text = reason.get(..end).unwrap_or(reason);
    if text.contains("expects an input value") {
        return "is missing".to_owned();
    }
    if let Some(rule) = text.strip_prefix("verification failed. ") {
        let most = rule.strip_prefix("maxLength(").and_then(|rest| rest.strip_suffix(')'));
        return match most {
            Some(most) => format!("must have at most {most} characters"),
            None => format!("does not fit what the document says: {rule}"),
        };
    }
    match text.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some(("string_uuid", _)) => "must be a UUID".to_owned(),
        Some(("boolean", _)) => "must be `true` or `false`".to_owned(),
        Some((_, "Expect a valid enumeration value.")) => {
            "must be one of the values that the document lists".to_owned()
        }
        Some((_, what)) => what.to_owned(),
        None => text.to_owned(),
    }
}
