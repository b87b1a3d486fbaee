use entitlement::{Role, Scope};
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

const NOTHING: Value = Value::Null;

struct Story {
    world: World,
    customer: String,
    environment: String,
    /// Everything that the customer was ever answered.
    told: std::cell::RefCell<String>,
}

impl Story {
    async fn new() -> Self {
        let world = World::under(&json!({"credits": {
            "base_credit_value": {"amount": "100", "currency": "BRL"},
        }}))
        .await;
        let acme = world.organization("Acme").await;
        let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
        let environment = world.active_environment(acme, Some(balance)).await.to_string();
        let item = json!({
            "code": "UPDATE", "name": "Update", "service_type": "support", "base_credits": "4",
            "usual_complexity": "medium",
        });
        world.post("/v1/catalog-items", &item).await.is(201);
        let customer = world.customer(acme, Role::Member, &[Scope::Requests]).await;
        Self { world, customer, environment, told: Default::default() }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> crate::testing::Answer {
        let path = format!("/v1/portal/service-requests{path}");
        let body = (!body.is_null()).then_some(body);
        let answer = self.world.ask(&self.customer, method, &path, body).await;
        self.told.borrow_mut().push_str(&answer.body.to_string());
        answer
    }

    async fn post(&self, path: &str, body: &Value) -> crate::testing::Answer {
        self.ask(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &NOTHING).await.is(200)
    }

    /// A draft with a catalog item: its code.
    async fn draft(&self, title: &str) -> String {
        let body = json!({"environment_id": self.environment, "title": title, "catalog_item": "UPDATE", "priority": "high"});
        let made = self.post("", &body).await.is(201);
        made["code"].as_str().unwrap().to_owned()
    }

    async fn staff(&self, path: &str, body: &Value) -> Value {
        self.world.post(&format!("/v1/service-requests/{path}"), body).await.is(200)
    }
}

#[tokio::test]
async fn sr_10_customers_follow_their_request_and_never_see_what_is_not_theirs() {
    let story = Story::new().await;
    let code = story.draft("Update the plugins").await;
    let shown = story.get(&format!("/{code}")).await;
    assert_eq!((&shown["status"], &shown["estimated_credits"]), (&json!("draft"), &json!("6")));
    assert_eq!((&shown["priority"], &shown["catalog_item"]["code"]), (&json!("high"), &json!("UPDATE")));
    assert_eq!(story.post(&format!("/{code}/submit"), &NOTHING).await.is(200)["status"], "pending_approval");
    assert_eq!(story.post(&format!("/{code}/approve"), &NOTHING).await.is(200)["status"], "approved");
    assert_eq!(story.post(&format!("/{code}/cancel"), &NOTHING).await.status, 403);
    let note = story.post(&format!("/{code}/notes"), &json!({"body": "Not on Friday."})).await.is(201);
    assert_eq!((&note["ours"], &note["body"]), (&json!(true), &json!("Not on Friday.")));

    let on_request = format!("/v1/service-requests/{code}/notes");
    let internal = json!({"visibility": "internal", "body": "Beware-of-Ana"});
    story.world.post(&on_request, &internal).await.is(201);
    story.world.post(&on_request, &json!({"visibility": "client", "body": "Monday, then."})).await.is(201);
    assert_eq!(
        story.world.walk(&on_request, 2, "body").await,
        ["Not on Friday.", "Beware-of-Ana", "Monday, then."]
    );
    assert_eq!(
        story.world.walk(&format!("{on_request}?visibility=internal"), 2, "body").await,
        ["Beware-of-Ana"]
    );
    let notes = story.get(&format!("/{code}/notes?sort=-at")).await;
    let bodies: Vec<_> = notes["items"].as_array().unwrap().iter().map(|note| &note["body"]).collect();
    assert_eq!(bodies, ["Monday, then.", "Not on Friday."]);
    assert_eq!(notes["items"][0]["ours"], false);

    story.staff(&format!("{code}/assign"), &json!({"assignee": "Bo-the-Builder"})).await;
    story.staff(&format!("{code}/start"), &NOTHING).await;
    story.staff(&format!("{code}/hold"), &json!({"reason": "Waiting-for-Zed"})).await;
    assert_eq!(story.get(&format!("/{code}")).await["status"], "on_hold");
    story.staff(&format!("{code}/resume"), &NOTHING).await;
    let done = json!({"actual": "3.7", "reason": "Half-was-done", "worklog_seconds": 7_654_321});
    assert_eq!(story.staff(&format!("{code}/complete"), &done).await["completion"]["actual_credits"], "5.6");
    let reopened = story.post(&format!("/{code}/reopen"), &json!({"reason": "One is missing"})).await.is(200);
    assert_eq!(reopened["status"], "in_progress");
    story.staff(&format!("{code}/complete"), &done).await;
    let accepted = story.post(&format!("/{code}/accept"), &NOTHING).await.is(200);
    assert_eq!((&accepted["accepted"], accepted.get("consumed_credits")), (&json!(true), None));
    let listed = story.get("?status=completed&priority=high&q=plugins").await;
    assert_eq!(
        (&listed["items"][0]["code"], listed["items"][0].get("consumed_credits")),
        (&json!(code), None)
    );
    let told = story.told.borrow().clone();
    for secret in ["Bo-the", "Zed", "Beware", "3.7", "5.6", "Half-was", "7654321", "BRL", "100"] {
        assert!(!told.contains(secret), "{secret} was told");
    }
}

#[tokio::test]
async fn sr_4_customers_reject_cancel_and_are_told_what_they_may_do() {
    let story = Story::new().await;
    let (first, second) = (story.draft("First").await, story.draft("Second").await);
    let refused = story.post(&format!("/{first}/approve"), &NOTHING).await.is(409);
    assert_eq!(refused["legal"], json!(["submit", "reject", "cancel"]));
    let closed = story.post(&format!("/{first}/reject"), &json!({"reason": "too dear"})).await.is(200);
    assert_eq!((&closed["status"], &closed["closed_as"]), (&json!("closed"), &json!("rejected")));
    assert_eq!(story.post(&format!("/{second}/cancel"), &NOTHING).await.is(200)["closed_as"], "cancelled");
    assert_eq!(
        story.post(&format!("/{second}/reopen"), &json!({"reason": "x"})).await.is(409)["legal"],
        json!([])
    );
    let list = story.get("?sort=code&limit=1").await;
    assert_eq!(list["items"][0]["code"], json!(first));
    assert!(list["next_cursor"].is_string());

    let plain = json!({"environment_id": story.environment, "title": "Something else"});
    let plain = story.post("", &plain).await.is(201);
    let submit = format!("/{}/submit", plain["code"].as_str().unwrap());
    assert_eq!(story.post(&submit, &NOTHING).await.problem(409), "needs-catalog-item");
}

#[tokio::test]
async fn sr_10_customers_cannot_send_what_is_not_theirs_to_say() {
    let story = Story::new().await;
    let body = json!({
        "environment_id": story.environment, "title": "x", "assignee": "Bo", "estimate": "1", "complexity": "low",
        "credit_balance_id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b", "analysis": "SR-20260001",
    });
    let wrong = story.post("", &body).await.wrong_fields();
    assert_eq!(wrong, ["analysis", "assignee", "complexity", "credit_balance_id", "estimate"]);
    let neither = json!({"title": "x"});
    assert_eq!(story.post("", &neither).await.wrong_fields(), ["environment_id"]);
    let unknown = json!({"environment_id": story.environment, "title": "x", "catalog_item": "NOTHING"});
    assert_eq!(story.post("", &unknown).await.wrong_fields(), ["catalog_item"]);
    let blank = json!({"environment_id": story.environment, "title": " "});
    assert_eq!(story.post("", &blank).await.wrong_fields(), ["title"]);
    let code = story.draft("Mine").await;
    let internal = json!({"body": "x", "visibility": "internal"});
    assert_eq!(story.post(&format!("/{code}/notes"), &internal).await.wrong_fields(), ["visibility"]);
    for query in
        ["?assignee=Bo", "?jira_issue_key=ACME-1", "?organization_id=019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"]
    {
        story.ask(Method::GET, query, &NOTHING).await.is(422);
    }
}

#[tokio::test]
async fn or_6_other_customers_requests_do_not_exist_and_guests_only_look() {
    let story = Story::new().await;
    let code = story.draft("Ours").await;
    let world = &story.world;
    let other = world.organization("Other").await;
    let stranger = world.customer(other, Role::Owner, &[]).await;
    let id = story.get(&format!("/{code}")).await["id"].as_str().unwrap().to_owned();
    for key in [&code, &id] {
        let path = format!("/v1/portal/service-requests/{key}");
        world.ask(&stranger, Method::GET, &path, None).await.is(404);
        world.ask(&stranger, Method::GET, &format!("{path}/notes"), None).await.is(404);
        for command in ["submit", "approve", "reject", "accept", "cancel"] {
            world.ask(&stranger, Method::POST, &format!("{path}/{command}"), None).await.is(404);
        }
        let note = json!({"body": "hello"});
        world.ask(&stranger, Method::POST, &format!("{path}/notes"), Some(&note)).await.is(404);
    }
    let list = world.ask(&stranger, Method::GET, "/v1/portal/service-requests", None).await.is(200);
    assert_eq!(list["items"], json!([]));
    let theirs = json!({"environment_id": story.environment, "title": "Mine now"});
    world.ask(&stranger, Method::POST, "/v1/portal/service-requests", Some(&theirs)).await.is(404);
    world.ask(&stranger, Method::GET, &format!("/v1/service-requests/{code}"), None).await.is(403);

    let ours = format!("/v1/portal/service-requests/{code}");
    world.ask(&world.staff, Method::GET, &ours, None).await.is(403);
    let acme = world.get(&format!("/v1/service-requests/{code}")).await.is(200)["organization"]["id"].clone();
    let acme = acme.as_str().unwrap().parse().unwrap();
    let guest = world.customer(acme, Role::Guest, &[Scope::Requests]).await;
    world.ask(&guest, Method::GET, &ours, None).await.is(200);
    world.ask(&guest, Method::POST, &format!("{ours}/submit"), None).await.is(403);
    let outside = world.customer(acme, Role::Member, &[Scope::Billing]).await;
    world.ask(&outside, Method::GET, &ours, None).await.is(403);
}
