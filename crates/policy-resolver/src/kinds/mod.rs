//! The ten built-in kinds of policies (PO-1): typed, with units, bounds and built-in defaults.
//!
//! `Default` of each struct is its built-in default: what holds where no document says otherwise.

mod cancellation;
mod credits;
mod notification;
mod payment_recovery;
mod provisioning;
mod refund;
mod renewal;
mod sla;
mod tier_change;
mod trial;
mod vocabulary;

pub use cancellation::{CancelWhen, CancellationPolicy, RunningRequests, UnusedCredits};
pub use credits::{CreditPolicy, DebitOn, OnExhausted};
pub use notification::{AdvanceNotice, Channel, Notice, NoticeTerms, NotificationEvent, NotificationPolicy};
pub use payment_recovery::PaymentRecoveryPolicy;
pub use provisioning::{ProvisioningPolicy, ServiceStart};
pub use refund::{RefundMode, RefundPolicy};
pub use renewal::{RenewalFailure, RenewalPolicy, RenewalPrice};
pub use sla::{Escalation, PerPriority, SlaPolicy, SupportHours};
pub use tier_change::{Proration, TierChangePolicy, TierChangeWhen};
pub use trial::{TrialEnd, TrialPolicy};
pub use vocabulary::{
    AmountError, CreditAmount, MoneyValue, Priority, Recipient, SupportClass, TimeOfDay, TimeOfDayError,
    UtcOffset, UtcOffsetError, Weekday,
};

/// One resolved policy of each built-in kind: what holds for one subject at one instant.
///
/// ```
/// use policy_resolver::kinds::{OnExhausted, Policies, SupportClass};
///
/// let policies = Policies::for_support_class(SupportClass::Enterprise);
/// assert_eq!(policies.credits.on_exhausted, OnExhausted::BillExcess);
/// assert_eq!(policies.sla.response_minutes.urgent, Some(30));
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// Renewal at the end of a term.
    pub renewal: RenewalPolicy,
    /// What follows an unpaid invoice.
    pub payment_recovery: PaymentRecoveryPolicy,
    /// How an entitlement is cancelled.
    pub cancellation: CancellationPolicy,
    /// Promised times.
    pub sla: SlaPolicy,
    /// How credits are granted, held and used up.
    pub credits: CreditPolicy,
    /// What is made when an order is paid.
    pub provisioning: ProvisioningPolicy,
    /// Trials.
    pub trial: TrialPolicy,
    /// Refunds.
    pub refund: RefundPolicy,
    /// Moves to another tier.
    pub tier_change: TierChangePolicy,
    /// Who hears of what.
    pub notification: NotificationPolicy,
}

impl Policies {
    /// The built-in defaults for a support class: only the SLA differs between classes.
    pub fn for_support_class(class: SupportClass) -> Self {
        Self { sla: SlaPolicy::for_support_class(class), ..Self::default() }
    }
}
