//! Billing runs (OD-6).

use std::sync::Arc;

use billing::{BillingRun, LineKind, SkipReason, Skipped};
use kernel::{Actor, BillingRunId};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    access::Caller,
    reads::{BillingRunSort, NoFilter},
};
use uuid::Uuid;

use super::{Context, Tag, by::ActorView, context::found, example};
use crate::{
    http::{ApiError, By},
    wire::{Created, Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// A billing run: what it made, and what it left out.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct BillingRunView {
    /// Its id.
    id: Uuid,
    /// When it ran.
    at: Instant,
    /// Who started it.
    actor: ActorView,
    /// How many draft invoices it made; they are listed with `billing_run_id`.
    invoices: u32,
    /// How many lines they have.
    lines: u32,
    /// What it left out; the next run tries it again.
    skipped: Vec<SkippedView>,
}

/// Something that a billing run left out.
#[derive(Debug, Object)]
pub(crate) struct SkippedView {
    /// What kind of thing it is.
    kind: Word<LineKind>,
    /// Its id.
    id: Uuid,
    /// Why it was left out.
    reason: Word<SkipReason>,
    /// The same for people to read.
    detail: String,
}

impl From<Skipped> for SkippedView {
    fn from(Skipped { source, reason, detail }: Skipped) -> Self {
        Self { kind: source.kind.into(), id: source.id, reason: reason.into(), detail }
    }
}

impl From<BillingRun> for BillingRunView {
    fn from(BillingRun { id, at, actor, invoices, lines, skipped }: BillingRun) -> Self {
        Self {
            id: id.as_uuid(),
            at: at.into(),
            actor: actor.into(),
            invoices,
            lines,
            skipped: skipped.into_iter().map(SkippedView::from).collect(),
        }
    }
}

impl Example for BillingRunView {
    fn example() -> Self {
        Self {
            id: example::id(18),
            at: example::instant(),
            actor: Actor::staff(example::id(11), "finance").into(),
            invoices: 12,
            lines: 40,
            skipped: vec![SkippedView {
                kind: Word(LineKind::ServiceRequest),
                id: example::id(19),
                reason: Word(SkipReason::NoBaseCreditValue),
                detail: "no base credit value was set for its credits".to_owned(),
            }],
        }
    }
}

pub(crate) struct BillingRuns(pub(crate) Arc<Context>);

impl BillingRuns {
    async fn shown(&self, by: &Caller, id: BillingRunId) -> Result<BillingRunView, ApiError> {
        let run = self.0.reads.billing_run(self.0.viewer(by), id).await?;
        Ok(found(run, "billing run", id)?.into())
    }
}

#[OpenApi(prefix_path = "/v1/billing-runs", tag = "Tag::Invoices")]
impl BillingRuns {
    /// List billing runs
    ///
    /// With what each of them left out.
    #[oai(path = "/", method = "get", operation_id = "list_billing_runs")]
    async fn list(
        &self,
        By(by): By,
        sort: Query<Option<Sort<BillingRunSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<BillingRunView>>, ApiError> {
        let query = list_query(NoFilter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.billing_runs(self.0.viewer(&by), &query).await?)))
    }

    /// Start a billing run
    ///
    /// Everything billable and not yet invoiced goes into one draft invoice per organization and currency: each thing
    /// exactly once, however often it runs.
    #[oai(path = "/", method = "post", operation_id = "start_billing_run")]
    async fn start(&self, By(by): By) -> Result<Created<BillingRunView>, ApiError> {
        let id = self.0.service.start_billing_run(&by).await?;
        Ok(Created::at(format!("/v1/billing-runs/{id}"), self.shown(&by, id).await?))
    }

    /// Show a billing run
    ///
    /// With everything that it left out, each with the reason. Its invoices are listed with `billing_run_id`.
    #[oai(path = "/:billing_run", method = "get", operation_id = "get_billing_run")]
    async fn show(
        &self,
        By(by): By,
        /// Its id.
        billing_run: Path<Key>,
    ) -> Result<Json<BillingRunView>, ApiError> {
        Ok(Json(self.shown(&by, billing_run.0.id("billing run")?).await?))
    }
}
