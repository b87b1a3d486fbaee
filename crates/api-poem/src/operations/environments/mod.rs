//! Environments (PV-3, PV-4).

mod configuration;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use entitlement::{EnvironmentStatus, Platform};
use kernel::{EnvironmentId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use service_delivery::{
    EnvironmentChange,
    access::Caller,
    reads::{Coded, EnvironmentFilter, EnvironmentSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};
use configuration::EnvironmentConfigurationBody;
use view::{EnvironmentSummary, EnvironmentView};

pub(crate) struct Environments(pub(crate) Arc<Context>);

impl Environments {
    async fn shown(&self, by: &Caller, id: EnvironmentId) -> Result<(i64, EnvironmentView), ApiError> {
        let detail = found(self.0.reads.environment(self.0.viewer(by), id).await?, "environment", id)?;
        Ok((detail.environment.version, detail.into()))
    }

    async fn change(
        &self,
        by: &Caller,
        key: &Key,
        change: EnvironmentChange,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        let id = key.id("environment")?;
        self.0.service.change_environment(by, id, change).await?;
        Ok(self.shown(by, id).await?.into())
    }
}

#[OpenApi(prefix_path = "/v1/environments", tag = "Tag::Environments")]
impl Environments {
    /// List environments
    ///
    /// Those that await their setup are what staff have to do: `status=awaiting_setup`.
    #[oai(path = "/", method = "get", operation_id = "list_environments")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those that are seen in this state; may be repeated.
        status: Query<Option<Vec<Word<EnvironmentStatus>>>>,
        /// Only those with this on them.
        platform: Query<Option<Word<Platform>>>,
        /// Only those on exactly this server.
        server: Query<Option<String>>,
        /// Only those under this entitlement, by id or code.
        entitlement: Query<Option<Key>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those with all of these words, or words that begin so, in their name or primary URL.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<EnvironmentSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<EnvironmentSummary>>, ApiError> {
        let filter = EnvironmentFilter {
            status: Word::list(status.0),
            platform: platform.0.map(|Word(platform)| platform),
            server: server.0,
            entitlement: self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement.0.as_ref()).await?,
            organization: organization_id.0.map(OrganizationId::new),
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.environments(self.0.viewer(&by), &query).await?)))
    }

    /// Show an environment
    ///
    /// With how it is set up and its own state as well as the state that its entitlement leaves it.
    #[oai(path = "/:environment", method = "get", operation_id = "get_environment")]
    async fn show(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        Ok(self.shown(&by, environment.0.id("environment")?).await?.into())
    }

    /// Record how an environment is set up
    ///
    /// Replaces all that was recorded.
    #[oai(path = "/:environment/configuration", method = "put", operation_id = "configure_environment")]
    async fn configure(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<EnvironmentConfigurationBody>,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        let id = environment.0.id("environment")?;
        let expected = expected_version(if_match)?;
        let configuration = body.read(&self.0, &by).await?;
        self.0.service.configure_environment(&by, id, &configuration, expected).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Hand an environment over
    ///
    /// It becomes active, and customers see it from now on. Server, primary URL and platform must be there.
    #[oai(path = "/:environment/activate", method = "post", operation_id = "activate_environment")]
    async fn activate(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        self.change(&by, &environment, EnvironmentChange::Activate).await
    }

    /// Begin maintenance of an environment
    ///
    /// It must be active; staff work on it until its maintenance ends.
    #[oai(
        path = "/:environment/start-maintenance",
        method = "post",
        operation_id = "start_environment_maintenance"
    )]
    async fn start_maintenance(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        self.change(&by, &environment, EnvironmentChange::BeginMaintenance).await
    }

    /// End maintenance of an environment
    ///
    /// It is active again.
    #[oai(
        path = "/:environment/end-maintenance",
        method = "post",
        operation_id = "end_environment_maintenance"
    )]
    async fn end_maintenance(
        &self,
        By(by): By,
        /// Its id.
        environment: Path<Key>,
    ) -> Result<Tagged<EnvironmentView>, ApiError> {
        self.change(&by, &environment, EnvironmentChange::EndMaintenance).await
    }
}
