//! The policies of a process: those of its settings and those that are stored, followed as others change them.

use std::{sync::Arc, time::Duration};

use service_delivery::{FollowError, ServiceDelivery};
use storage_seaorm::Database;
use tokio::sync::watch;

use crate::exit::{Failure, Kind};

/// How long a change by another server may go unnoticed.
const REFRESH: Duration = Duration::from_secs(2);

/// Puts in force what is stored.
///
/// # Errors
/// The database does not answer; or what is stored does not go together with the settings of this process.
pub(crate) async fn start(service: &ServiceDelivery, database: &Database) -> Result<(), Failure> {
    match service.follow_policies(database).await {
        Ok(_) => Ok(()),
        Err(FollowError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::new(Kind::Policies, error)),
    }
}

/// Follows what others store, until it is told to stop. What cannot be put in force leaves in force what is.
pub(crate) async fn follow(
    service: Arc<ServiceDelivery>,
    database: Database,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(REFRESH) => {}
            _ = stop.changed() => return,
        }
        match service.follow_policies(&database).await {
            Ok(false) => {}
            Ok(true) => {
                let revision = service.policy_freshness().map_or(0, |freshness| freshness.revision);
                tracing::info!(revision, "the policies have changed");
            }
            Err(FollowError::Store(error)) => {
                tracing::warn!(%error, "cannot see whether the policies have changed")
            }
            Err(error) => tracing::error!(%error, "the policies in force stay as they were"),
        }
    }
}
