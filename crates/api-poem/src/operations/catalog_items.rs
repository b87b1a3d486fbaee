//! The catalog: kinds of work with a fixed price in credits (CT-1, CT-2).

use std::sync::Arc;

use kernel::{CatalogItemId, ServiceType};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    access::Caller,
    reads::{CatalogItemFilter, CatalogItemName, CatalogItemSort, Coded},
};
use ust_credits::{CatalogItemContent, CatalogItemRecord, Complexity, price};
use uuid::Uuid;

use super::{Context, Tag, context::found, example};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Credits, Key, Limit, Page, Sort, Tagged, Word, expected_version, list_query},
};

/// A kind of work.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct CatalogItemContentBody {
    /// A short unique code: up to 40 letters, digits, `-`, `_` and `.`. It never changes.
    code: String,
    /// What it is called: up to 200 characters.
    #[oai(validator(max_length = 200))]
    name: String,
    /// The type of service it belongs to.
    service_type: Word<ServiceType>,
    /// What the work comprises: up to 4,000 characters.
    #[oai(validator(max_length = 4_000))]
    description: Option<String>,
    /// The price before complexity; over 0.
    base_credits: Credits,
    /// The complexity that this kind of work usually has.
    usual_complexity: Word<Complexity>,
}

impl Example for CatalogItemContentBody {
    fn example() -> Self {
        Self {
            code: "PLUGIN-UPDATE".to_owned(),
            name: "Plugin update".to_owned(),
            service_type: Word(ServiceType::Support),
            description: Some("Updates one plugin and checks that it works.".to_owned()),
            base_credits: Credits(ust_credits::Credits::from_units(40)),
            usual_complexity: Word(Complexity::Medium),
        }
    }
}

impl From<CatalogItemContentBody> for CatalogItemContent {
    fn from(body: CatalogItemContentBody) -> Self {
        Self {
            code: body.code,
            name: body.name,
            service_type: body.service_type.0,
            description: body.description.unwrap_or_default(),
            base_credits: body.base_credits.0,
            usual_complexity: body.usual_complexity.0,
        }
    }
}

/// A kind of work, with what it costs.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct CatalogItemView {
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
    /// The price before complexity.
    base_credits: Credits,
    /// The complexity that this kind of work usually has.
    usual_complexity: Word<Complexity>,
    /// What it costs at each complexity.
    prices: CatalogPrices,
    /// Whether it may be chosen for new work.
    active: bool,
}

/// What a kind of work costs at each complexity; a price that is too large to exist is absent.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct CatalogPrices {
    /// × 1.
    low: Option<Credits>,
    /// × 1.5, half a tenth rounded up.
    medium: Option<Credits>,
    /// × 2.
    high: Option<Credits>,
}

impl CatalogPrices {
    fn of(base: ust_credits::Credits) -> Self {
        let at = |complexity| price(base, complexity).ok().map(Credits);
        Self { low: at(Complexity::Low), medium: at(Complexity::Medium), high: at(Complexity::High) }
    }
}

impl From<CatalogItemRecord> for CatalogItemView {
    fn from(CatalogItemRecord { id, content, active, version: _ }: CatalogItemRecord) -> Self {
        Self {
            id: id.as_uuid(),
            code: content.code,
            name: content.name,
            service_type: content.service_type.into(),
            description: content.description,
            base_credits: content.base_credits.into(),
            usual_complexity: content.usual_complexity.into(),
            prices: CatalogPrices::of(content.base_credits),
            active,
        }
    }
}

impl Example for CatalogItemView {
    fn example() -> Self {
        Self::from(CatalogItemRecord {
            id: CatalogItemId::new(Uuid::from_u128(0x019a_2b3c_4d5e_7f60_8a9b_0c1d_2e3f_4a10)),
            content: CatalogItemContentBody::example().into(),
            active: true,
            version: 1,
        })
    }
}

/// What a kind of work costs at one complexity.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct CatalogPriceView {
    /// The kind of work.
    catalog_item: CatalogItemRef,
    /// How hard the work is.
    complexity: Word<Complexity>,
    /// The price before complexity.
    base_credits: Credits,
    /// What the complexity multiplies it with.
    multiplier: String,
    /// The price.
    credits: Credits,
    /// Whether it may be chosen for new work.
    active: bool,
}

impl CatalogPriceView {
    fn of(row: CatalogItemRecord, complexity: Complexity) -> Result<Self, ApiError> {
        let CatalogItemRecord { id, content, active, version: _ } = row;
        let credits = price(content.base_credits, complexity)
            .map_err(|error| ApiError::field("complexity", error.to_string()))?;
        Ok(Self {
            catalog_item: CatalogItemRef { id: id.as_uuid(), code: content.code, name: content.name },
            complexity: complexity.into(),
            base_credits: content.base_credits.into(),
            multiplier: complexity.multiplier().to_owned(),
            credits: credits.into(),
            active,
        })
    }
}

impl Example for CatalogPriceView {
    fn example() -> Self {
        let CatalogItemContent { code, name, base_credits, .. } = CatalogItemContentBody::example().into();
        Self {
            catalog_item: CatalogItemRef { id: example::id(0x10), code, name },
            complexity: Word(Complexity::Medium),
            base_credits: base_credits.into(),
            multiplier: Complexity::Medium.multiplier().to_owned(),
            credits: Credits(ust_credits::Credits::from_units(60)),
            active: true,
        }
    }
}

/// A kind of work by its code.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(crate) struct CatalogItemRef {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its code.
    pub(crate) code: String,
    /// What it is called now.
    pub(crate) name: String,
}

impl From<CatalogItemName> for CatalogItemRef {
    fn from(CatalogItemName { id, code, name }: CatalogItemName) -> Self {
        Self { id: id.as_uuid(), code, name }
    }
}

pub(crate) struct CatalogItems(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/catalog-items", tag = "Tag::CatalogItems")]
impl CatalogItems {
    /// List catalog items
    ///
    /// Customers see those that may be chosen.
    #[oai(path = "/", method = "get", operation_id = "list_catalog_items")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this type of service.
        service_type: Query<Option<Word<ServiceType>>>,
        /// Only those that may be chosen for new work, or only those that may not.
        active: Query<Option<bool>>,
        /// Only those with all of these words, or words that begin so, in their code, name or description.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<CatalogItemSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<CatalogItemView>>, ApiError> {
        let service_type = service_type.0.map(|Word(word)| word);
        let filter = CatalogItemFilter { service_type, active: active.0, q: q.0 };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.catalog_items(self.0.viewer(&by), &query).await?)))
    }

    /// Show a catalog item
    ///
    /// With its price for each complexity.
    #[oai(path = "/:catalog_item", method = "get", operation_id = "get_catalog_item")]
    async fn get(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
    ) -> Result<Tagged<CatalogItemView>, ApiError> {
        let id = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        self.show(&by, id, &catalog_item).await
    }

    /// Preview the price of a catalog item
    ///
    /// What work from the catalog costs at a complexity, or at the item's usual one: base credits × multiplier, half a tenth of a
    /// credit rounded up.
    #[oai(path = "/:catalog_item/price", method = "get", operation_id = "get_catalog_item_price")]
    async fn price(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
        /// The complexity of the work; the item's usual one where none is given.
        complexity: Query<Option<Word<Complexity>>>,
    ) -> Result<Json<CatalogPriceView>, ApiError> {
        let id = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        let row = self.row(&by, id, &catalog_item).await?;
        let complexity = complexity.0.map_or(row.content.usual_complexity, |Word(complexity)| complexity);
        Ok(Json(CatalogPriceView::of(row, complexity)?))
    }

    /// Add a catalog item
    ///
    /// Requests can choose it from now on. Its code is its name for good.
    #[oai(path = "/", method = "post", operation_id = "create_catalog_item")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<CatalogItemContentBody>,
    ) -> Result<Created<CatalogItemView>, ApiError> {
        let id = self.0.service.create_catalog_item(&by, &body.into()).await?;
        let row = self.row(&by, id, &Key::from(id.as_uuid())).await?;
        Ok(Created::tagged(format!("/v1/catalog-items/{id}"), row.version, row.into()))
    }

    /// Change a catalog item
    ///
    /// Everything but its code. Requests that chose it keep the price that they were made at.
    #[oai(path = "/:catalog_item", method = "put", operation_id = "update_catalog_item")]
    async fn update(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        Body(body): Body<CatalogItemContentBody>,
    ) -> Result<Tagged<CatalogItemView>, ApiError> {
        let expected = expected_version(if_match)?;
        let id = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        self.0.service.update_catalog_item(&by, id, &body.into(), expected).await?;
        self.show(&by, id, &catalog_item).await
    }

    /// Take a catalog item out of the offer
    ///
    /// It stays linked to the requests that chose it. Repeating this changes nothing.
    #[oai(path = "/:catalog_item/deactivate", method = "post", operation_id = "deactivate_catalog_item")]
    async fn deactivate(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
    ) -> Result<Tagged<CatalogItemView>, ApiError> {
        let id = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        self.0.service.deactivate_catalog_item(&by, id).await?;
        self.show(&by, id, &catalog_item).await
    }

    /// Offer a catalog item again
    ///
    /// Repeating this changes nothing.
    #[oai(path = "/:catalog_item/activate", method = "post", operation_id = "activate_catalog_item")]
    async fn activate(
        &self,
        By(by): By,
        /// Its id or code.
        catalog_item: Path<Key>,
    ) -> Result<Tagged<CatalogItemView>, ApiError> {
        let id = self.0.id(&by, Coded::CatalogItem, &catalog_item).await?;
        self.0.service.activate_catalog_item(&by, id).await?;
        self.show(&by, id, &catalog_item).await
    }
}

impl CatalogItems {
    async fn row(&self, by: &Caller, id: CatalogItemId, key: &Key) -> Result<CatalogItemRecord, ApiError> {
        found(self.0.reads.catalog_item(self.0.viewer(by), id).await?, "catalog item", key)
    }

    async fn show(
        &self,
        by: &Caller,
        id: CatalogItemId,
        key: &Key,
    ) -> Result<Tagged<CatalogItemView>, ApiError> {
        let row = self.row(by, id, key).await?;
        Ok(Tagged::at(row.version, row.into()))
    }
}

#[cfg(test)]
mod tests {
    use entitlement::{Role, Scope};
    use poem::http::Method;
    use serde_json::{Value, json};

    use crate::testing::World;

    fn item(code: &str, base_credits: &str) -> Value {
        json!({
            "code": code, "name": format!("Item {code}"), "service_type": "support",
            "base_credits": base_credits, "usual_complexity": "medium",
        })
    }

    #[tokio::test]
    async fn ct_1_staff_keep_the_catalog_and_customers_read_it() {
        let world = World::new().await;
        let made = world.post("/v1/catalog-items", &item("UPDATE", "0.3")).await;
        let (etag, location) = (made.etag.clone().unwrap(), made.location.clone().unwrap());
        let view = made.is(201);
        assert_eq!(view["prices"], json!({"low": "0.3", "medium": "0.5", "high": "0.6"}));
        for code in ["THEME", "COURSE"] {
            world.post("/v1/catalog-items", &item(code, "4")).await.is(201);
        }
        assert_eq!(world.get(&location).await.is(200), view);
        assert_eq!(world.get("/v1/catalog-items/UPDATE").await.is(200), view);
        assert_eq!(
            world.post("/v1/catalog-items", &item("UPDATE", "1")).await.problem(409),
            "catalog-code-taken"
        );

        let changed = item("UPDATE", "2");
        let put = |body: Value, tag: Option<String>| {
            let world = &world;
            async move {
                let path = "/v1/catalog-items/UPDATE";
                world.ask_if(&world.staff, Method::PUT, path, Some(&body), tag.as_deref()).await
            }
        };
        put(changed.clone(), None).await.is(428);
        let answer = put(changed.clone(), Some(etag.clone())).await;
        assert_ne!(answer.etag.as_deref(), Some(etag.as_str()));
        assert_eq!(answer.is(200)["prices"]["high"], "4");
        put(item("UPDATE", "9"), Some(etag)).await.is(412);
        assert_eq!(put(item("OTHER", "2"), Some("*".to_owned())).await.wrong_fields(), ["code"]);

        for _ in 0..2 {
            let off = world.post("/v1/catalog-items/UPDATE/deactivate", &Value::Null).await.is(200);
            assert_eq!(off["active"], false);
        }
        assert_eq!(
            world.walk("/v1/catalog-items?sort=-code", 2, "code").await,
            ["UPDATE", "THEME", "COURSE"]
        );
        assert_eq!(world.walk("/v1/catalog-items?active=true&q=course", 2, "code").await, ["COURSE"]);
        let described = json!({
            "code": "SEARCH", "name": "Another", "description": "Índice de busca", "service_type": "support",
            "base_credits": "1", "usual_complexity": "low",
        });
        world.post("/v1/catalog-items", &described).await.is(201);
        assert_eq!(world.walk("/v1/catalog-items?q=%C3%ADndice", 2, "code").await, ["SEARCH"]);
        world.post("/v1/catalog-items/SEARCH/deactivate", &Value::Null).await.is(200);
        let acme = world.organization("Acme").await;
        let guest = world.customer(acme, Role::Guest, &[Scope::Requests]).await;
        let seen = world.ask(&guest, Method::GET, "/v1/catalog-items", None).await.is(200);
        assert_eq!(seen["items"].as_array().unwrap().len(), 2);
        world.ask(&guest, Method::POST, "/v1/catalog-items/UPDATE/activate", None).await.is(403);
        let on = world.post("/v1/catalog-items/UPDATE/activate", &Value::Null).await.is(200);
        assert_eq!(on["active"], true);
        world.get("/v1/catalog-items/NOTHING").await.is(404);
    }

    #[tokio::test]
    async fn ct_2_a_price_is_previewed_at_each_complexity() {
        let world = World::new().await;
        world.post("/v1/catalog-items", &item("UPDATE", "0.3")).await.is(201);
        let acme = world.organization("Acme").await;
        let guest = world.customer(acme, Role::Guest, &[Scope::Requests]).await;
        let ask = |query: &str| {
            let (world, guest, path) = (&world, &guest, format!("/v1/catalog-items/UPDATE/price{query}"));
            async move { world.ask(guest, Method::GET, &path, None).await }
        };
        for (query, multiplier, credits) in [
            ("?complexity=low", "1", "0.3"),
            ("?complexity=medium", "1.5", "0.5"),
            ("?complexity=high", "2", "0.6"),
            ("", "1.5", "0.5"),
        ] {
            let price = ask(query).await.is(200);
            assert_eq!((&price["multiplier"], &price["credits"]), (&json!(multiplier), &json!(credits)));
            assert_eq!(
                (&price["base_credits"], &price["catalog_item"]["code"]),
                (&json!("0.3"), &json!("UPDATE"))
            );
        }
        assert_eq!(ask("?complexity=huge").await.wrong_fields(), ["complexity"]);
        let most = item("MOST", "922337203685477580.7");
        assert_eq!(world.post("/v1/catalog-items", &most).await.wrong_fields(), ["base_credits"]);
        world.get("/v1/catalog-items/NOTHING/price").await.is(404);
    }

    #[tokio::test]
    async fn cr_1_amounts_that_are_none_are_refused_by_the_name_of_their_field() {
        let world = World::new().await;
        for amount in ["4.55", "-4", "99999999999999999999", "four", ""] {
            let answer = world.post("/v1/catalog-items", &item("X", amount)).await;
            assert_eq!(answer.wrong_fields(), ["base_credits"], "{amount}");
        }
        assert_eq!(world.post("/v1/catalog-items", &item("X", "0")).await.wrong_fields(), ["base_credits"]);
        let several = json!({"code": " ", "name": "", "service_type": "gardening", "base_credits": 4});
        let wrong = world.post("/v1/catalog-items", &several).await.wrong_fields();
        assert_eq!(wrong, ["usual_complexity", "base_credits", "service_type"]);
    }
}
