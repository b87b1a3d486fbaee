//! Credits that will be gone unless they are used before.

use std::sync::Arc;

use kernel::{CreditBalanceId, OrganizationId};
use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service_delivery::{
    access::Caller,
    reads::{ExpiryFilter, ExpiryRow, ExpirySort, ListQuery},
};
use uuid::Uuid;

use super::super::{
    Context, Tag, example,
    named::{EntitlementRef, OrganizationRef},
};
use crate::{
    http::{ApiError, By},
    wire::{Credits, DEFAULT_DAYS, Days, Instant, Limit, Page, Sort, list_query},
};

/// What of a lot will be gone, unless it is used before.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct CreditExpiryView {
    /// When it is gone: at that instant it is gone already.
    ends_at: Instant,
    /// When it expires, grace not counted.
    expires_at: Option<Instant>,
    /// How much, as things stand.
    amount: Credits,
    /// The lot.
    lot_id: Uuid,
    /// The balance.
    credit_balance_id: Uuid,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
}

impl From<ExpiryRow> for CreditExpiryView {
    fn from(ExpiryRow { lot, balance, above }: ExpiryRow) -> Self {
        Self {
            // The list has only lots that end.
            ends_at: lot.ends_at.unwrap_or(kernel::Timestamp::MAX).into(),
            expires_at: lot.expires_at.map(Instant),
            amount: lot.available.into(),
            lot_id: lot.id.as_uuid(),
            credit_balance_id: balance.as_uuid(),
            entitlement: (&above).into(),
            organization: above.organization.map(OrganizationRef::from),
        }
    }
}

impl Example for CreditExpiryView {
    fn example() -> Self {
        Self {
            ends_at: example::instant(),
            expires_at: Some(example::instant()),
            amount: Credits(ust_credits::Credits::from_units(40)),
            lot_id: example::id(10),
            credit_balance_id: example::id(9),
            entitlement: example::entitlement(),
            organization: Some(example::organization()),
        }
    }
}

impl Context {
    /// The filter of credits that expire within `days`.
    pub(crate) fn expiring(&self, days: Option<Days>, filter: ExpiryFilter) -> ExpiryFilter {
        let Days(days) = days.unwrap_or(Days(DEFAULT_DAYS));
        ExpiryFilter { until: Some(self.clock.now().plus_days(i64::from(days))), ..filter }
    }

    /// A page of credits that expire.
    pub(crate) async fn expiries<
        T: From<ExpiryRow> + poem_openapi::types::ParseFromJSON + poem_openapi::types::ToJSON,
    >(
        &self,
        by: &Caller,
        query: &ListQuery<ExpiryFilter, ExpirySort>,
    ) -> Result<Json<Page<T>>, ApiError> {
        Ok(Json(Page::of(self.reads.credit_expiries(self.viewer(by), query).await?)))
    }
}

pub(crate) struct CreditExpiries(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-expiries", tag = "Tag::CreditBalances")]
impl CreditExpiries {
    /// List credits that expire
    ///
    /// Within the next days, those that are gone first first: of all balances, of an organization's, or of one.
    #[oai(path = "/", method = "get", operation_id = "list_credit_expiries")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Within so many days of 24 hours; 30 unless told.
        days: Query<Option<Days>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those of this balance.
        credit_balance_id: Query<Option<Uuid>>,
        sort: Query<Option<Sort<ExpirySort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<CreditExpiryView>>, ApiError> {
        let filter = ExpiryFilter {
            organization: organization_id.0.map(OrganizationId::new),
            balance: credit_balance_id.0.map(CreditBalanceId::new),
            until: None,
        };
        let query = list_query(self.0.expiring(days.0, filter), sort, limit, cursor)?;
        self.0.expiries(&by, &query).await
    }
}
