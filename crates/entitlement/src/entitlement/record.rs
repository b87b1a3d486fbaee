//! An entitlement as it is made and stored.

use kernel::{
    EntitlementClass, EntitlementCode, EntitlementId, Invalid, OrderLineId, OrganizationId, ProductId,
    Timestamp,
};
use policy_resolver::kinds::SupportClass;

use super::{EntitlementStatus, Term};
use crate::{EmailAddress, organization::read};

/// Who has an entitlement that no organization has (EN-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Their name; 1 to 200 characters.
    pub name: String,
    /// Where they are written to.
    pub email: EmailAddress,
}

/// A new entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntitlement {
    /// Its code; the class is in it.
    pub code: EntitlementCode,
    /// Whose it is; a holder is needed where there is none.
    pub organization: Option<OrganizationId>,
    /// Name and e-mail address of the holder, as they were written.
    pub holder: Option<(String, String)>,
    /// The order line that bought it.
    pub order_line: Option<OrderLineId>,
    /// The product it is made from.
    pub product: Option<ProductId>,
    /// The support that comes with it.
    pub support_class: SupportClass,
}

impl NewEntitlement {
    pub(super) fn valid_holder(self) -> Result<Option<Holder>, Invalid> {
        let mut invalid = Invalid::default();
        let Some((name, email)) = self.holder else {
            if self.organization.is_none() {
                invalid.push("holder", "is needed where there is no organization");
            }
            return invalid.or_ok(None);
        };
        invalid.require_text("holder.name", &name, 200);
        let email = read(&mut invalid, "holder.email", &email);
        invalid.or_ok(email.map(|email| Holder { name: name.trim().to_owned(), email }))
    }
}

/// An entitlement as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementRecord {
    /// Its id.
    pub id: EntitlementId,
    /// Its code (ID-2); unique.
    pub code: EntitlementCode,
    /// The class, as in the code.
    pub class: EntitlementClass,
    /// Whose it is.
    pub organization: Option<OrganizationId>,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// The order line that bought it.
    pub order_line: Option<OrderLineId>,
    /// The product it was made from.
    pub product: Option<ProductId>,
    /// The support that comes with it (EN-4).
    pub support_class: SupportClass,
    /// Where it is in its life (EN-2).
    pub status: EntitlementStatus,
    /// When the trial ends or ended; only where there was one.
    pub trial_ends_at: Option<Timestamp>,
    /// When it began for real.
    pub starts_at: Option<Timestamp>,
    /// What is paid for; none where it does not end, or has not begun.
    pub term: Option<Term>,
    /// Since when something is unpaid: past due, or suspended for it.
    pub past_due_since: Option<Timestamp>,
    /// Since when it rests; only while suspended.
    pub suspended_at: Option<Timestamp>,
    /// When a cancellation takes effect that was asked for.
    pub cancel_at: Option<Timestamp>,
    /// When it expired; only while expired.
    pub expired_at: Option<Timestamp>,
    /// From when on no renewal brings it back; only while expired.
    pub renewal_grace_ends_at: Option<Timestamp>,
    /// When it was cancelled; only where it was.
    pub cancelled_at: Option<Timestamp>,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl EntitlementRecord {
    /// What holds of every stored entitlement.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        use EntitlementStatus as S;
        let mut invalid = Invalid::default();
        let mut rule = |holds: bool, path: &str, problem: &str| {
            if !holds {
                invalid.push(path, problem);
            }
        };
        let status = self.status;
        let begun = matches!(status, S::Active | S::PastDue | S::Suspended);
        rule(self.class == self.code.class(), "class", "must be that of the code");
        rule(
            self.organization.is_some() || self.holder.is_some(),
            "holder",
            "is needed without organization",
        );
        rule(status != S::Trialing || self.trial_ends_at.is_some(), "trial_ends_at", "is needed on trial");
        rule(!begun || self.starts_at.is_some(), "starts_at", "is needed once it has begun");
        rule(self.term.is_none_or(|term| term.months > 0), "term", "must have a length");
        let unpaid = matches!(status, S::PastDue | S::Suspended);
        rule(unpaid || self.past_due_since.is_none(), "past_due_since", "is for unpaid ones");
        rule(
            status != S::PastDue || self.past_due_since.is_some(),
            "past_due_since",
            "is needed when past due",
        );
        let suspended = status == S::Suspended;
        rule(suspended == self.suspended_at.is_some(), "suspended_at", "goes with suspended");
        let over = matches!(status, S::Expired | S::Cancelled);
        rule(!over || self.cancel_at.is_none(), "cancel_at", "must be none once it is over");
        let expired = status == S::Expired;
        rule(expired == self.expired_at.is_some(), "expired_at", "goes with expired");
        let grace = self.renewal_grace_ends_at.is_some();
        rule(expired == grace, "renewal_grace_ends_at", "goes with expired");
        rule((status == S::Cancelled) == self.cancelled_at.is_some(), "cancelled_at", "goes with cancelled");
        rule(self.version >= 1, "version", "must be 1 or more");
        invalid.or_ok(())
    }
}
