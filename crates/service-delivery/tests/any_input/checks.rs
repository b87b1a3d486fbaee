//! What must hold of any text that names a filter, an order of a list or a thing: it is read and written again as what it was, or
//! refused. Nothing panics.

use std::{fmt::Display, str::FromStr};

use entitlement::{
    Country, CronExpression, EmailAddress, EntitlementStatus, LicenseKey, ReferralCode, Role, Scope, Site,
    Sku,
};
use service_delivery::{
    access::Operation,
    reads::{
        BalanceSort, CatalogItemSort, EntitlementSort, EventSort, InvoiceSort, LedgerSort, RequestSort,
        Sorted,
    },
};
use sr_workflow::{JiraIssueKey, JiraProjectKey, RequestStatus};
use ust_credits::{Complexity, EntryKind, HoldState, LotSource};

/// Any text, read as everything that a query or a body names in words.
pub(crate) fn texts(text: &str) {
    macro_rules! exact {
        ($($word:ty),* $(,)?) => {$(
            if let Ok(word) = text.parse::<$word>() {
                assert_eq!(word.to_string(), text, stringify!($word));
            }
        )*};
    }
    exact!(
        Sorted<BalanceSort>,
        Sorted<CatalogItemSort>,
        Sorted<EntitlementSort>,
        Sorted<EventSort>,
        Sorted<InvoiceSort>,
        Sorted<LedgerSort>,
        Sorted<RequestSort>,
        Complexity,
        EntitlementStatus,
        EntryKind,
        HoldState,
        LotSource,
        Operation,
        RequestStatus,
        Role,
        Scope,
    );
    again::<Country>(text);
    again::<CronExpression>(text);
    again::<EmailAddress>(text);
    again::<JiraIssueKey>(text);
    again::<JiraProjectKey>(text);
    again::<LicenseKey>(text);
    again::<ReferralCode>(text);
    again::<Site>(text);
    again::<Sku>(text);
}

/// What is written of what was read is read as the same.
fn again<T: FromStr<Err: Display> + Display + PartialEq>(text: &str) {
    match text.parse::<T>() {
        Ok(value) => {
            let written = value.to_string();
            assert!(written.parse::<T>().is_ok_and(|again| again == value), "{text:?} became {written:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
