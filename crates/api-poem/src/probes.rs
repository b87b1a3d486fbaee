//! Is the process alive, and can it work (RN-6)?

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use poem::{IntoResponse, Response, Route, endpoint::make, get, http::StatusCode, web::Json};
use serde_json::json;

use crate::http::problem::Problem;

/// A server that can work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What is in place, for people; for example the schema's version.
    pub detail: String,
    /// How long the longest due step has been due without having been taken, by whatever worker. A server is ready all the
    /// same: serving does not wait for it.
    pub worker_lag: Duration,
}

/// Says whether what the server needs is there.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// What is in place.
    ///
    /// # Errors
    /// What is missing, without secrets.
    async fn check(&self) -> Result<Ready, String>;
}

/// Adds `/healthz` and `/readyz`.
pub(crate) fn mount(route: Route, readiness: Arc<dyn Readiness>) -> Route {
    let ready = make(move |_| {
        let readiness = readiness.clone();
        async move { Ok::<_, poem::Error>(ready(readiness.as_ref()).await) }
    });
    let alive = make(|_| async { Ok::<_, poem::Error>(Json(json!({"status": "ok"}))) });
    route.at("/healthz", get(alive)).at("/readyz", get(ready))
}

async fn ready(readiness: &dyn Readiness) -> Response {
    match readiness.check().await {
        Ok(Ready { detail, worker_lag }) => {
            let lag = worker_lag.as_secs();
            Json(json!({"status": "ready", "detail": detail, "worker_lag_seconds": lag})).into_response()
        }
        Err(missing) => {
            tracing::warn!(missing, "not ready");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", missing).into_response()
        }
    }
}
