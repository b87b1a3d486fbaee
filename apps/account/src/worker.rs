//! The worker: takes whatever falls due (WK-1), in the server or as `account worker`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use service_delivery::{
    Refusal, ServiceDelivery,
    worker::{Progress, Report},
};
use tokio::sync::watch;

use crate::{
    database, exit::Failure, metrics::Counts, process::Process, serve, settings::Settings, shutdown,
};

/// How often what nobody asks for any more is thrown away.
const TIDY: Duration = Duration::from_secs(3600);

/// `account worker`: works until it is asked to stop, and then to the end of the steps under way.
pub(crate) async fn worker(settings: &Settings) -> Result<(), Failure> {
    // Before all that takes its time: who is asked to stop while it begins ends as any other.
    let asked_to_stop = shutdown::asked().map_err(anyhow::Error::from)?;
    let metrics_listener = serve::listen_for_metrics(settings).await?;
    let database = database::connect(settings).await?;
    let may_migrate = settings.migrate.unwrap_or_else(|| settings.is_sqlite());
    let clock_settable = settings.clock_settable.unwrap_or(false);
    let process = Process::on(database, settings, may_migrate, clock_settable).await?;
    process.begin(settings, metrics_listener, true)?;
    asked_to_stop.await;
    // A step under way ends by itself, or is undone by the database: either way it is taken once.
    process.end(tokio::time::Instant::now() + settings.drain()).await;
    Ok(())
}

/// Takes what is due, sleeps until something is, and looks at least every `poll`: others may have changed what is due. Ends,
/// between two rounds, when it is told to stop.
pub(crate) async fn run(
    service: Arc<ServiceDelivery>,
    counts: Counts,
    poll: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut tidied = None::<Instant>;
    while !*stop.borrow() {
        // In a task of its own: a fault in one step must not be the end of all that is due.
        let done = tokio::spawn(catch_up(service.clone(), counts.clone(), stop.clone())).await;
        let pause = match done {
            Ok(Ok(pause)) => pause.map_or(poll, |pause| pause.min(poll)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "what is due could not be done; it is tried again");
                poll
            }
            Err(error) => {
                tracing::error!(%error, "the worker failed; it goes on");
                poll
            }
        };
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            match service.forget_commands().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "commands of long ago are forgotten"),
                Err(error) => tracing::warn!(%error, "commands of long ago could not be forgotten"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Takes all that is due by now. How long nothing will be due, as far as is known.
async fn catch_up(
    service: Arc<ServiceDelivery>,
    counts: Counts,
    stop: watch::Receiver<bool>,
) -> Result<Option<Duration>, Refusal> {
    let mut work = service.catch_up(service.now());
    let outcome = loop {
        if *stop.borrow() {
            break Ok(None);
        }
        match work.round().await {
            Ok(Progress::Taken) => {}
            Ok(Progress::Busy) => break Ok(None),
            Ok(Progress::Done { next }) => break Ok(next),
            Err(error) => break Err(error),
        }
    };
    counts.worked(work.report());
    tell(work.report());
    let next = outcome?;
    Ok(next.map(|next| {
        let micros = next.unix_micros().saturating_sub(service.now().unix_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }))
}

fn tell(report: &Report) {
    for (step, times) in &report.taken {
        tracing::info!(%step, times, "taken as it was due");
    }
    for failed in &report.failed {
        let (due, what, refusal) = (failed.due.at, failed.due.what, &failed.refusal);
        tracing::error!(%due, ?what, %refusal, "a step cannot be taken; it is tried again");
    }
}
