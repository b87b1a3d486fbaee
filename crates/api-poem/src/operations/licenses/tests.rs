use entitlement::{Role, Scope};
use kernel::OrganizationId;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::{Answer, World};

const PATH: &str = "/v1/licenses";

/// The key of a new license of `organization` for two sites, and its entitlement's code.
async fn license(world: &World, organization: OrganizationId) -> (String, String) {
    let product = json!({
        "sku": "PLG-1", "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 2,
        "price": {"amount": "50", "currency": "BRL"},
    });
    world.post("/v1/products", &product).await;
    let new = json!({"class": "PLG", "product": "PLG-1", "organization_id": organization.to_string()});
    let made = world.post("/v1/entitlements", &new).await.is(201);
    let id = made["provisioned"]["licenses"][0]["id"].as_str().unwrap();
    let license = world.get(&format!("{PATH}/{id}")).await.is(200);
    (license["key"].as_str().unwrap().to_owned(), made["code"].as_str().unwrap().to_owned())
}

async fn ask(world: &World, by: &str, command: &str, key: &str, site: &str) -> Answer {
    let body = json!({"key": key, "site": site});
    world.ask(by, Method::POST, &format!("{PATH}/{command}"), Some(&body)).await
}

#[tokio::test]
async fn pv_5_a_license_is_activated_validated_and_given_free() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (key, code) = license(&world, acme).await;
    let member = world.customer(acme, Role::Member, &[Scope::Entitlements]).await;
    let validity =
        async |site: &str| ask(&world, &member, "validate", &key, site).await.is(200)["validity"].clone();
    let command = async |command: &str, site: &str| ask(&world, &member, command, &key, site).await;

    assert_eq!(validity("shop.example.com").await, "not_activated");
    for site in ["https://www.shop.example.com/", "shop.example.com"] {
        let view = command("activate", site).await.is(200);
        assert_eq!(view["activations"].as_array().unwrap().len(), 1, "the same site counts once");
    }
    assert_eq!(validity("http://shop.example.com").await, "valid");
    let spelt = key.replace('-', " ").to_lowercase();
    assert_eq!(ask(&world, &member, "activate", &spelt, "b.example.com").await.is(200)["sites_allowed"], 2);
    assert_eq!(command("activate", "c.example.com").await.problem(409), "sites-exhausted");
    for _ in 0..2 {
        let view = command("deactivate", "b.example.com").await.is(200);
        assert_eq!(view["activations"][0]["site"], "shop.example.com");
    }
    command("activate", "c.example.com").await.is(200);

    for (change, validated) in [("suspend", "inactive"), ("reactivate", "valid"), ("expire", "expired")] {
        let path = format!("/v1/entitlements/{code}/{change}");
        world.post(&path, &json!({"reason": "because"})).await.is(200);
        assert_eq!(validity("shop.example.com").await, validated, "{change}");
    }
    assert_eq!(command("activate", "d.example.com").await.problem(409), "license-not-usable");
    let (other, code) = license(&world, acme).await;
    let cancel = json!({"reason": "because", "at_once": true});
    world.post(&format!("/v1/entitlements/{code}/cancel"), &cancel).await.is(200);
    let answer = ask(&world, &world.staff, "validate", &other, "shop.example.com").await;
    assert_eq!(answer.is(200)["validity"], "revoked");
}

#[tokio::test]
async fn pv_5_licenses_are_listed_and_shown_by_key() {
    let world = World::new().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    let (first, code) = license(&world, acme).await;
    let (second, _) = license(&world, beta).await;
    let reason = json!({"reason": "because"});
    world.post(&format!("/v1/entitlements/{code}/suspend"), &reason).await.is(200);
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 1, "key").await;
    let both = [first.clone(), second.clone()];
    assert_eq!(walk("sort=created_at").await, both);
    assert_eq!(walk("status=inactive").await, [first.as_str()]);
    assert_eq!(walk("status=active&status=inactive&sort=created_at").await, both);
    assert_eq!(walk(&format!("entitlement={code}")).await, [first.as_str()]);
    assert_eq!(walk(&format!("organization_id={beta}")).await, [second.as_str()]);
    assert_eq!(walk("product=PLG-1&sort=created_at").await, both);
    assert_eq!(world.get(&format!("{PATH}?entitlement=PLG-9")).await.wrong_fields(), ["entitlement"]);
    let shown = world.get(&format!("{PATH}/{}", first.to_lowercase())).await;
    assert!(shown.etag.is_some());
    let shown = shown.is(200);
    assert_eq!((&shown["status"], &shown["own_status"]), (&json!("inactive"), &json!("active")));
    assert_eq!(
        (&shown["entitlement"]["code"], &shown["organization"]["name"]),
        (&json!(code), &json!("Acme"))
    );
    assert_eq!(world.get(&format!("{PATH}/nothing")).await.problem(404), "not-found");
}

#[tokio::test]
async fn or_6_a_key_of_another_organization_does_not_exist() {
    let world = World::new().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    let (key, _) = license(&world, acme).await;
    let stranger = world.customer(beta, Role::Owner, &[]).await;
    let guest = world.customer(acme, Role::Guest, &[Scope::Entitlements]).await;
    for command in ["activate", "deactivate", "validate"] {
        assert_eq!(ask(&world, &stranger, command, &key, "a.example.com").await.problem(404), "not-found");
    }
    assert_eq!(ask(&world, &guest, "activate", &key, "a.example.com").await.problem(403), "forbidden");
    ask(&world, &guest, "validate", &key, "a.example.com").await.is(200);
    for (key, site, wrong) in [
        ("0H6SM", "a.example.com", "key"),
        ("0H6SM-4PW2T-7QK9C-EX8ZB-1RVG3", "a.example.com", "key"),
        (key.as_str(), "ftp://a.example.com", "site"),
        (key.as_str(), "", "site"),
    ] {
        assert_eq!(
            ask(&world, &world.staff, "activate", key, site).await.wrong_fields(),
            [wrong],
            "{key} {site}"
        );
    }
    let unknown =
        ask(&world, &world.staff, "validate", "0H6SM-4PW2T-7QK9C-EX8ZB-1RVG2", "a.example.com").await;
    assert_eq!(unknown.problem(404), "not-found");
    assert_eq!(world.ask(&guest, Method::GET, PATH, None).await.problem(403), "forbidden");
    let nothing: Option<&Value> = None;
    world.ask(&world.staff, Method::POST, &format!("{PATH}/activate"), nothing).await.is(415);
}
