//! What must hold of any input: nothing panics, what is read is written again as it was, and no sequence of commands makes a
//! balance that its ledger does not say.

use std::collections::BTreeMap;

use kernel::{Actor, CreditBalanceId, EntitlementId, LotId, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::{CreditPolicy, OnExhausted};
use time::Duration;
use ust_credits::{
    BalanceRows, CatalogItem, Complexity, CreditBalance, Credits, Grant, HoldRecord, LedgerEntry, LotAmounts,
    LotRecord, LotSource, Movement, Occasion, Replay, Reversal, Touching, figures_as_of, price, read_catalog,
    write_catalog,
};
use uuid::Uuid;

/// Any text, read as an amount, as what the ledger's columns hold, and as a catalog file.
pub(crate) fn texts(text: &str) {
    if let Ok(amount) = text.parse::<Credits>() {
        assert!(!amount.is_negative());
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
    if let Ok(amount) = Credits::parse_signed(text) {
        assert_eq!(Credits::parse_signed(&amount.to_string()), Ok(amount));
    }
    if let Ok(movement) = text.parse::<Movement>() {
        assert_eq!(movement.to_string().parse(), Ok(movement));
    }
    if let Ok(amounts) = text.parse::<LotAmounts>() {
        assert_eq!(amounts.to_string().parse(), Ok(amounts));
    }
    let header = "code,name,service_type,description,base_credits,usual_complexity,active";
    for file in [text.to_owned(), format!("{header}\n{text}")] {
        let items = read_catalog(&file).unwrap_or_default().into_iter().filter_map(|row| row.item.ok());
        let items: Vec<_> = items.collect();
        let made = items.iter().map(|item| {
            let made = CatalogItem::try_new(Uuid::nil().into(), item.content.clone()).expect("was checked");
            ust_credits::CatalogItemRecord { active: item.active, ..made.record().clone() }
        });
        let again = read_catalog(&write_catalog(&made.collect::<Vec<_>>())).expect("was written");
        assert!(
            again.into_iter().map(|row| row.item.expect("was written")).eq(items),
            "export ∘ import (CT-1)"
        );
    }
}

/// Any two amounts, reckoned with (CR-1, CT-2): as in whole numbers, or refused.
pub(crate) fn numbers(one: i64, other: i64) {
    let (a, b) = (Credits::from_units(one), Credits::from_units(other));
    let (wide_a, wide_b) = (i128::from(one), i128::from(other));
    let fits = |exact: i128| i64::try_from(exact).ok();
    let units = |found: Result<Credits, _>| found.ok().map(Credits::units);
    assert_eq!(units(a.checked_add(b)), fits(wide_a + wide_b));
    assert_eq!(units(a.checked_sub(b)), fits(wide_a - wide_b));
    assert_eq!(units(a.checked_mul(other)), fits(wide_a * wide_b));
    assert_eq!(a.minus_down_to_zero(b).units(), (wide_a - wide_b).clamp(0, i128::from(i64::MAX)) as i64);
    for (complexity, halves) in [(Complexity::Low, 2), (Complexity::Medium, 3), (Complexity::High, 4)] {
        assert_eq!(units(price(a, complexity)), fits((wide_a * halves + 1).div_euclid(2)));
    }
    assert_eq!(Credits::parse_signed(&a.to_string()), Ok(a));
}

/// The bytes as a sequence of commands on one balance.
pub(crate) fn history(bytes: &[u8]) {
    let mut story = Story::new();
    let mut bytes = Bytes(bytes);
    while let Some(command) = bytes.next() {
        story.obey(command, &mut bytes);
    }
    story.check();
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn small(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    /// Small amounts mostly, the extremes often.
    fn units(&mut self) -> i64 {
        match self.small() {
            249 => ust_credits::MAX_FIGURE.units(),
            250 => i64::MAX,
            251 => i64::MAX - 1,
            252 => i64::MAX / 2 + 1,
            253 => i64::MIN,
            254 => -1,
            255 => i64::from_be_bytes(std::array::from_fn(|_| self.small())),
            small => i64::from(small),
        }
    }

    fn amount(&mut self) -> Credits {
        Credits::from_units(self.units())
    }

    fn wait(&mut self) -> Duration {
        match self.small() {
            254 => Duration::days(400),
            255 => Duration::microseconds(self.units()),
            small => Duration::microseconds(i64::from(small)),
        }
    }

    fn policy(&mut self) -> CreditPolicy {
        let on_exhausted = match self.small() % 3 {
            0 => OnExhausted::BillExcess,
            1 => OnExhausted::Block,
            _ => OnExhausted::Overdraft,
        };
        let limit = Credits::from_units(self.units().max(0)).to_string();
        let overdraft_limit = limit.parse().unwrap_or_default();
        CreditPolicy { on_exhausted, overdraft_limit, ..CreditPolicy::default() }
    }
}

struct Story {
    balance: CreditBalance,
    now: Timestamp,
    lots_made: u128,
    /// All that was ever saved.
    lots: BTreeMap<LotId, LotRecord>,
    holds: BTreeMap<ServiceRequestId, HoldRecord>,
    entries: Vec<LedgerEntry>,
}

impl Story {
    fn new() -> Self {
        let now = Timestamp::from_unix_micros(1_778_414_400_000_000).expect("an instant");
        let entitlement = EntitlementId::new(Uuid::from_u128(2));
        let balance = CreditBalance::open(CreditBalanceId::new(Uuid::from_u128(1)), entitlement, None, now);
        Self {
            balance,
            now,
            lots_made: 0,
            lots: BTreeMap::new(),
            holds: BTreeMap::new(),
            entries: Vec::new(),
        }
    }

    fn obey(&mut self, command: u8, bytes: &mut Bytes<'_>) {
        let before = self.balance.clone();
        let request = ServiceRequestId::new(Uuid::from_u128(u128::from(bytes.small() % 4) + 10));
        let occasion = Occasion::new(self.now, Actor::system("fuzz"), "why not");
        let balance = &mut self.balance;
        let refused = match command % 12 {
            0 | 1 => {
                self.lots_made += 1;
                let lot = LotId::new(Uuid::from_u128(self.lots_made + 1_000));
                let mut grant = Grant::new(lot, bytes.amount(), LotSource::Purchase);
                if bytes.small().is_multiple_of(2) {
                    grant = grant.usable_from(self.now.saturating_add(bytes.wait()));
                }
                if bytes.small().is_multiple_of(2) {
                    let grace = u32::from(bytes.small() % 2);
                    grant = grant.expiring(self.now.saturating_add(bytes.wait()), grace);
                }
                if command.is_multiple_of(12) {
                    balance.grant(&grant, &occasion).is_err()
                } else {
                    balance.adjust_up(&grant, &occasion).is_err()
                }
            }
            2 | 3 => {
                let amount = bytes.amount();
                balance.reserve(request, amount, &bytes.policy(), Standing::Live, &occasion).is_err()
            }
            4 => balance.release(request, &occasion).is_err(),
            5 | 6 => {
                let amount = bytes.amount();
                balance.settle(request, amount, &bytes.policy(), &occasion).is_err()
            }
            7 => {
                let reversal = if bytes.small().is_multiple_of(2) {
                    Reversal::Whole
                } else {
                    Reversal::Part(bytes.amount())
                };
                balance.reverse(request, reversal, &occasion).is_err()
            }
            8 => balance.adjust_down(bytes.amount(), &occasion).is_err(),
            9 => {
                let lot = LotId::new(Uuid::from_u128(u128::from(bytes.small()) % 8 + 1_001));
                balance.withdraw(lot, &occasion).is_err()
            }
            10 => {
                if bytes.small().is_multiple_of(2) {
                    balance.freeze()
                } else {
                    balance.unfreeze()
                };
                false
            }
            _ => {
                // The clock of another server may be behind.
                self.now = self.now.saturating_add(bytes.wait());
                balance.expire_due(self.now).is_err()
            }
        };
        if refused {
            assert_eq!(self.balance, before, "a refused command changes nothing");
        }
        let _ = self.balance.usable(self.now);
        self.save();
    }

    fn save(&mut self) {
        let Some(changes) = self.balance.take_changes() else { return };
        self.lots.extend(changes.lots.into_iter().map(|lot| (lot.row.id, lot.row)));
        self.holds.extend(changes.holds.into_iter().map(|hold| (hold.row.request, hold.row)));
        self.entries.extend(changes.entries);
    }

    /// The ledger says what the rows say (CR-9, CR-10), and the balance can be built again from its rows.
    fn check(self) {
        let record = self.balance.record().clone();
        let mut replay = Replay::in_detail(record.clone());
        for entry in &self.entries {
            assert_eq!(entry.movement.to_string().parse(), Ok(entry.movement.clone()));
            replay.entry(entry);
        }
        self.lots.values().for_each(|lot| replay.lot(lot));
        self.holds.values().for_each(|hold| replay.hold(hold));
        assert_eq!(replay.finish(), []);
        let touching = Touching { requests: self.holds.keys().copied().collect(), ..Touching::nothing() };
        let (lots, holds) = (self.lots.into_values().collect(), self.holds.into_values().collect());
        let again =
            CreditBalance::restore(BalanceRows { record, lots, holds, touching }).expect("sound rows");
        let later = self.now.saturating_add(Duration::days(10_000));
        for at in [self.now, later] {
            assert_eq!(again.figures_at(at), self.balance.figures_at(at));
        }
        if let Some(last) = self.entries.last() {
            let point = ust_credits::LedgerPoint::of(last, true);
            let lots: Vec<LotRecord> = again.lots().cloned().collect();
            assert_eq!(figures_as_of(last.at, &point, &lots), again.figures_at(last.at));
        }
    }
}
