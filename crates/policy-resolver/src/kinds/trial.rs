//! Trials.

use super::CreditAmount;
use crate::declare::{choice, kind};

choice! {
    /// What becomes of an entitlement when its trial ends.
    pub enum TrialEnd {
        /// It becomes a paid one.
        Convert,
        /// It expires.
        Expire,
    }
}

kind! {
    /// Trials.
    pub struct TrialPolicy("trial") {
        /// Days that a trial lasts; 0 offers none.
        pub days: u32 = 0 => [unit("days"), max(3650)],
        /// What happens at its end.
        pub on_end: TrialEnd = TrialEnd::Expire,
        /// Whether an organization gets one trial of a product at most.
        pub once_per_organization: bool = true,
        /// Credits granted for the trial.
        pub included_credits: CreditAmount = CreditAmount::ZERO => [unit("credits"), min(0)],
    }
}
