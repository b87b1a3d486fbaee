//! Billing runs, invoices and what came in.

use super::{ALBORADA, HORIZONTE, PAULO};
use crate::demo::deed::{Dated, Deed, dated};

/// Days that a customer has to pay.
const TERMS: i64 = 15;

/// Once a month: the run, the invoices the day after, and eleven days later everybody has paid. What prepaid credits and
/// payments cover is paid as soon as it is issued.
fn month(days_ago: u16) -> [Dated; 3] {
    [
        dated(days_ago, 19, PAULO, Deed::Bill),
        dated(days_ago - 1, 9, PAULO, Deed::Issue { due_in_days: TERMS }),
        dated(days_ago - 12, 17, PAULO, Deed::CollectInvoices { save: &[] }),
    ]
}

pub(super) fn story() -> Vec<Dated> {
    let mut story: Vec<Dated> = [183, 152, 122, 92, 62, 33].into_iter().flat_map(month).collect();
    // Of the last invoices two are not paid yet, and those of the last run are drafts.
    story.push(dated(11, 19, PAULO, Deed::Bill));
    story.push(dated(10, 9, PAULO, Deed::Issue { due_in_days: TERMS }));
    story.push(dated(4, 17, PAULO, Deed::CollectInvoices { save: &[ALBORADA, HORIZONTE] }));
    story.push(dated(2, 19, PAULO, Deed::Bill));
    story
}
