//! What work costs and which credits pay (UST).
//!
//! [`Credits`] are the amounts, [`CatalogItem`] and [`price`] say what work costs, a [`CreditBalance`] decides which credits pay, by
//! ledger entries and nothing else, and makes a [`Settlement`] of it. [`figures_as_of`] tells a balance at any instant from three
//! indexed reads; [`Replay`] replays a whole ledger and names every difference from what is stored.
//!
//! Pure: the instant, the ids and the policy are arguments, storage is [`Store`].
//!
//! ```
//! use kernel::{Actor, CreditBalanceId, EntitlementId, LotId, ServiceRequestId, Standing, Timestamp};
//! use policy_resolver::kinds::CreditPolicy;
//! use ust_credits::{CreditBalance, Grant, LotSource, Occasion};
//! use uuid::Uuid;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now: Timestamp = "2026-05-01T12:00:00Z".parse()?;
//! let occasion = Occasion::new(now, Actor::system("example"), "an example");
//! let (policy, request) = (CreditPolicy::default(), ServiceRequestId::new(Uuid::from_u128(3)));
//!
//! let entitlement = EntitlementId::new(Uuid::from_u128(2));
//! let mut balance = CreditBalance::open(CreditBalanceId::new(Uuid::from_u128(1)), entitlement, None, now);
//! balance.grant(&Grant::new(LotId::new(Uuid::from_u128(4)), "10".parse()?, LotSource::Included), &occasion)?;
//! balance.reserve(request, "6".parse()?, &policy, Standing::Live, &occasion)?;
//! let settled = balance.settle(request, "4.5".parse()?, &policy, &occasion)?;
//! assert_eq!(settled.settlement.released().to_string(), "1.5");
//! assert_eq!(balance.usable(now).to_string(), "5.5");
//! # Ok(())
//! # }
//! ```

mod as_of;
mod audit;
mod balance;
mod catalog;
mod catalog_csv;
mod complexity;
mod credits;
mod hold;
mod ledger;
mod lot;
mod movement;
mod payer;
pub mod ports;
mod settlement;
mod statement;
mod totals;

pub use as_of::{Figures, LedgerPoint, figures_as_of};
pub use audit::{Difference, Replay};
pub use balance::{
    AdjustError, BalanceChanges, BalanceError, BalanceRecord, BalanceRows, BalanceStatus, CreditBalance,
    GrantError, Granted, LowBalance, MAX_REASON, NotPreApproved, Occasion, Preview, ReleaseError, Released,
    Reservation, ReserveError, Reversal, ReverseError, Reversed, RowChange, SettleError, Settled, Touching,
};
pub use catalog::{CatalogItem, CatalogItemContent, CatalogItemRecord, MAX_CODE, MAX_DESCRIPTION, MAX_NAME};
pub use catalog_csv::{CATALOG_COLUMNS, CatalogRow, CatalogRowItem, read_catalog, write_catalog};
pub use complexity::{Complexity, price};
pub use credits::{Credits, CreditsError, MAX_FIGURE, UNITS_PER_CREDIT};
pub use hold::{HoldCommand, HoldRecord, HoldState, SettlementRecord};
pub use ledger::{EntryKind, LedgerEntry};
pub use lot::{Grant, LotRecord, LotSource, MAX_REFERENCE};
pub use movement::{LotAmount, LotAmounts, LotChange, Movement, MovementError};
pub use payer::{NoPayer, PayerCandidate, PayerChoice, PayerReason, which_balance_pays};
pub use ports::Store;
pub use settlement::Settlement;
pub use statement::{Period, Statement, Turnover};
pub use totals::Totals;
