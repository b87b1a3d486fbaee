//! The smallest storage that keeps the contract of `ports`: rows in maps, slices as texts, and no more loaded than is asked for.

use std::collections::BTreeMap;

use kernel::{LotId, ServiceRequestId, Timestamp};
use ust_credits::{
    BalanceChanges, BalanceRecord, BalanceRows, CreditBalance, Difference, Figures, HoldRecord, LedgerEntry,
    LedgerPoint, LotAmounts, LotRecord, Replay, RowChange, Touching, figures_as_of,
};

#[derive(Clone, Default)]
pub(crate) struct Shelf {
    pub(crate) balance: Option<BalanceRecord>,
    opened_at: Option<Timestamp>,
    pub(crate) lots: BTreeMap<LotId, LotRecord>,
    pub(crate) holds: BTreeMap<ServiceRequestId, HoldRecord>,
    pub(crate) ledger: Vec<LedgerEntry>,
}

fn put<K: Ord, T>(rows: &mut BTreeMap<K, T>, key: K, change: RowChange<T>) {
    let known = rows.insert(key, change.row).is_some();
    assert_eq!(change.is_new, !known, "inserted where it exists, or updated where it does not");
}

/// What a column would give back.
fn through_text(amounts: &LotAmounts) -> LotAmounts {
    amounts.to_string().parse().unwrap()
}

impl Shelf {
    pub(crate) fn save(&mut self, changes: BalanceChanges) {
        let BalanceChanges { balance, lots, holds, entries } = changes;
        let version = self.balance.as_ref().map_or(0, |known| known.version);
        assert_eq!(balance.is_new, self.balance.is_none());
        assert_eq!(balance.row.version, version + 1);
        self.opened_at.get_or_insert(balance.row.last_at);
        self.balance = Some(balance.row);
        for lot in lots {
            put(&mut self.lots, lot.row.id, lot);
        }
        for mut hold in holds {
            hold.row.held = through_text(&hold.row.held);
            hold.row.debited = through_text(&hold.row.debited);
            put(&mut self.holds, hold.row.request, hold);
        }
        for mut entry in entries {
            assert_eq!(entry.sequence, self.ledger.len() as i64 + 1);
            entry.movement = entry.movement.to_string().parse().unwrap();
            self.ledger.push(entry);
        }
    }

    pub(crate) fn load(&self, touching: Touching) -> CreditBalance {
        let record = self.balance.clone().unwrap();
        let in_debt =
            |hold: &&HoldRecord| record.totals.overdraft.is_positive() && hold.overdrawn.is_positive();
        let holds: Vec<HoldRecord> = self
            .holds
            .values()
            .filter(|hold| touching.requests.contains(&hold.request) || in_debt(hold))
            .cloned()
            .collect();
        let of_holds = |lot: LotId| {
            holds.iter().any(|hold| hold.held.0.iter().chain(&hold.debited.0).any(|part| part.lot == lot))
        };
        let named = |lot: &LotRecord| touching.reference.is_some() && lot.reference == touching.reference;
        let wanted = |lot: &&LotRecord| {
            lot.is_open() || of_holds(lot.id) || touching.lots.contains(&lot.id) || named(lot)
        };
        // From the back: storage gives no order.
        let lots = self.lots.values().rev().filter(wanted).cloned().collect();
        CreditBalance::restore(BalanceRows { record, lots, holds, touching }).unwrap()
    }

    pub(crate) fn as_of(&self, at: Timestamp) -> Figures {
        let count = self.ledger.partition_point(|entry| entry.at <= at);
        let is_last = count == self.ledger.len();
        let newest = match count {
            0 => LedgerPoint { at: self.opened_at.unwrap(), totals: Default::default(), is_last },
            count => LedgerPoint::of(&self.ledger[count - 1], is_last),
        };
        let upcoming = |lot: &LotRecord| lot.granted_at <= at && at < lot.usable_from;
        let lots: Vec<_> =
            self.lots.values().filter(|lot| upcoming(lot) || (is_last && lot.is_open())).cloned().collect();
        figures_as_of(at, &newest, &lots)
    }

    pub(crate) fn audit(&self) -> Vec<Difference> {
        let record = self.balance.clone().unwrap();
        let mut found = self.feed(Replay::new(record.clone()));
        let detailed = self.feed(Replay::in_detail(record));
        assert!(detailed.is_empty() || !found.is_empty(), "the quick replay misses nothing: {detailed:?}");
        found.retain(|difference| *difference != Difference::Rows);
        assert!(found.iter().all(|difference| detailed.contains(difference)));
        detailed
    }

    fn feed(&self, mut replay: Replay) -> Vec<Difference> {
        self.ledger.iter().for_each(|entry| replay.entry(entry));
        self.lots.values().for_each(|lot| replay.lot(lot));
        self.holds.values().for_each(|hold| replay.hold(hold));
        replay.finish()
    }
}
