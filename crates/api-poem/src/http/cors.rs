//! Pages of other sites that may call the API from a browser.

use poem::{
    Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, last-event-id, x-api-key, x-organization, x-request-id, traceparent",
);
const EXPOSED: HeaderValue =
    HeaderValue::from_static("etag, location, retry-after, x-request-id, idempotent-replayed");
/// How long a browser may remember what it was allowed, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The origin in `headers` where it is one of `allowed`. An origin that is not is told nothing: then its browser keeps the
/// answer from the page.
pub(crate) fn allowed_origin(allowed: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    allowed.iter().any(|own| own.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// The answer to a browser that asks before it calls, where it does.
pub(crate) fn preflight(
    method: &Method,
    headers: &HeaderMap,
    origin: Option<&HeaderValue>,
) -> Option<Response> {
    let asks = method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || origin.is_none() {
        return None;
    }
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    let to = response.headers_mut();
    to.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    to.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    to.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    Some(response)
}

/// Tells the browser that pages of `origin` may see the answer. No cookies are involved: a key has to be sent.
pub(crate) fn allow(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
