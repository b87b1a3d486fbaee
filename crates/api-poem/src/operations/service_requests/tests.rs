use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};
use service_delivery::access::{Grant, StaffRole};

use crate::testing::World;

const NOTHING: Value = Value::Null;
const PATH: &str = "/v1/service-requests";

struct Story {
    world: World,
    environment: String,
    balance: String,
}

impl Story {
    async fn new() -> Self {
        let world = World::new().await;
        let acme = world.organization("Acme").await;
        let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
        let environment = world.active_environment(acme, Some(balance)).await.to_string();
        let item = json!({
            "code": "UPDATE", "name": "Update", "service_type": "support", "base_credits": "2",
            "usual_complexity": "medium",
        });
        world.post("/v1/catalog-items", &item).await.is(201);
        Self { world, environment, balance: balance.to_string() }
    }

    /// A draft with `more` in it: its code.
    async fn draft(&self, title: &str, more: Value) -> String {
        let mut body = json!({"environment_id": self.environment, "title": title});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let made = self.world.post(PATH, &body).await;
        assert!(made.location.is_some() && made.etag.is_some());
        made.is(201)["code"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> crate::testing::Answer {
        self.world.post(&format!("{PATH}/{path}"), &body).await
    }

    async fn figures(&self) -> (String, String) {
        let balance = self.world.get(&format!("/v1/credit-balances/{}", self.balance)).await.is(200);
        let text = |name: &str| balance["totals"][name].as_str().unwrap().to_owned();
        (text("held"), text("consumed"))
    }
}

fn pair(held: &str, consumed: &str) -> (String, String) {
    (held.to_owned(), consumed.to_owned())
}

#[tokio::test]
async fn sr_4_a_request_goes_from_draft_to_completed_with_its_credits() {
    let story = Story::new().await;
    let code = story.draft("Update", json!({"catalog_item": "UPDATE", "due_date": "2026-05-08"})).await;
    assert_eq!(story.figures().await, pair("3", "0"));
    let shown = story.world.get(&format!("{PATH}/{code}")).await.is(200);
    assert_eq!((&shown["kind"], &shown["credit_hold"]["held"]), (&json!("standalone"), &json!("3")));
    assert_eq!(shown["environment"]["id"], json!(story.environment));
    let refused = story.post(&format!("{code}/start"), NOTHING).await.is(409);
    assert_eq!((&refused["state"], &refused["command"]), (&json!("draft"), &json!("start")));
    assert_eq!(refused["legal"], json!(["submit", "reject", "convert_to_quote", "estimate", "cancel"]));

    let figure = json!({"estimate": "4.5", "complexity": "high"});
    assert_eq!(story.post(&format!("{code}/estimate"), figure).await.is(200)["estimated_credits"], "9");
    assert_eq!(story.figures().await, pair("9", "0"));
    assert_eq!(story.post(&format!("{code}/submit"), NOTHING).await.is(200)["status"], "pending_approval");
    assert_eq!(
        story.post(&format!("{code}/approve"), json!({"reason": ""})).await.wrong_fields(),
        ["reason"]
    );
    let approved = story.post(&format!("{code}/approve"), json!({"reason": "by telephone"})).await.is(200);
    assert_eq!(
        (&approved["approval"]["kind"], &approved["approval"]["credits"]),
        (&json!("on_behalf"), &json!("9"))
    );
    assert_eq!(story.post(&format!("{code}/start"), NOTHING).await.problem(409), "needs-assignee");
    let assigned = story.post(&format!("{code}/assign"), json!({"assignee": "Bo"})).await.is(200);
    assert_eq!(assigned["assignee"], "Bo");
    for (command, body, status) in [
        ("start", NOTHING, "in_progress"),
        ("hold", json!({"reason": "no access"}), "on_hold"),
        ("resume", NOTHING, "in_progress"),
    ] {
        assert_eq!(story.post(&format!("{code}/{command}"), body).await.is(200)["status"], status);
    }
    // A figure of the staff's keeps the catalog item, and the item's price is what the work costs.
    let completed = story.post(&format!("{code}/complete"), NOTHING).await.is(200);
    assert_eq!(
        (&completed["completion"]["basis"], &completed["status"]),
        (&json!("catalog"), &json!("completed"))
    );
    assert_eq!(completed["settlement"]["debited"], "4");
    assert_eq!(story.figures().await, pair("0", "4"));
    let reopened = story.post(&format!("{code}/reopen"), json!({"reason": "not done"})).await.is(200);
    assert_eq!(reopened["reopening"]["reason"], "not done");
    assert_eq!(story.figures().await, pair("9", "0"));
    let cancelled = story.post(&format!("{code}/cancel"), json!({"reason": "enough"})).await.is(200);
    assert_eq!(
        (&cancelled["closure"]["kind"], &cancelled["closure"]["reason"]),
        (&json!("cancelled"), &json!("enough"))
    );
    assert_eq!(story.figures().await, pair("0", "0"));
    // Accepting is the customer's: staff have no such operation.
    story.post(&format!("{code}/accept"), NOTHING).await.is(404);
}

#[tokio::test]
async fn sr_7_work_outside_the_catalog_costs_what_its_hours_cost_or_the_figure_that_staff_give() {
    let story = Story::new().await;
    let code = story.draft("x", json!({"estimate": "1", "complexity": "medium", "assignee": "Bo"})).await;
    story.post(&format!("{code}/submit"), NOTHING).await.is(200);
    story.post(&format!("{code}/approve"), json!({"reason": "by telephone"})).await.is(200);
    story.post(&format!("{code}/start"), NOTHING).await.is(200);
    assert_eq!(story.post(&format!("{code}/complete"), NOTHING).await.problem(422), "actual-missing");
    let figure = |amount: &str| json!({"actual": amount, "worklog_seconds": 7_201});
    let unheld = story.figures().await;
    // More than there can be, also only once it is multiplied.
    for amount in ["1.55", "-1", "922337203685477580.8", "922337203685477580.7"] {
        let body = json!({"actual": amount, "worklog_seconds": 0, "reason": "as agreed"});
        assert_eq!(
            story.post(&format!("{code}/complete"), body).await.wrong_fields(),
            ["actual"],
            "{amount}"
        );
    }
    assert_eq!(story.figures().await, unheld, "what was refused settled nothing");
    assert_eq!(story.post(&format!("{code}/complete"), figure("1")).await.wrong_fields(), ["reason"]);
    let seconds = json!({"worklog_seconds": -1});
    assert_eq!(story.post(&format!("{code}/complete"), seconds).await.wrong_fields(), ["worklog_seconds"]);
    let done = story.post(&format!("{code}/complete"), json!({"worklog_seconds": 7_201})).await.is(200);
    assert_eq!(
        (&done["completion"]["basis"], &done["completion"]["actual_base"]),
        (&json!("worklogs"), &json!("2.1"))
    );
    // 2.1 × 1.5, half a tenth rounded up.
    assert_eq!(done["settlement"]["debited"], "3.2");
    assert_eq!(story.figures().await, pair("0", "3.2"));
}

#[tokio::test]
async fn ap_2_requests_are_filtered_sorted_and_paged() {
    let story = Story::new().await;
    let world = &story.world;
    let first = story.draft("Banana", json!({"priority": "urgent", "due_date": "2026-05-09"})).await;
    let second = story.draft("Apple", json!({"assignee": "Bo", "priority": "low"})).await;
    world.at("2026-05-02T12:00:00Z");
    let third = story.draft("Cherry", json!({"due_date": "2026-05-08"})).await;
    story.post(&format!("{third}/cancel"), NOTHING).await.is(200);
    let all = [&first, &second, &third];
    for (query, found) in [
        ("sort=code", vec![0, 1, 2]),
        ("sort=-created_at", vec![2, 1, 0]),
        ("sort=title", vec![1, 0, 2]),
        ("sort=priority", vec![1, 2, 0]),
        ("sort=due_date", vec![2, 0, 1]),
        ("status=draft&status=approved&sort=code", vec![0, 1]),
        ("priority=low&priority=urgent&sort=code", vec![0, 1]),
        ("assignee=Bo", vec![1]),
        ("assigned=true", vec![1]),
        ("assigned=false&sort=code", vec![0, 2]),
        ("due_from=2026-05-08&sort=-due_date", vec![0, 2]),
        ("due_from=2026-05-08&due_to=2026-05-08&sort=due_date", vec![2]),
        ("created_from=2026-05-02T00:00:00Z", vec![2]),
        ("created_until=2026-05-02T00:00:00Z&q=ban", vec![0]),
        ("jira_issue_key=ACME-1", vec![]),
        (&format!("environment_id={}&sort=code", story.environment), vec![0, 1, 2]),
    ] {
        let codes = world.walk(&format!("{PATH}?{query}"), 1, "code").await;
        let expected: Vec<_> = found.into_iter().map(|at: usize| all[at].clone()).collect();
        assert_eq!(codes, expected, "{query}");
    }
    for (query, field) in [
        ("sort=colour", "sort"),
        ("due_to=2026-05-08", "sort"),
        ("due_to=2026-05-08&sort=due_date&created_from=2026-05-02T00:00:00Z", "due_from"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("status=lost", "status"),
        ("jira_issue_key=acme", "jira_issue_key"),
        ("entitlement=ENV-2026059999", "entitlement"),
        ("created_from=yesterday", "created_from"),
        ("colour=red", "colour"),
    ] {
        let wrong = world.get(&format!("{PATH}?{query}")).await.wrong_fields();
        assert_eq!(wrong, [field], "{query}");
    }
}

#[tokio::test]
async fn ap_5_what_is_said_is_changed_field_by_field_and_never_over_anothers_change() {
    let story = Story::new().await;
    let world = &story.world;
    let code = story.draft("Update", json!({"due_date": "2026-05-08", "assignee": "Bo"})).await;
    let path = format!("{PATH}/{code}");
    let patch = |body: Value, tag: Option<String>| {
        let path = &path;
        async move { world.ask_if(&world.staff, Method::PATCH, path, Some(&body), tag.as_deref()).await }
    };
    let etag = world.get(&path).await.etag;
    patch(json!({"title": "Other"}), None).await.is(428);
    let changed = patch(json!({"title": "Other", "jira_issue_key": "ACME-17"}), etag.clone()).await.is(200);
    assert_eq!(
        (&changed["title"], &changed["due_date"], &changed["assignee"]),
        (&json!("Other"), &json!("2026-05-08"), &json!("Bo"))
    );
    patch(json!({"title": "Third"}), etag).await.is(412);
    let cleared = patch(json!({"due_date": null, "assignee": null}), Some("*".to_owned())).await.is(200);
    assert_eq!((cleared.get("due_date"), cleared.get("assignee")), (None, None));
    assert_eq!((&cleared["title"], &cleared["jira_issue_key"]), (&json!("Other"), &json!("ACME-17")));
    patch(json!({"title": null}), Some("*".to_owned())).await.is(422);
    let wrong = json!({"title": "", "assignee": "x".repeat(201)});
    assert_eq!(patch(wrong, Some("*".to_owned())).await.wrong_fields(), ["title", "assignee"]);
    assert_eq!(
        patch(json!({"jira_issue_key": "17"}), Some("*".to_owned())).await.wrong_fields(),
        ["jira_issue_key"]
    );
    assert_eq!(patch(json!({"due_date": "soon"}), Some("*".to_owned())).await.wrong_fields(), ["due_date"]);
    assert_eq!(patch(json!({"status": "closed"}), Some("*".to_owned())).await.wrong_fields(), ["status"]);
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_the_name_of_its_field_and_holds_nothing() {
    let story = Story::new().await;
    let world = &story.world;
    let on = |more: Value| {
        let mut body = json!({"environment_id": story.environment, "title": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        body
    };
    for (body, fields) in [
        (json!({"title": "x"}), vec!["environment_id"]),
        (on(json!({"service_id": story.environment})), vec!["environment_id"]),
        (on(json!({"title": " ", "assignee": ""})), vec!["title", "assignee"]),
        (on(json!({"estimate": "1.25", "complexity": "low"})), vec!["estimate"]),
        (on(json!({"estimate": "-1", "complexity": "low"})), vec!["estimate"]),
        (on(json!({"estimate": "922337203685477580.8", "complexity": "low"})), vec!["estimate"]),
        (on(json!({"estimate": "922337203685477580.7", "complexity": "high"})), vec!["estimate"]),
        (on(json!({"estimate": "1"})), vec!["complexity"]),
        (on(json!({"catalog_item": "NOTHING"})), vec!["catalog_item"]),
        (on(json!({"catalog_item": "UPDATE", "estimate": "1"})), vec!["estimate"]),
        (on(json!({"analysis": "SR-20269999"})), vec!["analysis"]),
        (on(json!({"credit_balance_id": story.environment})), vec!["credit_balance_id"]),
        (on(json!({"priority": "immediate", "due_date": 7})), vec!["due_date", "priority"]),
    ] {
        assert_eq!(world.post(PATH, &body).await.wrong_fields(), fields, "{body}");
    }
    let nowhere = json!({"environment_id": uuid::Uuid::from_u128(7), "title": "x"});
    world.post(PATH, &nowhere).await.is(404);
    let code = story.draft("x", json!({})).await;
    for (body, fields) in [
        (json!({}), vec!["estimate"]),
        (json!({"estimate": "1"}), vec!["complexity"]),
        (json!({"estimate": "1", "catalog_item": "UPDATE"}), vec!["estimate"]),
        (
            json!({"estimate": "1", "complexity": "low", "base_credit_value": {"amount": "1,5", "currency": "XXQ"}}),
            vec!["base_credit_value.currency"],
        ),
    ] {
        assert_eq!(
            story.post(&format!("{code}/estimate"), body.clone()).await.wrong_fields(),
            fields,
            "{body}"
        );
    }
    let lone = json!({"reason": "because"});
    assert_eq!(story.post(&format!("{code}/complete"), lone).await.wrong_fields(), ["reason"]);
    let note = json!({"visibility": "internal", "body": " "});
    assert_eq!(story.post(&format!("{code}/notes"), note).await.wrong_fields(), ["body"]);
    assert_eq!(story.figures().await, pair("0", "0"));
    for path in ["SR-20269999", "nothing", "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"] {
        world.get(&format!("{PATH}/{path}")).await.is(404);
        world.get(&format!("{PATH}/{path}/notes")).await.is(404);
        story.post(&format!("{path}/submit"), NOTHING).await.is(404);
    }
}

#[tokio::test]
async fn sr_4_staff_reject_and_quote_what_is_beyond_the_contract() {
    let story = Story::new().await;
    let (first, second) = (
        story.draft("First", json!({"catalog_item": "UPDATE"})).await,
        story.draft("Second", json!({"catalog_item": "UPDATE"})).await,
    );
    let quoted =
        story.post(&format!("{first}/convert-to-quote"), json!({"reason": "beyond scope"})).await.is(200);
    assert!(quoted["quote_id"].is_string());
    assert_eq!(quoted["service_request"]["closure"]["kind"], "quoted");
    assert_eq!(story.post(&format!("{second}/reject"), NOTHING).await.is(200)["closure"]["kind"], "rejected");
    assert_eq!(story.figures().await, pair("0", "0"));
}

#[tokio::test]
async fn or_4_finance_looks_at_requests_and_moves_none() {
    let story = Story::new().await;
    let code = story.draft("x", json!({})).await;
    let finance = story.world.key(Grant::Staff(StaffRole::Finance)).await;
    let ask = |method: Method, path: String| {
        let (world, finance) = (&story.world, &finance);
        async move { world.ask(finance, method, &path, None).await.status.as_u16() }
    };
    assert_eq!(ask(Method::GET, format!("{PATH}/{code}")).await, 200);
    assert_eq!(ask(Method::POST, format!("{PATH}/{code}/submit")).await, 403);
    assert_eq!(ask(Method::GET, format!("{PATH}/{code}/notes")).await, 403);
}
