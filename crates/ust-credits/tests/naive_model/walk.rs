//! One seeded sequence of operations, on three at once: the model, a balance that stays in memory, and one that is loaded
//! and saved with every operation.

use std::collections::BTreeMap;

use kernel::{Actor, CreditBalanceId, EntitlementId, LotId, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::{CreditAmount, CreditPolicy, OnExhausted};
use ust_credits::{
    BalanceChanges, CreditBalance, Credits, Grant, HoldState, LotSource, Occasion, Reversal, Touching,
};
use uuid::Uuid;

use crate::{
    queue::{NEVER, NewLot, Outcome, Queue, Terms},
    shelf::Shelf,
};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
pub(crate) const REQUESTS: u64 = 24;

/// A stream of numbers from a seed (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % bound
    }

    fn amount(&mut self, most: u64) -> i64 {
        self.below(most + 1) as i64
    }
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

fn lot(number: u128) -> LotId {
    LotId::new(Uuid::from_u128(number))
}

pub(crate) fn request(number: u128) -> ServiceRequestId {
    ServiceRequestId::new(Uuid::from_u128(number))
}

fn units(amount: i64) -> Credits {
    Credits::from_units(amount)
}

#[derive(Debug)]
pub(crate) enum Operation {
    Grant(NewLot),
    AdjustUp(NewLot),
    Reserve(u128, i64, Terms, bool),
    Settle(u128, i64, Terms),
    Release(u128),
    Reverse(u128, Option<i64>),
    AdjustDown(i64),
    Withdraw(u128),
    Forfeit,
    CapRollover(i64),
    Freeze(bool),
    Expire,
}

pub(crate) struct Walk {
    dice: Dice,
    pub(crate) now: i64,
    lots: u128,
    /// The first lot that was sent under each reference.
    named: BTreeMap<u32, NewLot>,
    model: Queue,
    kept: CreditBalance,
    pub(crate) shelf: Shelf,
    /// Instants in the past with the figures that were read then.
    pub(crate) past: Vec<(i64, ust_credits::Figures)>,
}

/// What one step did, for whoever does the same with a storage of their own.
#[allow(dead_code, reason = "the model itself has no other storage")]
pub(crate) struct Step {
    /// What was told to the balance.
    pub(crate) operation: Operation,
    /// When.
    pub(crate) occasion: Occasion,
    /// Instants after the last entry, with the figures that the model had then: before the operation was told.
    pub(crate) ahead: Vec<(i64, ust_credits::Figures)>,
}

pub(crate) fn walk(seed: u64, length: u64) -> Walk {
    let mut walk = Walk::new(seed);
    for step in 0..length {
        walk.step(&format!("seed {seed}, step {step}"));
    }
    walk.look_back(seed);
    walk
}

fn policy(terms: Terms) -> CreditPolicy {
    CreditPolicy {
        on_exhausted: terms.on_exhausted,
        overdraft_limit: CreditAmount::from_units(terms.limit),
        ..CreditPolicy::default()
    }
}

fn grant_of(new: &NewLot) -> Grant {
    let mut grant = Grant::new(lot(new.lot), units(new.amount), new.source).usable_from(at(new.usable_from));
    if new.expires_at != NEVER {
        grant = grant.expiring(at(new.expires_at), u32::try_from(new.grace / DAY).unwrap());
    }
    match new.reference {
        Some(reference) => grant.known_as(format!("reference {reference}")),
        None => grant,
    }
}

impl Walk {
    pub(crate) fn new(seed: u64) -> Self {
        let id = CreditBalanceId::new(Uuid::from_u128(u128::from(seed)));
        let mut kept = CreditBalance::open(id, EntitlementId::new(Uuid::nil()), None, at(0));
        let mut shelf = Shelf::default();
        shelf.save(kept.take_changes().unwrap());
        Self {
            dice: Dice::new(seed),
            now: 0,
            lots: 0,
            named: BTreeMap::new(),
            model: Queue::default(),
            kept,
            shelf,
            past: Vec::new(),
        }
    }

    /// Moves the clock: not at all, a little, to a tick around the next boundary, far ahead, or back.
    fn move_clock(&mut self) {
        let boundary = self
            .shelf
            .lots
            .values()
            .flat_map(|lot| [lot.ends_at, Some(lot.usable_from)])
            .flatten()
            .map(|at| at.unix_micros())
            .filter(|at| *at > self.now)
            .min();
        self.now = match (self.dice.below(12), boundary) {
            (0..=4, _) => self.now,
            (5 | 6, _) => self.now + self.dice.amount(2 * HOUR as u64),
            (7, Some(boundary)) => boundary - 1,
            (8, Some(boundary)) => boundary,
            (9, Some(boundary)) => boundary + 1,
            (10, _) => (self.now - self.dice.amount(HOUR as u64)).max(0),
            _ => self.now + self.dice.amount(2 * DAY as u64),
        };
    }

    fn terms(&mut self) -> Terms {
        let on_exhausted = match self.dice.below(3) {
            0 => OnExhausted::BillExcess,
            1 => OnExhausted::Block,
            _ => OnExhausted::Overdraft,
        };
        Terms { on_exhausted, limit: self.dice.amount(20) }
    }

    fn new_lot(&mut self) -> NewLot {
        // Ids that do not grow with time: among lots of one instant the order is that of the ids.
        self.lots += 1;
        let lot = (u128::from(self.dice.below(1 << 16)) << 64) | self.lots;
        let sources = [LotSource::Included, LotSource::Purchase, LotSource::Rollover, LotSource::Manual];
        let reach = |dice: &mut Dice| dice.amount(3 * DAY as u64) - HOUR;
        let usable_from = if self.dice.below(4) == 0 { self.now + reach(&mut self.dice) } else { self.now };
        let expires_at =
            if self.dice.below(4) == 0 { NEVER } else { usable_from.max(self.now) + reach(&mut self.dice) };
        let new = NewLot {
            lot,
            amount: self.dice.amount(9),
            source: sources[self.dice.below(4) as usize],
            usable_from: usable_from.max(0),
            expires_at,
            grace: self.dice.amount(1) * DAY,
            reference: (self.dice.below(4) == 0).then(|| self.dice.below(8) as u32),
        };
        let Some(reference) = new.reference else { return new };
        let known = self.named.entry(reference).or_insert_with(|| new.clone()).clone();
        // As often as not the same is sent again; the lot has an id of its own all the same.
        if self.dice.below(2) == 0 { NewLot { lot: new.lot, ..known } } else { new }
    }

    fn operation(&mut self) -> Operation {
        let name = u128::from(self.dice.below(REQUESTS));
        match self.dice.below(100) {
            0..=19 => Operation::Grant(self.new_lot()),
            20..=22 => Operation::AdjustUp(self.new_lot()),
            23..=47 => {
                let (amount, terms) = (self.dice.amount(14), self.terms());
                Operation::Reserve(name, amount, terms, self.dice.below(12) != 0)
            }
            48..=62 => {
                let (amount, terms) = (self.dice.amount(16), self.terms());
                Operation::Settle(name, amount, terms)
            }
            63..=71 => Operation::Release(name),
            72..=78 => Operation::Reverse(name, None),
            79..=83 => Operation::Reverse(name, Some(self.dice.amount(6))),
            84..=86 => Operation::AdjustDown(self.dice.amount(4)),
            87 | 88 => {
                let known = self.shelf.lots.len() as u64;
                let pick = self.dice.below(known + 1) as usize;
                Operation::Withdraw(self.shelf.lots.keys().nth(pick).map_or(0, |lot| lot.as_uuid().as_u128()))
            }
            89 if self.dice.below(4) == 0 => Operation::Forfeit,
            90 | 91 => Operation::CapRollover(self.dice.amount(12)),
            92..=95 => Operation::Freeze(self.dice.below(2) == 0),
            _ => Operation::Expire,
        }
    }

    pub(crate) fn step(&mut self, place: &str) -> Step {
        self.move_clock();
        let operation = self.operation();
        let last_at = self.kept.record().last_at.unix_micros();
        let instant = self.now.max(last_at);
        let read = self.read_ahead(last_at, instant, place);

        // The model does it on a copy, so that what is refused or repeated leaves no trace.
        let mut model = self.model.clone();
        // Freezing is no matter of the ledger: it writes nothing down.
        if !matches!(operation, Operation::Freeze(_)) {
            model.pass(instant);
        }
        let expected = tell_model(&mut model, &operation);

        let occasion = Occasion::new(at(self.now), Actor::system("walk"), place);
        let before = self.kept.clone();
        let done = tell_balance(&mut self.kept, &operation, &occasion);
        assert_eq!(done, expected, "{place}: {operation:?}");
        if done != Outcome::Done {
            assert_eq!(self.kept, before, "{place}: {done:?} changes nothing");
        }
        let mut loaded = self.shelf.load(touching(&operation));
        assert_eq!(tell_balance(&mut loaded, &operation, &occasion), done, "{place}");
        let changes = sorted(self.kept.take_changes());
        assert_eq!(sorted(loaded.take_changes()), changes, "{place}: kept or loaded, the same rows");
        if let Some(changes) = changes {
            self.shelf.save(changes);
        }
        if done == Outcome::Done {
            self.model = model;
            self.model.turn_back(self.kept.record().last_at.unix_micros());
        }
        let settled_until = self.kept.record().last_at.unix_micros();
        self.past.extend(read.iter().copied().filter(|(at, _)| *at < settled_until));
        self.compare(instant, place);
        Step { operation, occasion, ahead: read }
    }

    /// Reads the balance between its last entry and now, around everything that falls due, whether or not it was written down.
    fn read_ahead(&mut self, last_at: i64, instant: i64, place: &str) -> Vec<(i64, ust_credits::Figures)> {
        let mut instants: Vec<i64> = self
            .shelf
            .lots
            .values()
            .flat_map(|lot| [lot.ends_at, Some(lot.usable_from)])
            .flatten()
            .flat_map(|at| [at.unix_micros() - 1, at.unix_micros()])
            .chain([instant - 1])
            .filter(|at| *at >= last_at && *at < instant)
            .collect();
        instants.sort_unstable();
        instants.dedup();
        let mut model = self.model.clone();
        instants
            .into_iter()
            .map(|micros| {
                model.pass(micros);
                let figures = self.shelf.as_of(at(micros));
                assert_eq!(figures, model.figures(), "{place}: as of {}", at(micros));
                (micros, figures)
            })
            .collect()
    }

    fn compare(&self, instant: i64, place: &str) {
        let instant = instant.max(self.kept.record().last_at.unix_micros());
        let mut model = self.model.clone();
        model.pass(instant);
        assert_eq!(self.shelf.as_of(at(instant)), model.figures(), "{place}");
        assert_eq!(self.kept.figures_at(at(instant)), model.figures(), "{place}");
        let mut kept = self.kept.clone();
        kept.expire_due(at(instant)).unwrap();
        assert_eq!(kept.totals(), &model.figures().totals, "{place}");
        assert!(kept.totals().add_up(), "{place}: CR-10");
        let lots = model.lots();
        for lot in kept.lots() {
            assert_eq!(lot.fault(), None, "{place}");
            let figures = [lot.available, lot.held, lot.consumed, lot.expired, lot.taken_back];
            assert_eq!(figures.map(Credits::units), lots[&lot.id.as_uuid().as_u128()], "{place}: {}", lot.id);
        }
        let (held, used) = (model.held_by_lot(), model.used_by_lot());
        let none = Vec::new();
        for (name, expected) in &model.requests {
            let Some(hold) = kept.hold(request(*name)) else {
                assert_eq!(expected.state, HoldState::None, "{place}");
                continue;
            };
            assert_eq!(hold.fault(), None, "{place}");
            assert_eq!(hold.state, expected.state, "{place}: request {name}");
            let amounts =
                [hold.overdraft_held, hold.shortfall, hold.overdrawn, hold.excess].map(Credits::units);
            let [promised, shortfall] = [expected.overdraft_held, expected.shortfall];
            assert_eq!(
                amounts,
                [promised, shortfall, expected.overdrawn, expected.excess],
                "{place}: request {name}"
            );
            if hold.state == HoldState::Open {
                assert_eq!(hold.requested.units(), expected.requested, "{place}: request {name}");
            }
            let by_lot = |amounts: &ust_credits::LotAmounts| {
                let parts = amounts.0.iter().map(|part| (part.lot.as_uuid().as_u128(), part.amount.units()));
                parts.collect::<Vec<_>>()
            };
            assert_eq!(by_lot(&hold.held), *held.get(name).unwrap_or(&none), "{place}: request {name}");
            assert_eq!(by_lot(&hold.debited), *used.get(name).unwrap_or(&none), "{place}: request {name}");
        }
    }

    /// At the end: what was read of the past is what is read now, and the audit finds nothing.
    fn look_back(&self, seed: u64) {
        for (micros, figures) in &self.past {
            assert_eq!(
                self.shelf.as_of(at(*micros)),
                *figures,
                "seed {seed}: the past as of {}",
                at(*micros)
            );
        }
        assert_eq!(self.shelf.audit(), [], "seed {seed}");
    }
}

fn sorted(changes: Option<BalanceChanges>) -> Option<BalanceChanges> {
    changes.map(|mut changes| {
        changes.holds.sort_by_key(|hold| hold.row.request);
        changes
    })
}

pub(crate) fn touching(operation: &Operation) -> Touching {
    match operation {
        Operation::Reserve(name, ..) | Operation::Settle(name, ..) | Operation::Reverse(name, _) => {
            Touching::request(request(*name))
        }
        Operation::Release(name) => Touching::request(request(*name)),
        Operation::Grant(new) | Operation::AdjustUp(new) => {
            new.reference.map_or_else(Touching::nothing, |reference| {
                Touching::reference(format!("reference {reference}"))
            })
        }
        Operation::Withdraw(number) => Touching::lot(lot(*number)),
        _ => Touching::nothing(),
    }
}

fn tell_model(model: &mut Queue, operation: &Operation) -> Outcome {
    match operation {
        Operation::Grant(new) | Operation::AdjustUp(new) => model.grant(new),
        Operation::Reserve(name, estimate, terms, live) => model.reserve(*name, *estimate, *terms, *live),
        Operation::Settle(name, actual, terms) => model.settle(*name, *actual, *terms),
        Operation::Release(name) => model.release(*name),
        Operation::Reverse(name, part) => model.reverse(*name, *part),
        Operation::AdjustDown(amount) => model.adjust_down(*amount),
        Operation::Withdraw(lot) => model.withdraw(*lot),
        Operation::Forfeit => model.forfeit(),
        Operation::CapRollover(cap) => model.cap_rollover(*cap),
        Operation::Freeze(frozen) => {
            model.set_frozen(*frozen);
            Outcome::Done
        }
        Operation::Expire => Outcome::Done,
    }
}

fn outcome<T, E>(result: Result<T, E>, repeated: impl Fn(&T) -> bool) -> Outcome {
    match result {
        Ok(done) if repeated(&done) => Outcome::Repeated,
        Ok(_) => Outcome::Done,
        Err(_) => Outcome::Refused,
    }
}

pub(crate) fn tell_balance(
    balance: &mut CreditBalance,
    operation: &Operation,
    occasion: &Occasion,
) -> Outcome {
    match operation {
        Operation::Grant(new) => outcome(balance.grant(&grant_of(new), occasion), |granted| granted.repeated),
        Operation::AdjustUp(new) => {
            outcome(balance.adjust_up(&grant_of(new), occasion), |granted| granted.repeated)
        }
        Operation::Reserve(name, estimate, terms, live) => {
            let (id, amount, policy) = (request(*name), units(*estimate), policy(*terms));
            let standing = if *live { Standing::Live } else { Standing::Suspended };
            let foretold = balance.preview(Some(id), amount, &policy, standing, occasion.now);
            let made = balance.reserve(id, amount, &policy, standing, occasion);
            match (&foretold, &made) {
                (Ok(foretold), Ok(made)) => {
                    assert_eq!(Some(&foretold.lots), balance.hold(id).map(|hold| &hold.held));
                    assert_eq!((foretold.overdraft, foretold.excess), (made.overdraft, made.shortfall));
                }
                _ => assert_eq!(foretold.err(), made.as_ref().err().cloned()),
            }
            outcome(made, |made| made.repeated)
        }
        Operation::Settle(name, actual, terms) => {
            let settled = balance.settle(request(*name), units(*actual), &policy(*terms), occasion);
            outcome(settled, |settled| {
                let made = settled.settlement;
                let parts = [made.debited(), made.overdrawn(), made.excess()];
                assert_eq!(Credits::sum(parts), Ok(made.actual()), "every unit is accounted for");
                settled.repeated
            })
        }
        Operation::Release(name) => {
            let state = balance.hold(request(*name)).map(|hold| hold.state);
            outcome(balance.release(request(*name), occasion), |released| {
                released.repeated && state != Some(HoldState::Reversed)
            })
        }
        Operation::Reverse(name, part) => {
            let reversal = part.map_or(Reversal::Whole, |part| Reversal::Part(units(part)));
            outcome(balance.reverse(request(*name), reversal, occasion), |reversed| reversed.repeated)
        }
        Operation::AdjustDown(amount) => outcome(balance.adjust_down(units(*amount), occasion), |()| false),
        Operation::Withdraw(number) => {
            let ends = balance.end_of(lot(*number));
            let over = ends.is_some_and(|end| end <= occasion.now.max(balance.record().last_at));
            outcome(balance.withdraw(lot(*number), occasion), |_| over)
        }
        Operation::Forfeit => {
            let before = balance.record().clone();
            let result = balance.forfeit(occasion);
            outcome(result, |_| *balance.record() == before && before.forfeited_at.is_some())
        }
        Operation::CapRollover(cap) => outcome(balance.cap_rollover(Some(units(*cap)), occasion), |_| false),
        Operation::Freeze(true) => {
            balance.freeze();
            Outcome::Done
        }
        Operation::Freeze(false) => {
            balance.unfreeze();
            Outcome::Done
        }
        Operation::Expire => outcome(balance.expire_due(occasion.now), |_| false),
    }
}
