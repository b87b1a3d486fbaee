//! One test per rule, in the words of the specification.

mod due;
mod extremes;
mod grant;
mod hold;
mod limits;
mod reverse;
mod rows;
mod settle;

use kernel::{Actor, CreditBalanceId, EntitlementId, LotId, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};
use uuid::Uuid;

use super::{ReserveError, *};
use crate::{EntryKind, Grant, LotSource, Settlement};

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn lot(number: u128) -> LotId {
    LotId::new(Uuid::from_u128(number))
}

fn request(number: u128) -> ServiceRequestId {
    ServiceRequestId::new(Uuid::from_u128(number))
}

/// Seconds after the balance was opened.
fn second(seconds: i64) -> Timestamp {
    Timestamp::from_unix_micros(seconds * 1_000_000).unwrap()
}

fn bill_excess() -> CreditPolicy {
    CreditPolicy::default()
}

fn block() -> CreditPolicy {
    CreditPolicy { on_exhausted: OnExhausted::Block, ..CreditPolicy::default() }
}

fn overdraft(limit: &str) -> CreditPolicy {
    CreditPolicy {
        on_exhausted: OnExhausted::Overdraft,
        overdraft_limit: limit.parse().unwrap(),
        ..CreditPolicy::default()
    }
}

/// A balance with a clock, for stories: every verb in a word, every refusal as it is.
struct Story {
    balance: CreditBalance,
    now: Timestamp,
}

fn a_balance() -> Story {
    let id = CreditBalanceId::new(Uuid::from_u128(0xba1));
    let now = second(0);
    Story { balance: CreditBalance::open(id, EntitlementId::new(Uuid::from_u128(0xe)), None, now), now }
}

impl Story {
    fn with(mut self, number: u128, amount: &str) -> Self {
        self.grant(a_grant(number, amount));
        self
    }

    fn occasion(&self) -> Occasion {
        Occasion::new(self.now, Actor::system("test"), "a test")
    }

    fn at(&mut self, seconds: i64) -> &mut Self {
        self.now = second(seconds);
        self
    }

    fn grant(&mut self, grant: Grant) -> Granted {
        self.balance.grant(&grant, &self.occasion()).unwrap()
    }

    fn try_reserve(
        &mut self,
        number: u128,
        estimate: &str,
        policy: &CreditPolicy,
    ) -> Result<Reservation, ReserveError> {
        let before = self.balance.clone();
        let outcome = self.balance.reserve(
            request(number),
            credits(estimate),
            policy,
            Standing::Live,
            &self.occasion(),
        );
        if outcome.is_err() {
            assert_eq!(self.balance, before, "a refused command changes nothing");
        }
        outcome
    }

    fn reserve(&mut self, number: u128, estimate: &str) -> Reservation {
        self.try_reserve(number, estimate, &bill_excess()).unwrap()
    }

    fn settle(&mut self, number: u128, actual: &str) -> Settlement {
        self.settle_under(number, actual, &bill_excess())
    }

    fn settle_under(&mut self, number: u128, actual: &str, policy: &CreditPolicy) -> Settlement {
        self.balance.settle(request(number), credits(actual), policy, &self.occasion()).unwrap().settlement
    }

    fn release(&mut self, number: u128) -> Released {
        self.balance.release(request(number), &self.occasion()).unwrap()
    }

    fn reverse(&mut self, number: u128) -> Reversed {
        self.balance.reverse(request(number), Reversal::Whole, &self.occasion()).unwrap()
    }

    /// A lot's available, held, consumed, expired, taken back.
    fn lot(&self, number: u128) -> [String; 5] {
        let found = self.balance.lots().find(|known| known.id == lot(number)).unwrap();
        [found.available, found.held, found.consumed, found.expired, found.taken_back]
            .map(|amount| amount.to_string())
    }

    fn usable(&self) -> String {
        self.balance.usable(self.now).to_string()
    }

    fn kinds(&self) -> Vec<EntryKind> {
        self.balance.new_entries().iter().map(|entry| entry.kind).collect()
    }

    /// Where the credits of a request come from, as `(lot, amount)`.
    fn holds(&self, number: u128) -> Vec<(u128, String)> {
        named(&self.balance.hold(request(number)).unwrap().held)
    }

    fn debits(&self, number: u128) -> Vec<(u128, String)> {
        named(&self.balance.hold(request(number)).unwrap().debited)
    }
}

fn named(amounts: &crate::LotAmounts) -> Vec<(u128, String)> {
    amounts.0.iter().map(|part| (part.lot.as_uuid().as_u128(), part.amount.to_string())).collect()
}

fn slices(expected: &[(u128, &str)]) -> Vec<(u128, String)> {
    expected.iter().map(|(number, amount)| (*number, (*amount).to_owned())).collect()
}

fn a_grant(number: u128, amount: &str) -> Grant {
    Grant::new(lot(number), credits(amount), LotSource::Purchase)
}
