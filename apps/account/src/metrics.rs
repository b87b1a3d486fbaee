//! Figures for Prometheus (RN-6), on a listener of their own: they are for operators, not for callers.

use std::{sync::Arc, time::Duration};

use api_poem::RequestMetrics;
use poem::{Response, Route, Server, endpoint::make, get, http::StatusCode, listener::TcpAcceptor};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::Registry,
};
use service_delivery::{ServiceDelivery, worker::Report};
use storage_seaorm::Database;
use tokio::{net::TcpListener, sync::watch};

use crate::exit::Failure;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// How long to wait for what the database says about itself: less than those wait who ask for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// How long whoever reads the figures may take to end when the process stops.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolState {
    pool: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    step: String,
}

/// What this process counts. A clone counts into the same figures.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    /// What was served.
    pub(crate) requests: RequestMetrics,
    steps: Family<Step, Counter>,
    failed_steps: Counter,
}

impl Counts {
    /// Counts what the worker did.
    pub(crate) fn worked(&self, report: &Report) {
        for (step, times) in &report.taken {
            self.steps.get_or_create(&Step { step: step.to_string() }).inc_by(*times);
        }
        self.failed_steps.inc_by(report.failed.len() as u64);
    }

    fn register(&self, registry: &mut Registry) {
        self.requests.register(registry);
        let help = "Steps taken as they were due, by this process";
        registry.register("worker_steps", help, self.steps.clone());
        let help = "Steps that could not be taken; they are tried again";
        registry.register("worker_steps_failed", help, self.failed_steps.clone());
    }
}

/// Everything that is shown: what is counted, and what is read when it is asked for.
pub(crate) struct Metrics {
    pub(crate) counts: Counts,
    pub(crate) service: Arc<ServiceDelivery>,
    pub(crate) database: Database,
}

impl Metrics {
    /// The figures as of now, as text. What the database does not say is left out, and that it did not.
    async fn text(&self) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("account");
        self.counts.register(&mut registry);
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", build);
        let help = "Use cases that were run again because another transaction was in their way";
        let retried = ConstCounter::new(service_delivery::conflicts_retried());
        registry.register("conflicts_retried", help, retried);
        self.register_pools(&mut registry);
        self.register_policies(&mut registry);
        self.register_due(&mut registry).await;
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn register_pools(&self, registry: &mut Registry) {
        let pools = Family::<PoolState, Gauge>::default();
        for figures in self.database.pools() {
            for (state, count) in [("in_use", figures.in_use), ("idle", figures.idle)] {
                let pool = figures.name;
                pools.get_or_create(&PoolState { pool, state }).set(i64::from(count));
            }
        }
        registry.register("database_connections", "Connections to the database", pools);
    }

    fn register_policies(&self, registry: &mut Registry) {
        let Some(freshness) = self.service.policy_freshness() else { return };
        let help = "The revision of the policies in force; it grows with every change";
        registry.register("policies_revision", help, ConstGauge::new(freshness.revision));
        let help = "The revision of the policies that are stored, as far as this server has seen";
        registry.register("policies_stored_revision", help, ConstGauge::new(freshness.stored));
        if let Some(age) = freshness.age(self.service.now()) {
            let help = "How long ago the policies in force were last found to be those stored";
            registry.register("policies_age_seconds", help, ConstGauge::new(age.as_seconds_f64()));
        }
    }

    async fn register_due(&self, registry: &mut Registry) {
        let lag = worker_lag(&self.service, &self.database).await;
        let answers = ConstGauge::new(i64::from(lag.is_ok()));
        registry.register("database_up", "Whether the database answers", answers);
        match lag {
            Ok(lag) => {
                let help = "How long the longest due step has been due";
                registry.register("worker_lag_seconds", help, ConstGauge::new(lag.as_secs_f64()));
            }
            Err(error) => tracing::warn!(%error, "the database does not say what is due"),
        }
    }
}

/// How long the longest due step has been due without having been taken.
///
/// # Errors
/// The database does not answer, or not within [`PATIENCE`].
pub(crate) async fn worker_lag(
    service: &ServiceDelivery,
    database: &Database,
) -> Result<Duration, kernel::StoreError> {
    let now = service.now();
    let since = tokio::time::timeout(PATIENCE, database.due_since(now)).await;
    let late =
        |_| kernel::StoreError::Unavailable { reason: format!("no answer for {} s", PATIENCE.as_secs()) };
    let since = since.map_err(late)??;
    let micros = since.map_or(0, |since| now.unix_micros().saturating_sub(since.unix_micros()));
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Serves the figures at `/metrics` until it is told to stop.
///
/// # Errors
/// The listener is of no use.
pub(crate) fn serve(
    listener: TcpListener,
    metrics: Metrics,
    mut stop: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()>, Failure> {
    let address = listener.local_addr().map_err(anyhow::Error::from)?;
    let acceptor = TcpAcceptor::from_tokio(listener).map_err(anyhow::Error::from)?;
    let metrics = Arc::new(metrics);
    let page = make(move |_| {
        let metrics = metrics.clone();
        async move { Ok::<_, poem::Error>(answer(&metrics).await) }
    });
    tracing::info!(%address, "metrics");
    Ok(async move {
        let asked_to_stop = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let routes = Route::new().at("/metrics", get(page));
        let server = Server::new_with_acceptor(acceptor);
        if let Err(error) = server.run_with_graceful_shutdown(routes, asked_to_stop, Some(GRACE)).await {
            tracing::error!(%error, "the figures are not served any more");
        }
    })
}

async fn answer(metrics: &Metrics) -> Response {
    match metrics.text().await {
        Ok(text) => Response::builder().content_type(CONTENT_TYPE).body(text),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
    }
}
