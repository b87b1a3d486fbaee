//! Refunds.

use crate::declare::{choice, kind};

choice! {
    /// How much is given back.
    pub enum RefundMode {
        /// Everything that was paid.
        Full,
        /// The part that was not used.
        Prorated,
        /// Nothing.
        None,
    }
}

kind! {
    /// Refunds.
    pub struct RefundPolicy("refund") {
        /// Days after payment within which a refund can be asked for.
        pub window_days: u32 = 14 => [unit("days"), max(3650)],
        /// How much is given back.
        pub mode: RefundMode = RefundMode::Prorated,
        /// Whether staff have to agree.
        pub needs_staff: bool = true,
    }
}
