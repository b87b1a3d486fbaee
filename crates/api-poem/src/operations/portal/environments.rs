//! Environments, as their customers see them: once they were handed over (PV-3).

use std::sync::Arc;

use entitlement::{EnvironmentStatus, Platform};
use kernel::EnvironmentId;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{Coded, EnvironmentDetail, EnvironmentFilter, EnvironmentRow, EnvironmentSort};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example, named::EntitlementRef};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// One of our environments, in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalEnvironmentSummary {
    /// Its id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Where it stands.
    status: Word<EnvironmentStatus>,
    /// What runs on it.
    platform: Option<Word<Platform>>,
    /// Where people find it.
    primary_url: Option<String>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// When it was handed over.
    activated_at: Option<Instant>,
}

impl From<EnvironmentRow> for PortalEnvironmentSummary {
    fn from(row: EnvironmentRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            status: row.status.into(),
            platform: row.platform.map(Word),
            primary_url: row.primary_url,
            entitlement: EntitlementRef::from(&row.above),
            activated_at: row.activated_at.map(Instant),
        }
    }
}

/// One of our environments.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalEnvironmentView {
    /// Its id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Where it stands.
    status: Word<EnvironmentStatus>,
    /// What runs on it.
    platform: Option<Word<Platform>>,
    /// Where people find it.
    primary_url: Option<String>,
    /// Where changes are tried.
    staging_url: Option<String>,
    /// When it is backed up: a cron expression of five fields.
    backup_schedule: Option<String>,
    /// The contract that covers it.
    contract_id: Option<Uuid>,
    /// The balance that pays for its requests.
    credit_balance_id: Option<Uuid>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// When it was handed over.
    activated_at: Option<Instant>,
    /// When it was gone.
    decommissioned_at: Option<Instant>,
}

impl From<EnvironmentDetail> for PortalEnvironmentView {
    fn from(EnvironmentDetail { environment: row, status, above }: EnvironmentDetail) -> Self {
        let it = row.configuration;
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            status: status.into(),
            platform: it.platform.map(Word),
            primary_url: it.primary_url,
            staging_url: it.staging_url,
            backup_schedule: it.backup_schedule,
            contract_id: it.contract.map(Uuid::from),
            credit_balance_id: it.credit_balance.map(Uuid::from),
            entitlement: EntitlementRef::from(&above),
            activated_at: row.activated_at.map(Instant),
            decommissioned_at: row.decommissioned_at.map(Instant),
        }
    }
}

impl Example for PortalEnvironmentView {
    fn example() -> Self {
        Self {
            id: example::id(16),
            name: "Moodle, managed".to_owned(),
            status: Word(EnvironmentStatus::Active),
            platform: Some(Word(Platform::Moodle)),
            primary_url: Some("https://ava.acme.example.com".to_owned()),
            staging_url: Some("https://staging.acme.example.com".to_owned()),
            backup_schedule: Some("0 3 * * *".to_owned()),
            contract_id: Some(example::id(15)),
            credit_balance_id: Some(example::id(9)),
            entitlement: EntitlementRef { id: example::id(17), code: "ENV-2026050001".to_owned() },
            activated_at: Some(example::instant()),
            decommissioned_at: None,
        }
    }
}

pub(crate) struct PortalEnvironments(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/environments", tag = "Tag::Portal")]
impl PortalEnvironments {
    /// List our environments
    ///
    /// Those that were handed over to us.
    #[oai(path = "/", method = "get", operation_id = "portal_list_environments")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<EnvironmentStatus>>>>,
        /// Only those with this on them.
        platform: Query<Option<Word<Platform>>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those with all of these words, or words that begin so, in their name or primary URL.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<EnvironmentSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalEnvironmentSummary>>, ApiError> {
        let filter = EnvironmentFilter {
            status: Word::list(status.0),
            platform: platform.0.map(|Word(platform)| platform),
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            q: q.0,
            ..EnvironmentFilter::default()
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.environments(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our environments
    ///
    /// Once it was handed over to us.
    #[oai(path = "/:environment", method = "get", operation_id = "portal_get_environment")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
    ) -> Result<Json<PortalEnvironmentView>, ApiError> {
        let id: EnvironmentId = environment.id("environment")?;
        let detail = found(self.0.reads.environment(self.0.viewer(&by), id).await?, "environment", id)?;
        Ok(Json(detail.into()))
    }
}
