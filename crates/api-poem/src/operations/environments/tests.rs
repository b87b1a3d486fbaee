use entitlement::Role;
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::{Answer, World};

const PATH: &str = "/v1/environments";

fn configuration() -> Value {
    json!({
        "server": "sa-1", "primary_url": "https://learn.example.com", "platform": "moodle",
        "backup_schedule": "30 2 * * *", "jira_project": "ACME",
        "dns_records": [{"type": "CNAME", "name": "learn.example.com", "value": "lb.example.net", "ttl_seconds": 60}],
    })
}

async fn configure(world: &World, id: &str, tag: &str, body: &Value) -> Answer {
    let path = format!("{PATH}/{id}/configuration");
    world.ask_if(&world.staff, Method::PUT, &path, Some(body), Some(tag)).await
}

#[tokio::test]
async fn pv_3_an_environment_is_set_up_handed_over_and_maintained() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let new = json!({"class": "ENV", "organization_id": acme.to_string()});
    let above = world.post("/v1/entitlements", &new).await.is(201);
    let to_do = world.walk(&format!("{PATH}?status=awaiting_setup"), 5, "id").await;
    let [id] = to_do.as_slice() else { panic!("{to_do:?}") };
    let at = format!("{PATH}/{id}");
    let command = async |command: &str| world.post(&format!("{at}/{command}"), &Value::Null).await;
    let refused = command("activate").await.is(409);
    assert_eq!(refused["type"], "urn:middag:problem:environment-incomplete");
    assert!(refused["detail"].as_str().unwrap().contains("server, primary_url, platform"), "{refused}");

    let etag = world.get(&at).await.etag.unwrap();
    let path = format!("{at}/configuration");
    world.ask(&world.staff, Method::PUT, &path, Some(&configuration())).await.is(428);
    let set_up = configure(&world, id, &etag, &configuration()).await.is(200);
    assert_eq!(set_up["configuration"]["primary_url"], "https://learn.example.com/");
    assert_eq!(set_up["configuration"]["dns_records"], configuration()["dns_records"]);
    assert_eq!(
        (&set_up["status"], &set_up["entitlement"]["code"]),
        (&json!("awaiting_setup"), &above["code"])
    );
    assert_eq!(configure(&world, id, &etag, &configuration()).await.problem(412), "stale");

    let active = command("activate").await.is(200);
    assert_eq!(
        (&active["status"], &active["activated_at"]),
        (&json!("active"), &json!("2026-05-01T12:00:00Z"))
    );
    let refused = command("activate").await.is(409);
    assert_eq!((&refused["state"], &refused["command"]), (&json!("active"), &json!("activate")));
    assert!(refused["legal"].as_array().is_some_and(|legal| !legal.is_empty()));
    assert_eq!(command("end-maintenance").await.problem(409), "illegal-move");
    assert_eq!(command("start-maintenance").await.is(200)["status"], "maintenance");
    assert_eq!(command("end-maintenance").await.is(200)["status"], "active");
    let fields = configure(&world, id, "*", &json!({})).await.wrong_fields();
    assert_eq!(fields, ["server", "primary_url", "platform"], "what was active stays set up");

    let suspend = format!("/v1/entitlements/{}/suspend", above["code"].as_str().unwrap());
    world.post(&suspend, &json!({"reason": "because"})).await.is(200);
    let shown = world.get(&at).await.is(200);
    assert_eq!((&shown["status"], &shown["own_status"]), (&json!("paused"), &json!("active")));
    let owner = world.customer(acme, Role::Owner, &[]).await;
    assert_eq!(world.ask(&owner, Method::GET, &at, None).await.problem(403), "forbidden");
}

#[tokio::test]
async fn pv_3_environments_are_listed_and_wrong_configurations_refused_by_field() {
    let world = World::new().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    let (_, of_beta) = world.proposed_service(beta, ServiceMode::Ongoing).await;
    let id = world.active_environment(acme, None).await.to_string();
    let other = world.active_environment(beta, Some(of_beta)).await.to_string();
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 1, "id").await;
    assert_eq!(walk("sort=-created_at").await, [other.as_str(), id.as_str()]);
    assert_eq!(walk(&format!("organization_id={beta}&status=active")).await, [other.as_str()]);
    assert_eq!(walk("entitlement=ENV-2026050001&platform=moodle").await, [id.as_str()]);
    assert!(walk("q=nowhere").await.is_empty());
    assert!(walk("platform=wordpress").await.is_empty());

    let contract_of_beta = world.walk("/v1/contracts", 5, "code").await.remove(0);
    let balance_of_beta = of_beta.to_string();
    for (field, value, wrong) in [
        ("primary_url", json!("learn"), "primary_url"),
        ("staging_url", json!("ftp://x.example.com"), "staging_url"),
        ("platform", json!("drupal"), "platform"),
        ("backup_schedule", json!("nightly"), "backup_schedule"),
        ("jira_project", json!("acme"), "jira_project"),
        ("dns_records", json!([{"type": "A", "name": " ", "value": "1.2.3.4"}]), "dns_records[0].name"),
        ("dns_records", json!([{"type": "Z", "name": "a", "value": "b"}]), "dns_records[0].type"),
        (
            "dns_records",
            json!([{"type": "A", "name": "a", "value": "b", "ttl_seconds": -1}]),
            "dns_records[0].ttl_seconds",
        ),
        ("contract", json!("CT-20269999"), "contract"),
        ("contract", json!(contract_of_beta), "contract"),
        ("credit_balance_id", json!(balance_of_beta), "credit_balance_id"),
        ("credit_balance_id", json!("mine"), "credit_balance_id"),
        ("contract_id", json!("x"), "contract_id"),
    ] {
        let mut body = configuration();
        body[field] = value.clone();
        assert_eq!(configure(&world, &id, "*", &body).await.wrong_fields(), [wrong], "{field}: {value}");
    }
    let mut linked = configuration();
    linked["contract"] = json!(contract_of_beta);
    linked["credit_balance_id"] = json!(balance_of_beta);
    let linked = configure(&world, &other, "*", &linked).await.is(200);
    assert_eq!(linked["configuration"]["credit_balance_id"], json!(balance_of_beta));
    assert!(linked["configuration"]["contract"].is_string());
    let nobody = uuid::Uuid::from_u128(9).to_string();
    for nothing in [nobody.as_str(), "learn"] {
        assert_eq!(world.get(&format!("{PATH}/{nothing}")).await.problem(404), "not-found");
        assert_eq!(configure(&world, nothing, "*", &configuration()).await.problem(404), "not-found");
        let path = format!("{PATH}/{nothing}/activate");
        assert_eq!(world.post(&path, &Value::Null).await.problem(404), "not-found");
    }
}
