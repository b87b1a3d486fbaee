//! What an audit can find.

use kernel::{CreditBalanceId, LotId, ServiceRequestId, Timestamp};

use crate::EntryKind;

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
    /// Rows of a balance that does not exist.
    #[error("the balance does not exist, and {table} has rows of it: {rows}")]
    NoBalance {
        /// Which table.
        table: &'static str,
        /// How many rows.
        rows: u64,
    },
    /// Some lots or holds may not be what the ledger adds up to: [`super::Replay::in_detail`] names them, or finds none.
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
