//! The naive model: a queue of single units with dates. It knows no lots' figures, no ledger and no totals; everything is counted.

use std::collections::BTreeMap;

use policy_resolver::kinds::OnExhausted;
use ust_credits::{Figures, HoldState, LotSource, Totals};

/// Never.
pub(crate) const NEVER: i64 = i64::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Available,
    Held(u128),
    Used(u128),
    Expired,
    TakenBack,
}

impl Place {
    fn index(self) -> usize {
        match self {
            Self::Available => 0,
            Self::Held(_) => 1,
            Self::Used(_) => 2,
            Self::Expired => 3,
            Self::TakenBack => 4,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Unit {
    name: usize,
    lot: u128,
    source: LotSource,
    granted_at: i64,
    usable_from: i64,
    ends_at: i64,
    place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) state: HoldState,
    pub(crate) requested: i64,
    pub(crate) overdraft_held: i64,
    pub(crate) shortfall: i64,
    /// Units used for it, in order of use.
    used: Vec<usize>,
    pub(crate) overdrawn: i64,
    pub(crate) excess: i64,
    actual: i64,
    settled_at: i64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) on_exhausted: OnExhausted,
    pub(crate) limit: i64,
}

/// What came of a command: refused and repeated ones leave the model as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Repeated,
    Refused,
}

use Outcome::{Done, Refused, Repeated};

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    units: Vec<Unit>,
    pub(crate) requests: BTreeMap<u128, Request>,
    /// What was granted under each reference, and when.
    references: BTreeMap<u32, (NewLot, i64)>,
    now: i64,
    frozen: bool,
    forfeited_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct NewLot {
    pub(crate) lot: u128,
    pub(crate) amount: i64,
    pub(crate) source: LotSource,
    pub(crate) usable_from: i64,
    pub(crate) expires_at: i64,
    pub(crate) grace: i64,
    pub(crate) reference: Option<u32>,
}

impl Queue {
    /// Lets time pass, instant by instant.
    pub(crate) fn pass(&mut self, until: i64) {
        let mut instants: Vec<i64> =
            self.units.iter().flat_map(|unit| [unit.ends_at, unit.usable_from]).collect();
        instants.retain(|at| *at > self.now && *at <= until);
        instants.sort_unstable();
        instants.dedup();
        for at in instants {
            self.now = at;
            self.sweep();
            for index in 0..self.units.len() {
                if self.units[index].usable_from == at {
                    self.repay(index);
                }
            }
        }
        self.now = self.now.max(until);
    }

    /// Sets the clock back to the last instant at which something happened: nothing fell due since.
    pub(crate) fn turn_back(&mut self, now: i64) {
        self.now = now;
    }

    fn sweep(&mut self) {
        for unit in &mut self.units {
            if unit.place == Place::Available && unit.ends_at <= self.now {
                unit.place = Place::Expired;
            }
        }
    }

    /// Lets an available unit pay a unit of the oldest debt.
    fn repay(&mut self, index: usize) {
        if self.units[index].place != Place::Available {
            return;
        }
        let debtor = self
            .requests
            .iter_mut()
            .filter(|(_, request)| request.overdrawn > 0)
            .min_by_key(|(name, request)| (request.settled_at, **name));
        if let Some((name, request)) = debtor {
            request.overdrawn -= 1;
            request.used.push(self.units[index].name);
            self.units[index].place = Place::Used(*name);
        }
    }

    fn is_usable(&self, unit: &Unit) -> bool {
        unit.place == Place::Available && unit.usable_from <= self.now && self.now < unit.ends_at
    }

    fn usable(&self) -> Vec<usize> {
        (0..self.units.len()).filter(|index| self.is_usable(&self.units[*index])).collect()
    }

    fn held(&self, name: u128) -> Vec<usize> {
        (0..self.units.len()).filter(|index| self.units[*index].place == Place::Held(name)).collect()
    }

    fn request(&mut self, name: u128) -> &mut Request {
        self.requests.entry(name).or_insert(Request {
            state: HoldState::None,
            requested: 0,
            overdraft_held: 0,
            shortfall: 0,
            used: Vec::new(),
            overdrawn: 0,
            excess: 0,
            actual: 0,
            settled_at: 0,
        })
    }

    fn state(&self, name: u128) -> HoldState {
        self.requests.get(&name).map_or(HoldState::None, |request| request.state)
    }

    fn overdraft(&self) -> i64 {
        self.requests.values().map(|request| request.overdrawn).sum()
    }

    fn room(&self, name: u128, terms: Terms) -> i64 {
        let promised: i64 = self
            .requests
            .iter()
            .filter(|(other, _)| **other != name)
            .map(|(_, request)| request.overdraft_held)
            .sum();
        (terms.limit - self.overdraft() - promised).max(0)
    }

    pub(crate) fn grant(&mut self, new: &NewLot) -> Outcome {
        let usable_from = new.usable_from.max(self.now);
        if let Some((known, granted_at)) = new.reference.and_then(|known| self.references.get(&known)) {
            let usable_from = |lot: &NewLot| lot.usable_from.max(*granted_at);
            let of = |lot: &NewLot| (lot.amount, lot.source, usable_from(lot), lot.expires_at);
            return if of(known) == of(new) { Repeated } else { Refused };
        }
        if new.amount <= 0 || new.expires_at <= usable_from {
            return Refused;
        }
        if let Some(reference) = new.reference {
            self.references.insert(reference, (new.clone(), self.now));
        }
        let ends_at = if new.expires_at == NEVER { NEVER } else { new.expires_at + new.grace };
        for _ in 0..new.amount {
            let (name, granted_at, place) = (self.units.len(), self.now, Place::Available);
            let unit =
                Unit { name, lot: new.lot, source: new.source, granted_at, usable_from, ends_at, place };
            self.units.push(unit);
        }
        self.units.sort_by_key(|unit| (unit.granted_at, unit.lot, unit.name));
        for index in 0..self.units.len() {
            if self.units[index].lot == new.lot && usable_from <= self.now {
                self.repay(index);
            }
        }
        Done
    }

    pub(crate) fn reserve(&mut self, name: u128, estimate: i64, terms: Terms, live: bool) -> Outcome {
        let old = self.request(name).clone();
        match old.state {
            HoldState::Settled => return Refused,
            HoldState::Open if old.requested == estimate => return Repeated,
            HoldState::Open if estimate < old.requested => {
                for _ in estimate..old.requested {
                    let last = self.held(name).pop();
                    let request = self.request(name);
                    if request.shortfall > 0 {
                        request.shortfall -= 1;
                    } else if request.overdraft_held > 0 {
                        request.overdraft_held -= 1;
                    } else if let Some(last) = last {
                        self.units[last].place = Place::Available;
                    }
                }
                self.request(name).requested = estimate;
                self.sweep();
                return Done;
            }
            _ => {}
        }
        if self.frozen || !live {
            return Refused;
        }
        let needed = estimate - self.held(name).len() as i64;
        let chosen: Vec<usize> = self.usable().into_iter().take(needed as usize).collect();
        let missing = needed - chosen.len() as i64;
        if missing > 0 {
            match terms.on_exhausted {
                OnExhausted::Block => return Refused,
                OnExhausted::Overdraft if missing > self.room(name, terms) => return Refused,
                _ => {}
            }
        }
        for index in chosen {
            self.units[index].place = Place::Held(name);
        }
        let overdraws = terms.on_exhausted == OnExhausted::Overdraft;
        let request = self.request(name);
        request.state = HoldState::Open;
        request.requested = estimate;
        request.overdraft_held = if overdraws { missing } else { 0 };
        request.shortfall = if overdraws { 0 } else { missing };
        Done
    }

    pub(crate) fn settle(&mut self, name: u128, actual: i64, terms: Terms) -> Outcome {
        let old = self.request(name).clone();
        match old.state {
            HoldState::Released => return Refused,
            HoldState::Settled if old.actual == actual => return Repeated,
            HoldState::Settled => return Refused,
            _ => {}
        }
        let held = self.held(name);
        let mut used = Vec::new();
        for index in held {
            if (used.len() as i64) < actual {
                used.push(index);
            } else {
                self.units[index].place = Place::Available;
            }
        }
        if (used.len() as i64) < actual {
            let more = actual as usize - used.len();
            used.extend(self.usable().into_iter().take(more));
        }
        for index in &used {
            self.units[*index].place = Place::Used(name);
        }
        let missing = actual - used.len() as i64;
        let room = match terms.on_exhausted {
            OnExhausted::Overdraft => self.room(name, terms).max(old.overdraft_held),
            _ => old.overdraft_held,
        };
        let names = used.into_iter().map(|index| self.units[index].name).collect();
        let now = self.now;
        let request = self.request(name);
        request.state = HoldState::Settled;
        request.used = names;
        (request.overdraft_held, request.shortfall) = (0, 0);
        request.overdrawn = missing.min(room);
        request.excess = missing - request.overdrawn;
        (request.actual, request.settled_at) = (actual, now);
        self.sweep();
        Done
    }

    pub(crate) fn release(&mut self, name: u128) -> Outcome {
        match self.state(name) {
            HoldState::Settled => return Refused,
            HoldState::None | HoldState::Released => return Repeated,
            HoldState::Open | HoldState::Reversed => {}
        }
        for index in self.held(name) {
            self.units[index].place = Place::Available;
        }
        let request = self.request(name);
        request.state = HoldState::Released;
        (request.requested, request.overdraft_held, request.shortfall) = (0, 0, 0);
        self.sweep();
        Done
    }

    /// Gives back `part` units, or everything.
    pub(crate) fn reverse(&mut self, name: u128, part: Option<i64>) -> Outcome {
        let old = self.request(name).clone();
        let debited = old.used.len() as i64 + old.overdrawn;
        match (old.state, part) {
            (HoldState::Settled, None) => {}
            (HoldState::Settled, Some(part)) if part > 0 && part <= debited => {}
            (HoldState::Reversed, None) => return Repeated,
            _ => return Refused,
        }
        for _ in 0..part.unwrap_or(debited) {
            let request = self.request(name);
            if request.overdrawn > 0 {
                request.overdrawn -= 1;
            } else if let Some(last) = request.used.pop() {
                let forfeited_at = self.forfeited_at;
                for unit in &mut self.units {
                    if unit.name == last {
                        unit.place = Place::Available;
                    }
                }
                let lot = self.units.iter().find(|unit| unit.name == last).map(|unit| unit.lot);
                for unit in self.units.iter_mut().filter(|unit| Some(unit.lot) == lot) {
                    if let Some(at) = forfeited_at.filter(|at| unit.granted_at < *at) {
                        unit.ends_at = unit.ends_at.min(at);
                    }
                }
            }
        }
        if part.is_none() {
            let request = self.request(name);
            request.state = HoldState::Reversed;
            (request.excess, request.requested) = (0, 0);
        }
        self.sweep();
        Done
    }

    pub(crate) fn adjust_down(&mut self, amount: i64) -> Outcome {
        let usable = self.usable();
        if amount <= 0 || amount > usable.len() as i64 {
            return Refused;
        }
        for index in usable.into_iter().take(amount as usize) {
            self.units[index].place = Place::TakenBack;
        }
        Done
    }

    pub(crate) fn withdraw(&mut self, lot: u128) -> Outcome {
        let of_lot = |unit: &&mut Unit| unit.lot == lot;
        match self.units.iter().find(|unit| unit.lot == lot) {
            None => return Refused,
            Some(unit) if unit.ends_at <= self.now => return Repeated,
            Some(_) => {}
        }
        for unit in self.units.iter_mut().filter(of_lot) {
            unit.ends_at = self.now;
            if unit.place == Place::Available {
                unit.place = Place::TakenBack;
            }
        }
        Done
    }

    pub(crate) fn forfeit(&mut self) -> Outcome {
        let is_open = |unit: &&Unit| matches!(unit.place, Place::Available | Place::Held(_));
        let open: Vec<u128> = self.units.iter().filter(is_open).map(|unit| unit.lot).collect();
        if self.forfeited_at.is_some()
            && self.units.iter().all(|unit| unit.ends_at <= self.now || !open.contains(&unit.lot))
        {
            return Repeated;
        }
        self.forfeited_at = Some(self.now);
        for unit in self.units.iter_mut().filter(|unit| open.contains(&unit.lot) && unit.ends_at > self.now) {
            unit.ends_at = self.now;
            if unit.place == Place::Available {
                unit.place = Place::TakenBack;
            }
        }
        Done
    }

    pub(crate) fn cap_rollover(&mut self, cap: i64) -> Outcome {
        let rolls = |source| matches!(source, LotSource::Included | LotSource::Rollover);
        let rolling: Vec<usize> =
            self.usable().into_iter().filter(|index| rolls(self.units[*index].source)).collect();
        let surplus = (rolling.len() as i64 - cap).max(0);
        for index in rolling.into_iter().take(surplus as usize) {
            self.units[index].place = Place::Expired;
        }
        Done
    }

    pub(crate) fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Available, held, consumed, expired, taken back of each lot, in units.
    pub(crate) fn lots(&self) -> BTreeMap<u128, [i64; 5]> {
        let mut lots = BTreeMap::new();
        for unit in &self.units {
            let figures: &mut [i64; 5] = lots.entry(unit.lot).or_default();
            figures[unit.place.index()] += 1;
        }
        lots
    }

    /// What is held for each request, lot by lot, in the order of the queue.
    pub(crate) fn held_by_lot(&self) -> BTreeMap<u128, Vec<(u128, i64)>> {
        let mut held = BTreeMap::new();
        for unit in &self.units {
            if let Place::Held(name) = unit.place {
                count(held.entry(name).or_default(), unit.lot);
            }
        }
        held
    }

    /// What was used for each request, lot by lot, in order of use.
    pub(crate) fn used_by_lot(&self) -> BTreeMap<u128, Vec<(u128, i64)>> {
        let mut lots = vec![0; self.units.len()];
        for unit in &self.units {
            lots[unit.name] = unit.lot;
        }
        let mut used = BTreeMap::new();
        for (name, request) in &self.requests {
            for unit in &request.used {
                count(used.entry(*name).or_default(), lots[*unit]);
            }
        }
        used
    }

    pub(crate) fn figures(&self) -> Figures {
        let credits = ust_credits::Credits::from_units;
        let mut places = [0i64; 5];
        let (mut usable, mut upcoming) = (0, 0);
        for unit in &self.units {
            places[unit.place.index()] += 1;
            if unit.place == Place::Available {
                *(if unit.usable_from <= self.now { &mut usable } else { &mut upcoming }) += 1;
            }
        }
        let sum = |pick: fn(&Request) -> i64| credits(self.requests.values().map(pick).sum());
        let [available, held, consumed, expired, taken_back] = places.map(credits);
        Figures {
            totals: Totals {
                granted: credits(self.units.len() as i64),
                available,
                held,
                consumed,
                expired,
                taken_back,
                overdraft: sum(|request| request.overdrawn),
                overdraft_held: sum(|request| request.overdraft_held),
                excess: sum(|request| request.excess),
                shortfall: sum(|request| request.shortfall),
            },
            usable: credits(usable),
            upcoming: credits(upcoming),
        }
    }
}

/// Counts another unit of `lot`, together with the one before where that is of the same lot.
fn count(runs: &mut Vec<(u128, i64)>, lot: u128) {
    match runs.last_mut() {
        Some((last, count)) if *last == lot => *count += 1,
        _ => runs.push((lot, 1)),
    }
}
