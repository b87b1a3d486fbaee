//! The ten built-in kinds of policies (PO-1): typed, with units, bounds and built-in defaults.
//!
//! `Default` of each struct is its built-in default: what holds where no document says otherwise.

#[cfg(feature = "kinds")]
mod cancellation;
#[cfg(feature = "kinds")]
mod credits;
#[cfg(feature = "kinds")]
mod notification;
#[cfg(feature = "kinds")]
mod payment_recovery;
#[cfg(feature = "kinds")]
mod provisioning;
#[cfg(feature = "kinds")]
mod refund;
#[cfg(feature = "kinds")]
mod renewal;
#[cfg(feature = "kinds")]
mod sla;
#[cfg(feature = "kinds")]
mod tier_change;
#[cfg(feature = "kinds")]
mod trial;
mod vocabulary;

#[cfg(feature = "kinds")]
pub use cancellation::{CancelWhen, CancellationPolicy, RunningRequests, UnusedCredits};
#[cfg(feature = "kinds")]
pub use credits::{CreditPolicy, DebitOn, OnExhausted};
#[cfg(feature = "kinds")]
pub use notification::{AdvanceNotice, Channel, Notice, NoticeTerms, NotificationEvent, NotificationPolicy};
#[cfg(feature = "kinds")]
pub use payment_recovery::PaymentRecoveryPolicy;
#[cfg(feature = "kinds")]
pub use provisioning::{ProvisioningPolicy, ServiceStart};
#[cfg(feature = "kinds")]
pub use refund::{RefundMode, RefundPolicy};
#[cfg(feature = "kinds")]
pub use renewal::{RenewalFailure, RenewalPolicy, RenewalPrice};
#[cfg(feature = "kinds")]
pub use sla::{Escalation, PerPriority, SlaPolicy, SupportHours};
#[cfg(feature = "kinds")]
pub use tier_change::{Proration, TierChangePolicy, TierChangeWhen};
#[cfg(feature = "kinds")]
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
#[cfg(feature = "kinds")]
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

#[cfg(feature = "kinds")]
impl Policies {
    /// The built-in defaults for a support class: only the SLA differs between classes.
    pub fn for_support_class(class: SupportClass) -> Self {
        Self { sla: SlaPolicy::for_support_class(class), ..Self::default() }
    }
}
