//! `account serve`.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use api_poem::{Backend, Edge, Readiness, Ready};
use async_trait::async_trait;
use kernel::ports::Entropy;
use service_delivery::{PolicySet, ServiceDelivery};
use storage_seaorm::{Database, SchemaState};
use tokio::{net::TcpListener, time::Instant};

use crate::{
    clock::ServerClock,
    database, demo,
    exit::{Failure, Kind},
    metrics,
    process::Process,
    settings::Settings,
    shutdown,
    system::OsEntropy,
};

/// The use cases on a database, with a clock and the system's randomness.
pub(crate) fn compose(
    settings: &Settings,
    database: &Database,
    clock: &ServerClock,
) -> Result<Arc<ServiceDelivery>, Failure> {
    let utc_offset = settings.utc_offset()?;
    let policies = PolicySet::try_new(&settings.policies.clone().into())
        .map_err(|invalid| Failure::new(Kind::Usage, invalid))?;
    let storage = Arc::new(database.clone());
    let (now, entropy) = (clock.clock.clone(), Arc::new(OsEntropy));
    let service = ServiceDelivery::new(storage, now, entropy, Arc::new(policies), utc_offset);
    Ok(Arc::new(match &clock.settable {
        Some(settable) => service.with_test_clock(settable.clone()),
        None => service,
    }))
}

/// Serves until it is asked to stop, and then until the requests under way have ended.
pub(crate) async fn serve(settings: &Settings, with_demo: bool) -> Result<(), Failure> {
    // Before anybody can connect: who is asked to stop while it begins ends as any other.
    let asked = shutdown::asked().map_err(anyhow::Error::from)?;
    // First of all else, so that a second server started by mistake changes nothing.
    let listener = listen(&settings.listen, "--listen").await?;
    let address = listener.local_addr().map_err(anyhow::Error::from)?.to_string();
    let metrics_listener = listen_for_metrics(settings).await?;
    let database = database::connect_or_create(settings).await?;
    let may_migrate = with_demo || settings.migrate.unwrap_or_else(|| settings.is_sqlite());
    let clock_settable = settings.clock_settable.unwrap_or(with_demo);
    let process = Process::on(database, settings, may_migrate, clock_settable).await?;
    let (service, database) = (&process.service, &process.database);
    let streaming = settings.streaming();
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let edge = Edge {
        limits: settings.limits.read()?,
        cors_origins: settings.cors_origins.clone(),
        metrics: process.counts.requests.clone(),
    };
    let people = settings.openid.people(Arc::new(database.clone()))?;
    let endpoint = api_poem::endpoint(Backend {
        service: service.clone(),
        reads: Arc::new(database.clone()),
        commands: Arc::new(database.clone()),
        keys: Arc::new(database.clone()),
        people,
        clock: process.clock.clock.clone(),
        entropy,
        readiness: Arc::new(ServerReadiness { service: service.clone(), database: database.clone() }),
        tasks: process.tasks.clone(),
        edge: edge.clone(),
        streaming: streaming.clone(),
    });
    let stops_at = Arc::new(OnceLock::new());
    let (drain, noted) = (settings.drain(), stops_at.clone());
    let asked_to_stop = async move {
        asked.await;
        noted.get_or_init(|| Instant::now() + drain);
        // Streams have no end of their own; everything else under way has.
        streaming.stopping.cancel();
    };
    if with_demo {
        demo::invite(settings, database, service, &address).await?;
    }
    process.begin(settings, metrics_listener, settings.worker)?;
    tracing::info!(address, "listening");
    api_poem::serve(listener, endpoint, &edge, asked_to_stop, drain).await.map_err(anyhow::Error::from)?;
    // What connections have taken of the time to end, what goes on beside them does not have.
    process.end(*stops_at.get_or_init(|| Instant::now() + drain)).await;
    Ok(())
}

/// The listener of the figures, where they are to be shown.
pub(crate) async fn listen_for_metrics(settings: &Settings) -> Result<Option<TcpListener>, Failure> {
    match settings.metrics_listen.as_deref() {
        None | Some("") => Ok(None),
        Some(address) => listen(address, "metrics_listen").await.map(Some),
    }
}

async fn listen(address: &str, setting: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another process listens there already".to_owned(),
            _ => error.to_string(),
        };
        Failure::says(
            Kind::Address,
            format!("cannot listen on {address}: {why}; choose another with {setting}"),
        )
    })
}

struct ServerReadiness {
    service: Arc<ServiceDelivery>,
    database: Database,
}

#[async_trait]
impl Readiness for ServerReadiness {
    async fn check(&self) -> Result<Ready, String> {
        let silent = |error| {
            tracing::warn!(%error, "the database does not answer");
            "the database does not answer".to_owned()
        };
        let state = tokio::time::timeout(metrics::PATIENCE, self.database.schema_state()).await;
        let late = |_| "the database does not answer in time".to_owned();
        let detail = match state.map_err(late)?.map_err(silent)? {
            SchemaState::UpToDate => "the schema is up to date".to_owned(),
            // A newer version has migrated: this one goes on until it is replaced (RN-3).
            state @ SchemaState::Ahead { .. } => database::describe(&state),
            state @ SchemaState::Behind { .. } => return Err(database::describe(&state)),
        };
        let worker_lag = metrics::worker_lag(&self.service, &self.database).await.map_err(silent)?;
        Ok(Ready { detail, worker_lag })
    }
}
