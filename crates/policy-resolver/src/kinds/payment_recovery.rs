//! What follows an unpaid invoice.

use crate::{Rule, declare::kind};

kind! {
    /// What follows an unpaid invoice: reminders, suspension, cancellation.
    pub struct PaymentRecoveryPolicy("payment_recovery") {
        /// Days past due on which a reminder is sent.
        pub reminder_days: Vec<u32> = vec![1, 3, 7] => [unit("days"), max(3650), items(32)],
        /// Days past due after which the entitlement is suspended.
        pub suspend_after_days: u32 = 14 => [unit("days"), max(3650)],
        /// Days past due after which the entitlement is cancelled; none never cancels.
        pub cancel_after_days: Option<u32> = Some(60) => [unit("days"), max(3650)],
    }
    rules: vec![Rule::at_most("suspend_after_days", "cancel_after_days")];
}
