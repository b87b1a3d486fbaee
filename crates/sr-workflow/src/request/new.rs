//! How a request begins.

use kernel::{
    Actor, ActorKind, CreditBalanceId, Invalid, Money, ServiceRequestCode, ServiceRequestId, Timestamp,
};
use time::Date;

use super::{
    Admitted, Estimate, RequestStatus, ServiceRequest, ServiceRequestRecord,
    bill::check_base_credit_value,
    content::{check_texts, trimmed},
};

/// What a new request is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Its id.
    pub id: ServiceRequestId,
    /// Its code.
    pub code: ServiceRequestCode,
    /// What is asked for, in short: at most [`MAX_TITLE`](crate::MAX_TITLE) characters.
    pub title: String,
    /// What is asked for, at length: at most [`MAX_DESCRIPTION`](crate::MAX_DESCRIPTION) characters; may be empty.
    pub description: String,
    /// The day by which it is wanted.
    pub due_date: Option<Date>,
    /// Who is to do it; given by staff only.
    pub assignee: Option<String>,
    /// The estimate: of the catalog item that was chosen, or a figure of the staff's. A customer's is the item's own price.
    pub estimate: Option<Estimate>,
    /// The balance that pays (CR-13).
    pub credit_balance: Option<CreditBalanceId>,
    /// What a credit is worth now (SR-20): see [`base_credit_value`](super::base_credit_value).
    pub base_credit_value: Option<Money>,
    /// The analysis that has to be completed before it starts (SR-9).
    pub analysis: Option<ServiceRequestId>,
}

impl ServiceRequest {
    /// A new draft. Its estimate, where there is one, is to be reserved in the same transaction (SR-6).
    ///
    /// `by` is who was admitted. A customer's priority is kept as suggested too (SR-11).
    ///
    /// # Errors
    /// [`Invalid`] with every wrong field.
    pub fn try_new(new: NewRequest, admitted: Admitted, by: &Actor, now: Timestamp) -> Result<Self, Invalid> {
        let customer = by.kind == ActorKind::Customer;
        let mut invalid =
            check_texts(&new.title, &new.description, new.assignee.as_deref()).err().unwrap_or_default();
        if by.kind != admitted.by {
            invalid.push("requested_by", format!("a {} was admitted, not a {}", admitted.by, by.kind));
        }
        if customer && new.assignee.is_some() {
            invalid.push("assignee", "is set by staff");
        }
        if customer && new.estimate.is_some_and(|estimate| !estimate.is_list_price()) {
            invalid.push("estimate", "is made by staff; customers choose a catalog item at its own price");
        }
        if new.analysis == Some(new.id) {
            invalid.push("analysis", "must be another request");
        }
        check_base_credit_value(new.base_credit_value, &mut invalid);
        invalid.or_ok(())?;
        let estimate = new.estimate;
        Ok(Self {
            record: ServiceRequestRecord {
                id: new.id,
                code: new.code,
                origin: admitted.origin,
                entitlement: admitted.entitlement,
                organization: admitted.organization,
                title: new.title.trim().to_owned(),
                description: new.description.trim().to_owned(),
                status: RequestStatus::Draft,
                held_from: None,
                hold_reason: None,
                priority: admitted.priority,
                suggested_priority: customer.then_some(admitted.priority),
                due_date: new.due_date,
                assignee: trimmed(new.assignee),
                jira_issue_key: None,
                analysis: new.analysis,
                catalog: estimate.and_then(|estimate| estimate.catalog),
                complexity: estimate.map(|estimate| estimate.complexity),
                estimated_base: estimate.map(|estimate| estimate.base),
                estimated_credits: estimate.map(|estimate| estimate.credits),
                credit_balance: new.credit_balance,
                hold_given_back: false,
                base_credit_value: new.base_credit_value,
                requested_by: by.clone(),
                approval: None,
                completion: None,
                settled: None,
                acceptance: None,
                reopening: None,
                billing: None,
                closure: None,
                created_at: now,
                moved_at: now,
                changed_at: now,
                next_due: None,
                version: 1,
            },
        })
    }
}
