//! Moves to another tier of the same class.

use crate::declare::{choice, kind};

choice! {
    /// When a change of tier takes effect.
    pub enum TierChangeWhen {
        /// At once.
        Immediate,
        /// When the term is renewed.
        AtRenewal,
    }
}

choice! {
    /// How the rest of the running term is reckoned.
    pub enum Proration {
        /// By the day.
        Daily,
        /// Not at all.
        None,
    }
}

kind! {
    /// Moves to another tier of the same class.
    pub struct TierChangePolicy("tier_change") {
        /// When a move to a higher tier takes effect.
        pub upgrade: TierChangeWhen = TierChangeWhen::Immediate,
        /// When a move to a lower tier takes effect.
        pub downgrade: TierChangeWhen = TierChangeWhen::AtRenewal,
        /// How the rest of the running term is reckoned.
        pub proration: Proration = Proration::Daily,
    }
}
