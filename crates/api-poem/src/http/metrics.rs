//! Figures of what was served, for Prometheus.

use std::{fmt, time::Duration};

use poem::http::StatusCode;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds of the classes of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    operation: String,
    status: u16,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    operation: String,
}

/// Counts requests. A clone counts into the same figures.
#[derive(Clone)]
pub struct RequestMetrics {
    requests: Family<Served, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    under_way: Gauge,
    connections: Gauge,
    refused_connections: Counter,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            under_way: Gauge::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
        }
    }
}

impl fmt::Debug for RequestMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestMetrics").finish_non_exhaustive()
    }
}

impl RequestMetrics {
    /// Adds the figures to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let help =
            "Requests answered, by operation, HTTP status and outcome: done, or the name of the problem";
        registry.register("http_requests", help, self.requests.clone());
        let help = "How long requests took until they were answered";
        registry.register("http_request_duration_seconds", help, self.seconds.clone());
        registry.register("http_requests_under_way", "Requests that are worked on", self.under_way.clone());
        registry.register("http_connections", "Connections that are open", self.connections.clone());
        let help = "Connections that were refused because there were too many";
        registry.register("http_connections_refused", help, self.refused_connections.clone());
    }

    /// Something was asked for; it is under way until the value is dropped.
    pub(crate) fn begin(&self) -> UnderWay {
        UnderWay::of(&self.under_way)
    }

    /// A connection was opened; it is there until the value is dropped.
    pub(crate) fn connected(&self) -> UnderWay {
        UnderWay::of(&self.connections)
    }

    /// A connection was one too many.
    pub(crate) fn refused_connection(&self) {
        self.refused_connections.inc();
    }

    /// `operation` was answered. A path is no operation: there is no end of paths.
    pub(crate) fn served(&self, operation: &str, status: StatusCode, outcome: &str, took: Duration) {
        let operation = operation.to_owned();
        self.seconds.get_or_create(&Of { operation: operation.clone() }).observe(took.as_secs_f64());
        let served = Served { operation, status: status.as_u16(), outcome: outcome.to_owned() };
        self.requests.get_or_create(&served).inc();
    }
}

/// Counted as long as it lives.
pub(crate) struct UnderWay(Gauge);

impl UnderWay {
    fn of(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}
