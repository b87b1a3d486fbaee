//! What the framework itself refuses, as problem documents.

use kernel::Invalid;
use poem::{
    Error, IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::StatusCode,
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError};

use super::problem::Problem;

/// The answer to an error that no handler has turned into one.
pub(crate) fn answer(error: Error) -> Response {
    if error.is_from_response() { error.into_response() } else { problem(&error).into_response() }
}

fn problem(error: &Error) -> Problem {
    if let Some(wrong) = error.downcast_ref::<ParseParamError>() {
        return Problem::invalid(Invalid::field(wrong.name, readable(&wrong.reason)));
    }
    if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
        let detail = "there is nothing at this path; /openapi.json lists what there is";
        return Problem::new(StatusCode::NOT_FOUND, "not-found", detail);
    }
    if error.is::<MethodNotAllowedError>() {
        let detail = "this path does not know this method";
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

/// The framework's message without the names of its types.
fn readable(reason: &str) -> String {
    let end = reason.find(" (occurred while parsing").unwrap_or(reason.len());
    let text = reason.get(..end).unwrap_or(reason);
    if text.contains("expects an input value") {
        return "is missing".to_owned();
    }
    match text.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some((_, what)) => what.to_owned(),
        None => text.to_owned(),
    }
}
