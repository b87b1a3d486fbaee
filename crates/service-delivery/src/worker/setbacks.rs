//! Steps that fail: each is left alone for a while, and the others go on.

use kernel::Timestamp;
use time::Duration;

use super::{Due, Setback};
use crate::{Refusal, ServiceDelivery, retry::retrying};

/// After the first failure.
const SHORTEST: Duration = Duration::MINUTE;
/// After many.
const LONGEST: Duration = Duration::HOUR;

/// How long a step is left alone that has failed so often: twice as long each time.
fn pause_after(failures: u32) -> Duration {
    let times = 2i32.saturating_pow(failures.saturating_sub(1));
    SHORTEST.checked_mul(times).map_or(LONGEST, |pause| pause.min(LONGEST))
}

impl ServiceDelivery {
    /// Notes that the step that is `due` failed, in a transaction of its own: of the step itself nothing remains.
    pub(super) async fn set_back(&self, due: Due, refusal: &Refusal) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin_timed().await?;
            let failures = step.uow.schedule().failures(due).await?.saturating_add(1);
            let retry_at: Timestamp = step.now.saturating_add(pause_after(failures));
            let setback = Setback { due, failures, retry_at, reason: refusal.to_string() };
            step.uow.schedule().set_back(&setback).await?;
            step.commit().await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_from_a_minute_to_an_hour() {
        let minutes = [1, 2, 3, 6, 7, 8, u32::MAX].map(|failures| pause_after(failures).whole_minutes());
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60, 60]);
    }
}
