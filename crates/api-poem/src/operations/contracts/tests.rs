use entitlement::Role;
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::json;

use crate::testing::World;

const PATH: &str = "/v1/contracts";

#[tokio::test]
async fn pv_6_contracts_are_listed_and_shown_as_the_world_sees_them() {
    let world = World::new().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    world.proposed_service(acme, ServiceMode::Ongoing).await;
    world.at("2026-06-15T12:00:00Z");
    world.proposed_service(beta, ServiceMode::Project).await;
    let both = ["CT-20260001", "CT-20260002"];
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 1, "code").await;
    assert_eq!(walk("sort=code").await, both);
    assert_eq!(walk("sort=-ends_on").await, ["CT-20260002", "CT-20260001"]);
    assert_eq!(walk("status=draft&status=active&sort=code").await, both);
    assert_eq!(walk("ends_to=2027-04-30").await, ["CT-20260001"]);
    assert_eq!(walk("ends_from=2027-05-01").await, ["CT-20260002"]);
    assert_eq!(walk(&format!("organization_id={beta}")).await, ["CT-20260002"]);
    assert_eq!(walk("entitlement=SVC-2026050001").await, ["CT-20260001"]);
    assert_eq!(walk("q=ct-20260002").await, ["CT-20260002"]);
    assert_eq!(world.get(&format!("{PATH}?ends_to=2027-02-30")).await.wrong_fields(), ["ends_to"]);

    let shown = world.get(&format!("{PATH}/CT-20260001")).await;
    assert!(shown.etag.is_some());
    let shown = shown.is(200);
    assert_eq!((&shown["starts_on"], &shown["ends_on"]), (&json!("2026-05-01"), &json!("2027-04-30")));
    assert_eq!(shown["versions"][0]["value"]["currency"], "BRL");
    assert_eq!(shown["organization"]["name"], "Acme");
    let id = shown["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("{PATH}/{id}")).await.is(200), shown);
    let cancel = json!({"reason": "because", "at_once": true});
    world.post("/v1/entitlements/SVC-2026050001/cancel", &cancel).await.is(200);
    assert_eq!(world.get(&format!("{PATH}/{id}")).await.is(200)["status"], "terminated");
    assert_eq!(world.get(&format!("{PATH}/CT-20269999")).await.problem(404), "not-found");
    let owner = world.customer(acme, Role::Owner, &[]).await;
    assert_eq!(world.ask(&owner, Method::GET, PATH, None).await.problem(403), "forbidden");
}
