//! The outermost layer: request ids, one log line and one figure per request, how often and how much may be asked, panics,
//! headers, and work that is not left half-done.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use futures_util::FutureExt;
use kernel::ports::Entropy;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::OperationId;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::{
    address, cors, framework, guard,
    problem::Problem,
    rate::{self, Rate},
    request_id, trace,
};
use crate::Edge;

/// `Strict-Transport-Security` is not among them: it is for whoever ends TLS, in front of this server, to promise.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
/// What the API answers is never a page.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Wraps everything that is served.
pub(crate) struct Surface(Arc<Shared>);

struct Shared {
    entropy: Arc<dyn Entropy>,
    tasks: TaskTracker,
    edge: Edge,
    addresses: Option<Rate<IpAddr>>,
}

impl Surface {
    pub(crate) fn new(entropy: Arc<dyn Entropy>, tasks: TaskTracker, edge: Edge) -> Self {
        let addresses = Rate::of(edge.limits.requests_per_address);
        Self(Arc::new(Shared { entropy, tasks, edge, addresses }))
    }
}

impl<E: Endpoint + 'static> Middleware<E> for Surface {
    type Output = Surfaced<E>;

    fn transform(&self, inner: E) -> Surfaced<E> {
        Surfaced { inner: Arc::new(inner), shared: self.0.clone() }
    }
}

pub(crate) struct Surfaced<E> {
    inner: Arc<E>,
    shared: Arc<Shared>,
}

impl<E: Endpoint + 'static> Endpoint for Surfaced<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let id = request_id::of(&request, self.shared.entropy.as_ref());
        let span = trace::begin(request.method(), request.headers(), &id);
        let changes_nothing = request.method().is_safe();
        let work = serve(self.inner.clone(), self.shared.clone(), request);
        let work = request_id::CURRENT.scope(request_id::Current::new(id), work).instrument(span).boxed();
        if changes_nothing {
            return Ok(work.await);
        }
        // A client that goes away takes its connection with it, but not the work it asked for.
        Ok(self.shared.tasks.spawn(work).await.unwrap_or_else(|_| Problem::internal().into_response()))
    }
}

async fn serve<E: Endpoint>(inner: Arc<E>, shared: Arc<Shared>, request: Request) -> Response {
    let started = Instant::now();
    let under_way = shared.edge.metrics.begin();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(120).collect();
    let origin = cors::allowed_origin(&shared.edge.cors_origins, request.headers());
    let mut response = match shared.admit(&request) {
        Err(refused) => *refused,
        Ok(()) => match cors::preflight(&method, request.headers(), origin.as_ref()) {
            Some(allowed) => allowed,
            None => answer(inner.as_ref(), request).await,
        },
    };
    if let Some(origin) = origin {
        cors::allow(&mut response, origin);
    }
    finish(&mut response, &path);
    shared.report(&response, &method, &path, started);
    drop(under_way);
    response
}

async fn answer<E: Endpoint>(inner: &E, mut request: Request) -> Response {
    let unheard = (!guard::is_known(request.method())).then(|| request.method().clone());
    if unheard.is_some() {
        // No path can have an answer for each method that somebody makes up. None has a TRACE: its refusal names what is allowed.
        request.set_method(Method::TRACE);
    }
    let response = match AssertUnwindSafe(inner.call(request)).catch_unwind().await {
        Ok(Ok(response)) => response.into_response(),
        Ok(Err(error)) => framework::answer(error),
        Err(_) => {
            tracing::error!("a panic while serving a request");
            Problem::internal().into_response()
        }
    };
    let allowed = response.header(header::ALLOW).map(str::to_owned);
    match (unheard, allowed) {
        (Some(method), Some(allowed)) => guard::not_allowed(&method, &allowed),
        _ => response,
    }
}

impl Shared {
    fn admit(&self, request: &Request) -> Result<(), Box<Response>> {
        let limits = &self.edge.limits;
        if let Some(addresses) = &self.addresses
            && let Some(address) = address::of(request, &limits.trusted_proxies)
        {
            let counted = addresses.count(&address::caller(address));
            counted.map_err(|wait| Box::new(rate::too_many("from this address", wait).into_response()))?;
        }
        if head_length(request) > limits.header_bytes {
            let detail =
                format!("the request line and headers are longer than {} bytes", limits.header_bytes);
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Err(Box::new(Problem::new(status, "head-too-large", detail).into_response()));
        }
        Ok(())
    }

    /// One line per request. The operation's id stands for the path, which may hold what is no business of a log.
    fn report(&self, response: &Response, method: &Method, path: &str, started: Instant) {
        let took = started.elapsed();
        let (code, ms) = (response.status(), took.as_micros() as f64 / 1_000.0);
        let status = code.as_u16();
        let known = response.data::<OperationId>().map(|operation| operation.0);
        let known = known.or_else(|| PAGES.into_iter().find(|page| *page == path));
        let problem = if status < 400 { None } else { request_id::noted_problem() };
        let outcome = problem.as_deref().unwrap_or(if status < 400 { "done" } else { "refused" });
        self.edge.metrics.served(known.unwrap_or("none"), code, outcome, took);
        trace::end(known.unwrap_or("none"), code, outcome);
        let operation = known.unwrap_or(path);
        match status {
            500.. => tracing::error!(%method, operation, status, outcome, ms, "served"),
            _ if matches!(path, "/healthz" | "/readyz") => {
                tracing::debug!(%method, operation, status, outcome, ms, "served")
            }
            _ => tracing::info!(%method, operation, status, outcome, ms, "served"),
        }
    }
}

/// What is served beside the operations.
const PAGES: [&str; 4] = ["/healthz", "/readyz", "/openapi.json", "/docs"];

/// The length of the request line and headers, give or take the version.
fn head_length(request: &Request) -> usize {
    let uri = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    uri + headers.sum::<usize>()
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
        headers.insert(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    }
}
