//! The HTTP surface of MIDDAG Account: one OpenAPI document, problem responses, authentication, for staff, customers
//! and machines.
//!
//! Handlers are a few lines: parse, one use case, view. Who may call what is decided by the guard in front of all of them.

mod edge;
mod http;
mod note_streams;
mod operations;
mod probes;
mod server;
mod spec;
#[cfg(test)]
mod testing;
mod wire;

use std::sync::Arc;

use kernel::ports::{Clock, Entropy};
use poem::{EndpointExt, Response, Route, endpoint::BoxEndpoint, get};
use poem_openapi::OpenApi;
use service_delivery::{
    Commands, ServiceDelivery,
    access::{Keys, People},
    reads::Reads,
};
pub use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use edge::{Edge, Limits};
pub use http::metrics::RequestMetrics;
pub use note_streams::Streaming;
pub use probes::{Readiness, Ready};
pub use server::serve;
pub use spec::openapi_document;

use crate::{
    http::{
        auth::Authenticator,
        body_limit::BodyLimit,
        csv_lists::{self, CsvLists},
        guard::Guarded,
        once::OnceOnly,
        surface::Surface,
    },
    note_streams::NoteStreams,
    operations::Context,
};

/// What the surface stands on.
pub struct Backend {
    /// The use cases.
    pub service: Arc<ServiceDelivery>,
    /// The lists and pages.
    pub reads: Arc<dyn Reads>,
    /// Remembers commands that their senders have named.
    pub commands: Arc<dyn Commands>,
    /// Finds API keys.
    pub keys: Arc<dyn Keys>,
    /// Who calls with signed tokens; none where these are not accepted.
    pub people: Option<People>,
    /// When it is.
    pub clock: Arc<dyn Clock>,
    /// Makes request ids.
    pub entropy: Arc<dyn Entropy>,
    /// Says whether the server can work.
    pub readiness: Arc<dyn Readiness>,
    /// Where requests that change something run. Close it and wait for it before stopping: then no request that was
    /// accepted is lost, even if its client is gone.
    pub tasks: TaskTracker,
    /// Limits, other sites' browsers, figures.
    pub edge: Edge,
    /// How notes are followed in real time.
    pub streaming: Streaming,
}

/// Everything that is served: the operations, `/openapi.json`, `/docs`, `/healthz`, `/readyz`.
pub fn endpoint(backend: Backend) -> BoxEndpoint<'static, Response> {
    let context = Arc::new(Context {
        service: backend.service.clone(),
        reads: backend.reads.clone(),
        clock: backend.clock.clone(),
        note_streams: NoteStreams::new(backend.reads.clone(), backend.streaming.clone()),
    });
    surface(backend, operations::all(context))
}

/// `operations` behind everything that they share.
fn surface<T: OpenApi + 'static>(backend: Backend, operations: T) -> BoxEndpoint<'static, Response> {
    let Backend {
        service: _,
        reads: _,
        commands,
        keys,
        people,
        clock,
        entropy,
        readiness,
        tasks,
        edge,
        streaming: _,
    } = backend;
    let per_second = edge.limits.requests_per_key;
    let authenticator = Arc::new(Authenticator::new(keys, people, clock.clone(), per_second, tasks.clone()));
    let once = Arc::new(OnceOnly { commands, clock, entropy: entropy.clone() });
    let routes = Route::new()
        .at("/openapi.json", get(spec::page("application/json", openapi_document)))
        .at("/docs", get(spec::page("text/html; charset=utf-8", spec::docs_page)))
        .nest_no_strip("/v1", spec::service(Guarded { operations, authenticator, once }));
    let routes = CsvLists::new(probes::mount(routes, readiness), csv_lists::lists::<T>());
    let body = BodyLimit { bytes: edge.limits.body_bytes, time: edge.limits.body_timeout };
    routes.with(body).with(Surface::new(entropy, tasks, edge)).boxed()
}
