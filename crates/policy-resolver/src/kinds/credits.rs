//! How credits are granted, held and used up.

use super::{CreditAmount, MoneyValue};
use crate::declare::{choice, kind};

choice! {
    /// What happens when more is asked for than is available.
    pub enum OnExhausted {
        /// What is there is held, the shortfall is billed separately.
        BillExcess,
        /// Nothing is held, the request is refused.
        Block,
        /// The balance may go below zero, down to the overdraft limit.
        Overdraft,
    }
}

choice! {
    /// When held credits are debited.
    pub enum DebitOn {
        /// When the work is completed.
        Completion,
        /// When the customer accepts it.
        Acceptance,
    }
}

kind! {
    /// How credits are granted, held and used up.
    pub struct CreditPolicy("credits") {
        /// Months until granted credits expire; none never expires.
        pub expiry_months: Option<u32> = Some(12) => [unit("months"), min(1), max(1200)],
        /// Days after expiry during which credits can still be used.
        pub grace_days: u32 = 0 => [unit("days"), max(3650)],
        /// What happens when the balance does not suffice.
        pub on_exhausted: OnExhausted = OnExhausted::BillExcess,
        /// How far below zero the balance may go, under `overdraft`.
        pub overdraft_limit: CreditAmount = CreditAmount::ZERO => [unit("credits"), min(0)],
        /// Requests estimated up to this need no approval.
        pub pre_approved_up_to: CreditAmount = CreditAmount::ZERO => [unit("credits"), min(0)],
        /// A request estimated above this is not pre-approved; none sets no limit.
        pub per_request_limit: Option<CreditAmount> = None => [unit("credits"), min(0)],
        /// Requests of one month above this sum are not pre-approved; none sets no limit.
        pub monthly_limit: Option<CreditAmount> = None => [unit("credits"), min(0)],
        /// Notice is given when the balance falls to this; none gives no notice.
        pub low_balance_at: Option<CreditAmount> = None => [unit("credits"), min(0)],
        /// At most this much rolls over into the next term; none: everything does, until it expires.
        pub rollover_cap: Option<CreditAmount> = None => [unit("credits"), min(0)],
        /// When held credits are debited.
        pub debit_on: DebitOn = DebitOn::Completion,
        /// Days after completion on which work counts as accepted.
        pub accept_after_days: u32 = 7 => [unit("days"), max(3650)],
        /// Days after which a draft that nobody moves gives its hold back; none never does.
        pub draft_hold_days: Option<u32> = Some(30) => [unit("days"), max(3650)],
        /// What an hour of work outside of the catalog costs.
        pub credits_per_hour: CreditAmount = CreditAmount::from_units(10) => [unit("credits per hour"), min(0)],
        /// What one credit is worth when it is billed; none: it is agreed elsewhere.
        pub base_credit_value: Option<MoneyValue> = None
            => [unit("money per credit"), min(0), max(1_000_000_000), scale(8)],
    }
}
