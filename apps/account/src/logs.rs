//! Logs, to the standard error stream, for people or for machines; and spans, to a collector.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry, filter::LevelFilter, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::settings::{LogFormat, Settings, redacted};

const SERVICE: &str = "account";

/// Sends what is left of the spans when it is dropped.
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Starts logging, and tracing where there is somewhere to send spans to. Not from within a runtime: spans are sent by a thread
/// of their own.
///
/// # Errors
/// A filter that cannot be read, an endpoint that is none.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<Traces> {
    let filter = filter(&settings.log_filter)?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = settings.otlp_endpoint.as_deref().filter(|to| !to.is_empty()).map(provider).transpose()?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    let spans = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
        layer.with_filter(LevelFilter::INFO)
    });
    Registry::default().with(lines.with_filter(filter)).with(spans).init();
    Ok(Traces(provider))
}

/// Which lines are logged, as `text` says.
///
/// # Errors
/// It is no filter.
pub(crate) fn filter(text: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(text)
        .with_context(|| format!("log_filter: {text:?} is no filter such as info or warn,api_poem=debug"))
}

fn provider(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(url).build();
    let exporter = exporter.with_context(|| {
        format!("otlp_endpoint: {:?} is no URL such as http://localhost:4318", redacted(endpoint))
    })?;
    let resource = Resource::builder().with_service_name(SERVICE).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
