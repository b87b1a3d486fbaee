//! How an entitlement is cancelled.

use crate::declare::{choice, kind};

choice! {
    /// When a cancellation takes effect.
    pub enum CancelWhen {
        /// At once.
        Immediate,
        /// When the running term ends.
        EndOfTerm,
    }
}

choice! {
    /// What becomes of credits that are left when an entitlement is cancelled.
    pub enum UnusedCredits {
        /// They are lost at once.
        Forfeit,
        /// They stay usable until they expire.
        KeepUntilExpiry,
    }
}

choice! {
    /// What becomes of service requests that are being worked on when an entitlement is cancelled.
    pub enum RunningRequests {
        /// They are finished.
        Finish,
        /// They are closed, and their credits released.
        Close,
    }
}

kind! {
    /// How an entitlement is cancelled.
    pub struct CancellationPolicy("cancellation") {
        /// When it takes effect.
        pub when: CancelWhen = CancelWhen::EndOfTerm,
        /// Days of notice: the earliest a cancellation takes effect after it was asked for.
        pub notice_days: u32 = 0 => [unit("days"), max(3650)],
        /// Whether customers may cancel by themselves.
        pub by_customer: bool = true,
        /// What becomes of unused credits.
        pub unused_credits: UnusedCredits = UnusedCredits::KeepUntilExpiry,
        /// What becomes of requests in progress.
        pub running_requests: RunningRequests = RunningRequests::Finish,
    }
}
