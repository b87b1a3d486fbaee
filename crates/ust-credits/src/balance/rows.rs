//! The rows of a balance, and what of them a verb needs.

use kernel::{
    CreditBalanceId, EntitlementId, LotId, OrganizationId, ServiceRequestId, StoreError, Timestamp,
};

use super::{CreditBalance, Tracked};
use crate::{Credits, HoldRecord, LotRecord, Totals};

/// The row of a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceRecord {
    /// Its id.
    pub id: CreditBalanceId,
    /// The entitlement it lies under (PV-2).
    pub entitlement: EntitlementId,
    /// The organization; none while the entitlement has none (EN-3).
    pub organization: Option<OrganizationId>,
    /// Whether staff froze it. What the world sees is limited by the entitlement besides (EN-5).
    pub frozen: bool,
    /// When its unused credits were forfeited, where they were.
    pub forfeited_at: Option<Timestamp>,
    /// The running totals after the last entry.
    pub totals: Totals,
    /// The sequence of the last entry; 0 before the first.
    pub last_sequence: i64,
    /// The instant of the last entry, or of the opening.
    pub last_at: Timestamp,
    /// When something falls due next by itself; none where nothing does. For whoever looks for balances to bring up to date.
    pub next_due: Option<Timestamp>,
    /// Whether the low-balance signal goes off on the next way down (CR-12).
    pub low_balance_armed: bool,
    /// Grows by one with each save, from 1.
    pub version: i64,
}

/// What a use case is about to touch: it decides which rows are loaded beside the balance's own and its open lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touching {
    /// Requests whose holds are needed, with the lots that these refer to.
    pub requests: Vec<ServiceRequestId>,
    /// Requests that were created in this transaction: no hold can exist, none need be looked for.
    pub fresh_requests: Vec<ServiceRequestId>,
    /// Lots that are needed though closed.
    pub lots: Vec<LotId>,
    /// An external reference whose lot is needed though closed.
    pub reference: Option<String>,
}

impl Touching {
    /// The balance alone: expiries, freezing, taking back, previews of new work.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The hold of `request`.
    pub fn request(request: ServiceRequestId) -> Self {
        Self { requests: vec![request], ..Self::default() }
    }

    /// A request that was created in this transaction.
    pub fn fresh_request(request: ServiceRequestId) -> Self {
        Self { fresh_requests: vec![request], ..Self::default() }
    }

    /// The lot known to the outside as `reference`.
    pub fn reference(reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..Self::default() }
    }

    /// The lot `lot`, closed or not.
    pub fn lot(lot: LotId) -> Self {
        Self { lots: vec![lot], ..Self::default() }
    }

    pub(super) fn knows(&self, request: ServiceRequestId) -> bool {
        self.requests.contains(&request) || self.fresh_requests.contains(&request)
    }
}

/// What storage hands over to rebuild a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceRows {
    /// The balance's row.
    pub record: BalanceRecord,
    /// Every open lot ([`LotRecord::is_open`]), those not usable yet included; and the closed ones that `touching` asks for. In any order.
    pub lots: Vec<LotRecord>,
    /// The holds that `touching` asks for, where they exist; and every hold with `overdrawn` over 0, where the balance's
    /// overdraft is over 0.
    pub holds: Vec<HoldRecord>,
    /// What was asked for.
    pub touching: Touching,
}

impl CreditBalance {
    /// Rebuilds a balance from its rows.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row is no legal one, or the rows do not add up to the balance's totals (CR-10).
    pub fn restore(rows: BalanceRows) -> Result<Self, StoreError> {
        let BalanceRows { record, mut lots, holds, touching } = rows;
        lots.sort_by_key(LotRecord::queue_key);
        lots.dedup_by_key(|lot| lot.id);
        if let Some(reason) = fault(&record, &lots, &holds) {
            return Err(StoreError::corrupt("credit balance", record.id, reason));
        }
        Ok(Self {
            record,
            stored: true,
            changed: false,
            lots: lots.into_iter().map(Tracked::stored).collect(),
            holds: holds.into_iter().map(Tracked::stored).collect(),
            entries: Vec::new(),
            touching: Some(touching),
            peak: Credits::ZERO,
        })
    }
}

fn fault(record: &BalanceRecord, lots: &[LotRecord], holds: &[HoldRecord]) -> Option<String> {
    let sum =
        |figures: &mut dyn Iterator<Item = Credits>| figures.map(|c| i128::from(c.units())).sum::<i128>();
    let totals = &record.totals;
    if !totals.add_up() {
        return Some("the totals do not add up".to_owned());
    }
    if record.version < 1 || record.last_sequence < 0 {
        return Some("the version or the sequence is out of bounds".to_owned());
    }
    for lot in lots {
        if let Some(fault) = lot.fault() {
            return Some(format!("lot {}: {fault}", lot.id));
        }
    }
    for hold in holds {
        if let Some(fault) = hold.fault() {
            return Some(format!("hold of request {}: {fault}", hold.request));
        }
        if hold.balance != record.id {
            return Some(format!("hold of request {}: of another balance", hold.request));
        }
        let stranger = |part: &&crate::LotAmount| !lots.iter().any(|lot| lot.id == part.lot);
        if let Some(part) = hold.held.0.iter().chain(&hold.debited.0).find(stranger) {
            return Some(format!("hold of request {}: lot {} is missing", hold.request, part.lot));
        }
    }
    let checks = [
        ("available", sum(&mut lots.iter().map(|lot| lot.available)), totals.available),
        ("held", sum(&mut lots.iter().map(|lot| lot.held)), totals.held),
        ("overdraft", sum(&mut holds.iter().map(|hold| hold.overdrawn)), totals.overdraft),
    ];
    checks.into_iter().find(|(_, sum, total)| *sum != i128::from(total.units())).map(
        |(figure, sum, total)| {
            format!("the open rows' {figure} is {sum} units, the balance's {}", total.units())
        },
    )
}
