//! The audit: replaying a ledger and naming every difference from what is stored (CR-9, CR-10).

mod difference;
mod ground;

use std::{collections::BTreeMap, iter::once};

use kernel::{ServiceRequestId, Timestamp};

pub use self::difference::Difference;
use self::ground::{Cell, Ground};
use crate::{
    BalanceRecord, EntryKind, HoldRecord, LedgerEntry, LotAmounts, LotRecord, Movement, SettlementRecord,
    Totals, balance::due_steps,
};

/// The parts of a settlement as it was made. What a hold says of them now is what corrections and repayments left of them.
const SETTLED: [&str; 3] = ["settled_debited", "settled_overdrawn", "settled_excess"];
/// What a settlement gave back of its hold.
const RELEASED: &str = "settled_released";

/// The replay of one balance's ledger, fed entry by entry, then row by row (CR-9).
///
/// [`Replay::new`] takes constant memory whatever the length of the ledger and the number of lots and holds, but for a few
/// figures of each request that was given something back. Where it finds a difference, or a request that was settled again
/// after a settlement that released credits, the same feed into [`Replay::in_detail`] names every single figure that differs,
/// in memory that grows with the lots and holds of this one balance.
///
/// Whether the low-balance signal is armed is not compared: the threshold is a policy's, and in no ledger.
#[derive(Debug)]
pub struct Replay {
    record: BalanceRecord,
    sequence: i64,
    at: Option<Timestamp>,
    /// The totals up to here: as replayed, and as the last entry recorded them where that is something else. One wrong
    /// total is named once then, and not with every entry after it.
    totals: (Totals, Totals),
    /// What each request was given back, or repaid, since it was settled.
    since: BTreeMap<ServiceRequestId, Since>,
    /// The last entry about a request where it is the debit of a settlement: what was held beyond it is released right after it.
    debit: Option<(ServiceRequestId, i64)>,
    /// When something falls due first in the lots.
    next_due: Option<Timestamp>,
    ground: Ground,
    differences: Vec<Difference>,
}

/// What has left a settlement since it was made.
#[derive(Debug)]
struct Since {
    /// When last.
    at: Timestamp,
    /// The parts of [`SETTLED`], in units. What is repaid leaves the overdrawn part and joins the debited one.
    parts: [i128; 3],
}

impl Replay {
    /// A replay against the stored row `record`, in constant memory. Lots and holds that differ are found and not named.
    pub fn new(record: BalanceRecord) -> Self {
        Self::on(record, Ground::Fingerprint(0))
    }

    /// A replay that names every lot and hold that differs.
    pub fn in_detail(record: BalanceRecord) -> Self {
        Self::on(record, Ground::Cells(BTreeMap::new()))
    }

    fn on(record: BalanceRecord, ground: Ground) -> Self {
        let totals = (Totals::default(), Totals::default());
        Self {
            record,
            sequence: 0,
            at: None,
            totals,
            since: BTreeMap::new(),
            debit: None,
            next_due: None,
            ground,
            differences: Vec::new(),
        }
    }

    /// Takes the next entry; they come in the order of their sequence.
    pub fn entry(&mut self, entry: &LedgerEntry) {
        let sequence = entry.sequence;
        if entry.balance != self.record.id {
            self.differences.push(Difference::Stranger { sequence, balance: entry.balance });
        }
        let expected = self.sequence.saturating_add(1);
        if sequence != expected {
            self.differences.push(Difference::Sequence { expected, found: sequence });
        }
        if let Some(before) = self.at.filter(|before| entry.at < *before) {
            self.differences.push(Difference::Backwards { sequence, at: entry.at, before });
        }
        (self.sequence, self.at) = (sequence, Some(entry.at));
        self.movement(entry);
        self.totals_after(entry);
    }

    fn movement(&mut self, entry: &LedgerEntry) {
        let (sequence, movement) = (entry.sequence, &entry.movement);
        let moved = moved(entry.kind, movement);
        if moved != i128::from(entry.amount.units()) {
            let recorded = entry.amount.units();
            self.differences.push(Difference::Amount { sequence, kind: entry.kind, recorded, moved });
        }
        for change in &movement.lots {
            if !change.adds_up() {
                self.differences.push(Difference::Unbalanced { sequence, lot: change.lot });
            }
            let lot = Some(change.lot);
            let figures = [
                ("amount", change.granted),
                ("available", change.available),
                ("held", change.held),
                ("consumed", change.consumed),
                ("expired", change.expired),
                ("taken_back", change.taken_back),
            ];
            for (figure, units) in figures {
                self.ground.ledger(Cell { request: None, lot, figure }, units);
            }
            if let Some(request) = entry.request {
                self.ground.ledger(Cell { request: Some(request), lot, figure: "held" }, change.held);
                self.ground.ledger(Cell { request: Some(request), lot, figure: "debited" }, change.consumed);
            }
        }
        if let Some(request) = entry.request {
            let figures = [
                ("overdrawn", movement.overdraft),
                ("overdraft_held", movement.overdraft_held),
                ("excess", movement.excess),
                ("shortfall", movement.shortfall),
            ];
            for (figure, units) in figures {
                self.ground.ledger(Cell { request: Some(request), lot: None, figure }, units);
            }
            self.settled(request, entry);
        }
    }

    /// What the ledger says of the last settlement of `request`: what is debited for it and in excess now, and what has left it
    /// since, which [`Self::finish`] adds.
    fn settled(&mut self, request: ServiceRequestId, entry: &LedgerEntry) {
        let movement = &entry.movement;
        let debited = movement.lots.iter().map(|lot| i128::from(lot.consumed)).sum::<i128>();
        let parts = [debited, i128::from(movement.overdraft), i128::from(movement.excess)];
        let cell = |figure| Cell { request: Some(request), lot: None, figure };
        for (figure, units) in SETTLED.into_iter().zip(parts) {
            self.ground.ledger(cell(figure), units);
        }
        let debit = self.debit.take();
        match entry.kind {
            // Only a settlement debits without repaying an overdraft, and only one leaves an excess. Nothing is left then of the
            // one before it.
            EntryKind::Debit if movement.overdraft >= 0 => {
                self.since.remove(&request);
                self.ground.forget(&cell(RELEASED));
                self.debit = Some((request, entry.sequence));
            }
            EntryKind::Excess => {
                self.since.remove(&request);
                self.ground.forget(&cell(RELEASED));
            }
            EntryKind::Debit | EntryKind::Refund => {
                let since = self.since.entry(request).or_insert(Since { at: entry.at, parts: [0; 3] });
                since.at = entry.at;
                for (left, units) in since.parts.iter_mut().zip(parts) {
                    *left -= units;
                }
            }
            EntryKind::Release if debit == Some((request, entry.sequence.saturating_sub(1))) => {
                let held = movement.lots.iter().map(|lot| i128::from(lot.held)).sum::<i128>();
                self.ground.ledger(cell(RELEASED), -held);
            }
            _ => {}
        }
    }

    fn totals_after(&mut self, entry: &LedgerEntry) {
        let recorded = entry.totals;
        let (replayed, resumed) =
            (self.totals.0.after(&entry.movement), self.totals.1.after(&entry.movement));
        if replayed == Some(recorded) || resumed == Some(recorded) {
            self.totals = (recorded, recorded);
            return;
        }
        let sequence = entry.sequence;
        match replayed {
            None => {
                self.differences.push(Difference::Impossible { sequence });
                self.totals = (recorded, recorded);
            }
            Some(replayed) => {
                for ((figure, said), (_, found)) in recorded.named().into_iter().zip(replayed.named()) {
                    if said != found {
                        let (recorded, replayed) = (said.units(), found.units());
                        self.differences.push(Difference::Total { sequence, figure, recorded, replayed });
                    }
                }
                self.totals = (replayed, recorded);
            }
        }
    }

    /// Takes a stored lot; all of the balance's, in any order.
    pub fn lot(&mut self, lot: &LotRecord) {
        if let Some(fault) = lot.fault() {
            self.differences
                .push(Difference::Row { row: format!("lot {}", lot.id), fault: fault.to_owned() });
        }
        if let Some(ended) =
            lot.ends_at.filter(|end| *end <= self.record.last_at && lot.available.is_positive())
        {
            let available = lot.available.units();
            self.differences.push(Difference::Overdue { lot: lot.id, ended, available });
        }
        // What is due first in all lots is what is due first in one of them.
        let due = due_steps(once(lot), self.record.last_at, self.record.totals.overdraft, Timestamp::MAX);
        self.next_due = self.next_due.into_iter().chain(due.first().map(|step| step.at)).min();
        let figures = [
            ("amount", lot.amount),
            ("available", lot.available),
            ("held", lot.held),
            ("consumed", lot.consumed),
            ("expired", lot.expired),
            ("taken_back", lot.taken_back),
        ];
        for (figure, amount) in figures {
            self.ground.row(Cell { request: None, lot: Some(lot.id), figure }, amount.units());
        }
    }

    /// Takes a stored hold; all of the balance's, in any order.
    pub fn hold(&mut self, hold: &HoldRecord) {
        if let Some(fault) = hold.fault() {
            let row = format!("hold of request {}", hold.request);
            self.differences.push(Difference::Row { row, fault: fault.to_owned() });
        }
        let request = Some(hold.request);
        let slices = |figure, LotAmounts(parts): &LotAmounts, ground: &mut Ground| {
            for part in parts {
                ground.row(Cell { request, lot: Some(part.lot), figure }, part.amount.units());
            }
        };
        slices("held", &hold.held, &mut self.ground);
        slices("debited", &hold.debited, &mut self.ground);
        let figures = [
            ("overdrawn", hold.overdrawn),
            ("overdraft_held", hold.overdraft_held),
            ("excess", hold.excess),
            ("shortfall", hold.shortfall),
        ];
        for (figure, amount) in figures {
            self.ground.row(Cell { request, lot: None, figure }, amount.units());
        }
        if let Some(made) = hold.settlement {
            self.settlement(hold, made);
        }
    }

    fn settlement(&mut self, hold: &HoldRecord, made: SettlementRecord) {
        let request = hold.request;
        let parts = [made.debited, made.overdrawn, made.excess].map(|part| i128::from(part.units()));
        let (stored, replayed) = (i128::from(made.actual.units()), parts.iter().sum::<i128>());
        if stored != replayed {
            let figure = "settled_actual";
            self.differences.push(Difference::Hold { request, lot: None, figure, stored, replayed });
        }
        let cell = |figure| Cell { request: Some(request), lot: None, figure };
        for (figure, units) in SETTLED.into_iter().zip(parts) {
            self.ground.row(cell(figure), units);
        }
        if made.actual.is_positive() {
            self.ground.row(cell(RELEASED), made.released.units());
        } else if hold.reversible().is_zero()
            && hold.excess.is_zero()
            && self.since.get(&request).is_some_and(|since| since.at <= made.at)
        {
            // A settlement of nothing has no entry of its own, or one like that of any release: the last one that the ledger
            // shows is one before it, of which everything was given back by then.
            self.since.remove(&request);
            self.ground.forget(&cell(RELEASED));
        }
    }

    /// Every difference; none where the balance is what its ledger says.
    pub fn finish(mut self) -> Vec<Difference> {
        for (request, since) in std::mem::take(&mut self.since) {
            for (figure, units) in SETTLED.into_iter().zip(since.parts) {
                self.ground.ledger(Cell { request: Some(request), lot: None, figure }, units);
            }
        }
        let record = &self.record;
        let mut differ = |figure, stored: String, replayed: String| {
            if stored != replayed {
                self.differences.push(Difference::Balance { figure, stored, replayed });
            }
        };
        differ("last_sequence", record.last_sequence.to_string(), self.sequence.to_string());
        if let Some(at) = self.at {
            differ("last_at", record.last_at.to_string(), at.to_string());
        }
        if record.totals != self.totals.1 {
            for ((figure, stored), (_, replayed)) in
                record.totals.named().into_iter().zip(self.totals.0.named())
            {
                differ(figure, stored.units().to_string(), replayed.units().to_string());
            }
        }
        let instant = |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| at.to_string());
        differ("next_due", instant(record.next_due), instant(self.next_due));
        match self.ground {
            Ground::Fingerprint(0) => {}
            Ground::Fingerprint(_) => self.differences.push(Difference::Rows),
            Ground::Cells(cells) => {
                for (Cell { request, lot, figure }, (replayed, stored)) in cells {
                    if replayed == stored {
                        continue;
                    }
                    self.differences.extend(match (request, lot) {
                        (Some(request), lot) => {
                            Some(Difference::Hold { request, lot, figure, stored, replayed })
                        }
                        (None, Some(lot)) => Some(Difference::Lot { lot, figure, stored, replayed }),
                        (None, None) => None,
                    });
                }
            }
        }
        self.differences
    }
}

/// The amount that an entry of `kind` with `movement` records.
fn moved(kind: EntryKind, movement: &Movement) -> i128 {
    let sum = |pick: fn(&crate::LotChange) -> i64| {
        movement.lots.iter().map(|lot| i128::from(pick(lot))).sum::<i128>()
    };
    let overdraft = i128::from(movement.overdraft);
    match kind {
        EntryKind::Grant => sum(|lot| lot.granted),
        EntryKind::Adjust => sum(|lot| lot.granted) + sum(|lot| lot.taken_back),
        EntryKind::Reserve => sum(|lot| lot.held),
        EntryKind::Release => -sum(|lot| lot.held),
        EntryKind::Debit => sum(|lot| lot.consumed) + overdraft.max(0),
        EntryKind::Expire => sum(|lot| lot.expired),
        EntryKind::Refund => -sum(|lot| lot.consumed) - overdraft,
        EntryKind::Excess => i128::from(movement.excess),
    }
}
