use entitlement::Role;
use kernel::{OrganizationId, ServiceMode, ServiceRequestId};
use poem::http::Method;
use serde_json::{Value, json};
use service_delivery::access::{Grant, StaffRole};

use crate::testing::World;

const NOTHING: Value = Value::Null;
const PATH: &str = "/v1/invoices";
const RUNS: &str = "/v1/billing-runs";

/// An hour of work is a credit, and a credit is 200 BRL.
async fn world() -> World {
    World::under(&json!({"credits": {"base_credit_value": {"amount": "200.00", "currency": "BRL"}}})).await
}

/// A request of 15 credits that was done and accepted; 10 of them were prepaid.
async fn accepted_work(world: &World, organization: OrganizationId) -> String {
    let (_, balance) = world.proposed_service(organization, ServiceMode::Ongoing).await;
    let environment = world.active_environment(organization, Some(balance)).await;
    let request = json!({
        "environment_id": environment.to_string(), "title": "New theme", "assignee": "Bo",
        "estimate": "15", "complexity": "low",
    });
    let made = world.post("/v1/service-requests", &request).await.is(201);
    let code = made["code"].as_str().unwrap();
    for (command, body) in [
        ("submit", NOTHING),
        ("approve", json!({"reason": "by telephone"})),
        ("start", NOTHING),
        ("complete", json!({"worklog_seconds": 54_000})),
    ] {
        world.post(&format!("/v1/service-requests/{code}/{command}"), &body).await.is(200);
    }
    let mut customer = world.staff_caller();
    customer.grant = Grant::Organization { organization, role: Role::Owner, scopes: vec![] };
    let id: ServiceRequestId = made["id"].as_str().unwrap().parse().unwrap();
    world.service.accept_request(&customer, id).await.unwrap();
    code.to_owned()
}

async fn free_order(world: &World, organization: OrganizationId) {
    let product = json!({
        "sku": "PLG-1", "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": "0", "currency": "USD"},
    });
    world.post("/v1/products", &product).await;
    let order = json!({
        "organization_id": organization.to_string(), "currency": "USD",
        "lines": [{"product": "PLG-1", "quantity": 1}],
    });
    world.post("/v1/orders", &order).await.is(201);
}

#[tokio::test]
async fn od_6_od_7_a_run_bills_everything_once_and_its_invoice_is_issued_and_paid() {
    let world = world().await;
    let acme = world.organization("Acme").await;
    let request = accepted_work(&world, acme).await;
    let run = world.post(RUNS, &NOTHING).await;
    let location = run.location.clone().unwrap();
    let run = run.is(201);
    assert_eq!((&run["invoices"], &run["lines"], &run["skipped"]), (&json!(1), &json!(1), &json!([])));
    assert_eq!(run["actor"]["kind"], "staff");
    assert_eq!(world.get(&location).await.is(200), run);
    assert_eq!(world.post(RUNS, &NOTHING).await.is(201)["lines"], 0, "each thing once");

    let made = world.walk(&format!("{PATH}?billing_run_id={}", run["id"].as_str().unwrap()), 1, "id").await;
    let [id] = made.as_slice() else { panic!("{made:?}") };
    let at = format!("{PATH}/{id}");
    let draft = world.get(&at).await.is(200);
    let brl = |amount: &str| json!({"amount": amount, "currency": "BRL"});
    assert_eq!(draft["status"], "draft");
    assert!(draft.get("code").is_none(), "a draft has no code");
    let line = &draft["lines"][0];
    assert_eq!((&line["kind"], &line["quantity"]), (&json!("service_request"), &json!("15")));
    assert!(line["description"].as_str().unwrap().starts_with(&request));
    assert_eq!(
        (&line["value"], &line["covered"], &line["due"]),
        (&brl("3000.00"), &brl("2000.00"), &brl("1000.00"))
    );
    assert_eq!(draft["due"], line["due"]);

    let refused = world.post(&format!("{at}/pay"), &NOTHING).await.is(409);
    assert_eq!((&refused["state"], &refused["command"]), (&json!("draft"), &json!("pay")));
    assert!(refused["legal"].as_array().unwrap().contains(&json!("issue")));
    let issue = async |due_at: &str| world.post(&format!("{at}/issue"), &json!({"due_at": due_at})).await;
    assert_eq!(issue("2026-04-30T00:00:00Z").await.wrong_fields(), ["due_at"]);
    assert_eq!(issue("tomorrow").await.wrong_fields(), ["due_at"]);
    assert_eq!(world.post(&format!("{at}/issue"), &json!({})).await.wrong_fields(), ["due_at"]);
    let before = world.get(&at).await.etag;
    let issued = issue("2026-05-31T00:00:00-03:00").await;
    assert_ne!(issued.etag, before);
    let issued = issued.is(200);
    assert_eq!((&issued["status"], &issued["code"]), (&json!("issued"), &json!("INV-20260001")));
    assert_eq!(issued["due_at"], "2026-05-31T03:00:00Z");
    assert_eq!(issue("2026-05-31T03:00:00Z").await.is(200), issued, "the same again");
    let refused = issue("2026-06-30T00:00:00Z").await.is(409);
    assert_eq!(refused["state"], "issued", "an issued invoice never changes");
    for _ in 0..2 {
        let paid = world.post(&format!("{PATH}/INV-20260001/pay"), &NOTHING).await.is(200);
        assert_eq!((&paid["status"], &paid["closed_at"]), (&json!("paid"), &json!("2026-05-01T12:00:00Z")));
    }
    assert_eq!(issue("2026-06-30T00:00:00Z").await.is(409)["state"], "paid");
}

#[tokio::test]
async fn od_5_invoices_and_runs_are_listed_for_finance_only() {
    let world = world().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    accepted_work(&world, acme).await;
    free_order(&world, beta).await;
    assert_eq!(world.post(RUNS, &NOTHING).await.is(201)["invoices"], 2);
    assert_eq!(world.walk(RUNS, 1, "id").await.len(), 1);
    let of_acme = world.walk(&format!("{PATH}?organization_id={acme}"), 1, "id").await.remove(0);
    let issue = json!({"due_at": "2026-06-01T00:00:00Z"});
    world.post(&format!("{PATH}/{of_acme}/issue"), &issue).await.is(200);
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 1, "status").await;
    assert_eq!(walk("status=issued&status=draft&sort=status").await, ["draft", "issued"]);
    assert_eq!(walk(&format!("organization_id={beta}")).await, ["draft"]);
    assert_eq!(walk("q=INV-2026").await, ["issued"]);
    assert_eq!(world.get(&format!("{PATH}?sort=total")).await.wrong_fields(), ["sort"]);
    let delivery = world.key(Grant::Staff(StaffRole::Delivery)).await;
    let owner = world.customer(acme, Role::Owner, &[]).await;
    for (key, path) in [(&delivery, PATH), (&delivery, RUNS), (&owner, PATH), (&owner, RUNS)] {
        assert_eq!(world.ask(key, Method::GET, path, None).await.problem(403), "forbidden");
    }
    let nobody = uuid::Uuid::from_u128(9);
    for path in [format!("{PATH}/INV-20269999"), format!("{PATH}/{nobody}"), format!("{RUNS}/{nobody}")] {
        assert_eq!(world.get(&path).await.problem(404), "not-found");
    }
    assert_eq!(world.post(&format!("{PATH}/{nobody}/issue"), &issue).await.problem(404), "not-found");
}
