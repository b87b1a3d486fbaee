//! Renewal at the end of a term.

use crate::declare::{choice, kind};

choice! {
    /// The price of a renewed term.
    pub enum RenewalPrice {
        /// The product's price on the day of the renewal.
        Current,
        /// The price of the term that ends.
        Locked,
    }
}

choice! {
    /// What becomes of an entitlement whose renewal was not paid.
    pub enum RenewalFailure {
        /// It is suspended, and comes back when paid.
        Suspend,
        /// It expires.
        Expire,
    }
}

kind! {
    /// Renewal at the end of a term.
    pub struct RenewalPolicy("renewal") {
        /// Whether the term is renewed without anybody asking.
        pub auto_renew: bool = true,
        /// Days before the end of the term on which notice is given.
        pub notice_days: Vec<u32> = vec![30, 7, 1] => [unit("days"), max(3650), items(32)],
        /// Days after the end of the term during which an expired entitlement can still be renewed.
        pub grace_days: u32 = 7 => [unit("days"), max(3650)],
        /// The price of the renewed term.
        pub price: RenewalPrice = RenewalPrice::Current,
        /// What happens when the renewal is not paid.
        pub on_failure: RenewalFailure = RenewalFailure::Suspend,
    }
}
