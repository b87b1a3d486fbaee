//! What happened to a service request, as staff see it.

use poem_openapi::{Object, types::Example};
use sr_workflow::{
    Acceptance, ActualBasis, Approval, ApprovalKind, BilledValue, CloseReason, Closure, Completion,
    Reopening, Settled,
};
use ust_credits::{HoldRecord, HoldState};

use super::super::{by::ActorView, example};
use crate::wire::{Credits, Instant, Money, Word};

/// How a request came to be approved.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ApprovalView {
    /// Who agreed.
    kind: Word<ApprovalKind>,
    /// Who gave the command; of a pre-approved request, who submitted it.
    by: ActorView,
    /// When.
    at: Instant,
    /// Why staff approved on the customer's behalf.
    reason: Option<String>,
    /// The estimate that was approved, complexity counted in.
    credits: Option<Credits>,
}

impl From<Approval> for ApprovalView {
    fn from(Approval { kind, by, at, reason, credits }: Approval) -> Self {
        Self { kind: kind.into(), by: by.into(), at: at.into(), reason, credits: credits.map(Credits) }
    }
}

impl Example for ApprovalView {
    fn example() -> Self {
        Self {
            kind: Word(ApprovalKind::Customer),
            by: example::customer(),
            at: example::instant(),
            reason: None,
            credits: Some(Credits(ust_credits::Credits::from_units(60))),
        }
    }
}

/// The work as done.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct CompletionView {
    /// What it did cost, before complexity.
    actual_base: Credits,
    /// What it did cost, complexity counted in.
    actual_credits: Credits,
    /// Where the figure comes from.
    basis: Word<ActualBasis>,
    /// Why staff gave another figure.
    reason: Option<String>,
    /// Seconds of work logged.
    worklog_seconds: u32,
    /// Who recorded it.
    by: ActorView,
    /// When.
    at: Instant,
}

impl From<Completion> for CompletionView {
    fn from(Completion { actual, by, at }: Completion) -> Self {
        Self {
            actual_base: actual.base.into(),
            actual_credits: actual.credits.into(),
            basis: actual.basis.into(),
            reason: actual.reason,
            worklog_seconds: actual.worklog_seconds,
            by: by.into(),
            at: at.into(),
        }
    }
}

/// What became of the actual credits: `debited + overdrawn + excess` are they.
#[derive(Debug, Object)]
pub(crate) struct SettlementView {
    /// Debited from lots.
    debited: Credits,
    /// Debited as overdraft.
    overdrawn: Credits,
    /// Covered by nothing: billed.
    excess: Credits,
    /// When.
    at: Instant,
}

impl From<Settled> for SettlementView {
    fn from(Settled { debited, overdrawn, excess, at }: Settled) -> Self {
        Self { debited: debited.into(), overdrawn: overdrawn.into(), excess: excess.into(), at: at.into() }
    }
}

/// The work as accepted.
#[derive(Debug, Object)]
pub(crate) struct AcceptanceView {
    /// Who; the system, where the days for it had passed.
    by: ActorView,
    /// When.
    at: Instant,
}

impl From<Acceptance> for AcceptanceView {
    fn from(Acceptance { by, at }: Acceptance) -> Self {
        Self { by: by.into(), at: at.into() }
    }
}

/// That completed work was sent back.
#[derive(Debug, Object)]
pub(crate) struct ReopeningView {
    /// Why.
    reason: String,
    /// Who.
    by: ActorView,
    /// When.
    at: Instant,
}

impl From<Reopening> for ReopeningView {
    fn from(Reopening { reason, by, at }: Reopening) -> Self {
        Self { reason, by: by.into(), at: at.into() }
    }
}

/// What a request is worth: `covered + due` is `value`.
#[derive(Debug, Object)]
pub(crate) struct BillingView {
    /// Actual credits × what a credit is worth.
    value: Money,
    /// The part that credits cover.
    covered: Money,
    /// The part to be paid.
    due: Money,
    /// When it was fixed.
    at: Instant,
}

impl From<BilledValue> for BillingView {
    fn from(BilledValue { value, covered, due, at }: BilledValue) -> Self {
        Self { value: value.into(), covered: covered.into(), due: due.into(), at: at.into() }
    }
}

/// How a request ended without being billed.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ClosureView {
    /// Which way.
    kind: Word<CloseReason>,
    /// What was said about it.
    reason: Option<String>,
    /// Who closed it.
    by: ActorView,
    /// When.
    at: Instant,
}

impl From<Closure> for ClosureView {
    fn from(Closure { reason, remark, by, at }: Closure) -> Self {
        Self { kind: reason.into(), reason: remark, by: by.into(), at: at.into() }
    }
}

/// What a balance holds for a request, or did.
#[derive(Debug, Object)]
pub(crate) struct CreditHoldView {
    /// Where the hold stands.
    state: Word<HoldState>,
    /// What was last asked to be held.
    requested: Credits,
    /// What is held in lots.
    held: Credits,
    /// The overdraft that is promised beyond it.
    overdraft_held: Credits,
    /// What could not be held at all.
    shortfall: Credits,
    /// What is debited from lots.
    debited: Credits,
    /// What is debited as overdraft and not repaid.
    overdrawn: Credits,
    /// What is in excess and billed separately.
    excess: Credits,
}

impl From<HoldRecord> for CreditHoldView {
    fn from(hold: HoldRecord) -> Self {
        Self {
            state: hold.state.into(),
            requested: hold.requested.into(),
            held: hold.held.total().into(),
            overdraft_held: hold.overdraft_held.into(),
            shortfall: hold.shortfall.into(),
            debited: hold.debited.total().into(),
            overdrawn: hold.overdrawn.into(),
            excess: hold.excess.into(),
        }
    }
}

impl Example for CreditHoldView {
    fn example() -> Self {
        let credits = |units| Credits(ust_credits::Credits::from_units(units));
        Self {
            state: Word(HoldState::Open),
            requested: credits(60),
            held: credits(60),
            overdraft_held: credits(0),
            shortfall: credits(0),
            debited: credits(0),
            overdrawn: credits(0),
            excess: credits(0),
        }
    }
}
