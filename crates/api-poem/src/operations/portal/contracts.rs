//! Contracts, as their customers see them.

use std::sync::Arc;

use entitlement::{ContractStatus, ContractVersion, SupportClass};
use kernel::ContractId;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use policy_resolver::kinds::{Priority, SlaPolicy};
use service_delivery::reads::{Coded, ContractDetail, ContractFilter, ContractRow, ContractSort};
use uuid::Uuid;

use super::super::{
    Context, Tag,
    context::found,
    contracts::{SlaTargets, SupportHoursView},
    example,
    named::EntitlementRef,
};
use crate::{
    http::{ApiError, By},
    wire::{Day, Instant, Key, Limit, Money, Page, Sort, Word, list_query},
};

/// One of our contracts, in a list.
#[derive(Debug, Object)]
pub(crate) struct PortalContractSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<ContractStatus>,
    /// The support that it promises.
    support_class: Word<SupportClass>,
    /// Its first day.
    starts_on: Day,
    /// Its last day, included.
    ends_on: Day,
    /// What it costs, as last agreed.
    value: Money,
    /// What it lies under.
    entitlement: EntitlementRef,
}

impl From<ContractRow> for PortalContractSummary {
    fn from(row: ContractRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            status: row.status.into(),
            support_class: row.support_class.into(),
            starts_on: row.starts_on.into(),
            ends_on: row.ends_on.into(),
            value: row.value.into(),
            entitlement: EntitlementRef::from(&row.above),
        }
    }
}

/// One of our contracts, with all that was agreed.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalContractView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    status: Word<ContractStatus>,
    /// The support that it promises.
    support_class: Word<SupportClass>,
    /// The times that were promised at signing; absent while it is a draft.
    sla: Option<PortalSlaView>,
    /// Its first day.
    starts_on: Day,
    /// Its last day, included.
    ends_on: Day,
    /// What was agreed, in the order in which it was; the last one of a day counts.
    versions: Vec<PortalContractVersionView>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// When it was signed.
    signed_at: Option<Instant>,
    /// When it was ended before its time.
    terminated_at: Option<Instant>,
}

/// Promised times.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalSlaView {
    /// Minutes of support time until the first answer.
    response_minutes: SlaTargets,
    /// Minutes of support time until the solution.
    resolution_minutes: SlaTargets,
    /// When support is there.
    support_hours: SupportHoursView,
    /// The priorities that requests may have.
    priorities: Vec<Word<Priority>>,
    /// Percent of a month that an environment is promised to be up, a decimal text; absent where nothing is promised.
    uptime_percent: Option<String>,
}

impl From<SlaPolicy> for PortalSlaView {
    fn from(sla: SlaPolicy) -> Self {
        Self {
            response_minutes: sla.response_minutes.into(),
            resolution_minutes: sla.resolution_minutes.into(),
            support_hours: sla.support_hours.into(),
            priorities: sla.priorities.into_iter().map(Word).collect(),
            uptime_percent: sla.uptime_percent.map(|percent| percent.to_string()),
        }
    }
}

/// What is agreed from a day on.
#[derive(Debug, Object)]
pub(crate) struct PortalContractVersionView {
    /// From this day on.
    effective_on: Day,
    /// What is agreed, in words.
    terms: String,
    /// What it costs.
    value: Money,
}

impl From<ContractVersion> for PortalContractVersionView {
    fn from(ContractVersion { effective_on, terms, value, recorded_at: _ }: ContractVersion) -> Self {
        Self { effective_on: effective_on.into(), terms, value: value.into() }
    }
}

impl From<ContractDetail> for PortalContractView {
    fn from(ContractDetail { contract, status, above, renewed_by: _ }: ContractDetail) -> Self {
        Self {
            id: contract.id.as_uuid(),
            code: contract.code.to_string(),
            status: status.into(),
            support_class: contract.support_class.into(),
            sla: contract.sla.map(PortalSlaView::from),
            starts_on: contract.starts_on.into(),
            ends_on: contract.ends_on.into(),
            versions: contract.versions.into_iter().map(PortalContractVersionView::from).collect(),
            entitlement: EntitlementRef::from(&above),
            signed_at: contract.signed_at.map(Instant),
            terminated_at: contract.terminated_at.map(Instant),
        }
    }
}

impl Example for PortalContractView {
    fn example() -> Self {
        let day = example::day();
        Self {
            id: example::id(15),
            code: "CT-20260001".to_owned(),
            status: Word(ContractStatus::Active),
            support_class: Word(SupportClass::Business),
            sla: Some(SlaPolicy::for_support_class(SupportClass::Business).into()),
            starts_on: day,
            ends_on: Day(day.0.replace_year(2027).unwrap_or(day.0)),
            versions: vec![PortalContractVersionView {
                effective_on: day,
                terms: "Support on working days.".to_owned(),
                value: Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() },
            }],
            entitlement: example::entitlement(),
            signed_at: Some(example::instant()),
            terminated_at: None,
        }
    }
}

pub(crate) struct PortalContracts(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/contracts", tag = "Tag::Portal")]
impl PortalContracts {
    /// List our contracts
    ///
    /// The agreements under our services, each with its term and support class.
    #[oai(path = "/", method = "get", operation_id = "portal_list_contracts")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<ContractStatus>>>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those whose last day is this one or later.
        ends_from: Query<Option<Day>>,
        /// Only those whose last day is this one or earlier.
        ends_to: Query<Option<Day>>,
        sort: Query<Option<Sort<ContractSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalContractSummary>>, ApiError> {
        let filter = ContractFilter {
            status: Word::list(status.0),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            ends_from: ends_from.0.map(|Day(day)| day),
            ends_to: ends_to.0.map(|Day(day)| day),
            ..ContractFilter::default()
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.contracts(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our contracts
    ///
    /// With every version of what was agreed.
    #[oai(path = "/:contract", method = "get", operation_id = "portal_get_contract")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        contract: Path<Key>,
    ) -> Result<Json<PortalContractView>, ApiError> {
        let id: ContractId = self.0.id(&by, Coded::Contract, &contract).await?;
        let detail = found(self.0.reads.contract(self.0.viewer(&by), id).await?, "contract", contract.0)?;
        Ok(Json(detail.into()))
    }
}
