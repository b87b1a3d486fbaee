//! Lists of credit balances, lots and ledger entries.

use kernel::{EntitlementId, OrganizationId, ServiceRequestId, Timestamp};
use ust_credits::{BalanceRecord, BalanceStatus, EntryKind, Figures};

use super::{Above, ListQuery, query::sort_by};

/// Which credit balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceFilter {
    /// Of that organization.
    pub organization: Option<OrganizationId>,
    /// Under that entitlement.
    pub entitlement: Option<EntitlementId>,
}

sort_by! {
    /// The orders of credit balances; the newest come first.
    BalanceSort, descending CreatedAt:
    /// By when they were opened, which is the order of their ids (ID-1).
    CreatedAt,
}

/// A page of credit balances.
pub type BalanceQuery = ListQuery<BalanceFilter, BalanceSort>;

/// A credit balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceRow {
    /// Its row, as it is written.
    pub balance: BalanceRecord,
    /// The status that the world sees (EN-5).
    pub status: BalanceStatus,
    /// The figures at the viewer's instant, with what fell due by then, written down or not (CR-8).
    pub figures: Figures,
    /// What it lies under.
    pub above: Above,
}

/// Which lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LotFilter {
    /// Whether something is left in them: available or held, as it is written.
    pub open: Option<bool>,
}

sort_by! {
    /// The orders of lots; in the order of use where none is asked for (CR-3).
    LotSort, ascending GrantedAt:
    /// By when they were granted.
    GrantedAt,
}

/// A page of lots.
pub type LotQuery = ListQuery<LotFilter, LotSort>;

/// Which ledger entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Of one of these kinds; of any where empty.
    pub kind: Vec<EntryKind>,
    /// About that request.
    pub request: Option<ServiceRequestId>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

sort_by! {
    /// The orders of ledger entries; the newest come first.
    LedgerSort, descending At:
    /// By their place in the ledger, which is the order of their instants.
    At,
}

/// A page of ledger entries.
pub type LedgerQuery = ListQuery<LedgerFilter, LedgerSort>;
