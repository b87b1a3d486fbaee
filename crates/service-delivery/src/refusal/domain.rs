//! How the refusals of each domain read from outside. The kebab-case names are stable: callers branch on them.

use billing::{AddInvoiceLine, CancelOrder, FulfilOrder, IssueInvoice, OrderConflict, RecordPayment};
use entitlement::{
    ActivateError, ActivateSiteError, CancelError, ConfigureError, LicenseKeyError, OrganizationTaken,
    PlanError, SiteError, TeamError,
};
use kernel::{Invalid, MoneyError};
use sr_workflow::{
    AcceptError, ActualError, ApproveError, BillError, CompleteError, MoveError, NotAdmitted, NotAllowed,
    NoteError, SettlementError, StartError, SubmitError,
};
use ust_credits::{
    AdjustError, BalanceError, CreditsError, GrantError, NoPayer, ReleaseError, ReserveError, ReverseError,
    SettleError,
};

use super::Refusal;

/// For each error: the variants that wrap another error and pass it on; those that are rules, with their names; and those
/// that only a fault of ours brings about.
macro_rules! refusals {
    ($($error:ident { $($pass:ident),* ; $($variant:ident => $rule:literal),* ; $($fault:ident),* })*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                match error {
                    $($error::$pass(inner) => inner.into(),)*
                    $($error::$variant { .. } => Self::rule($rule, &error),)*
                    $($error::$fault { .. } => Self::Fault { detail: error.to_string() },)*
                }
            }
        }
    )*};
}

refusals! {
    AddInvoiceLine { IllegalMove, Invalid; BilledAlready => "billed-already", Totals => "amount-too-large"; }
    IssueInvoice { IllegalMove; NoLines => "invoice-without-lines", DueInThePast => "due-in-the-past"; }
    RecordPayment { IllegalMove, Invalid; MoreThanDue => "more-than-due", WrongCurrency => "currency-mismatch",
        ReferenceTaken => "external-ref-taken"; }
    FulfilOrder { IllegalMove; ; OtherOrder }
    CancelOrder { IllegalMove; HasPayments => "has-payments"; }

    CancelError { Illegal; StaffOnly => "staff-only"; }
    ActivateError { Illegal; Incomplete => "environment-incomplete"; }
    ConfigureError { Invalid; Decommissioned => "environment-decommissioned"; }
    ActivateSiteError { ; NotUsable => "license-not-usable", AllowanceExhausted => "sites-exhausted"; }

    NotAdmitted { ; Party => "not-admitted", StaffOnly => "staff-only", Entitlement => "entitlement-not-active",
        Environment => "environment-not-active", Service => "service-not-active", Priority => "priority-not-offered"; }
    MoveError { Illegal, NotAllowed, Invalid; ; }
    SubmitError { Move; NeedsCatalogItem => "needs-catalog-item"; HoldGivenBack }
    ApproveError { Move; ; HoldGivenBack }
    StartError { Move; NeedsAssignee => "needs-assignee", AnalysisOpen => "analysis-open"; AnalysisUnknown }
    CompleteError { Move, Settlement; ; OtherActual }
    AcceptError { Move, Settlement; NotDue => "not-due-yet"; }
    BillError { Move, Settlement, Credits, Money; NoBaseCreditValue => "no-base-credit-value"; }
    ActualError { Invalid, Credits; Missing => "actual-missing"; }
    SettlementError { ; ; OtherRequest, OtherBalance, OtherAmount, Missing, AlreadySettled }
    NoteError { Invalid; ClientNotesOnly => "client-notes-only"; }

    GrantError { Invalid, Balance; ReferenceTaken => "external-ref-taken"; }
    AdjustError { Invalid, Balance; BelowZero => "below-zero", UnknownLot => "unknown-lot"; }
    ReserveError { Illegal, Balance; Frozen => "balance-frozen", Exhausted => "insufficient-credits",
        OverdraftLimit => "overdraft-limit"; }
    SettleError { Illegal, Balance; SettledOtherwise => "settled-already"; }
    ReverseError { Illegal, Invalid, Balance; NotDebited => "not-debited"; }
    ReleaseError { Illegal, Balance; ; }
    BalanceError { ; Overflow => "amount-too-large", Negative => "negative-amount"; NotLoaded }
}

macro_rules! rules {
    ($($error:ident => $rule:literal,)*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::rule($rule, &error)
            }
        }
    )*};
}

rules! {
    OrderConflict => "external-ref-taken",
    OrganizationTaken => "organization-attached-already",
    MoneyError => "money",
    CreditsError => "amount-too-large",
    NoPayer => "insufficient-credits",
}

impl From<NotAllowed> for Refusal {
    fn from(error: NotAllowed) -> Self {
        Self::Forbidden { detail: error.to_string() }
    }
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::ProductNeeded { .. } => Self::Invalid(Invalid::field("product", error.to_string())),
            PlanError::OtherProduct { .. } => Self::Fault { detail: error.to_string() },
        }
    }
}

impl From<LicenseKeyError> for Refusal {
    fn from(error: LicenseKeyError) -> Self {
        Self::Invalid(Invalid::field("key", error.to_string()))
    }
}

impl From<SiteError> for Refusal {
    fn from(error: SiteError) -> Self {
        Self::Invalid(Invalid::field("site", error.to_string()))
    }
}

impl From<TeamError> for Refusal {
    fn from(error: TeamError) -> Self {
        match error {
            TeamError::Invalid(invalid) => invalid.into(),
            TeamError::NotFound { id } => Self::not_found("collaborator", id),
            TeamError::LastOwner => Self::rule("last-owner", &error),
            TeamError::OwnersOnly | TeamError::BeyondOwnRights { .. } => {
                Self::Forbidden { detail: error.to_string() }
            }
        }
    }
}
