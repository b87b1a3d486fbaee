//! Lists of credit balances, lots and ledger entries, and what they tell of the past (CR-11) and of what is to come.

use kernel::{
    CreditBalanceId, EntitlementId, OrganizationId, Page, PageRequest, ServiceRequestId, Timestamp,
};
use ust_credits::{
    BalanceRecord, BalanceStatus, Credits, EntryKind, Figures, HoldRecord, LedgerEntry, LotRecord, Period,
};
use uuid::Uuid;

use super::{Above, ListQuery, NoFilter, RequestName, query::sort_by};

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
    /// Caused by the actor with that id.
    pub actor: Option<Uuid>,
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

/// A page of the movements of a period, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementQuery {
    /// The period.
    pub period: Period,
    /// Which part of its movements.
    pub page: PageRequest,
}

/// An entry of a ledger, and the request that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementRow {
    /// The entry. What fell due and was not written down yet is told as it will be.
    pub entry: LedgerEntry,
    /// Its request, where it is about one.
    pub request: Option<RequestName>,
}

/// A statement (CR-11). Opening and all movements lead to the closing, figure by figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPage {
    /// As of the last instant before the period.
    pub opening: Figures,
    /// As of [`Self::closing_at`].
    pub closing: Figures,
    /// The last instant of the period; the viewer's own where the period goes on beyond it.
    pub closing_at: Timestamp,
    /// What happened in between, in order.
    pub movements: Page<MovementRow>,
}

/// Which credits that expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiryFilter {
    /// Of that organization's balances.
    pub organization: Option<OrganizationId>,
    /// Of that balance.
    pub balance: Option<CreditBalanceId>,
    /// Gone by then.
    pub until: Option<Timestamp>,
}

sort_by! {
    /// The orders of credits that expire; those that go first come first.
    ExpirySort, ascending EndsAt:
    /// By when they are gone.
    EndsAt,
}

/// A page of credits that expire.
pub type ExpiryQuery = ListQuery<ExpiryFilter, ExpirySort>;

/// What of a lot will be gone at its end, unless it is used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryRow {
    /// The lot.
    pub lot: LotRecord,
    /// Its balance.
    pub balance: CreditBalanceId,
    /// What that lies under.
    pub above: Above,
}

/// Which lots a balance holds for a request, or was debited for it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCredits {
    /// The hold; none where no balance was ever asked for credits.
    pub hold: Option<HoldRecord>,
    /// Every lot that it names.
    pub lots: Vec<LotRecord>,
}

sort_by! {
    /// The orders of what a lot paid for; the latest change comes first.
    LotUseSort, descending ChangedAt:
    /// By when the request's credits last changed.
    ChangedAt,
}

/// A page of what a lot paid for.
pub type LotUseQuery = ListQuery<NoFilter, LotUseSort>;

/// What a lot pays for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotUseRow {
    /// The request.
    pub request: RequestName,
    /// What of the lot is held for it.
    pub held: Credits,
    /// What of the lot is debited for it.
    pub debited: Credits,
    /// When its credits last changed.
    pub changed_at: Timestamp,
}
