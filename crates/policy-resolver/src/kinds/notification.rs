//! Who hears of what.

use strum::VariantArray;

use super::Recipient;
use crate::declare::{choice, kind, section};

choice! {
    /// The ways in which a notice is delivered.
    pub enum Channel {
        /// By e-mail.
        Email,
        /// To the organization's webhooks.
        Webhook,
        /// In the portal.
        Portal,
    }
}

section! {
    /// How an event is made known that just happens.
    pub struct Notice {
        /// Whether anybody is told.
        pub enabled: bool = true,
        /// On which ways.
        pub channels: Vec<Channel> = Channel::VARIANTS.to_vec() => [items(3)],
        /// Who is told.
        pub recipients: Vec<Recipient> = vec![Recipient::Owner, Recipient::Admin] => [items(16)],
    }
}

section! {
    /// How an event is made known that can be foreseen.
    pub struct AdvanceNotice {
        /// Whether anybody is told.
        pub enabled: bool = true,
        /// On which ways.
        pub channels: Vec<Channel> = Channel::VARIANTS.to_vec() => [items(3)],
        /// Who is told.
        pub recipients: Vec<Recipient> = vec![Recipient::Owner, Recipient::Admin] => [items(16)],
        /// Days ahead on which notice is given.
        pub days_before: Vec<u32> = vec![7, 1] => [unit("days"), max(3650), items(32)],
    }
}

/// How an event is made known, of either sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeTerms<'a> {
    /// Whether anybody is told.
    pub enabled: bool,
    /// On which ways.
    pub channels: &'a [Channel],
    /// Who is told.
    pub recipients: &'a [Recipient],
    /// Days ahead on which notice is given; empty for an event that cannot be foreseen.
    pub days_before: &'a [u32],
}

impl Notice {
    fn to(recipients: &[Recipient]) -> Self {
        Self { recipients: recipients.to_vec(), ..Self::default() }
    }

    /// The terms of this notice.
    pub fn terms(&self) -> NoticeTerms<'_> {
        let Self { enabled, channels, recipients } = self;
        NoticeTerms { enabled: *enabled, channels, recipients, days_before: &[] }
    }
}

impl AdvanceNotice {
    fn to(recipients: &[Recipient], days_before: &[u32]) -> Self {
        Self { recipients: recipients.to_vec(), days_before: days_before.to_vec(), ..Self::default() }
    }

    /// The terms of this notice.
    pub fn terms(&self) -> NoticeTerms<'_> {
        let Self { enabled, channels, recipients, days_before } = self;
        NoticeTerms { enabled: *enabled, channels, recipients, days_before }
    }
}

use Recipient::{
    Admin, Assignee, Billing, Holder, Owner, Requester, StaffAdmin, StaffDelivery, StaffFinance,
};

/// Declares the events once: the enum, the policy's fields and the look-up between them.
macro_rules! events {
    ($( $(#[doc = $doc:expr])* $variant:ident $field:ident: $ty:ty = $notice:expr; )*) => {
        choice! {
            /// The events that somebody can be told of.
            pub enum NotificationEvent { $( $(#[doc = $doc])* $variant, )* }
        }

        kind! {
            /// Who hears of what: a notice for each event.
            pub struct NotificationPolicy("notification") {
                $( $(#[doc = $doc])* pub $field: $ty = $notice, )*
            }
        }

        impl NotificationPolicy {
            /// How an event is made known.
            pub fn notice(&self, event: NotificationEvent) -> NoticeTerms<'_> {
                match event { $( NotificationEvent::$variant => self.$field.terms(), )* }
            }
        }
    };
}

events! {
    /// An order was paid in full.
    OrderPaid order_paid: Notice = Notice::to(&[Owner, Admin, Billing, StaffFinance]);
    /// An entitlement became active.
    EntitlementActivated entitlement_activated: Notice = Notice::to(&[Owner, Admin, Holder]);
    /// A term ends soon and is renewed.
    RenewalDue renewal_due: AdvanceNotice = AdvanceNotice::to(&[Owner, Admin, Billing, Holder], &[30, 7, 1]);
    /// An entitlement was suspended.
    EntitlementSuspended entitlement_suspended: Notice = Notice::to(&[Owner, Admin, Billing, Holder]);
    /// An entitlement expired.
    EntitlementExpired entitlement_expired: Notice = Notice::to(&[Owner, Admin, Billing, Holder]);
    /// An entitlement was cancelled.
    EntitlementCancelled entitlement_cancelled: Notice = Notice::to(&[Owner, Admin, Billing, Holder]);
    /// A trial ends soon.
    TrialEnding trial_ending: AdvanceNotice = AdvanceNotice::to(&[Owner, Admin, Holder], &[3, 1]);
    /// A contract ends soon.
    ContractEnding contract_ending: AdvanceNotice = AdvanceNotice::to(&[Owner, Admin, StaffFinance], &[60, 30]);
    /// A payment is late.
    PaymentReminder payment_reminder: Notice = Notice::to(&[Owner, Billing, Holder]);
    /// A quote was sent.
    QuoteSent quote_sent: Notice = Notice::to(&[Owner, Admin]);
    /// A quote is valid for a short time only.
    QuoteExpiring quote_expiring: AdvanceNotice = AdvanceNotice::to(&[Owner, Admin], &[3]);
    /// An invoice was issued.
    InvoiceIssued invoice_issued: Notice = Notice::to(&[Owner, Billing]);
    /// An invoice is past its due date.
    InvoiceOverdue invoice_overdue: Notice = Notice::to(&[Owner, Billing, StaffFinance]);
    /// The balance of credits fell to `low_balance_at`.
    CreditsLow credits_low: Notice = Notice::to(&[Owner, Admin]);
    /// Credits expire soon.
    CreditsExpiring credits_expiring: AdvanceNotice = AdvanceNotice::to(&[Owner, Admin], &[30, 7]);
    /// Credits were used that were not there.
    CreditsExceeded credits_exceeded: Notice = Notice::to(&[Owner, Admin, Billing, StaffFinance]);
    /// An environment waits to be set up.
    EnvironmentAwaitingSetup environment_awaiting_setup: Notice = Notice::to(&[StaffDelivery]);
    /// An environment became active.
    EnvironmentActive environment_active: Notice = Notice::to(&[Owner, Admin]);
    /// A service waits for the customer's approval.
    ServiceProposed service_proposed: Notice = Notice::to(&[Owner, Admin]);
    /// A project or milestone was delivered.
    WorkDelivered work_delivered: Notice = Notice::to(&[Owner, Admin]);
    /// A service request was made.
    RequestCreated request_created: Notice = Notice::to(&[StaffDelivery]);
    /// A service request waits for the customer's approval.
    RequestAwaitingApproval request_awaiting_approval: Notice = Notice::to(&[Owner, Admin, Requester]);
    /// A service request was approved.
    RequestApproved request_approved: Notice = Notice::to(&[Assignee, StaffDelivery]);
    /// Work on a service request stands still.
    RequestOnHold request_on_hold: Notice = Notice::to(&[Requester]);
    /// A service request was completed.
    RequestCompleted request_completed: Notice = Notice::to(&[Requester, Owner]);
    /// A service request was closed without being done.
    RequestClosed request_closed: Notice = Notice::to(&[Requester, Assignee]);
    /// The customer or staff wrote a note that both see.
    RequestNote request_note: Notice = Notice::to(&[Requester, Assignee]);
    /// Part of an SLA target has passed.
    SlaEscalation sla_escalation: Notice = Notice::to(&[Assignee, StaffDelivery]);
    /// An SLA target was missed.
    SlaBreached sla_breached: Notice = Notice::to(&[Assignee, StaffDelivery, StaffAdmin]);
    /// The exchange with the tracker needs a person.
    SyncConflict sync_conflict: Notice = Notice::to(&[StaffDelivery, StaffAdmin]);
}
