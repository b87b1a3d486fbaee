//! Products (OD-1).

#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use kernel::{EntitlementClass, ProductId};
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    reads::{Coded, ProductFilter, ProductSort},
};

use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};
use view::{NewProductBody, ProductBody, ProductView};

pub(crate) struct Products(pub(crate) Arc<Context>);

impl Products {
    async fn shown(&self, by: &Caller, id: ProductId) -> Result<(i64, ProductView), ApiError> {
        let row = found(self.0.reads.product(self.0.viewer(by), id).await?, "product", id)?;
        Ok((row.version, row.into()))
    }
}

#[OpenApi(prefix_path = "/v1/products", tag = "Tag::Products")]
impl Products {
    /// List products
    ///
    /// What is on sale, and what was.
    #[oai(path = "/", method = "get", operation_id = "list_products")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this class.
        class: Query<Option<Word<EntitlementClass>>>,
        /// Only those on sale, or only those that are not.
        active: Query<Option<bool>>,
        /// Only those with all of these words, or words that begin so, in their SKU or name.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<ProductSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<ProductView>>, ApiError> {
        let class = class.0.map(|Word(class)| class);
        let query = list_query(ProductFilter { class, active: active.0, q: q.0 }, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.products(self.0.viewer(&by), &query).await?)))
    }

    /// Put a product on sale
    ///
    /// What belongs to it depends on its class: sites to a plugin, a service to a support product.
    #[oai(path = "/", method = "post", operation_id = "create_product")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<NewProductBody>,
    ) -> Result<Created<ProductView>, ApiError> {
        let id = self.0.service.create_product(&by, &body.read()?).await?;
        let (version, view) = self.shown(&by, id).await?;
        Ok(Created::tagged(format!("/v1/products/{id}"), version, view))
    }

    /// Show a product
    ///
    /// With the `ETag` that a change of it needs.
    #[oai(path = "/:product", method = "get", operation_id = "get_product")]
    async fn show(
        &self,
        By(by): By,
        /// Its id or SKU.
        product: Path<Key>,
    ) -> Result<Tagged<ProductView>, ApiError> {
        let id = self.0.id(&by, Coded::Product, &product).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Change a product
    ///
    /// Replaces everything but SKU and class. What is sold already keeps what it was sold with.
    #[oai(path = "/:product", method = "put", operation_id = "update_product")]
    async fn update(
        &self,
        By(by): By,
        /// Its id or SKU.
        product: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<ProductBody>,
    ) -> Result<Tagged<ProductView>, ApiError> {
        let (terms, expected) = (body.read()?, expected_version(if_match)?);
        let id = self.0.id(&by, Coded::Product, &product).await?;
        self.0.service.update_product(&by, id, &terms, expected).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Take a product off sale
    ///
    /// What is sold already stays. Repeating it changes nothing.
    #[oai(path = "/:product/deactivate", method = "post", operation_id = "deactivate_product")]
    async fn deactivate(
        &self,
        By(by): By,
        /// Its id or SKU.
        product: Path<Key>,
    ) -> Result<Tagged<ProductView>, ApiError> {
        let id = self.0.id(&by, Coded::Product, &product).await?;
        self.0.service.deactivate_product(&by, id).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Put a product on sale again
    ///
    /// Repeating it changes nothing.
    #[oai(path = "/:product/reactivate", method = "post", operation_id = "reactivate_product")]
    async fn reactivate(
        &self,
        By(by): By,
        /// Its id or SKU.
        product: Path<Key>,
    ) -> Result<Tagged<ProductView>, ApiError> {
        let id = self.0.id(&by, Coded::Product, &product).await?;
        self.0.service.reactivate_product(&by, id).await?;
        Ok(self.shown(&by, id).await?.into())
    }
}
