//! A contract as it is made, changed and stored.

use kernel::{ContractCode, ContractId, EntitlementId, Invalid, Money, Timestamp};
use policy_resolver::kinds::{SlaPolicy, SupportClass};
use time::Date;

use super::ContractStatus;

/// A new contract.
#[derive(Clone, Debug, PartialEq)]
pub struct NewContract {
    /// Its code.
    pub code: ContractCode,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The support that it promises.
    pub support_class: SupportClass,
    /// What was agreed, in words; at most 100000 characters, may be empty.
    pub terms: String,
    /// What it bills, in all; not negative.
    pub value: Money,
    /// Its first day.
    pub starts_on: Date,
    /// How long it runs, 1 to 1200 months.
    pub months: u32,
}

/// The contract that follows another.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewal {
    /// The id it gets.
    pub id: ContractId,
    /// Its code.
    pub code: ContractCode,
    /// How long it runs, 1 to 1200 months.
    pub months: u32,
    /// The support that it promises.
    pub support_class: SupportClass,
    /// What it bills; none for as much as before.
    pub value: Option<Money>,
    /// What was agreed; none for the same as before.
    pub terms: Option<String>,
}

/// A change of terms or value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// From this day on; one of the contract's.
    pub effective_on: Date,
    /// What is agreed then; none for no change.
    pub terms: Option<String>,
    /// What it bills then, in the same currency; none for no change.
    pub value: Option<Money>,
}

/// What is agreed from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractVersion {
    /// From this day on.
    pub effective_on: Date,
    /// What is agreed, in words.
    pub terms: String,
    /// What it bills.
    pub value: Money,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// A contract as it is stored, with its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractRecord {
    /// Its id.
    pub id: ContractId,
    /// Its code (ID-4); unique.
    pub code: ContractCode,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The support that it promises.
    pub support_class: SupportClass,
    /// The SLA as it stood at signing; none while it is a draft.
    pub sla: Option<SlaPolicy>,
    /// Its first day.
    pub starts_on: Date,
    /// Its last day, included.
    pub ends_on: Date,
    /// The first day of the first contract of the row it belongs to: ends are reckoned from there.
    pub anchor_on: Date,
    /// Months from the anchor to its end.
    pub anchor_months: u32,
    /// What was agreed, in the order in which it was; never empty. Only ever added to.
    pub versions: Vec<ContractVersion>,
    /// Its own status.
    pub status: ContractStatus,
    /// The contract that it follows; unique.
    pub renews: Option<ContractId>,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it was ended before its time.
    pub terminated_at: Option<Timestamp>,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ContractRecord {
    /// What holds of every stored contract.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        let mut rule = |holds: bool, path: &str, problem: &str| {
            if !holds {
                invalid.push(path, problem);
            }
        };
        rule(self.starts_on <= self.ends_on, "ends_on", "must not be before the first day");
        let end = super::last_day(self.anchor_on, self.anchor_months);
        rule(end == Some(self.ends_on), "ends_on", "must be reckoned from the anchor");
        rule(!self.versions.is_empty(), "versions", "must not be empty");
        let in_order = self.versions.windows(2).all(|pair| pair[0].effective_on <= pair[1].effective_on);
        rule(in_order, "versions", "must be in order");
        let never_signed = matches!(self.status, ContractStatus::Draft | ContractStatus::Terminated);
        rule(never_signed || self.signed_at.is_some(), "signed_at", "is needed once it was in force");
        rule(self.signed_at.is_some() == self.sla.is_some(), "sla", "goes with the signing");
        let terminated = self.status == ContractStatus::Terminated;
        rule(terminated == self.terminated_at.is_some(), "terminated_at", "goes with terminated");
        rule(self.version >= 1, "version", "must be 1 or more");
        invalid.or_ok(())
    }
}
