//! Credit balances (CR-2 … CR-14).

mod body;
mod commands;
mod expiries;
mod history;
pub(crate) mod history_view;
mod past;
mod preview;
mod view;

pub(crate) use commands::CreditBalanceCommands;
pub(crate) use expiries::CreditExpiries;
pub(crate) use history::CreditHistory;
pub(crate) use past::COLUMNS;
pub(crate) use preview::{Asked, CreditPreviews, LotShare, reserved};

use std::sync::Arc;

use kernel::{CreditBalanceId, EntitlementId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{BalanceFilter, BalanceSort, Coded, LedgerFilter, LedgerSort, LotFilter, LotSort},
};
use ust_credits::EntryKind;
use uuid::Uuid;

use self::view::{CreditBalanceView, LedgerEntryView, LotView};
use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Page, Sort, Word, list_query},
};

pub(crate) const BALANCE: &str = "credit balance";

pub(crate) struct CreditBalances(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-balances", tag = "Tag::CreditBalances")]
impl CreditBalances {
    /// List credit balances
    ///
    /// Each with what is available, held, consumed and expired at this instant.
    #[oai(path = "/", method = "get", operation_id = "list_credit_balances")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only the one under this entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        sort: Query<Option<Sort<BalanceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<CreditBalanceView>>, ApiError> {
        let entitlement = entitlement.0.as_ref();
        let entitlement: Option<EntitlementId> =
            self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement).await?;
        let filter = BalanceFilter { organization: organization_id.0.map(OrganizationId::new), entitlement };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.credit_balances(self.0.viewer(&by), &query).await?)))
    }

    /// Show a credit balance
    ///
    /// With what is available, held, consumed and expired at this instant.
    #[oai(path = "/:credit_balance", method = "get", operation_id = "get_credit_balance")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
    ) -> Result<Json<CreditBalanceView>, ApiError> {
        Ok(Json(self.0.credit_balance(&by, credit_balance.id(BALANCE)?, &credit_balance).await?))
    }

    /// List the lots of a credit balance
    ///
    /// In the order in which they are used.
    #[oai(path = "/:credit_balance/lots", method = "get", operation_id = "list_lots")]
    async fn lots(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// Only those with something left in them, or only the others.
        open: Query<Option<bool>>,
        sort: Query<Option<Sort<LotSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LotView>>, ApiError> {
        let query = list_query(LotFilter { open: open.0 }, sort, limit, cursor)?;
        let page = self.0.reads.lots(self.0.viewer(&by), credit_balance.id(BALANCE)?, &query).await?;
        Ok(Json(Page::of(found(page, BALANCE, &credit_balance.0)?)))
    }

    /// List the ledger of a credit balance
    ///
    /// Every entry as it was written; none is ever changed.
    #[oai(path = "/:credit_balance/ledger", method = "get", operation_id = "list_ledger_entries")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn ledger(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// Only entries of one of these kinds.
        kind: Query<Option<Vec<Word<EntryKind>>>>,
        /// Only those about this service request: its id or code.
        service_request: Query<Option<Key>>,
        /// Only those caused by the actor with this id.
        actor_id: Query<Option<Uuid>>,
        /// Only those of this instant or later.
        from: Query<Option<Instant>>,
        /// Only those before this instant.
        until: Query<Option<Instant>>,
        sort: Query<Option<Sort<LedgerSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LedgerEntryView>>, ApiError> {
        let request = service_request.0.as_ref();
        let request = self.0.id_in(&by, Coded::ServiceRequest, "service_request", request).await?;
        let filter = LedgerFilter {
            kind: kind.0.into_iter().flatten().map(|Word(kind)| kind).collect(),
            request,
            actor: actor_id.0,
            from: from.0.map(|Instant(at)| at),
            until: until.0.map(|Instant(at)| at),
        };
        let query = list_query(filter, sort, limit, cursor)?;
        let page = self.0.reads.ledger(self.0.viewer(&by), credit_balance.id(BALANCE)?, &query).await?;
        Ok(Json(Page::of(found(page, BALANCE, &credit_balance.0)?)))
    }
}

impl Context {
    async fn credit_balance(
        &self,
        by: &Caller,
        id: CreditBalanceId,
        key: &Key,
    ) -> Result<CreditBalanceView, ApiError> {
        Ok(found(self.reads.credit_balance(self.viewer(by), id).await?, BALANCE, key)?.into())
    }
}

#[cfg(test)]
mod tests;
