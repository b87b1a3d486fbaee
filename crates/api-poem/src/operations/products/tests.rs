use entitlement::Role;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

const PATH: &str = "/v1/products";

fn plugin(sku: &str, price: &str) -> Value {
    json!({
        "sku": sku, "class": "PLG", "name": format!("Plugin {sku}"), "support_class": "basic",
        "price": {"amount": price, "currency": "BRL"}, "term_months": 12, "sites_allowed": 3,
    })
}

#[tokio::test]
async fn od_1_products_are_made_found_changed_and_taken_off_sale() {
    let world = World::new().await;
    let made = world.post(PATH, &plugin("PLG-B", "99.90")).await;
    let (etag, location) = (made.etag.clone().unwrap(), made.location.clone().unwrap());
    let view = made.is(201);
    assert_eq!(view["price"], json!({"amount": "99.90", "currency": "BRL"}));
    assert_eq!((&view["trial_days"], &view["credits_included"]), (&json!(0), &json!("0")));
    assert_eq!(world.get(&location).await.is(200), view);
    assert_eq!(world.get(&format!("{PATH}/PLG-B")).await.is(200), view);
    assert_eq!(world.post(PATH, &plugin("PLG-B", "1")).await.problem(409), "sku-taken");
    world.post(PATH, &plugin("PLG-A", "1")).await.is(201);
    let service = json!({
        "sku": "SVC-1", "class": "SVC", "name": "Support", "support_class": "business",
        "price": {"amount": "0", "currency": "USD"}, "service": {"type": "support", "mode": "ongoing"},
        "credits_included": "4.5", "tier": {"name": "Gold", "rank": 2},
    });
    let service = world.post(PATH, &service).await.is(201);
    assert_eq!(service["service"], json!({"type": "support", "mode": "ongoing"}));
    assert_eq!(service["credits_included"], "4.5");

    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 2, "sku").await;
    assert_eq!(walk("sort=sku").await, ["PLG-A", "PLG-B", "SVC-1"]);
    assert_eq!(walk("class=PLG&sort=-sku").await, ["PLG-B", "PLG-A"]);
    assert_eq!(walk("q=SUP").await, ["SVC-1"]);

    let mut terms = plugin("PLG-B", "120");
    terms.as_object_mut().unwrap().retain(|name, _| name != "sku" && name != "class");
    let put = async |tag: Option<&str>, body: &Value| {
        world.ask_if(&world.staff, Method::PUT, &format!("{PATH}/PLG-B"), Some(body), tag).await
    };
    put(None, &terms).await.is(428);
    assert_eq!(put(Some(&etag), &terms).await.is(200)["price"]["amount"], "120");
    assert_eq!(put(Some(&etag), &terms).await.problem(412), "stale");
    assert_eq!(put(Some("*"), &plugin("PLG-B", "1")).await.wrong_fields(), ["class", "sku"]);

    for _ in 0..2 {
        assert_eq!(
            world.post(&format!("{PATH}/PLG-B/deactivate"), &Value::Null).await.is(200)["active"],
            false
        );
    }
    assert_eq!(walk("active=false").await, ["PLG-B"]);
    assert_eq!(world.post(&format!("{PATH}/PLG-B/reactivate"), &Value::Null).await.is(200)["active"], true);
    assert_eq!(world.get(&format!("{PATH}/NOTHING")).await.problem(404), "not-found");
    let acme = world.organization("Acme").await;
    let owner = world.customer(acme, Role::Owner, &[]).await;
    assert_eq!(world.ask(&owner, Method::GET, PATH, None).await.problem(403), "forbidden");
}

#[tokio::test]
async fn od_1_values_that_are_none_are_refused_by_the_name_of_their_field() {
    let world = World::new().await;
    for (field, value, wrong) in [
        ("price", json!({"amount": "-1", "currency": "BRL"}), "price"),
        ("price", json!({"amount": "1,50", "currency": "BRL"}), "price.amount"),
        ("price", json!({"amount": "9".repeat(40), "currency": "BRL"}), "price.amount"),
        ("price", json!({"amount": "1", "currency": "brl"}), "price.currency"),
        ("sku", json!("plg 1"), "sku"),
        ("class", json!("PLUGIN"), "class"),
        ("term_months", json!(0), "term_months"),
        ("term_months", json!(-1), "term_months"),
        ("term_months", json!(5_000_000_000_i64), "term_months"),
        ("sites_allowed", json!(1.5), "sites_allowed"),
        ("sites_allowed", json!(null), "sites_allowed"),
        ("credits_included", json!("4.55"), "credits_included"),
        ("credits_included", json!("4"), "credits_included"),
        ("service", json!({"type": "support"}), "service.mode"),
        ("service", json!({"type": "support", "mode": "project"}), "service"),
        ("tier", json!({"name": " ", "rank": 1}), "tier.name"),
        ("tier", json!({"name": "Gold", "rank": 3_000_000_000_i64}), "tier.rank"),
    ] {
        let mut body = plugin("PLG-X", "1");
        body[field] = value.clone();
        assert_eq!(world.post(PATH, &body).await.wrong_fields(), [wrong], "{field}: {value}");
    }
    let mut several = plugin("-", "x");
    several["price"]["currency"] = json!("?");
    assert_eq!(world.post(PATH, &several).await.wrong_fields(), ["sku", "price.currency"]);
}
