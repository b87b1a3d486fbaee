//! Policies through HTTP.

use entitlement::Role;
use kernel::EntitlementClass;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

const DOCUMENTS: &str = "/v1/policy-documents";

fn credits(level: &str, target: Option<&str>, fields: Value) -> Value {
    let mut body = json!({"kind": "credits", "level": level, "fields": fields, "reason": "agreed"});
    if let Some(target) = target {
        body["target"] = target.into();
    }
    body
}

#[tokio::test]
async fn po_6_documents_are_written_version_by_version_and_each_is_kept() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let own = world.entitlement(acme, EntitlementClass::Env, None).await;
    let effective = format!("/v1/entitlements/{own}/policies/credits");
    assert_eq!(world.get(&effective).await.is(200)["values"]["expiry_months"], 12);

    let body = credits("organization", Some(&acme.to_string()), json!({"expiry_months": 24}));
    let made = world.post(DOCUMENTS, &body).await;
    let location = made.location.clone().unwrap();
    let first = made.etag.clone();
    let view = made.is(201);
    assert_eq!((&view["version"], &view["reason"]), (&json!(1), &json!("agreed")));
    assert_eq!(view["name"], format!("credits/organization/{acme}"));
    let again = world.post(DOCUMENTS, &body).await;
    assert!(first.is_some() && again.etag == first && world.get(&location).await.etag == first);
    assert_eq!(again.is(200), view, "sent again, nothing changes");
    let held = world.get(&effective).await.is(200);
    assert_eq!(held["values"]["expiry_months"], 24);
    assert_eq!(held["documents"], json!([{"document": view["name"], "version": 1}]));
    let other = credits("organization", Some(&acme.to_string()), json!({"expiry_months": 36}));
    assert_eq!(world.post(DOCUMENTS, &other).await.problem(409), "policy-document-exists");

    world.at("2026-05-10T00:00:00Z");
    let put = |body: Value, tag: Option<String>| {
        let (world, location) = (&world, &location);
        async move { world.ask_if(&world.staff, Method::PUT, location, Some(&body), tag.as_deref()).await }
    };
    put(other.clone(), None).await.is(428);
    let etag = world.get(&location).await.etag.unwrap();
    assert_eq!(put(other.clone(), Some(etag.clone())).await.is(200)["version"], 2);
    put(body.clone(), Some(etag)).await.is(412);
    let elsewhere = credits("global", None, json!({"expiry_months": 36}));
    assert_eq!(put(elsewhere, Some("*".to_owned())).await.wrong_fields(), ["target"]);

    world.at("2026-05-20T00:00:00Z");
    let end = json!({"reason": "over", "effective_until": "2026-06-01T00:00:00Z"});
    for _ in 0..2 {
        assert_eq!(world.post(&format!("{location}/end"), &end).await.is(200)["version"], 3);
    }
    let past = json!({"reason": "over", "effective_until": "2026-05-01T00:00:00Z"});
    assert_eq!(world.post(&format!("{location}/end"), &past).await.wrong_fields(), ["effective_until"]);

    for (at, months) in [
        ("2026-05-01T11:59:59Z", 12),
        ("2026-05-01T12:00:00Z", 24),
        ("2026-05-10T00:00:00Z", 36),
        ("2026-05-31T23:59:59Z", 36),
        ("2026-06-01T00:00:00Z", 12),
    ] {
        let held = world.get(&format!("{effective}?as_of={at}")).await.is(200);
        assert_eq!(held["values"]["expiry_months"], months, "{at}");
    }
    let versions = world.get(&format!("{location}/versions?limit=2")).await.is(200);
    let numbers: Vec<&Value> =
        versions["items"].as_array().unwrap().iter().map(|item| &item["version"]).collect();
    assert_eq!((numbers, versions["next_cursor"].is_string()), (vec![&json!(3), &json!(2)], true));

    world.post(DOCUMENTS, &credits("class", Some("ENV"), json!({"grace_days": 1}))).await.is(201);
    world
        .post(DOCUMENTS, &json!({"kind": "trial", "level": "global", "fields": {"days": 3}, "reason": "x"}))
        .await
        .is(201);
    assert_eq!(
        world.walk(&format!("{DOCUMENTS}?sort=-name"), 1, "kind").await,
        ["trial", "credits", "credits"]
    );
    assert_eq!(world.walk(&format!("{DOCUMENTS}?level=class&target=ENV"), 1, "level").await, ["class"]);
    assert_eq!(world.walk(&format!("{DOCUMENTS}?kind=trial"), 1, "kind").await, ["trial"]);
    for suffix in ["", ".csv"] {
        let refused = world.get(&format!("{DOCUMENTS}{suffix}?kind=nope&level=nope")).await;
        assert_eq!(refused.wrong_fields(), ["kind", "level"]);
    }
    let valid = format!("{DOCUMENTS}?kind=credits&valid_at=2026-06-01T00:00:00Z");
    assert_eq!(world.walk(&valid, 1, "level").await, ["class"]);
}

#[tokio::test]
async fn po_7_every_value_says_why_it_is_what_it_is() {
    let world = World::under(&json!({"credits": {"grace_days": 2}})).await;
    let acme = world.organization("Acme").await;
    let own = world.entitlement(acme, EntitlementClass::Env, None).await;
    let guarded = json!({
        "kind": "credits", "level": "global", "reason": "house rule",
        "fields": {"grace_days": 5}, "guard": {"pre_approved_up_to": "enforced"},
    });
    world.post(DOCUMENTS, &guarded).await.is(201);
    let path = format!("/v1/entitlements/{own}/policies/credits/explanation");
    let why = world.get(&format!("{path}?field=grace_days")).await.is(200);
    let field = &why["fields"][0];
    assert_eq!((&field["value"], &field["reason"]), (&json!(5), &json!("SET")));
    assert_eq!(field["decided_by"], json!({"document": "credits/global", "version": 1}));
    let outcomes: Vec<(&str, &str)> = field["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["level"].as_str().unwrap(), step["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("settings", "overridden"),
            ("global", "applied"),
            ("class", "no_document"),
            ("organization", "no_document"),
            ("product", "no_scope"),
            ("entitlement", "no_document"),
        ]
    );
    assert_eq!(world.get(&path).await.is(200)["fields"].as_array().unwrap().len(), 14);
    assert_eq!(world.get(&format!("{path}?field=nothing")).await.wrong_fields(), ["field"]);
    world.get(&format!("/v1/entitlements/{own}/policies/nothing")).await.is(404);
    let all = world.get(&format!("/v1/entitlements/{own}/policies")).await.is(200);
    assert_eq!(all["policies"].as_object().unwrap().len(), 10);
    assert_eq!(all["policies"]["credits"]["grace_days"], 5);

    // A value that is blocked now: who blocks it; or it is kept until the guard ends.
    let mut blocked = credits("organization", Some(&acme.to_string()), json!({"pre_approved_up_to": "3"}));
    let refused = world.post(DOCUMENTS, &blocked).await.is(422);
    assert_eq!(refused["errors"][0]["path"], "fields.pre_approved_up_to");
    let problem = refused["errors"][0]["problem"].as_str().unwrap();
    assert!(problem.starts_with("blocked: ") && problem.contains("credits/global v1"), "{problem}");
    blocked["keep_blocked"] = true.into();
    world.post(DOCUMENTS, &blocked).await.is(201);
    let lint = world.get("/v1/policies/lint").await.is(200);
    assert_eq!(lint["items"][0]["code"], "unreachable");
    let why = world.get(&format!("{path}?field=pre_approved_up_to")).await.is(200);
    let step = &why["fields"][0]["steps"][3];
    assert_eq!(step["blocked_by"], json!({"document": "credits/global", "version": 1}));
}

#[tokio::test]
async fn po_8_a_change_is_tried_before_it_is_made() {
    let world = World::new().await;
    let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
    for _ in 0..3 {
        world.entitlement(acme, EntitlementClass::Env, None).await;
    }
    world.entitlement(other, EntitlementClass::Env, None).await;
    world.proposed_service(acme, kernel::ServiceMode::Ongoing).await;
    let body = credits("class", Some("ENV"), json!({"grace_days": 5, "expiry_months": 12}));
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = world.post(&format!("/v1/policies/what-if?limit=3{cursor}"), &body).await.is(200);
        for item in page["affected"]["items"].as_array().unwrap() {
            seen.push(item["entitlement"]["code"].as_str().unwrap().to_owned());
            let change = &item["changes"][0];
            assert_eq!((&change["kind"], change["fields"].as_array().unwrap().len()), (&json!("credits"), 1));
            let field = &change["fields"][0];
            assert_eq!((&field["before"], &field["after"]), (&json!(0), &json!(5)));
        }
        match page["affected"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|code| code.starts_with("ENV-")));
    let one = credits("organization", Some(&other.to_string()), json!({"grace_days": 5}));
    let page = world.post("/v1/policies/what-if", &one).await.is(200);
    assert_eq!(page["affected"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(DOCUMENTS).await.is(200)["items"], json!([]), "nothing was written");
}

#[tokio::test]
async fn po_9_bad_input_is_refused_with_code_and_path_all_at_once_and_changes_nothing() {
    let world = World::new().await;
    let acme = world.organization("Acme").await.to_string();
    let guard = json!({
        "kind": "renewal", "level": "global", "reason": "x",
        "fields": {"grace_days": 9}, "guard": {"grace_days": "enforced"},
    });
    world.post(DOCUMENTS, &guard).await.is(201);
    let early = json!({
        "kind": "refund", "level": "global", "reason": "x", "name": "early",
        "fields": {"window_days": 9}, "effective_until": "2027-01-01T00:00:00Z",
    });
    world.post(DOCUMENTS, &early).await.is(201);
    let before = world.get(DOCUMENTS).await.is(200);

    let renewal = |fields: Value| json!({"kind": "renewal", "level": "global", "name": "n", "reason": "x", "fields": fields});
    let with = |mut body: Value, more: Value| {
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        body
    };
    let sla = |fields: Value| json!({"kind": "sla", "level": "global", "reason": "x", "fields": fields});
    let cases = [
        (with(renewal(json!({})), json!({"kind": "weather"})), "kind", "unknown_kind"),
        (with(renewal(json!({})), json!({"level": "planet"})), "level", "unknown_level"),
        (with(renewal(json!({})), json!({"level": "settings"})), "level", "unknown_level"),
        (with(renewal(json!({})), json!({"level": "class", "target": "XYZ"})), "target", "wrong_target"),
        (
            with(renewal(json!({})), json!({"level": "organization", "target": "nobody"})),
            "target",
            "wrong_target",
        ),
        (with(renewal(json!({})), json!({"level": "product", "target": "NO-SKU"})), "target", "wrong_target"),
        (
            with(renewal(json!({})), json!({"level": "entitlement", "target": "SVC-2026050001"})),
            "target",
            "wrong_target",
        ),
        (with(renewal(json!({})), json!({"level": "class"})), "target", "wrong_target"),
        (with(renewal(json!({})), json!({"target": "x"})), "target", "wrong_target"),
        (renewal(json!({"graze_days": 1})), "fields.graze_days", "unknown_field"),
        (renewal(json!({"notice_days": {"fly": [1]}})), "fields.notice_days", "unknown_operation"),
        (renewal(json!({"price": {"append": ["current"]}})), "fields.price", "illegal_operation"),
        (renewal(json!({"notice_days": "soon"})), "fields.notice_days", "wrong_type"),
        (renewal(json!({"notice_days": [1, -1]})), "fields.notice_days[1]", "out_of_range"),
        (sla(json!({"support_hours": {"from": "10:00"}})), "fields.support_hours", "partial_group"),
        (
            json!({"kind": "refund", "level": "global", "reason": "x", "fields": {"window_days": 10}}),
            "fields.window_days",
            "conflict",
        ),
        (
            with(
                renewal(json!({})),
                json!({"effective_from": "2026-06-01T00:00:00Z", "effective_until": "2026-06-01T00:00:00Z"}),
            ),
            "effective_until",
            "empty_window",
        ),
        (
            json!({"kind": "renewal", "level": "organization", "target": acme, "reason": "x", "fields": {"grace_days": 1}}),
            "fields.grace_days",
            "blocked",
        ),
        (
            sla(json!({"response_minutes.urgent": 500})),
            "fields.response_minutes.urgent",
            "invalid_combination",
        ),
        (with(renewal(json!({})), json!({"version": 7})), "version", "unknown_key"),
        (with(renewal(json!({})), json!({"misspelt": 7})), "misspelt", "unknown_key"),
        (with(renewal(json!({})), json!({"effective_from": "tomorrow"})), "effective_from", "wrong_type"),
        (with(renewal(json!({})), json!({"reason": " "})), "reason", "must not be blank"),
    ];
    for (body, path, code) in cases {
        let problem = world.post(DOCUMENTS, &body).await.is(422);
        let errors = problem["errors"].as_array().unwrap();
        let named = errors.iter().any(|error| {
            error["path"].as_str().unwrap().starts_with(path)
                && error["problem"].as_str().unwrap().starts_with(code)
        });
        assert!(named, "{body}: {path} {code}: {problem:#}");
    }

    let all = json!({
        "kind": "renewal", "level": "global", "name": "n", "reason": "x", "misspelt": 1,
        "effective_from": "2026-06-01T00:00:00Z", "effective_until": "2026-05-01T00:00:00Z",
        "fields": {"graze_days": 1, "grace_days": -1, "auto_renew": "yes"},
    });
    let wrong = world.post(DOCUMENTS, &all).await.wrong_fields();
    for path in ["misspelt", "effective_until", "fields.graze_days", "fields.grace_days", "fields.auto_renew"]
    {
        assert!(wrong.iter().any(|own| own == path), "{path}: {wrong:?}");
    }

    let raw = |text: String| {
        let request = world.client.post(DOCUMENTS).header("X-API-Key", &world.staff);
        request.content_type("application/json").body(text).send()
    };
    let twice = r#"{"kind": "renewal", "level": "global", "reason": "x", "fields": {"grace_days": 1, "grace_days": 2}}"#;
    let answer = raw(twice.to_owned()).await.0;
    assert_eq!(answer.status().as_u16(), 422);
    assert!(answer.into_body().into_string().await.unwrap().contains("duplicate_key"));
    let large = format!(r#"{{"kind": "renewal", "level": "global", "reason": "{}"}}"#, "x".repeat(10 << 20));
    assert_eq!(raw(large).await.0.status().as_u16(), 413);
    assert_eq!(raw("[".to_owned()).await.0.status().as_u16(), 400);
    assert_eq!(raw("[]".to_owned()).await.0.status().as_u16(), 422);
    assert_eq!(world.get(DOCUMENTS).await.is(200), before, "nothing changed");
}

#[tokio::test]
async fn or_6_policies_are_for_staff_and_only_administrators_write_them() {
    use service_delivery::access::{Grant, StaffRole};
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let owner = world.customer(acme, Role::Owner, &[]).await;
    let finance = world.key(Grant::Staff(StaffRole::Finance)).await;
    let body = credits("global", None, json!({"grace_days": 1}));
    for key in [&owner, &finance] {
        world.ask(key, Method::POST, DOCUMENTS, Some(&body)).await.is(403);
    }
    world.ask(&owner, Method::GET, DOCUMENTS, None).await.is(403);
    world.ask(&finance, Method::GET, DOCUMENTS, None).await.is(200);
    world.ask(&finance, Method::POST, "/v1/policies/what-if", Some(&body)).await.is(200);
    let kinds = world.ask(&finance, Method::GET, "/v1/policies/kinds", None).await.is(200);
    assert_eq!(kinds["items"].as_array().unwrap().len(), 10);
    assert_eq!(kinds["levels"][0], "settings");
}
