//! How often somebody may ask.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use poem::http::StatusCode;
use poem_openapi::payload::Json;

use super::{ApiError, problem::Problem};

/// How many callers are told apart at a time. Beyond, those who come share one allowance, and memory stays bounded.
const MOST_CALLERS: usize = 100_000;
/// After so many requests, callers who have not asked for a while are forgotten.
const SWEEP_EVERY: u32 = 4_096;

/// An allowance of requests for each caller.
pub(crate) struct Rate<K: Clone + Eq + Hash> {
    callers: RateLimiter<K, Callers<K>, DefaultClock>,
    requests: AtomicU32,
}

impl<K: Clone + Eq + Hash> Rate<K> {
    /// `per_second` in the long run, and twice as many at once; none where there is no limit.
    pub(crate) fn of(per_second: u32) -> Option<Self> {
        let per_second = NonZeroU32::new(per_second)?;
        let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(TWICE));
        Some(Self::with(quota, MOST_CALLERS))
    }

    fn with(quota: Quota, most: usize) -> Self {
        let known = Known { each: HashMap::new(), others: None };
        let callers = Callers { known: Mutex::new(known), most };
        Self {
            callers: RateLimiter::new(quota, callers, DefaultClock::default()),
            requests: AtomicU32::new(0),
        }
    }

    /// Counts one request of `caller`.
    ///
    /// # Errors
    /// There were too many: after how many seconds the next one may come.
    pub(crate) fn count(&self, caller: &K) -> Result<(), u32> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.callers.retain_recent();
            self.callers.shrink_to_fit();
        }
        self.callers.check_key(caller).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
        })
    }
}

/// What is known of callers: `most` of them are told apart, whoever comes beyond shares one state with the others who do.
struct Callers<K> {
    known: Mutex<Known<K>>,
    most: usize,
}

/// When those who ask would have come, had they kept to their rate.
struct Known<K> {
    each: HashMap<K, Nanos>,
    others: Option<Nanos>,
}

impl<K> Callers<K> {
    fn known(&self) -> MutexGuard<'_, Known<K>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> StateStore for Callers<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, caller: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut known = self.known();
        let own = known.each.get(caller).copied();
        if own.is_none() && known.each.len() >= self.most {
            let (verdict, state) = measure(known.others)?;
            known.others = Some(state);
            return Ok(verdict);
        }
        let (verdict, state) = measure(own)?;
        known.each.insert(caller.clone(), state);
        Ok(verdict)
    }
}

impl<K: Clone + Eq + Hash> ShrinkableKeyedStateStore<K> for Callers<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.known().each.retain(|_, state| *state > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.known().each.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.known().each.len()
    }

    fn is_empty(&self) -> bool {
        self.known().each.is_empty()
    }
}

const TWICE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// The answer to one request too many; the next may come after `seconds`.
pub(crate) fn too_many(whose: &str, seconds: u32) -> ApiError {
    let detail = format!("too many requests {whose}; the next may come in {seconds} s");
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail);
    ApiError::TooManyRequests(Json(Box::new(problem)), seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two at once and one an hour: a test is over before another is due.
    fn hourly(most: usize) -> Rate<u32> {
        let two = NonZeroU32::MIN.saturating_add(1);
        Rate::with(Quota::per_hour(NonZeroU32::MIN).allow_burst(two), most)
    }

    #[test]
    fn each_caller_has_an_allowance_and_is_told_when_to_come_again() {
        let rate = hourly(10);
        for caller in [1, 2] {
            assert_eq!(rate.count(&caller), Ok(()));
            assert_eq!(rate.count(&caller), Ok(()));
            let wait = rate.count(&caller).unwrap_err();
            assert!((3_590..=3_600).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn memory_is_bounded_however_many_callers_come() {
        let rate = hourly(3);
        for caller in 0..10_000 {
            let _ = rate.count(&caller);
        }
        assert_eq!(rate.callers.len(), 3);
    }

    #[test]
    fn who_is_told_apart_already_has_an_allowance_however_many_come_after() {
        let rate = hourly(3);
        for caller in 0..10_000 {
            let _ = rate.count(&caller);
        }
        for known in 0..3 {
            assert_eq!(rate.count(&known), Ok(()));
            assert!(rate.count(&known).is_err());
        }
        assert!(rate.count(&3).is_err(), "a newcomer shares what is used up");
    }

    #[test]
    fn no_limit_is_none() {
        assert!(Rate::<u32>::of(0).is_none());
        assert!(Rate::<u32>::of(1).is_some());
    }
}
