//! What a customer may use: the hub for everything under it (EN-1 … EN-3).

mod cancellation;
mod record;
mod status;
mod term;

use std::num::NonZeroU32;

use kernel::{
    EntitlementClass, EntitlementCode, EntitlementId, IllegalMove, Invalid, OrderLineId, OrganizationId,
    ProductId, Standing, Timestamp, step,
};
use policy_resolver::kinds::{RenewalPolicy, SupportClass};
use time::UtcOffset;

pub use cancellation::{CancelError, Cancellation};
pub use record::{EntitlementRecord, Holder, NewEntitlement};
pub use status::{EntitlementCommand, EntitlementStatus};
pub use term::Term;

use crate::StatusChange;

/// The change of status that an entitlement's command makes.
type Change = StatusChange<EntitlementStatus>;

/// Why no trial begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartTrialError {
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// A trial of no days.
    #[error("no trial is offered")]
    NoTrial,
}

/// Why it is not renewed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// Too late.
    #[error("the grace for a renewal ended at {ended_at}")]
    GraceOver {
        /// From when on it was too late.
        ended_at: Timestamp,
    },
    /// It has no end that a renewal could move.
    #[error("it has no term to renew: it does not end")]
    NoTerm,
    /// The new end is beyond the calendar.
    #[error("the renewed term would end beyond the calendar")]
    TooLong,
}

/// What a renewal brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewedTerm {
    /// The status before and after.
    pub change: Change,
    /// When the new term begins: where the old one ends, so that no day is lost and none is free.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// What attaching an organization did (EN-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// It has the organization now.
    Attached,
    /// It had it already; nothing changed.
    AlreadyAttached,
}

/// It belongs to another organization, for good (EN-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it belongs to organization {organization} already")]
pub struct OrganizationTaken {
    /// Whose it is.
    pub organization: OrganizationId,
}

/// What a customer may use (EN-1 … EN-4). Sovereign: it may stand without organization and order, and has a holder then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement(EntitlementRecord);

impl Entitlement {
    /// A new entitlement, pending.
    ///
    /// # Errors
    /// Every field that is wrong: a holder without name or address, neither organization nor holder.
    pub fn try_new(id: EntitlementId, new: NewEntitlement, now: Timestamp) -> Result<Self, Invalid> {
        let (code, organization, order_line) = (new.code, new.organization, new.order_line);
        let (product, support_class) = (new.product, new.support_class);
        let holder = new.valid_holder()?;
        Ok(Self(EntitlementRecord {
            id,
            code,
            class: code.class(),
            organization,
            holder,
            order_line,
            product,
            support_class,
            status: EntitlementStatus::Pending,
            trial_ends_at: None,
            starts_at: None,
            term: None,
            past_due_since: None,
            suspended_at: None,
            cancel_at: None,
            expired_at: None,
            renewal_grace_ends_at: None,
            cancelled_at: None,
            version: 1,
            created_at: now,
        }))
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no entitlement.
    pub fn restore(record: EntitlementRecord) -> Result<Self, Invalid> {
        record.check()?;
        Ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &EntitlementRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> EntitlementId {
        self.0.id
    }

    /// Its code.
    pub fn code(&self) -> EntitlementCode {
        self.0.code
    }

    /// Its class.
    pub fn class(&self) -> EntitlementClass {
        self.0.class
    }

    /// Whose it is; none while it is a person's alone.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.0.organization
    }

    /// Who holds it.
    pub fn holder(&self) -> Option<&Holder> {
        self.0.holder.as_ref()
    }

    /// The order line that bought it.
    pub fn order_line(&self) -> Option<OrderLineId> {
        self.0.order_line
    }

    /// The product it was made from.
    pub fn product(&self) -> Option<ProductId> {
        self.0.product
    }

    /// The support that comes with it.
    pub fn support_class(&self) -> SupportClass {
        self.0.support_class
    }

    /// Where it is in its life.
    pub fn status(&self) -> EntitlementStatus {
        self.0.status
    }

    /// The present term; none where it does not end, or has not begun.
    pub fn term(&self) -> Option<Term> {
        self.0.term
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// What its status means at `now` for everything under it (EN-5).
    pub fn standing(&self, now: Timestamp) -> Standing {
        self.0.status.standing(self.0.renewal_grace_ends_at, now)
    }

    /// Begins a trial of `days` days.
    ///
    /// # Errors
    /// Not pending, or no days.
    pub fn start_trial(&mut self, days: u32, now: Timestamp) -> Result<Change, StartTrialError> {
        let change = self.step(EntitlementCommand::StartTrial)?;
        if days == 0 {
            return Err(StartTrialError::NoTrial);
        }
        self.0.trial_ends_at = Some(now.plus_days(i64::from(days)));
        Ok(self.apply(change))
    }

    /// Begins for real, for `term_months` calendar months at the business's `offset` (TM-2), or without end.
    ///
    /// # Errors
    /// Neither pending nor trialing.
    pub fn activate(
        &mut self,
        term_months: Option<NonZeroU32>,
        now: Timestamp,
        offset: UtcOffset,
    ) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Activate)?;
        self.0.starts_at = Some(now);
        self.0.term = term_months.map(|months| Term::first(now, months, offset));
        Ok(self.apply(change))
    }

    /// Notes that something is unpaid since `since`.
    ///
    /// # Errors
    /// Not active.
    pub fn mark_past_due(&mut self, since: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::MarkPastDue)?;
        self.0.past_due_since = Some(since);
        Ok(self.apply(change))
    }

    /// Notes that what was unpaid is paid.
    ///
    /// # Errors
    /// Not past due.
    pub fn recover(&mut self) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Recover)?;
        self.0.past_due_since = None;
        Ok(self.apply(change))
    }

    /// Lets it rest, with everything under it. An unpaid one stays unpaid meanwhile.
    ///
    /// # Errors
    /// Neither active nor past due.
    pub fn suspend(&mut self, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Suspend)?;
        self.0.suspended_at = Some(now);
        Ok(self.apply(change))
    }

    /// Brings it back, active, with everything under it as it was.
    ///
    /// # Errors
    /// Not suspended.
    pub fn reactivate(&mut self) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Reactivate)?;
        self.0.suspended_at = None;
        self.0.past_due_since = None;
        Ok(self.apply(change))
    }

    /// Ends it, open to a renewal for the policy's days of grace. A cancellation that was to come is settled by it.
    ///
    /// # Errors
    /// Neither trialing, active nor suspended.
    pub fn expire(&mut self, policy: &RenewalPolicy, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Expire)?;
        self.0.expired_at = Some(now);
        self.0.renewal_grace_ends_at = Some(now.plus_days(i64::from(policy.grace_days)));
        self.0.past_due_since = None;
        self.0.suspended_at = None;
        self.0.cancel_at = None;
        Ok(self.apply(change))
    }

    /// Begins a new term of `months` where the present one ends; from now on where there was none before it expired.
    ///
    /// # Errors
    /// Neither active nor expired, past the grace (half-open: at its end it is too late), without end, beyond the calendar.
    pub fn renew(
        &mut self,
        months: NonZeroU32,
        now: Timestamp,
        offset: UtcOffset,
    ) -> Result<RenewedTerm, RenewError> {
        let change = self.step(EntitlementCommand::Renew)?;
        if let Some(ended_at) = self.0.renewal_grace_ends_at.filter(|end| *end <= now) {
            return Err(RenewError::GraceOver { ended_at });
        }
        let (from, term) = match (self.0.term, change.from) {
            (Some(term), _) => (term.ends_at, term.renewed(months, offset).ok_or(RenewError::TooLong)?),
            (None, EntitlementStatus::Expired) => (now, Term::first(now, months, offset)),
            (None, _) => return Err(RenewError::NoTerm),
        };
        self.0.starts_at = self.0.starts_at.or(Some(from));
        self.0.term = Some(term);
        self.0.expired_at = None;
        self.0.renewal_grace_ends_at = None;
        Ok(RenewedTerm { change: self.apply(change), from, until: term.ends_at })
    }

    /// Ends it for good, now. What a customer asks for goes through [`Entitlement::request_cancellation`].
    ///
    /// # Errors
    /// Expired or cancelled.
    pub fn cancel(&mut self, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.step(EntitlementCommand::Cancel)?;
        self.0.cancelled_at = Some(now);
        self.0.cancel_at = None;
        self.0.past_due_since = None;
        self.0.suspended_at = None;
        Ok(self.apply(change))
    }

    /// Gives it to an organization, once (EN-3). Code, holder and history stay.
    ///
    /// # Errors
    /// Another organization has it.
    pub fn attach_organization(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Attachment, OrganizationTaken> {
        match self.0.organization {
            None => {
                self.0.organization = Some(organization);
                Ok(Attachment::Attached)
            }
            Some(own) if own == organization => Ok(Attachment::AlreadyAttached),
            Some(own) => Err(OrganizationTaken { organization: own }),
        }
    }

    fn step(&self, command: EntitlementCommand) -> Result<Change, IllegalMove> {
        let from = self.0.status;
        Ok(Change { from, to: step(from, command)? })
    }

    fn apply(&mut self, change: Change) -> Change {
        self.0.status = change.to;
        change
    }
}

#[cfg(test)]
pub(crate) mod tests;
