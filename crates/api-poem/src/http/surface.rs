//! The outermost layer: request ids, one log line per request, panics, headers, and work that is not left half-done.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt;
use kernel::ports::Entropy;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{HeaderName, HeaderValue, Method, header},
};
use poem_openapi::OperationId;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::{framework, problem::Problem, request_id};

const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Wraps everything that is served.
pub(crate) struct Surface {
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) tasks: TaskTracker,
}

impl<E: Endpoint + 'static> Middleware<E> for Surface {
    type Output = Surfaced<E>;

    fn transform(&self, inner: E) -> Surfaced<E> {
        Surfaced { inner: Arc::new(inner), entropy: self.entropy.clone(), tasks: self.tasks.clone() }
    }
}

pub(crate) struct Surfaced<E> {
    inner: Arc<E>,
    entropy: Arc<dyn Entropy>,
    tasks: TaskTracker,
}

impl<E: Endpoint + 'static> Endpoint for Surfaced<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let id = request_id::of(&request, self.entropy.as_ref());
        let span = tracing::info_span!("request", request_id = id);
        let changes_nothing = request.method().is_safe();
        let work = request_id::CURRENT.scope(id, serve(self.inner.clone(), request)).instrument(span).boxed();
        if changes_nothing {
            return Ok(work.await);
        }
        // A client that goes away takes its connection with it, but not the work it asked for.
        Ok(self.tasks.spawn(work).await.unwrap_or_else(|_| Problem::internal().into_response()))
    }
}

async fn serve<E: Endpoint>(inner: Arc<E>, request: Request) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(120).collect();
    let outcome = AssertUnwindSafe(inner.call(request)).catch_unwind().await;
    let mut response = match outcome {
        Ok(Ok(response)) => response.into_response(),
        Ok(Err(error)) => framework::answer(error),
        Err(_) => {
            tracing::error!("a panic while serving a request");
            Problem::internal().into_response()
        }
    };
    finish(&mut response, &path);
    log(&response, &method, &path, started);
    response
}

fn finish(response: &mut Response, path: &str) {
    let id = request_id::current().and_then(|id| HeaderValue::from_str(&id).ok());
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(request_id::HEADER, id);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, value);
    }
    if path.starts_with("/v1/") {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

/// One line per request. The operation's id stands for the path, which may hold what is no business of a log.
fn log(response: &Response, method: &Method, path: &str, started: Instant) {
    let status = response.status().as_u16();
    let ms = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX) as f64 / 1_000.0;
    let operation = response.data::<OperationId>().map_or(path, |operation| operation.0);
    match status {
        500.. => tracing::error!(%method, operation, status, ms, "served"),
        _ if matches!(path, "/healthz" | "/readyz") => {
            tracing::debug!(%method, operation, status, ms, "served")
        }
        _ => tracing::info!(%method, operation, status, ms, "served"),
    }
}
