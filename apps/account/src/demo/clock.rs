//! The demo's clock: set by the story, never past the present.

use std::sync::atomic::{AtomicI64, Ordering};

use kernel::{Timestamp, ports::Clock};
use time::{Duration, UtcOffset, Weekday};

/// How far each reading moves the clock on: what follows in a story did not happen at the very same instant.
const TICK: Duration = Duration::seconds(53);

/// A point of the story: so many days before the present, at an hour of the business's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) days_ago: u16,
    pub(super) hour: u8,
}

/// A clock that only moves forward.
pub(super) struct DemoClock {
    now: AtomicI64,
    present: Timestamp,
    utc_offset: UtcOffset,
}

impl DemoClock {
    pub(super) fn new(present: Timestamp, utc_offset: UtcOffset) -> Self {
        Self { now: AtomicI64::new(i64::MIN), present, utc_offset }
    }

    /// Sets the clock to `when`, or leaves it where it is past that already. Nobody works at weekends: Saturday and Sunday
    /// count as the Friday before.
    pub(super) fn set(&self, when: When) {
        let day = self.day(i64::from(when.days_ago));
        let weekend = match day.weekday() {
            Weekday::Saturday => 1,
            Weekday::Sunday => 2,
            _ => 0,
        };
        let day = day.saturating_sub(Duration::days(weekend));
        let at = Timestamp::start_of(day, self.utc_offset).saturating_add(Duration::hours(when.hour.into()));
        self.now.fetch_max(at.unix_micros(), Ordering::Relaxed);
    }

    /// Sets the clock to the present.
    pub(super) fn set_to_present(&self) {
        self.now.store(self.present.unix_micros(), Ordering::Relaxed);
    }

    /// The day so many days before the present; after it where negative.
    pub(super) fn day(&self, days_ago: i64) -> time::Date {
        self.present.plus_days(-days_ago).date_at(self.utc_offset)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let tick = i64::try_from(TICK.whole_microseconds()).unwrap_or_default();
        let at = self.now.fetch_add(tick, Ordering::Relaxed).saturating_add(tick);
        Timestamp::from_unix_micros(at).map_or(self.present, |at| at.min(self.present))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> DemoClock {
        // A Wednesday.
        DemoClock::new("2026-07-15T14:00:00Z".parse().unwrap(), UtcOffset::UTC)
    }

    #[test]
    fn the_clock_moves_forward_only_and_never_past_the_present() {
        let clock = clock();
        clock.set(When { days_ago: 2, hour: 9 });
        let monday = clock.now();
        assert_eq!(monday.to_string(), "2026-07-13T09:00:53Z");
        clock.set(When { days_ago: 9, hour: 9 });
        assert!(clock.now() > monday);
        clock.set(When { days_ago: 0, hour: 23 });
        assert_eq!(clock.now(), "2026-07-15T14:00:00Z".parse().unwrap());
    }

    #[test]
    fn weekends_count_as_the_friday_before() {
        let clock = clock();
        clock.set(When { days_ago: 3, hour: 10 });
        assert_eq!(clock.now().to_string(), "2026-07-10T10:00:53Z");
    }
}
