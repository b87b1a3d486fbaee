//! The catalog, as customers see it: what may be chosen, and what it usually costs (CT-1).

use std::sync::Arc;

use kernel::{CatalogItemId, ServiceType};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::reads::{CatalogItemFilter, CatalogItemSort, Coded};
use ust_credits::{CatalogItemRecord, price};
use uuid::Uuid;

use super::super::{Context, Tag, context::found, example};
use crate::{
    http::{ApiError, By},
    wire::{Credits, Key, Limit, Page, Sort, Word, list_query},
};

/// A kind of work that can be asked for.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalCatalogItemView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// What it is called.
    name: String,
    /// The type of service it belongs to.
    service_type: Word<ServiceType>,
    /// What the work comprises; may be empty.
    description: String,
    /// What a request for it is estimated at when it is made; absent where that is too much to be an amount.
    usual_credits: Option<Credits>,
    /// Whether it may be chosen for new requests.
    active: bool,
}

impl From<CatalogItemRecord> for PortalCatalogItemView {
    fn from(CatalogItemRecord { id, content, active, version: _ }: CatalogItemRecord) -> Self {
        Self {
            id: id.as_uuid(),
            usual_credits: price(content.base_credits, content.usual_complexity).ok().map(Credits),
            code: content.code,
            name: content.name,
            service_type: content.service_type.into(),
            description: content.description,
            active,
        }
    }
}

impl Example for PortalCatalogItemView {
    fn example() -> Self {
        Self {
            id: example::id(16),
            code: "PLUGIN-UPDATE".to_owned(),
            name: "Plugin update".to_owned(),
            service_type: Word(ServiceType::Support),
            description: "Updates one plugin and checks that it works.".to_owned(),
            usual_credits: Some(Credits(ust_credits::Credits::from_units(60))),
            active: true,
        }
    }
}

pub(crate) struct PortalCatalogItems(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/catalog-items", tag = "Tag::Portal")]
impl PortalCatalogItems {
    /// List what can be asked for
    ///
    /// The kinds of work with a fixed price in credits.
    #[oai(path = "/", method = "get", operation_id = "portal_list_catalog_items")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this type of service.
        service_type: Query<Option<Word<ServiceType>>>,
        /// Only those with all of these words, or words that begin so, in their code or name.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<CatalogItemSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalCatalogItemView>>, ApiError> {
        let service_type = service_type.0.map(|Word(word)| word);
        let query =
            list_query(CatalogItemFilter { service_type, active: None, q: q.0 }, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.catalog_items(self.0.viewer(&by), &query).await?)))
    }

    /// Show a catalog item
    ///
    /// With its price for each complexity.
    #[oai(path = "/:catalog_item", method = "get", operation_id = "portal_get_catalog_item")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
    ) -> Result<Json<PortalCatalogItemView>, ApiError> {
        let id: CatalogItemId = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        let row = self.0.reads.catalog_item(self.0.viewer(&by), id).await?;
        Ok(Json(found(row, "catalog item", catalog_item.0)?.into()))
    }
}
