use entitlement::Role;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::{Answer, World};

const PATH: &str = "/v1/entitlements";

/// An active plugin entitlement of Zoe, who belongs to no organization.
async fn sovereign(world: &World) -> Value {
    let product = json!({
        "sku": "PLG-1", "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": "50", "currency": "BRL"},
    });
    world.post("/v1/products", &product).await.is(201);
    let new = json!({
        "class": "PLG", "product": "PLG-1", "holder": {"name": "Zoe", "email": "zoe@example.com"},
    });
    let made = world.post(PATH, &new).await;
    assert!(made.etag.is_some() && made.location.is_some());
    made.is(201)
}

async fn command(world: &World, code: &Value, command: &str) -> Answer {
    let path = format!("{PATH}/{}/{command}", code.as_str().unwrap());
    world.post(&path, &json!({"reason": "because"})).await
}

#[tokio::test]
async fn en_5_a_change_is_previewed_made_undone_and_told() {
    let world = World::new().await;
    let view = sovereign(&world).await;
    assert_eq!((&view["status"], &view["standing"]), (&json!("active"), &json!("live")));
    assert_eq!((&view["holder"]["name"], &view["support_class"]), (&json!("Zoe"), &json!("basic")));
    let (code, license) = (&view["code"], &view["provisioned"]["licenses"][0]["id"]);
    let at = format!("{PATH}/{}", code.as_str().unwrap());
    assert_eq!(world.get(&at).await.is(200), view);

    let preview = world.get(&format!("{at}/preview?change=suspend")).await.is(200);
    let effect = json!({
        "kind": "license", "id": license, "how": "status", "own_status": "active", "from": "active", "to": "inactive",
    });
    assert_eq!(
        preview,
        json!({"from": "live", "to": "suspended", "accepts_requests": false, "effects": [effect]})
    );
    assert_eq!(world.get(&format!("{at}/preview?change=sell")).await.wrong_fields(), ["change"]);
    assert_eq!(world.get(&format!("{at}/preview")).await.wrong_fields(), ["change"]);
    assert_eq!(world.get(&at).await.is(200), view, "a preview changes nothing");

    let before = world.get(&at).await.etag;
    let suspended = command(&world, code, "suspend").await;
    assert_ne!(suspended.etag, before);
    let suspended = suspended.is(200);
    let under = &suspended["provisioned"]["licenses"][0];
    assert_eq!((&under["status"], &under["own_status"]), (&json!("inactive"), &json!("active")));
    let refused = command(&world, code, "suspend").await.is(409);
    assert_eq!((&refused["state"], &refused["command"]), (&json!("suspended"), &json!("suspend")));
    assert_eq!(refused["legal"], json!(["reactivate", "expire", "cancel"]));
    let back = command(&world, code, "reactivate").await.is(200);
    assert_eq!(back["provisioned"], view["provisioned"]);
    assert_eq!(command(&world, code, "expire").await.is(200)["status"], "expired");
    assert_eq!(
        world.post(&format!("{at}/suspend"), &json!({"reason": "  "})).await.wrong_fields(),
        ["reason"]
    );
    assert_eq!(world.post(&format!("{at}/suspend"), &json!({})).await.wrong_fields(), ["reason"]);

    let told = world.walk(&format!("{at}/timeline?sort=at"), 2, "name").await;
    assert_eq!(told.first().map(String::as_str), Some("entitlement.created"));
    assert_eq!(
        told[told.len() - 3..],
        ["entitlement.suspended", "entitlement.reactivated", "entitlement.expired"]
    );
    let newest = world.get(&format!("{at}/timeline?limit=1&subject_kind=entitlement")).await.is(200);
    let newest = &newest["items"][0];
    assert_eq!((&newest["cause"], &newest["actor"]["kind"]), (&json!("because"), &json!("staff")));
    assert_eq!(
        (&newest["before"]["status"], &newest["after"]["status"]),
        (&json!("active"), &json!("expired"))
    );
    assert_eq!(newest["subject"]["code"], *code);
    let later = world.walk(&format!("{at}/timeline?from=2026-05-01T12:00:01Z"), 9, "name").await;
    assert!(later.is_empty(), "{later:?}");
    assert_eq!(world.get(&format!("{PATH}/PLG-2026059999/timeline")).await.problem(404), "not-found");
    let nobody = uuid::Uuid::from_u128(9);
    assert_eq!(world.get(&format!("{PATH}/{nobody}/timeline")).await.problem(404), "not-found");
    assert_eq!(command(&world, &json!("PLG-2026059999"), "suspend").await.problem(404), "not-found");
}

#[tokio::test]
async fn en_7_a_cancellation_takes_effect_at_the_end_of_the_term_or_at_once() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let product = json!({
        "sku": "PLG-1Y", "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": "0", "currency": "BRL"}, "term_months": 12,
    });
    world.post("/v1/products", &product).await.is(201);
    let order = json!({
        "organization_id": acme.to_string(), "currency": "BRL", "lines": [{"product": "PLG-1Y", "quantity": 1}],
    });
    let order = world.post("/v1/orders", &order).await.is(201);
    let code = &order["lines"][0]["entitlements"][0]["code"];
    let path = format!("{PATH}/{}/cancel", code.as_str().unwrap());
    let asked = world.post(&path, &json!({"reason": "moving on"})).await.is(200);
    assert_eq!((&asked["status"], &asked["cancel_at"]), (&json!("active"), &asked["ends_at"]));
    assert_eq!(asked["ends_at"], "2027-05-01T12:00:00Z");
    let gone = world.post(&path, &json!({"reason": "now", "at_once": true})).await.is(200);
    assert_eq!(
        (&gone["status"], &gone["cancelled_at"]),
        (&json!("cancelled"), &json!("2026-05-01T12:00:00Z"))
    );
    let refused = world.post(&path, &json!({"reason": "again"})).await.is(409);
    assert_eq!(refused["legal"], json!([]));
}

#[tokio::test]
async fn en_3_a_sovereign_entitlement_is_attached_once() {
    let world = World::new().await;
    let view = sovereign(&world).await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    let path = format!("{PATH}/{}/attach-organization", view["id"].as_str().unwrap());
    let attach = async |to: &str| world.post(&path, &json!({"organization_id": to})).await;
    let nobody = uuid::Uuid::from_u128(9).to_string();
    assert_eq!(attach(&nobody).await.wrong_fields(), ["organization_id"]);
    assert_eq!(attach("Acme").await.wrong_fields(), ["organization_id"]);
    for _ in 0..2 {
        let attached = attach(&acme.to_string()).await.is(200);
        assert_eq!((&attached["organization"]["name"], &attached["code"]), (&json!("Acme"), &view["code"]));
    }
    assert_eq!(attach(&beta.to_string()).await.problem(409), "organization-attached-already");
    let owner = world.customer(acme, Role::Owner, &[]).await;
    assert_eq!(world.ask(&owner, Method::GET, PATH, None).await.problem(403), "forbidden");
}

#[tokio::test]
async fn en_1_entitlements_are_listed_and_what_is_none_is_refused() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    sovereign(&world).await;
    let create = async |body: Value| world.post(PATH, &body).await;
    for class in ["ENV", "EDU", "AFL"] {
        create(json!({"class": class, "organization_id": acme.to_string()})).await.is(201);
    }
    command(&world, &json!("EDU-2026050001"), "suspend").await.is(200);
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 2, "code").await;
    let of_acme = ["AFL-2026050001", "EDU-2026050001", "ENV-2026050001"];
    assert_eq!(walk(&format!("organization_id={acme}&sort=code")).await, of_acme);
    assert_eq!(walk("class=ENV").await, ["ENV-2026050001"]);
    assert_eq!(walk("status=suspended").await, ["EDU-2026050001"]);
    assert_eq!(walk("product=PLG-1").await, ["PLG-2026050001"]);
    assert_eq!(walk("support_class=basic").await, ["PLG-2026050001"]);
    assert_eq!(walk("q=zoe%40").await, ["PLG-2026050001"]);
    assert_eq!(world.get(&format!("{PATH}?product=PLG-NONE")).await.wrong_fields(), ["product"]);
    assert_eq!(world.get(&format!("{PATH}?colour=red")).await.wrong_fields(), ["colour"]);

    let nobody = uuid::Uuid::from_u128(9).to_string();
    for (body, wrong) in [
        (json!({"class": "ENV"}), "holder"),
        (json!({"class": "PLUGIN", "organization_id": acme.to_string()}), "class"),
        (json!({"class": "ENV", "organization_id": nobody}), "organization_id"),
        (json!({"class": "PLG", "organization_id": acme.to_string(), "product": "PLG-NONE"}), "product"),
        (json!({"class": "PLG", "organization_id": acme.to_string(), "product": nobody}), "product"),
        (json!({"class": "SVC", "organization_id": acme.to_string(), "product": "PLG-1"}), "product"),
        (json!({"class": "ENV", "holder": {"name": "Zoe", "email": "zoe"}}), "holder.email"),
    ] {
        assert_eq!(create(body.clone()).await.wrong_fields(), [wrong], "{body}");
    }
    let without_product = json!({"class": "PLG", "organization_id": acme.to_string()});
    assert_eq!(create(without_product).await.wrong_fields(), ["product"]);
}
