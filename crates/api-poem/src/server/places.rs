//! Places for connections: so many in all, and of these so many for one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use crate::{Limits, http::address};

/// One address has one place in so many.
const SHARE: usize = 10;
/// It has so many in any case, as long as they are free: several people may be behind it, with several connections each.
const LEAST: usize = 32;

/// The places of a server. Who asks for nothing is counted by no rate: only its share keeps one address from taking them all.
pub(super) struct Places {
    all: usize,
    of_one: usize,
    /// Many callers come from each of these: they have no share.
    proxies: Vec<IpNet>,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// A place, until it is dropped.
pub(super) struct Place {
    /// Whose share it is of; none for a proxy of ours.
    caller: Option<IpAddr>,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            all: limits.connections.max(1),
            of_one: (limits.connections / SHARE).max(LEAST),
            proxies: limits.trusted_proxies.clone(),
            taken: Arc::default(),
        }
    }

    /// A place for a connection from `peer`; none where all are taken, or all that it may have.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Place> {
        let caller = (!address::is_proxy(peer, &self.proxies)).then(|| address::caller(peer));
        let mut taken = lock(&self.taken);
        if taken.all >= self.all {
            return None;
        }
        if let Some(caller) = caller {
            let own = taken.of.entry(caller).or_default();
            if *own >= self.of_one {
                return None;
            }
            *own += 1;
        }
        taken.all += 1;
        Some(Place { caller, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        if let Some(caller) = &self.caller
            && let Some(own) = taken.of.get_mut(caller)
        {
            *own -= 1;
            if *own == 0 {
                taken.of.remove(caller);
            }
        }
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(connections: usize) -> Places {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Places::new(&Limits { connections, trusted_proxies, ..Limits::default() })
    }

    /// As many as `peer` gets, of a thousand.
    fn taken(places: &Places, peer: &str) -> Vec<Place> {
        let peer = peer.parse().unwrap();
        (0..1_000).filter_map(|_| places.take(peer)).collect()
    }

    #[test]
    fn one_address_has_a_share_and_no_more() {
        let places = places(900);
        let first = taken(&places, "203.0.113.9");
        assert_eq!(first.len(), 90);
        assert_eq!(taken(&places, "::ffff:203.0.113.9").len(), 0, "that is the same address");
        assert_eq!(taken(&places, "203.0.113.10").len(), 90);
        let network = taken(&places, "2001:db8:1:2:3::");
        assert_eq!((network.len(), taken(&places, "2001:db8:1:2:4::").len()), (90, 0));
        assert_eq!(taken(&places, "2001:db8:1:3::").len(), 90);
        drop(first);
        assert_eq!(taken(&places, "203.0.113.9").len(), 90, "what is free is given again");
        drop(network);
        assert!(lock(&places.taken).of.is_empty(), "who has none is forgotten");
    }

    #[test]
    fn where_there_are_few_one_address_may_have_more_than_a_tenth_but_never_more_than_all() {
        assert_eq!(taken(&places(100), "203.0.113.9").len(), 32);
        assert_eq!(taken(&places(2), "203.0.113.9").len(), 2);
    }

    #[test]
    fn a_proxy_of_ours_may_have_all() {
        let places = places(200);
        let all = taken(&places, "10.0.0.2");
        assert_eq!(all.len(), 200);
        assert_eq!(taken(&places, "203.0.113.9").len(), 0);
        drop(all);
        assert_eq!(taken(&places, "203.0.113.9").len(), 32);
    }
}
