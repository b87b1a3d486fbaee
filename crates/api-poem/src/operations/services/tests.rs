use entitlement::Role;
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};
use service_delivery::access::{Grant, StaffRole};

use crate::testing::World;

const NOTHING: Value = Value::Null;

#[tokio::test]
async fn sv_2_an_ongoing_service_runs_pauses_and_ends() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (service, _) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let (project, _) = world.proposed_service(acme, ServiceMode::Project).await;
    let path = format!("/v1/services/{service}");
    let shown = world.get(&path).await;
    let etag = shown.etag.clone().unwrap();
    let shown = shown.is(200);
    assert_eq!((&shown["status"], &shown["work"]["requests"]), (&json!("proposal"), &json!(0)));
    let code = shown["entitlement"]["code"].as_str().unwrap();
    for (filter, found) in [
        ("sort=status", 2),
        ("mode=ongoing", 1),
        ("status=active&status=closed", 0),
        ("status=proposal&q=development", 2),
        ("service_type=hosting", 0),
        (&format!("organization_id={acme}&sort=-title"), 2),
        (&format!("entitlement={code}"), 1),
    ] {
        assert_eq!(world.walk(&format!("/v1/services?{filter}"), 1, "id").await.len(), found, "{filter}");
    }

    assert_eq!(
        world.post(&format!("{path}/approve"), &json!({"reason": " "})).await.wrong_fields(),
        ["reason"]
    );
    let refused = world.post(&format!("{path}/activate"), &NOTHING).await.is(409);
    assert_eq!((&refused["state"], &refused["legal"]), (&json!("proposal"), &json!(["approve", "cancel"])));
    let approved = world.post(&format!("{path}/approve"), &json!({"reason": "by telephone"})).await.is(200);
    assert_eq!(approved["approval"]["on_behalf"], "by telephone");
    for (command, status) in
        [("activate", "active"), ("hold", "on_hold"), ("resume", "active"), ("close", "closed")]
    {
        let answer = world.post(&format!("{path}/{command}"), &NOTHING).await;
        assert_ne!(answer.etag.as_ref(), Some(&etag));
        assert_eq!(answer.is(200)["status"], status);
    }
    let over = world.post(&format!("{path}/cancel"), &NOTHING).await.is(409);
    assert_eq!(over["legal"], json!([]));
    assert_eq!(
        world.post(&format!("/v1/services/{project}/cancel"), &NOTHING).await.is(200)["status"],
        "cancelled"
    );
}

#[tokio::test]
async fn sv_3_a_project_is_started_delivered_sent_back_and_accepted() {
    let world = World::new().await;
    let (service, _) = world.proposed_service(world.organization("Acme").await, ServiceMode::Project).await;
    let path = format!("/v1/services/{service}");
    world.post(&format!("{path}/approve"), &json!({"reason": "by telephone"})).await.is(200);
    let missing = world.post(&format!("{path}/start"), &NOTHING).await.wrong_fields();
    assert_eq!(missing, ["start", "estimated_end"]);
    let mut content = json!({
        "title": "New site", "service_type": "development", "jira_project_key": "ACME",
        "start": "2026-05-04", "estimated_end": "2026-06-30",
    });
    let put = |body: Value, tag: Option<String>| {
        let (world, path) = (&world, &path);
        async move { world.ask_if(&world.staff, Method::PUT, path, Some(&body), tag.as_deref()).await }
    };
    let etag = world.get(&path).await.etag;
    put(content.clone(), None).await.is(428);
    assert_eq!(put(content.clone(), etag.clone()).await.is(200)["estimated_end"], "2026-06-30");
    put(content.clone(), etag).await.is(412);
    world.post(&format!("{path}/start"), &NOTHING).await.is(200);
    assert_eq!(world.post(&format!("{path}/deliver"), &NOTHING).await.wrong_fields(), ["deliverables"]);
    content["deliverables"] = json!(["The site", "Its manual"]);
    put(content.clone(), Some("*".to_owned())).await.is(200);
    for (command, status) in [("deliver", "delivered"), ("rework", "in_progress"), ("deliver", "delivered")] {
        assert_eq!(world.post(&format!("{path}/{command}"), &NOTHING).await.is(200)["status"], status);
    }
    assert_eq!(world.post(&format!("{path}/close"), &NOTHING).await.wrong_fields(), ["reason"]);
    let closed = world.post(&format!("{path}/close"), &json!({"reason": "signed on paper"})).await.is(200);
    assert_eq!((&closed["status"], &closed["actual_end"]), (&json!("closed"), &json!("2026-05-01")));
    assert_eq!(closed["acceptance"]["on_behalf"], "signed on paper");

    content["jira_project_key"] = json!("acme");
    assert_eq!(put(content.clone(), Some("*".to_owned())).await.wrong_fields(), ["jira_project_key"]);
    content["start"] = json!("2026-02-30");
    content["service_type"] = json!("gardening");
    content["colour"] = json!("red");
    let wrong = put(content, Some("*".to_owned())).await.wrong_fields();
    assert_eq!(wrong, ["colour", "service_type", "start"]);
}

#[tokio::test]
async fn or_4_delivery_runs_services_others_look_and_customers_do_not() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (service, _) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let path = format!("/v1/services/{service}");
    let finance = world.key(Grant::Staff(StaffRole::Finance)).await;
    world.ask(&finance, Method::GET, &path, None).await.is(200);
    world.ask(&finance, Method::POST, &format!("{path}/cancel"), None).await.is(403);
    let owner = world.customer(acme, Role::Owner, &[]).await;
    world.ask(&owner, Method::GET, &path, None).await.is(403);
    let nothing = format!("/v1/services/{}", uuid::Uuid::from_u128(7));
    world.get(&nothing).await.is(404);
    world.post(&format!("{nothing}/cancel"), &NOTHING).await.is(404);
    world.get("/v1/services/nothing").await.is(404);
}
