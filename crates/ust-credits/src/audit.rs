//! The audit: replaying a ledger and naming every difference from what is stored (CR-9, CR-10).

use std::collections::BTreeMap;

use kernel::{CreditBalanceId, LotId, ServiceRequestId, Timestamp};

use crate::{BalanceRecord, EntryKind, HoldRecord, LedgerEntry, LotAmounts, LotRecord, Movement, Totals};

/// Something that is not as the ledger says, or that the ledger cannot mean. Amounts are in units, a tenth of a credit each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// An entry is missing or there twice.
    #[error("entry {expected} is missing: entry {found} comes in its place")]
    Sequence {
        /// What should come.
        expected: i64,
        /// What came.
        found: i64,
    },
    /// An entry of another balance.
    #[error("entry {sequence} is of balance {balance}")]
    Stranger {
        /// The entry.
        sequence: i64,
        /// Whose it says it is.
        balance: CreditBalanceId,
    },
    /// Time runs backwards.
    #[error("entry {sequence} is dated {at}, before the one it follows, {before}")]
    Backwards {
        /// The entry.
        sequence: i64,
        /// Its instant.
        at: Timestamp,
        /// The instant of the one before.
        before: Timestamp,
    },
    /// An entry makes credits out of nothing, or loses some (CR-10).
    #[error("entry {sequence} does not add up in lot {lot}")]
    Unbalanced {
        /// The entry.
        sequence: i64,
        /// The lot.
        lot: LotId,
    },
    /// The amount of an entry is not what it moves.
    #[error("entry {sequence} records {kind} of {recorded} units and moves {moved}")]
    Amount {
        /// The entry.
        sequence: i64,
        /// Its kind.
        kind: EntryKind,
        /// Its amount.
        recorded: i64,
        /// What its movement says.
        moved: i128,
    },
    /// The totals of an entry do not follow from those before and its movement.
    #[error("entry {sequence} records {figure} of {recorded} units after it; replayed it is {replayed}")]
    Total {
        /// The entry.
        sequence: i64,
        /// Which total.
        figure: &'static str,
        /// What the entry says.
        recorded: i64,
        /// What the replay says.
        replayed: i64,
    },
    /// A total would be negative or not fit after an entry (CR-10).
    #[error("after entry {sequence} a total is negative or does not fit")]
    Impossible {
        /// The entry.
        sequence: i64,
    },
    /// The balance's row does not say what its ledger does.
    #[error("the balance's {figure} is {stored}; replayed it is {replayed}")]
    Balance {
        /// Which column.
        figure: &'static str,
        /// What the row says.
        stored: String,
        /// What the replay says.
        replayed: String,
    },
    /// A stored row that is no legal one.
    #[error("{row}: {fault}")]
    Row {
        /// Which row.
        row: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Credits of a lot were left though later entries were written after its end (CR-8).
    #[error("lot {lot} ended at {ended} and still has {available} units available")]
    Overdue {
        /// The lot.
        lot: LotId,
        /// When it ended.
        ended: Timestamp,
        /// What it still has.
        available: i64,
    },
    /// Some lots or holds are not what the ledger adds up to: [`Replay::in_detail`] names them.
    #[error("lots or holds are not what the ledger adds up to")]
    Rows,
    /// A lot's figure is not what the ledger adds up to.
    #[error("lot {lot}: {figure} is {stored} units; replayed it is {replayed}")]
    Lot {
        /// The lot.
        lot: LotId,
        /// Which figure.
        figure: &'static str,
        /// What the row says.
        stored: i128,
        /// What the replay says.
        replayed: i128,
    },
    /// A hold's figure is not what the ledger adds up to.
    #[error("hold of request {request}: {figure}{} is {stored} units; replayed it is {replayed}", of_lot(.lot))]
    Hold {
        /// The request.
        request: ServiceRequestId,
        /// The lot, for what is held or debited there.
        lot: Option<LotId>,
        /// Which figure.
        figure: &'static str,
        /// What the row says.
        stored: i128,
        /// What the replay says.
        replayed: i128,
    },
}

fn of_lot(lot: &Option<LotId>) -> String {
    lot.map_or_else(String::new, |lot| format!(" in lot {lot}"))
}

/// One figure of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    request: Option<ServiceRequestId>,
    lot: Option<LotId>,
    figure: &'static str,
}

/// Where the ledger's figures meet the rows'.
#[derive(Debug)]
enum Ground {
    /// A linear fingerprint of ledger less rows: zero where both agree in every cell, whatever came in whatever order.
    /// Its size does not depend on how many there are.
    Fingerprint(u128),
    /// What ledger and rows say of each cell, where they do not cancel out.
    Cells(BTreeMap<Cell, (i128, i128)>),
}

/// Spreads the bits of `x` (splitmix64).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A weight of the cell, such that sums over different cells practically never meet.
fn weight(cell: &Cell) -> u128 {
    let ids = [cell.request.map(|id| id.as_uuid().as_u128()), cell.lot.map(|id| id.as_uuid().as_u128())];
    let [(a, b), (c, d)] = ids.map(|id| id.map_or((1, 2), |id| ((id >> 64) as u64, id as u64)));
    let figure = cell.figure.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let low = [a, b, c, d].into_iter().fold(mix(figure), |sum, part| mix(sum ^ part));
    (u128::from(mix(low ^ 0x5bf0_3635)) << 64) | u128::from(low)
}

impl Ground {
    fn ledger(&mut self, cell: Cell, units: i64) {
        self.add(cell, units, 0);
    }

    fn row(&mut self, cell: Cell, units: i64) {
        self.add(cell, 0, units);
    }

    fn add(&mut self, cell: Cell, ledger: i64, row: i64) {
        if ledger == 0 && row == 0 {
            return;
        }
        match self {
            Self::Fingerprint(sum) => {
                let difference = (i128::from(ledger) - i128::from(row)) as u128;
                *sum = sum.wrapping_add(weight(&cell).wrapping_mul(difference));
            }
            Self::Cells(cells) => {
                let sums = cells.entry(cell).or_default();
                sums.0 += i128::from(ledger);
                sums.1 += i128::from(row);
                if *sums == (0, 0) {
                    cells.remove(&cell);
                }
            }
        }
    }
}

/// The replay of one balance's ledger, fed entry by entry, then row by row (CR-9).
///
/// [`Replay::new`] takes constant memory whatever the length of the ledger and the number of lots and holds. Where it finds a
/// difference, the same feed into [`Replay::in_detail`] names every single figure, in memory that grows with the lots and
/// holds of this one balance.
#[derive(Debug)]
pub struct Replay {
    record: BalanceRecord,
    sequence: i64,
    at: Option<Timestamp>,
    /// The totals up to here: as replayed, and as the last entry recorded them where that is something else. One wrong
    /// total is named once then, and not with every entry after it.
    totals: (Totals, Totals),
    ground: Ground,
    differences: Vec<Difference>,
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
        Self { record, sequence: 0, at: None, totals, ground, differences: Vec::new() }
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
    }

    /// Every difference; none where the balance is what its ledger says.
    pub fn finish(mut self) -> Vec<Difference> {
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
