//! The policies as a whole: their kinds, what is doubtful about the documents, and what a change would do (PO-8, PO-11).

use std::sync::Arc;

use kernel::Timestamp;
use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service_delivery::policy_schema;

use super::{
    body::PolicyBody,
    view::{AffectedEntitlementView, DiagnosticView, PolicyKindView},
};
use crate::{
    http::{ApiError, By},
    operations::{Context, Tag},
    wire::{Instant, Limit, Page, page_request},
};

/// An instant as the resolver has it.
pub(crate) fn resolver_instant(at: Timestamp) -> policy_resolver::Timestamp {
    policy_resolver::Timestamp::from_unix_micros(at.unix_micros())
}

/// What is legal and probably not meant.
#[derive(Debug, Object)]
pub(crate) struct PolicyLintView {
    /// As of when.
    as_of: Instant,
    /// What was found.
    items: Vec<DiagnosticView>,
}

/// Every kind of policy.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PolicyKindsView {
    /// The levels at which documents stand, from general to specific. Those of `settings` are made by the server's settings.
    levels: Vec<String>,
    /// The kinds.
    items: Vec<PolicyKindView>,
}

impl Example for PolicyKindsView {
    fn example() -> Self {
        let levels = ["settings", "global", "class", "organization", "product", "entitlement"];
        Self { levels: levels.map(str::to_owned).to_vec(), items: vec![PolicyKindView::example()] }
    }
}

/// What a change would do.
#[derive(Debug, Object)]
pub(crate) struct PolicyTrialView {
    /// As of when.
    as_of: Instant,
    /// The entitlements that would resolve differently.
    affected: Page<AffectedEntitlementView>,
}

pub(crate) struct Policies(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/policies", tag = "Tag::Policies")]
impl Policies {
    /// List the kinds of policies
    ///
    /// With every field: its type, bounds, unit, default, and what documents may do to it.
    #[oai(path = "/kinds", method = "get", operation_id = "list_policy_kinds")]
    async fn kinds(&self, By(_by): By) -> Result<Json<PolicyKindsView>, ApiError> {
        let levels = policy_schema().levels().iter().map(|level| level.name().to_owned()).collect();
        let items = policy_schema().kinds().map(PolicyKindView::from).collect();
        Ok(Json(PolicyKindsView { levels, items }))
    }

    /// Lint the policies
    ///
    /// What is legal and probably not meant: an organization and a product that set the same field, changes that a guard always
    /// blocks, changes to what holds anyway.
    #[oai(path = "/lint", method = "get", operation_id = "lint_policies")]
    async fn lint(
        &self,
        By(_by): By,
        /// As of this instant; now, where it is absent.
        as_of: Query<Option<Instant>>,
    ) -> Result<Json<PolicyLintView>, ApiError> {
        let at = as_of.0.map_or_else(|| self.0.clock.now(), |Instant(at)| at);
        let set = self.0.service.policies_in_force()?;
        let items = set.lint(resolver_instant(at)).iter().map(DiagnosticView::from).collect();
        Ok(Json(PolicyLintView { as_of: at.into(), items }))
    }

    /// Try a policy document
    ///
    /// Which entitlements would resolve differently if it were created or changed so, field by field, before and after.
    /// Nothing is written. As of now, or of its beginning where that lies ahead, unless told.
    #[oai(path = "/what-if", method = "post", operation_id = "try_policy_document")]
    async fn what_if(
        &self,
        By(by): By,
        /// As of this instant.
        as_of: Query<Option<Instant>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
        PolicyBody(write): PolicyBody,
    ) -> Result<Json<PolicyTrialView>, ApiError> {
        let page = page_request(limit, cursor)?;
        let trial = self.0.service.try_policies(&by, &write, as_of.0.map(|Instant(at)| at)).await?;
        let affected = trial.affected(self.0.reads.as_ref(), self.0.viewer(&by), &page).await?;
        Ok(Json(PolicyTrialView { as_of: trial.at().into(), affected: Page::of(affected) }))
    }
}
