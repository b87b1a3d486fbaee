//! `account serve`.

use std::{io, sync::Arc, time::Duration};

use api_poem::{Backend, Readiness, TaskTracker};
use async_trait::async_trait;
use kernel::ports::Entropy;
use poem::{Server, listener::TcpAcceptor};
use service_delivery::{PolicySet, ServiceDelivery};
use storage_seaorm::{Database, SchemaState};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    clock::ServerClock,
    database, demo,
    exit::{Failure, Kind},
    policies,
    settings::Settings,
    shutdown,
    system::OsEntropy,
    worker,
};

/// Connections that nothing moves on are closed after this time.
const IDLE: Duration = Duration::from_secs(75);

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
    // First of all, so that a second server started by mistake changes nothing.
    let listener = listen(&settings.listen).await?;
    let address = listener.local_addr().map_err(anyhow::Error::from)?.to_string();
    let database = database::connect(settings).await?;
    let may_migrate = with_demo || settings.migrate.unwrap_or_else(|| settings.is_sqlite());
    database::prepare(&database, may_migrate).await?;
    let clock = ServerClock::start(settings.clock_settable.unwrap_or(with_demo), &database).await?;
    let service = compose(settings, &database, &clock)?;
    policies::start(&service, &database).await?;
    let tasks = TaskTracker::new();
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let endpoint = api_poem::endpoint(Backend {
        service: service.clone(),
        reads: Arc::new(database.clone()),
        keys: Arc::new(database.clone()),
        clock: clock.clock.clone(),
        entropy,
        readiness: Arc::new(SchemaReadiness(database.clone())),
        tasks: tasks.clone(),
    });
    let asked_to_stop = shutdown::asked().map_err(anyhow::Error::from)?;
    if with_demo {
        demo::invite(settings, &database, &address).await?;
    }
    let (stopping, stop) = watch::channel(false);
    tasks.spawn(clock.follow(stop.clone()));
    tasks.spawn(policies::follow(service.clone(), database.clone(), stop.clone()));
    if settings.worker {
        tasks.spawn(worker::run(service, settings.worker_poll(), stop));
    }
    let acceptor = TcpAcceptor::from_tokio(listener).map_err(anyhow::Error::from)?;
    Server::new_with_acceptor(acceptor)
        .idle_timeout(IDLE)
        .run_with_graceful_shutdown(endpoint, asked_to_stop, Some(settings.drain()))
        .await
        .map_err(anyhow::Error::from)?;
    stopping.send_replace(true);
    tasks.close();
    if tokio::time::timeout(settings.drain(), tasks.wait()).await.is_err() {
        tracing::error!(left = tasks.len(), "requests did not end in time");
    }
    database.close().await;
    Ok(())
}

async fn listen(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another process listens there already".to_owned(),
            _ => error.to_string(),
        };
        Failure::says(
            Kind::Address,
            format!("cannot listen on {address}: {why}; choose another with --listen"),
        )
    })
}

struct SchemaReadiness(Database);

#[async_trait]
impl Readiness for SchemaReadiness {
    async fn check(&self) -> Result<String, String> {
        match self.0.schema_state().await {
            Ok(SchemaState::UpToDate) => Ok("the schema is up to date".to_owned()),
            Ok(state) => Err(database::describe(&state)),
            Err(error) => {
                tracing::warn!(%error, "the database does not answer");
                Err("the database does not answer".to_owned())
            }
        }
    }
}
