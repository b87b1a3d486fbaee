//! Where the figures of a ledger meet those of the rows.

use std::collections::BTreeMap;

use kernel::{LotId, ServiceRequestId};

/// One figure of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) request: Option<ServiceRequestId>,
    pub(super) lot: Option<LotId>,
    pub(super) figure: &'static str,
}

/// Where the ledger's figures meet the rows'.
#[derive(Debug)]
pub(super) enum Ground {
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
    pub(super) fn ledger(&mut self, cell: Cell, units: impl Into<i128>) {
        self.add(cell, units.into(), 0);
    }

    pub(super) fn row(&mut self, cell: Cell, units: impl Into<i128>) {
        self.add(cell, 0, units.into());
    }

    /// Takes back what the ledger said of the cell. A fingerprint cannot: it differs then, though nothing may be wrong.
    pub(super) fn forget(&mut self, cell: &Cell) {
        if let Self::Cells(cells) = self
            && let Some(sums) = cells.get_mut(cell)
        {
            sums.0 = 0;
        }
    }

    fn add(&mut self, cell: Cell, ledger: i128, row: i128) {
        if ledger == 0 && row == 0 {
            return;
        }
        match self {
            Self::Fingerprint(sum) => {
                let difference = (ledger - row) as u128;
                *sum = sum.wrapping_add(weight(&cell).wrapping_mul(difference));
            }
            Self::Cells(cells) => {
                let sums = cells.entry(cell).or_default();
                sums.0 += ledger;
                sums.1 += row;
                if *sums == (0, 0) {
                    cells.remove(&cell);
                }
            }
        }
    }
}
