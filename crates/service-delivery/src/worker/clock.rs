//! A clock that can be set forward, for the demo and for tests (WK-3).

use async_trait::async_trait;
use kernel::{Invalid, StoreError, Timestamp};

use super::Report;
use crate::{Refusal, ServiceDelivery};

use std::sync::Arc;

/// A clock that can be set forward: the same one that [`ServiceDelivery`] reads.
#[async_trait]
pub trait TestClock: Send + Sync {
    /// Lets the clock go on from `to`, on every server and after every restart; never back, where somebody else has set it
    /// further already.
    async fn set_forward(&self, to: Timestamp) -> Result<(), StoreError>;
}

/// What the clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The present instant.
    pub now: Timestamp,
    /// Whether it can be set forward.
    pub settable: bool,
}

impl ServiceDelivery {
    /// As before, with a clock that can be set forward.
    pub fn with_test_clock(self, clock: Arc<dyn TestClock>) -> Self {
        Self { test_clock: Some(clock), ..self }
    }

    /// What the clock shows.
    pub fn clock(&self) -> ClockReading {
        ClockReading { now: self.clock.now(), settable: self.test_clock.is_some() }
    }

    /// Sets the clock forward to `to`, takes everything that falls due by then, and tells what was done (WK-3).
    ///
    /// # Errors
    /// The clock cannot be set here; `to` lies before the present; as [`ServiceDelivery::run_due`].
    pub async fn set_clock(&self, to: Timestamp) -> Result<(ClockReading, Report), Refusal> {
        let Some(clock) = &self.test_clock else {
            let detail =
                "the clock of this server cannot be set; it runs without `clock_settable`".to_owned();
            return Err(Refusal::Forbidden { detail });
        };
        let now = self.clock.now();
        if to < now {
            let problem =
                format!("must not be before the present instant, {now}: the clock goes forward only");
            return Err(Invalid::field("now", problem).into());
        }
        clock.set_forward(to).await?;
        let report = self.run_due(self.clock.now().max(to)).await?;
        Ok((self.clock(), report))
    }
}
