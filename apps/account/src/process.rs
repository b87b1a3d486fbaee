//! What servers and workers have in common: they follow the clock and the policies, show figures, do what falls due, and end alike.

use std::{sync::Arc, time::Duration};

use api_poem::TaskTracker;
use service_delivery::ServiceDelivery;
use storage_seaorm::Database;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::{
    clock::ServerClock,
    database,
    exit::Failure,
    metrics::{self, Counts, Metrics},
    policies, serve,
    settings::Settings,
    worker,
};

/// What tasks that have been told to end, and connections, have for it at least.
const MOMENT: Duration = Duration::from_secs(1);

/// The use cases on a database, and what goes on beside them.
pub(crate) struct Process {
    pub(crate) database: Database,
    pub(crate) clock: ServerClock,
    pub(crate) service: Arc<ServiceDelivery>,
    /// What is counted, to be shown.
    pub(crate) counts: Counts,
    /// What has to end before the process does.
    pub(crate) tasks: TaskTracker,
    stopping: watch::Sender<bool>,
}

impl Process {
    /// On a database at the right version, with the policies that are stored there in force. Nothing goes on yet.
    ///
    /// # Errors
    /// The database does not answer or is at another version; the policies cannot be put in force.
    pub(crate) async fn on(
        database: Database,
        settings: &Settings,
        may_migrate: bool,
        clock_settable: bool,
    ) -> Result<Self, Failure> {
        database::prepare(&database, may_migrate).await?;
        let clock = ServerClock::start(clock_settable, &database).await?;
        let service = serve::compose(settings, &database, &clock)?;
        policies::start(&service, &database).await?;
        let (stopping, _) = watch::channel(false);
        let (counts, tasks) = (Counts::default(), TaskTracker::new());
        Ok(Self { database, clock, service, counts, tasks, stopping })
    }

    /// Begins what goes on until the end: what others change is followed, figures are shown where there is a listener for them, and
    /// what falls due is done where the process `works`.
    ///
    /// # Errors
    /// The listener is none any more.
    pub(crate) fn begin(
        &self,
        settings: &Settings,
        metrics_listener: Option<TcpListener>,
        works: bool,
    ) -> Result<(), Failure> {
        let stop = self.stopping.subscribe();
        let (service, database, counts) = (&self.service, &self.database, &self.counts);
        self.tasks.spawn(self.clock.clone().follow(stop.clone()));
        self.tasks.spawn(policies::follow(service.clone(), database.clone(), stop.clone()));
        if let Some(listener) = metrics_listener {
            let (counts, service, database) = (counts.clone(), service.clone(), database.clone());
            let shown = Metrics { counts, service, database };
            self.tasks.spawn(metrics::serve(listener, shown, stop.clone())?);
        }
        if works {
            self.tasks.spawn(worker::run(service.clone(), counts.clone(), settings.worker_poll(), stop));
        }
        Ok(())
    }

    /// Ends all that goes on, which has until `deadline` for it altogether, but a moment in any case; and closes the database.
    pub(crate) async fn end(self, deadline: Instant) {
        self.stopping.send_replace(true);
        self.tasks.close();
        let deadline = deadline.max(Instant::now() + MOMENT);
        if timeout_at(deadline, self.tasks.wait()).await.is_err() {
            tracing::error!(left = self.tasks.len(), "what was under way did not end in time");
        }
        let closed = timeout_at(deadline.max(Instant::now() + MOMENT), self.database.close()).await;
        if closed.is_err() {
            tracing::warn!("the connections to the database did not close in time");
        }
    }
}
