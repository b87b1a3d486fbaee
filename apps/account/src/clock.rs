//! Which clock a process goes by: the system's, or one that can be set forward (WK-3).

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration as Pause,
};

use async_trait::async_trait;
use kernel::{StoreError, Timestamp, ports::Clock};
use service_delivery::worker::TestClock;
use storage_seaorm::Database;
use time::Duration;
use tokio::sync::watch;

use crate::system::SystemClock;

/// How long another server's setting of the clock may go unnoticed.
const REFRESH: Pause = Pause::from_secs(1);

/// The clock of a process.
#[derive(Clone)]
pub(crate) struct ServerClock {
    /// What everything reads.
    pub(crate) clock: Arc<dyn Clock>,
    /// The same, where it can be set.
    pub(crate) settable: Option<Arc<SettableClock>>,
}

impl ServerClock {
    /// The system's clock, or one that goes on from where it was set last.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn start(settable: bool, database: &Database) -> Result<Self, StoreError> {
        if !settable {
            return Ok(Self { clock: Arc::new(SystemClock), settable: None });
        }
        let clock = Arc::new(SettableClock { database: database.clone(), ahead: AtomicI64::new(0) });
        clock.follow().await?;
        Ok(Self { clock: clock.clone(), settable: Some(clock) })
    }

    /// Follows what other servers set, until it is told to stop. Ends at once where the clock cannot be set.
    pub(crate) async fn follow(self, mut stop: watch::Receiver<bool>) {
        let Some(clock) = self.settable else { return };
        while !*stop.borrow() {
            if let Err(error) = clock.follow().await {
                tracing::warn!(%error, "cannot see how the clock is set");
            }
            tokio::select! {
                () = tokio::time::sleep(REFRESH) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// The system's clock, so many microseconds ahead. How many is kept in the database: for every server, over every restart.
pub(crate) struct SettableClock {
    database: Database,
    ahead: AtomicI64,
}

impl SettableClock {
    async fn follow(&self) -> Result<(), StoreError> {
        let ahead = self.database.clock_ahead().await?;
        // Never back, whoever reads an older value last.
        self.ahead.fetch_max(ahead, Ordering::SeqCst);
        Ok(())
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().saturating_add(Duration::microseconds(self.ahead.load(Ordering::SeqCst)))
    }
}

#[async_trait]
impl TestClock for SettableClock {
    async fn set_forward(&self, to: Timestamp) -> Result<(), StoreError> {
        let ahead = to.unix_micros().saturating_sub(SystemClock.now().unix_micros());
        self.database.set_clock_ahead(ahead).await?;
        self.follow().await
    }
}
