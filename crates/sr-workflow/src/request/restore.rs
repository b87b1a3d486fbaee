//! What every row of a service request fulfils.

use kernel::StoreError;
use ust_credits::{Credits, price};

use super::{RequestStatus as S, ServiceRequest, ServiceRequestRecord, content};

impl ServiceRequest {
    /// Rebuilds a request from its row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a row that is no legal request.
    pub fn restore(record: ServiceRequestRecord) -> Result<Self, StoreError> {
        let texts = content::check_texts(&record.title, &record.description, record.assignee.as_deref());
        if let Err(invalid) = texts {
            return Err(StoreError::corrupt("service request", record.id, invalid));
        }
        if let Some(fault) = fault(&record) {
            return Err(StoreError::corrupt("service request", record.id, fault));
        }
        Ok(Self { record })
    }
}

/// What is wrong with the row, if anything is.
fn fault(row: &ServiceRequestRecord) -> Option<&'static str> {
    let status = row.status;
    let on_hold = status == S::OnHold;
    let done = matches!(status, S::Completed | S::Billed);
    let faults = [
        (row.version < 1, "version under 1"),
        (row.held_from.is_some() != on_hold, "where it was is kept exactly while on hold"),
        (row.hold_reason.is_some() != on_hold, "a hold's reason is kept exactly while on hold"),
        (row.completion.is_some() != done, "a completion is kept exactly once done"),
        (row.settled.is_some() && !done, "settled, and not done"),
        (row.acceptance.is_some() && !done, "accepted, and not done"),
        (row.acceptance.is_some() && row.settled.is_none(), "accepted, and not settled"),
        (row.acceptance.is_none() && status == S::Billed, "billed, and not accepted"),
        (row.billing.is_some() != (status == S::Billed), "a billed value is kept exactly when billed"),
        (row.closure.is_some() != (status == S::Closed), "a closure is kept exactly when closed"),
        (needs_approval(status) && row.approval.is_none(), "past approval, and not approved"),
        (
            row.hold_given_back && !matches!(status, S::Draft | S::PendingApproval),
            "its hold was given back, and it moved on",
        ),
        (row.analysis == Some(row.id), "an analysis of itself"),
        (!estimate_holds(row), "estimate is not base × complexity"),
        (!settlement_holds(row), "actual is not debited + overdrawn + excess"),
        (!billing_holds(row), "billed value is not covered + due"),
        (row.base_credit_value.is_some_and(|value| value.is_negative()), "base credit value under 0"),
    ];
    faults.into_iter().find_map(|(wrong, fault)| wrong.then_some(fault))
}

fn needs_approval(status: S) -> bool {
    matches!(status, S::Approved | S::InProgress | S::OnHold | S::Completed | S::Billed)
}

fn estimate_holds(row: &ServiceRequestRecord) -> bool {
    match (row.complexity, row.estimated_base, row.estimated_credits) {
        (None, None, None) => row.catalog.is_none(),
        (Some(complexity), Some(base), Some(credits)) => {
            !base.is_negative() && price(base, complexity) == Ok(credits)
        }
        _ => false,
    }
}

fn settlement_holds(row: &ServiceRequestRecord) -> bool {
    let (Some(completion), Some(settled)) = (&row.completion, row.settled) else { return true };
    let parts = [settled.debited, settled.overdrawn, settled.excess];
    parts.iter().all(|part| !part.is_negative()) && Credits::sum(parts) == Ok(completion.actual.credits)
}

fn billing_holds(row: &ServiceRequestRecord) -> bool {
    row.billing.is_none_or(|billed| billed.covered.checked_add(billed.due) == Ok(billed.value))
}
