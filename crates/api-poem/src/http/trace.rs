//! One span per request, within the caller's trace where it names one (W3C Trace Context).

use opentelemetry::{global, propagation::Extractor, trace::TraceContextExt};
use poem::http::{HeaderMap, Method, StatusCode};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// The span of a request: named by its operation as soon as that is known.
pub(crate) fn begin(method: &Method, headers: &HeaderMap, request_id: &str) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %method,
        http.response.status_code = Empty,
        outcome = Empty,
        request_id,
        trace_id = Empty,
    );
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    let context = parent.span().span_context().clone();
    if context.is_valid() {
        // Also where spans are sent nowhere: then the logs alone tell which trace it was.
        span.record("trace_id", tracing::field::display(context.trace_id()));
        let _ = span.set_parent(parent);
    }
    span
}

/// Notes what became of the request in its span, which is the current one.
pub(crate) fn end(operation: &str, status: StatusCode, outcome: &str) {
    let span = Span::current();
    span.record("otel.name", operation);
    span.record("http.response.status_code", status.as_u16());
    span.record("outcome", outcome);
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
