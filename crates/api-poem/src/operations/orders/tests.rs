use entitlement::Role;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::{Answer, World};

const PATH: &str = "/v1/orders";

async fn plugin(world: &World, sku: &str, price: &str) {
    let product = json!({
        "sku": sku, "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": price, "currency": "BRL"},
    });
    world.post("/v1/products", &product).await.is(201);
}

fn brl(amount: &str) -> Value {
    json!({"amount": amount, "currency": "BRL"})
}

async fn pay(world: &World, order: &str, external_ref: &str, amount: &str) -> Answer {
    let payment = json!({"external_ref": external_ref, "amount": brl(amount)});
    world.post(&format!("{PATH}/{order}/payments"), &payment).await
}

#[tokio::test]
async fn od_3_od_4_an_order_is_sent_twice_paid_in_parts_and_fulfilled() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    plugin(&world, "PLG-1", "50.00").await;
    let order = json!({
        "organization_id": acme.to_string(), "currency": "BRL", "external_ref": "shop-1",
        "lines": [{"product": "PLG-1", "quantity": 2}],
    });
    let made = world.post(PATH, &order).await;
    let location = made.location.clone().unwrap();
    let view = made.is(201);
    assert_eq!((&view["status"], &view["total"]), (&json!("pending"), &brl("100.00")));
    assert_eq!(view["organization"]["name"], "Acme");
    assert_eq!(world.post(PATH, &order).await.is(200), view);
    let mut other = order.clone();
    other["lines"][0]["quantity"] = json!(3);
    assert_eq!(world.post(PATH, &other).await.problem(409), "external-ref-taken");

    let code = view["code"].as_str().unwrap();
    assert_eq!(world.get(&format!("{PATH}/{code}")).await.is(200), view);
    assert_eq!(pay(&world, code, "pix-1", "60.00").await.is(201)["paid"], brl("60.00"));
    let again = pay(&world, code, "pix-1", "60.00").await.is(200);
    assert_eq!(again["payments"].as_array().unwrap().len(), 1);
    assert_eq!(pay(&world, code, "pix-1", "40.00").await.problem(409), "external-ref-taken");
    assert_eq!(pay(&world, code, "pix-2", "40.01").await.problem(409), "more-than-due");
    assert_eq!(world.post(&format!("{PATH}/{code}/cancel"), &Value::Null).await.problem(409), "has-payments");
    let done = pay(&world, code, "pix-2", "40.00").await.is(201);
    assert_eq!(done["status"], "fulfilled");
    let bought = done["lines"][0]["entitlements"].as_array().unwrap();
    assert_eq!(bought.len(), 2);
    for entitlement in bought {
        let path = format!("/v1/entitlements/{}", entitlement["code"].as_str().unwrap());
        let shown = world.get(&path).await.is(200);
        assert_eq!((&shown["status"], &shown["order"]["code"]), (&json!("active"), &json!(code)));
        assert_eq!(shown["provisioned"]["licenses"][0]["status"], "active");
    }
    let refused = world.post(&format!("{PATH}/{code}/cancel"), &Value::Null).await.is(409);
    assert_eq!((&refused["state"], &refused["legal"]), (&json!("fulfilled"), &json!(["refund"])));
    let shown = world.get(&location).await;
    assert!(shown.etag.is_some());
    assert_eq!(shown.is(200), done);
}

#[tokio::test]
async fn od_3_orders_are_listed_cancelled_and_free_ones_fulfilled_at_once() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    plugin(&world, "PLG-1", "50").await;
    plugin(&world, "PLG-FREE", "0").await;
    let order = |sku: &str, external_ref: &str| {
        json!({
            "holder": {"name": "Zoe", "email": "zoe@example.com"}, "currency": "BRL",
            "external_ref": external_ref, "lines": [{"product": sku, "quantity": 1}],
        })
    };
    let free = world.post(PATH, &order("PLG-FREE", "gift-1")).await.is(201);
    assert_eq!((&free["status"], &free["holder"]["name"]), (&json!("fulfilled"), &json!("Zoe")));
    let given_up = world.post(PATH, &order("PLG-1", "shop-1")).await.is(201);
    let code = given_up["code"].as_str().unwrap();
    for _ in 0..2 {
        let answer = world.post(&format!("{PATH}/{code}/cancel"), &Value::Null).await;
        assert!(answer.etag.is_some());
        assert_eq!(answer.is(200)["status"], "cancelled");
    }
    assert_eq!(pay(&world, code, "pix-1", "50").await.problem(409), "illegal-move");
    let mut of_acme = order("PLG-1", "shop-2");
    of_acme.as_object_mut().unwrap().remove("holder");
    of_acme["organization_id"] = json!(acme.to_string());
    world.post(PATH, &of_acme).await.is(201);

    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 1, "external_ref").await;
    assert_eq!(walk("sort=code").await, ["gift-1", "shop-1", "shop-2"]);
    assert_eq!(walk("status=cancelled&status=fulfilled&sort=created_at").await, ["gift-1", "shop-1"]);
    assert_eq!(walk(&format!("organization_id={acme}")).await, ["shop-2"]);
    assert_eq!(walk("q=gift").await, ["gift-1"]);
    assert_eq!(world.get(&format!("{PATH}?status=lost")).await.wrong_fields(), ["status"]);
    let owner = world.customer(acme, Role::Owner, &[]).await;
    assert_eq!(world.ask(&owner, Method::GET, PATH, None).await.problem(403), "forbidden");
}

#[tokio::test]
async fn od_3_what_cannot_be_ordered_or_paid_is_refused_by_the_name_of_its_field() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    plugin(&world, "PLG-1", "50").await;
    plugin(&world, "PLG-OLD", "50").await;
    world.post("/v1/products/PLG-OLD/deactivate", &Value::Null).await.is(200);
    let good = json!({
        "organization_id": acme.to_string(), "currency": "BRL", "lines": [{"product": "PLG-1", "quantity": 1}],
    });
    let nobody = uuid::Uuid::from_u128(9).to_string();
    for (path, value, wrong) in [
        ("/lines/0/product", json!("PLG-NONE"), "lines[0].product"),
        ("/lines/0/product", json!("PLG-OLD"), "lines[0].product"),
        ("/lines/0/product", json!(nobody), "lines[0].product"),
        ("/lines/0/quantity", json!(0), "lines[0].quantity"),
        ("/lines/0/quantity", json!(-1), "lines[0].quantity"),
        ("/lines/0/quantity", json!(501), "lines"),
        (
            "/lines/0",
            json!({"product": "PLG-1", "quantity": 1, "unit_price": brl("-1")}),
            "lines[0].unit_price",
        ),
        (
            "/lines/0",
            json!({"product": "PLG-1", "quantity": 1, "unit_price": brl("1.001")}),
            "lines[0].unit_price",
        ),
        (
            "/lines/0",
            json!({"product": "PLG-1", "quantity": 1, "unit_price": brl("x")}),
            "lines[0].unit_price.amount",
        ),
        ("/lines", json!([]), "lines"),
        ("/currency", json!("USD"), "lines[0].unit_price"),
        ("/currency", json!("reais"), "currency"),
        ("/organization_id", json!(nobody), "organization_id"),
        ("/organization_id", json!(null), "organization_id"),
    ] {
        let mut order = good.clone();
        *order.pointer_mut(path).unwrap() = value.clone();
        assert_eq!(world.post(PATH, &order).await.wrong_fields(), [wrong], "{path}: {value}");
    }
    let mut both = good.clone();
    both["holder"] = json!({"name": "Zoe", "email": "zoe@example.com"});
    assert_eq!(world.post(PATH, &both).await.wrong_fields(), ["organization_id"]);
    both.as_object_mut().unwrap().remove("organization_id");
    both["holder"] = json!({"name": " ", "email": "zoe"});
    assert_eq!(world.post(PATH, &both).await.wrong_fields(), ["holder.name", "holder.email"]);
    assert!(world.walk(PATH, 10, "code").await.is_empty(), "nothing refused is kept");

    let code = world.post(PATH, &good).await.is(201)["code"].as_str().unwrap().to_owned();
    let payments = format!("{PATH}/{code}/payments");
    for (amount, wrong) in [
        (brl("0"), "amount"),
        (brl("-5"), "amount"),
        (brl("0.001"), "amount"),
        (brl("many"), "amount.amount"),
        (json!({"amount": "50", "currency": "USD"}), "amount.currency"),
    ] {
        let payment = json!({"external_ref": "pix-1", "amount": amount});
        assert_eq!(world.post(&payments, &payment).await.wrong_fields(), [wrong], "{amount}");
    }
    let nameless = json!({"external_ref": " ", "amount": brl("50")});
    assert_eq!(world.post(&payments, &nameless).await.wrong_fields(), ["external_ref"]);
    assert_eq!(pay(&world, "SO-20269999", "pix-1", "50").await.problem(404), "not-found");
}
