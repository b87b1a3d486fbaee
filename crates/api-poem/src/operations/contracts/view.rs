//! What contracts look like to staff.

use entitlement::{ContractStatus, ContractVersion, SupportClass};
use kernel::{ContractCode, ContractId};
use poem_openapi::{Object, types::Example};
use policy_resolver::kinds::SlaPolicy;
use service_delivery::reads::{ContractDetail, ContractRow};
use time::Date;
use uuid::Uuid;

use super::sla::SlaView;
use crate::{
    operations::{
        example,
        named::{EntitlementRef, OrganizationRef},
    },
    wire::{Day, Instant, Money, Word},
};

/// A contract in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ContractSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// The status that the world sees.
    status: Word<ContractStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<ContractStatus>,
    /// The support that it promises.
    support_class: Word<SupportClass>,
    /// Its first day.
    starts_on: Day,
    /// Its last day, included.
    ends_on: Day,
    /// What it bills, as last agreed.
    value: Money,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was made.
    created_at: Instant,
}

impl From<ContractRow> for ContractSummary {
    fn from(row: ContractRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            status: row.status.into(),
            own_status: row.own_status.into(),
            support_class: row.support_class.into(),
            starts_on: row.starts_on.into(),
            ends_on: row.ends_on.into(),
            value: row.value.into(),
            entitlement: EntitlementRef::from(&row.above),
            organization: row.above.organization.map(OrganizationRef::from),
            created_at: row.created_at.into(),
        }
    }
}

/// A contract with all that was agreed.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ContractView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// The status that the world sees.
    status: Word<ContractStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<ContractStatus>,
    /// The support that it promises.
    support_class: Word<SupportClass>,
    /// The SLA as it stood at signing; absent while it is a draft.
    sla: Option<SlaView>,
    /// Its first day.
    starts_on: Day,
    /// Its last day, included.
    ends_on: Day,
    /// What was agreed, in the order in which it was; the last one of a day counts.
    versions: Vec<ContractVersionView>,
    /// The id of the contract that it follows.
    renews_id: Option<Uuid>,
    /// The contract that follows it.
    renewed_by: Option<ContractRef>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was signed.
    signed_at: Option<Instant>,
    /// When it was ended before its time.
    terminated_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

/// A contract by its code.
#[derive(Debug, Object)]
pub(crate) struct ContractRef {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
}

impl From<(ContractId, ContractCode)> for ContractRef {
    fn from((id, code): (ContractId, ContractCode)) -> Self {
        Self { id: id.as_uuid(), code: code.to_string() }
    }
}

/// What is agreed from a day on.
#[derive(Debug, Object)]
pub(crate) struct ContractVersionView {
    /// From this day on.
    effective_on: Day,
    /// What is agreed, in words.
    terms: String,
    /// What it bills.
    value: Money,
    /// When it was recorded.
    recorded_at: Instant,
}

impl From<ContractVersion> for ContractVersionView {
    fn from(ContractVersion { effective_on, terms, value, recorded_at }: ContractVersion) -> Self {
        Self {
            effective_on: effective_on.into(),
            terms,
            value: value.into(),
            recorded_at: recorded_at.into(),
        }
    }
}

impl From<ContractDetail> for ContractView {
    fn from(ContractDetail { contract, status, above, renewed_by }: ContractDetail) -> Self {
        Self {
            id: contract.id.as_uuid(),
            code: contract.code.to_string(),
            status: status.into(),
            own_status: contract.status.into(),
            support_class: contract.support_class.into(),
            sla: contract.sla.map(SlaView::from),
            starts_on: contract.starts_on.into(),
            ends_on: contract.ends_on.into(),
            versions: contract.versions.into_iter().map(ContractVersionView::from).collect(),
            renews_id: contract.renews.map(Uuid::from),
            renewed_by: renewed_by.map(ContractRef::from),
            entitlement: EntitlementRef::from(&above),
            organization: above.organization.map(OrganizationRef::from),
            signed_at: contract.signed_at.map(Instant),
            terminated_at: contract.terminated_at.map(Instant),
            created_at: contract.created_at.into(),
        }
    }
}

impl Example for ContractView {
    fn example() -> Self {
        let at = example::instant();
        let day = |year| Day(Date::from_ordinal_date(year, 121).unwrap_or(Date::MIN));
        Self {
            id: example::id(15),
            code: "CT-20260001".to_owned(),
            status: Word(ContractStatus::Active),
            own_status: Word(ContractStatus::Active),
            support_class: Word(SupportClass::Business),
            sla: Some(SlaPolicy::for_support_class(SupportClass::Business).into()),
            starts_on: day(2026),
            ends_on: Day(day(2027).0.previous_day().unwrap_or(Date::MIN)),
            versions: vec![ContractVersionView {
                effective_on: day(2026),
                terms: "Support on working days.".to_owned(),
                value: Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() },
                recorded_at: at,
            }],
            renews_id: None,
            renewed_by: None,
            entitlement: example::entitlement(),
            organization: Some(example::organization()),
            signed_at: Some(at),
            terminated_at: None,
            created_at: at,
        }
    }
}
