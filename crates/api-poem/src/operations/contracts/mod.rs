//! Contracts (PV-6).

mod sla;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use entitlement::ContractStatus;
use kernel::{ContractId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::reads::{Coded, ContractFilter, ContractSort};
use uuid::Uuid;

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, By},
    wire::{Day, Key, Limit, Page, Sort, Tagged, Word, list_query},
};
pub(crate) use sla::{SlaTargets, SupportHoursView};
use view::{ContractSummary, ContractView};

pub(crate) struct Contracts(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/contracts", tag = "Tag::Contracts")]
impl Contracts {
    /// List contracts
    ///
    /// The agreements under service entitlements, each with its term and support class.
    #[oai(path = "/", method = "get", operation_id = "list_contracts")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<ContractStatus>>>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those whose last day is this one or later.
        ends_from: Query<Option<Day>>,
        /// Only those whose last day is this one or earlier.
        ends_to: Query<Option<Day>>,
        /// Only those with all of these words, or words that begin so, in their code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<ContractSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<ContractSummary>>, ApiError> {
        let filter = ContractFilter {
            status: Word::list(status.0),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            organization: organization_id.0.map(OrganizationId::new),
            ends_from: ends_from.0.map(|Day(day)| day),
            ends_to: ends_to.0.map(|Day(day)| day),
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.contracts(self.0.viewer(&by), &query).await?)))
    }

    /// Show a contract
    ///
    /// With every version of what was agreed, and the SLA as it stood at signing.
    #[oai(path = "/:contract", method = "get", operation_id = "get_contract")]
    async fn show(
        &self,
        By(by): By,
        /// Its id or code.
        contract: Path<Key>,
    ) -> Result<Tagged<ContractView>, ApiError> {
        let id: ContractId = self.0.id(&by, Coded::Contract, &contract).await?;
        let detail = found(self.0.reads.contract(self.0.viewer(&by), id).await?, "contract", contract.0)?;
        Ok(Tagged::at(detail.contract.version, detail.into()))
    }
}
