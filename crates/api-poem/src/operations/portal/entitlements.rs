//! Entitlements, as their customers see them.

use std::sync::Arc;

use entitlement::{EntitlementStatus, Provisioned, SupportClass};
use kernel::{EntitlementClass, EntitlementId, Standing};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{
    Coded, EntitlementDetail, EntitlementFilter, EntitlementRow, EntitlementSort, EnvironmentFilter,
    EnvironmentQuery,
};
use uuid::Uuid;

use super::super::{
    Context, Tag,
    context::found,
    example,
    named::{OrderRef, ProductRef},
};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// One of our entitlements, in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalEntitlementSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Its class.
    class: Word<EntitlementClass>,
    /// Where it is in its life.
    status: Word<EntitlementStatus>,
    /// What that allows now.
    standing: Word<Standing>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// What it was made from.
    product: Option<ProductRef>,
    /// When its trial ends or ended.
    trial_ends_at: Option<Instant>,
    /// When it began for real.
    starts_at: Option<Instant>,
    /// The end of what is paid for; absent where it does not end.
    ends_at: Option<Instant>,
    /// For when a cancellation was asked for.
    cancel_at: Option<Instant>,
}

impl From<EntitlementRow> for PortalEntitlementSummary {
    fn from(row: EntitlementRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            class: row.class.into(),
            status: row.status.into(),
            standing: row.standing.into(),
            support_class: row.support_class.into(),
            product: row.product.map(ProductRef::from),
            trial_ends_at: row.trial_ends_at.map(Instant),
            starts_at: row.starts_at.map(Instant),
            ends_at: row.ends_at.map(Instant),
            cancel_at: row.cancel_at.map(Instant),
        }
    }
}

/// One of our entitlements, with all that lies under it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalEntitlementView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Its class.
    class: Word<EntitlementClass>,
    /// Where it is in its life.
    status: Word<EntitlementStatus>,
    /// What that allows now.
    standing: Word<Standing>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// What it was made from.
    product: Option<ProductRef>,
    /// The order of ours that bought it.
    order: Option<OrderRef>,
    /// The ids of its licenses.
    license_ids: Vec<Uuid>,
    /// The ids of its environments, once they were handed over.
    environment_ids: Vec<Uuid>,
    /// The ids of its services.
    service_ids: Vec<Uuid>,
    /// The ids of its contracts.
    contract_ids: Vec<Uuid>,
    /// The id of its own credit balance.
    credit_balance_id: Option<Uuid>,
    /// When its trial ends or ended.
    trial_ends_at: Option<Instant>,
    /// When it began for real.
    starts_at: Option<Instant>,
    /// The end of what is paid for; absent where it does not end.
    ends_at: Option<Instant>,
    /// Since when something is unpaid.
    past_due_since: Option<Instant>,
    /// For when a cancellation was asked for.
    cancel_at: Option<Instant>,
    /// When it expired.
    expired_at: Option<Instant>,
    /// When it was cancelled.
    cancelled_at: Option<Instant>,
}

impl PortalEntitlementView {
    fn of(detail: EntitlementDetail, environment_ids: Vec<Uuid>) -> Self {
        let EntitlementDetail { entitlement: row, standing, organization: _, product, order, provisioned } =
            detail;
        let Provisioned { licenses, services, contracts, credit_balance, .. } = provisioned;
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            class: row.class.into(),
            status: row.status.into(),
            standing: standing.into(),
            support_class: row.support_class.into(),
            product: product.map(ProductRef::from),
            order: order.map(OrderRef::from),
            license_ids: licenses.into_iter().map(|(id, _)| id.as_uuid()).collect(),
            environment_ids,
            service_ids: services.into_iter().map(Uuid::from).collect(),
            contract_ids: contracts.into_iter().map(|(id, _)| id.as_uuid()).collect(),
            credit_balance_id: credit_balance.map(Uuid::from),
            trial_ends_at: row.trial_ends_at.map(Instant),
            starts_at: row.starts_at.map(Instant),
            ends_at: row.term.map(|term| Instant(term.ends_at)),
            past_due_since: row.past_due_since.map(Instant),
            cancel_at: row.cancel_at.map(Instant),
            expired_at: row.expired_at.map(Instant),
            cancelled_at: row.cancelled_at.map(Instant),
        }
    }
}

impl Example for PortalEntitlementView {
    fn example() -> Self {
        let (named, at) = (example::entitlement(), example::instant());
        Self {
            id: named.id,
            code: named.code,
            class: Word(EntitlementClass::Svc),
            status: Word(EntitlementStatus::Active),
            standing: Word(Standing::Live),
            support_class: Word(SupportClass::Business),
            product: Some(example::product()),
            order: Some(OrderRef { id: example::id(4), code: "SO-20260001".to_owned() }),
            license_ids: vec![],
            environment_ids: vec![],
            service_ids: vec![example::id(8)],
            contract_ids: vec![example::id(15)],
            credit_balance_id: Some(example::id(9)),
            trial_ends_at: None,
            starts_at: Some(at),
            ends_at: Some(Instant(at.0.plus_days(365))),
            past_due_since: None,
            cancel_at: None,
            expired_at: None,
            cancelled_at: None,
        }
    }
}

pub(crate) struct PortalEntitlements(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/entitlements", tag = "Tag::Portal")]
impl PortalEntitlements {
    /// List our entitlements
    ///
    /// What we may use: each with its product and where it stands.
    #[oai(path = "/", method = "get", operation_id = "portal_list_entitlements")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this class.
        class: Query<Option<Word<EntitlementClass>>>,
        /// Only those in this state; may be repeated.
        status: Query<Option<Vec<Word<EntitlementStatus>>>>,
        /// Only those made from this product, by id or SKU.
        product: Query<Option<Key>>,
        /// Only those with all of these words, or words that begin so, in their code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<EntitlementSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalEntitlementSummary>>, ApiError> {
        let filter = EntitlementFilter {
            class: class.0.map(|Word(class)| class),
            status: Word::list(status.0),
            product: self.0.id_in(&by, Coded::Product, "product", product.0.as_ref()).await?,
            q: q.0,
            ..EntitlementFilter::default()
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.entitlements(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our entitlements
    ///
    /// With all that lies under it.
    #[oai(path = "/:entitlement", method = "get", operation_id = "portal_get_entitlement")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
    ) -> Result<Json<PortalEntitlementView>, ApiError> {
        let id: EntitlementId = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        let viewer = self.0.viewer(&by);
        let detail = found(self.0.reads.entitlement(viewer, id).await?, "entitlement", id)?;
        // Which of them were handed over (PV-3), the list of environments knows.
        let under = EnvironmentFilter { entitlement: Some(id), ..EnvironmentFilter::default() };
        let environments = EnvironmentQuery { filter: under, ..EnvironmentQuery::default() };
        let environments = self.0.reads.environments(viewer, &environments).await?.items;
        let environments = environments.into_iter().map(|row| row.id.as_uuid()).collect();
        Ok(Json(PortalEntitlementView::of(detail, environments)))
    }
}
