//! The agreement under a service entitlement (PV-6).

mod record;
mod status;

use kernel::{
    ContractCode, ContractId, EntitlementId, IllegalMove, Invalid, Money, Timestamp, add_months, step,
};
use policy_resolver::kinds::{SlaPolicy, SupportClass};
use time::Date;

pub use record::{Amendment, ContractRecord, ContractVersion, NewContract, Renewal};
pub use status::{ContractCommand, ContractStatus};

use crate::StatusChange;

type Change = StatusChange<ContractStatus>;

/// The most characters that a contract's terms have.
const MAX_TERMS: usize = 100_000;
/// The longest run, in months.
const MAX_MONTHS: u32 = 1_200;

/// Why it is not amended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// Fields that are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It is over.
    #[error("a contract that is {status} is not amended any more")]
    Over {
        /// What it is.
        status: ContractStatus,
    },
}

/// Why it is not renewed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewContractError {
    /// Fields that are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
}

/// The last day, included, of `months` calendar months from `start`: 12 months from 2025-01-31 end on 2026-01-30 (PV-6).
/// None beyond the calendar, and where there are no months.
pub fn last_day(start: Date, months: u32) -> Option<Date> {
    let next = following(start, months)?;
    next.previous_day()
}

/// The day after the last one.
fn following(start: Date, months: u32) -> Option<Date> {
    let next = add_months(start, i32::try_from(months).ok()?);
    // At the calendar's own bound months are clamped.
    (next > start && next < Date::MAX).then_some(next)
}

/// An agreement under an entitlement (PV-6). Its dates are days of the business's time zone, the last one included.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract(ContractRecord);

impl Contract {
    /// A new contract, a draft.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn try_new(id: ContractId, new: NewContract, now: Timestamp) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        check_terms(&mut invalid, &new.terms);
        check_value(&mut invalid, new.value, None);
        let ends_on = check_run(&mut invalid, new.starts_on, new.months);
        let Some(ends_on) = ends_on.filter(|_| invalid.0.is_empty()) else { return Err(invalid) };
        Ok(Self(ContractRecord {
            id,
            code: new.code,
            entitlement: new.entitlement,
            support_class: new.support_class,
            sla: None,
            starts_on: new.starts_on,
            ends_on,
            anchor_on: new.starts_on,
            anchor_months: new.months,
            versions: vec![ContractVersion {
                effective_on: new.starts_on,
                terms: new.terms,
                value: new.value,
                recorded_at: now,
            }],
            status: ContractStatus::Draft,
            renews: None,
            signed_at: None,
            terminated_at: None,
            version: 1,
            created_at: now,
        }))
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no contract.
    pub fn restore(record: ContractRecord) -> Result<Self, Invalid> {
        record.check()?;
        Ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &ContractRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> ContractId {
        self.0.id
    }

    /// Its code.
    pub fn code(&self) -> ContractCode {
        self.0.code
    }

    /// What it lies under.
    pub fn entitlement(&self) -> EntitlementId {
        self.0.entitlement
    }

    /// Its own status. What the world sees is [`kernel::Limited::seen`] of it.
    pub fn status(&self) -> ContractStatus {
        self.0.status
    }

    /// The support that it promises.
    pub fn support_class(&self) -> SupportClass {
        self.0.support_class
    }

    /// The SLA as it stood at signing; none while it is a draft.
    pub fn sla(&self) -> Option<&SlaPolicy> {
        self.0.sla.as_ref()
    }

    /// Its first day.
    pub fn starts_on(&self) -> Date {
        self.0.starts_on
    }

    /// Its last day, included.
    pub fn ends_on(&self) -> Date {
        self.0.ends_on
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// Whether `day` is within its dates.
    pub fn covers(&self, day: Date) -> bool {
        (self.0.starts_on..=self.0.ends_on).contains(&day)
    }

    /// The terms and value on `day`: those of the last amendment that is effective by then, else the first ones.
    pub fn as_of(&self, day: Date) -> Option<&ContractVersion> {
        let versions = &self.0.versions;
        versions.iter().rev().find(|version| version.effective_on <= day).or(versions.first())
    }

    /// Signs it: it is in force, with the SLA as it stands now.
    ///
    /// # Errors
    /// Not a draft.
    pub fn activate(&mut self, sla: SlaPolicy, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.obey(ContractCommand::Activate)?;
        self.0.sla = Some(sla);
        self.0.signed_at = Some(now);
        Ok(change)
    }

    /// Notes that its end is near.
    ///
    /// # Errors
    /// Not active.
    pub fn begin_expiring(&mut self) -> Result<Change, IllegalMove> {
        self.obey(ContractCommand::BeginExpiring)
    }

    /// Notes that its end is past.
    ///
    /// # Errors
    /// Neither active, expiring nor suspended.
    pub fn expire(&mut self) -> Result<Change, IllegalMove> {
        self.obey(ContractCommand::Expire)
    }

    /// Lets it rest, of its own: apart from what its entitlement does.
    ///
    /// # Errors
    /// Neither active nor expiring.
    pub fn suspend(&mut self) -> Result<Change, IllegalMove> {
        self.obey(ContractCommand::Suspend)
    }

    /// Puts it in force again.
    ///
    /// # Errors
    /// Not suspended of its own.
    pub fn resume(&mut self) -> Result<Change, IllegalMove> {
        self.obey(ContractCommand::Resume)
    }

    /// Ends it before its time, or drops the draft.
    ///
    /// # Errors
    /// It is over.
    pub fn terminate(&mut self, now: Timestamp) -> Result<Change, IllegalMove> {
        let change = self.obey(ContractCommand::Terminate)?;
        self.0.terminated_at = Some(now);
        Ok(change)
    }

    /// Changes terms or value from a day on. Every earlier version stays.
    ///
    /// # Errors
    /// Every wrong field: a day outside of the contract or before an earlier amendment, another currency, nothing that
    /// changes; or it is over.
    pub fn amend(&mut self, amendment: Amendment, now: Timestamp) -> Result<&ContractVersion, AmendError> {
        let status = self.0.status;
        if matches!(status, ContractStatus::Expired | ContractStatus::Terminated | ContractStatus::Renewed) {
            return Err(AmendError::Over { status });
        }
        let mut invalid = Invalid::default();
        let Some(last) = self.0.versions.last().cloned() else {
            return Err(Invalid::field("versions", "must not be empty").into());
        };
        let day = amendment.effective_on;
        if !self.covers(day) {
            let (from, to) = (self.0.starts_on, self.0.ends_on);
            invalid.push("effective_on", format!("must be a day of the contract: {from} to {to}"));
        } else if day < last.effective_on {
            invalid.push(
                "effective_on",
                format!("must not be before the last change, on {}", last.effective_on),
            );
        }
        if let Some(terms) = &amendment.terms {
            check_terms(&mut invalid, terms);
        }
        if let Some(value) = amendment.value {
            check_value(&mut invalid, value, Some(last.value));
        }
        let terms = amendment.terms.unwrap_or_else(|| last.terms.clone());
        let value = amendment.value.unwrap_or(last.value);
        if (&terms, value) == (&last.terms, last.value) {
            invalid.push("terms", "must change, or the value must");
        }
        invalid.or_ok(())?;
        self.0.versions.push(ContractVersion { effective_on: day, terms, value, recorded_at: now });
        self.0.versions.last().ok_or_else(|| Invalid::field("versions", "must not be empty").into())
    }

    /// Lets a new contract follow it, from the day after its last one: a draft that names this one. Days are reckoned
    /// from the first contract of the row, so that the 31st stays the 31st (TM-2). This happens once.
    ///
    /// # Errors
    /// Every wrong field; neither active, expiring nor expired. Nothing is changed then.
    pub fn renew(&mut self, renewal: Renewal, now: Timestamp) -> Result<Self, RenewContractError> {
        let to = step(self.0.status, ContractCommand::Renew)?;
        let mut invalid = Invalid::default();
        let last = self.0.versions.last().cloned();
        let Some(last) = last else { return Err(Invalid::field("versions", "must not be empty").into()) };
        let terms = renewal.terms.unwrap_or(last.terms);
        let value = renewal.value.unwrap_or(last.value);
        check_terms(&mut invalid, &terms);
        check_value(&mut invalid, value, Some(last.value));
        let months = self.0.anchor_months.checked_add(renewal.months);
        if !(1..=MAX_MONTHS).contains(&renewal.months) {
            invalid.push("months", format!("must be 1 to {MAX_MONTHS}"));
        }
        let run = months.and_then(|months| {
            let starts_on = following(self.0.anchor_on, self.0.anchor_months)?;
            Some((months, starts_on, last_day(self.0.anchor_on, months)?))
        });
        if run.is_none() {
            invalid.push("months", "must end within the calendar");
        }
        let Some((anchor_months, starts_on, ends_on)) = run.filter(|_| invalid.0.is_empty()) else {
            return Err(invalid.into());
        };
        self.0.status = to;
        Ok(Self(ContractRecord {
            id: renewal.id,
            code: renewal.code,
            support_class: renewal.support_class,
            sla: None,
            starts_on,
            ends_on,
            anchor_months,
            versions: vec![ContractVersion { effective_on: starts_on, terms, value, recorded_at: now }],
            status: ContractStatus::Draft,
            renews: Some(self.0.id),
            signed_at: None,
            terminated_at: None,
            version: 1,
            created_at: now,
            ..self.0.clone()
        }))
    }

    fn obey(&mut self, command: ContractCommand) -> Result<Change, IllegalMove> {
        let from = self.0.status;
        self.0.status = step(from, command)?;
        Ok(Change { from, to: self.0.status })
    }
}

fn check_terms(invalid: &mut Invalid, terms: &str) {
    if terms.chars().count() > MAX_TERMS {
        invalid.push("terms", format!("must not be longer than {MAX_TERMS} characters"));
    }
}

fn check_value(invalid: &mut Invalid, value: Money, before: Option<Money>) {
    if value.is_negative() {
        invalid.push("value", "must not be negative");
    }
    if let Some(before) = before.filter(|before| before.currency() != value.currency()) {
        invalid.push("value", format!("must be in {}", before.currency()));
    }
}

fn check_run(invalid: &mut Invalid, starts_on: Date, months: u32) -> Option<Date> {
    if !(1..=MAX_MONTHS).contains(&months) {
        invalid.push("months", format!("must be 1 to {MAX_MONTHS}"));
        return None;
    }
    let ends_on = last_day(starts_on, months);
    if ends_on.is_none() {
        invalid.push("starts_on", "must let the contract end within the calendar");
    }
    ends_on
}

#[cfg(test)]
mod tests;
