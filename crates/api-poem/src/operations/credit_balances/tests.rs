use entitlement::{Role, Scope};
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};
use service_delivery::access::{Grant, StaffRole};

use crate::testing::World;

#[tokio::test]
async fn cr_2_credits_are_granted_and_told_lot_by_lot_and_entry_by_entry() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    world.proposed_service(world.organization("Other").await, ServiceMode::Project).await;
    let path = format!("/v1/credit-balances/{balance}");
    let shown = world.get(&path).await.is(200);
    assert_eq!((&shown["usable"], &shown["balance"]), (&json!("10"), &json!("10")));
    assert_eq!(shown["organization"]["name"], "Acme");
    let code = shown["entitlement"]["code"].as_str().unwrap();
    for filter in [format!("organization_id={acme}"), format!("entitlement={code}")] {
        let found = world.walk(&format!("/v1/credit-balances?{filter}"), 1, "id").await;
        assert_eq!(found, [balance.to_string()]);
    }
    assert_eq!(world.walk("/v1/credit-balances?sort=created_at", 1, "id").await.len(), 2);
    let unknown = world.get("/v1/credit-balances?entitlement=SVC-2026059999").await;
    assert_eq!(unknown.wrong_fields(), ["entitlement"]);

    world.at("2026-05-02T12:00:00Z");
    let grant = json!({
        "amount": "4.5", "source": "purchase", "usable_from": "2026-06-01T00:00:00Z",
        "expires_at": "2026-07-01T00:00:00Z", "external_ref": "shop-1", "reason": "bought",
    });
    let made = world.post(&format!("{path}/grant"), &grant).await.is(201);
    assert_eq!(made["credit_balance"]["upcoming"], "4.5");
    assert_eq!(made["credit_balance"]["totals"]["available"], "14.5");
    assert_eq!(world.post(&format!("{path}/grant"), &grant).await.is(200), made);
    let other = json!({"amount": "5", "external_ref": "shop-1", "reason": "bought"});
    assert_eq!(world.post(&format!("{path}/grant"), &other).await.problem(409), "external-ref-taken");

    let lots = world.get(&format!("{path}/lots")).await.is(200);
    assert_eq!(lots["items"][1]["id"], made["lot_id"]);
    assert_eq!(lots["items"][1]["expires_at"], "2026-07-01T00:00:00Z");
    assert_eq!(
        world.walk(&format!("{path}/lots?open=true&sort=-granted_at"), 1, "source").await,
        ["purchase", "included"]
    );
    assert_eq!(world.walk(&format!("{path}/ledger"), 1, "cause").await, ["bought", "create entitlement"]);
    let ledger =
        format!("{path}/ledger?kind=grant&kind=debit&from=2026-05-02T00:00:00Z&until=2026-05-03T00:00:00Z");
    let entries = world.get(&ledger).await.is(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 1);
    assert_eq!(entries["items"][0]["lots"][0]["available"], "4.5");
    let actor = &entries["items"][0]["actor"];
    assert_eq!(actor["kind"], "staff");
    let who = actor["id"].as_str().unwrap();
    for (filter, causes) in [
        (format!("actor_id={who}"), vec!["bought"]),
        (format!("actor_id={who}&kind=grant&from=2026-05-02T00:00:00Z"), vec!["bought"]),
        (format!("actor_id={}", world.staff_caller().id.as_uuid()), vec!["create entitlement"]),
        (format!("actor_id={}", uuid::Uuid::from_u128(7)), vec![]),
    ] {
        assert_eq!(world.walk(&format!("{path}/ledger?{filter}"), 1, "cause").await, causes, "{filter}");
    }
    for (filter, field) in [
        ("actor_id=Rosa", "actor_id"),
        ("kind=gift", "kind"),
        ("service_request=SR-20269999", "service_request"),
        ("from=yesterday", "from"),
        ("until=2026-13-01T00:00:00Z", "until"),
        ("lot=1", "lot"),
    ] {
        assert_eq!(world.get(&format!("{path}/ledger?{filter}")).await.wrong_fields(), [field], "{filter}");
    }
}

#[tokio::test]
async fn what_is_no_grant_is_refused_and_grants_nothing() {
    let world = World::new().await;
    let (_, balance) = world.proposed_service(world.organization("Acme").await, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}/grant");
    for (body, fields) in [
        (json!({"amount": "0", "reason": "x"}), vec!["amount"]),
        (json!({"amount": "1.25", "reason": "x"}), vec!["amount"]),
        (json!({"amount": "-1", "reason": "x"}), vec!["amount"]),
        (json!({"amount": "1", "reason": " \t"}), vec!["reason"]),
        (json!({"amount": "0", "reason": "", "external_ref": " "}), vec!["reason", "amount", "external_ref"]),
        (json!({"amount": "1", "reason": "x", "expires_at": "2026-05-01T00:00:00Z"}), vec!["expires_at"]),
        (json!({"source": "stolen", "lot": 1}), vec!["amount", "reason", "lot", "source"]),
    ] {
        assert_eq!(world.post(&path, &body).await.wrong_fields(), fields, "{body}");
    }
    let most = json!({"amount": "922337203685477580.7", "reason": "x"});
    assert_eq!(world.post(&path, &most).await.wrong_fields(), ["amount"]);
    let beyond = json!({"amount": "922337203685477580.8", "reason": "x"});
    assert_eq!(world.post(&path, &beyond).await.wrong_fields(), ["amount"]);
    assert_eq!(world.get(&format!("/v1/credit-balances/{balance}")).await.is(200)["totals"]["granted"], "10");
    let id = uuid::Uuid::from_u128(7);
    let small = json!({"amount": "1", "reason": "x"});
    world.post(&format!("/v1/credit-balances/{id}/grant"), &small).await.is(404);
    for part in ["", "/lots", "/ledger"] {
        world.get(&format!("/v1/credit-balances/{id}{part}")).await.is(404);
        world.get(&format!("/v1/credit-balances/nothing{part}")).await.is(404);
    }
}

#[tokio::test]
async fn or_4_finance_grants_credits_and_nobody_else() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}/grant");
    let body: Value = json!({"amount": "1", "reason": "x"});
    let delivery = world.key(Grant::Staff(StaffRole::Delivery)).await;
    let owner = world.customer(acme, Role::Owner, &[Scope::Billing]).await;
    for key in [&delivery, &owner] {
        world.ask(key, Method::POST, &path, Some(&body)).await.is(403);
    }
    let finance = world.key(Grant::Staff(StaffRole::Finance)).await;
    world.ask(&finance, Method::POST, &path, Some(&body)).await.is(201);
}

/// A request on an active environment that the balance pays for, completed with `actual`.
async fn completed(world: &World, balance: kernel::CreditBalanceId, actual: &str) -> String {
    let acme: uuid::Uuid = {
        let shown = world.get(&format!("/v1/credit-balances/{balance}")).await.is(200);
        shown["organization"]["id"].as_str().unwrap().parse().unwrap()
    };
    let environment = world.active_environment(acme.into(), Some(balance)).await;
    let asked = json!({
        "environment_id": environment.as_uuid(), "title": "Update", "estimate": actual, "complexity": "low", "assignee": "Bo",
    });
    let id = world.post("/v1/service-requests", &asked).await.is(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/service-requests/{id}");
    world.post(&format!("{path}/submit"), &Value::Null).await.is(200);
    world.post(&format!("{path}/approve"), &json!({"reason": "by telephone"})).await.is(200);
    world.post(&format!("{path}/start"), &Value::Null).await.is(200);
    let done = json!({"actual": actual, "reason": "as agreed"});
    world.post(&format!("{path}/complete"), &done).await.is(200);
    path
}

#[tokio::test]
async fn cr_9_staff_adjust_with_a_reason_and_never_below_zero() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}/adjust");
    let up = json!({
        "direction": "add", "amount": "2.5", "external_ref": "goodwill-1",
        "expires_at": "2026-08-01T00:00:00Z", "reason": "an outage",
    });
    let made = world.post(&path, &up).await.is(201);
    assert_eq!(made["credit_balance"]["usable"], "12.5");
    assert_eq!(world.post(&path, &up).await.is(200), made, "sent twice, it counts once");
    let lots = world.get(&format!("/v1/credit-balances/{balance}/lots")).await.is(200);
    assert_eq!(lots["items"][1]["source"], "manual");
    assert_eq!(lots["items"][1]["expires_at"], "2026-08-01T00:00:00Z");

    let adjust = |direction: &str, amount: &str, reason: &str| json!({"direction": direction, "amount": amount, "reason": reason});
    let down = world.post(&path, &adjust("take_back", "12", "a mistake")).await.is(201);
    assert!(down.get("lot_id").is_none());
    assert_eq!(down["credit_balance"]["usable"], "0.5");
    let mut strange = adjust("take_back", "0", "");
    strange["external_ref"] = json!("x");
    strange["expires_at"] = json!("2027-01-01T00:00:00Z");
    for (body, fields) in [
        (adjust("add", "0", "x"), vec!["amount"]),
        (adjust("take_back", "0", "x"), vec!["amount"]),
        (adjust("take_back", "1", "\n"), vec!["reason"]),
        (adjust("add", "0", " "), vec!["reason", "amount"]),
        (adjust("take_back", "0.25", "x"), vec!["amount"]),
        (adjust("sideways", "-1", "x"), vec!["amount", "direction"]),
        (strange, vec!["reason", "amount", "expires_at", "external_ref"]),
        (adjust("add", "922337203685477580.7", "x"), vec!["amount"]),
        (adjust("add", "922337203685477580.8", "x"), vec!["amount"]),
    ] {
        assert_eq!(world.post(&path, &body).await.wrong_fields(), fields, "{body}");
    }
    let refused = world.post(&path, &adjust("take_back", "0.6", "x")).await.is(409);
    assert_eq!(refused["type"], "urn:middag:problem:below-zero");
    assert_eq!(refused["errors"][0]["path"], "amount");
    let kinds = world.walk(&format!("/v1/credit-balances/{balance}/ledger"), 50, "kind").await;
    assert_eq!(kinds, ["adjust", "adjust", "grant"], "what was refused wrote nothing");
}

#[tokio::test]
async fn a_wrong_lot_is_taken_back_once() {
    let world = World::new().await;
    let (_, balance) = world.proposed_service(world.organization("Acme").await, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}");
    let lot = world.get(&format!("{path}/lots")).await.is(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let withdraw = format!("{path}/lots/{lot}/withdraw");
    let why = json!({"reason": "refunded"});
    assert_eq!(world.post(&withdraw, &json!({"reason": " "})).await.wrong_fields(), ["reason"]);
    assert_eq!(world.post(&withdraw, &why).await.is(200)["amount"], "10");
    let again = world.post(&withdraw, &why).await.is(200);
    assert_eq!((&again["amount"], &again["credit_balance"]["balance"]), (&json!("0"), &json!("0")));
    let other = uuid::Uuid::from_u128(7);
    assert_eq!(world.post(&format!("{path}/lots/{other}/withdraw"), &why).await.problem(404), "not-found");
    assert_eq!(world.walk(&format!("{path}/ledger"), 50, "kind").await, ["adjust", "grant"]);
}

#[tokio::test]
async fn cr_14_what_was_debited_is_corrected_in_part_or_whole_and_never_beyond() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let request = completed(&world, balance, "12").await;
    let correct = format!("{request}/correct-credits");
    let usable =
        || async { world.get(&format!("/v1/credit-balances/{balance}")).await.is(200)["usable"].clone() };
    assert_eq!(usable().await, "0");
    let refused = world.post(&correct, &json!({"amount": "10.1", "reason": "x"})).await.is(409);
    assert_eq!(refused["type"], "urn:middag:problem:not-debited");
    assert_eq!(refused["errors"][0]["path"], "amount");
    assert_eq!(world.post(&correct, &json!({"reason": "  "})).await.wrong_fields(), ["reason"]);
    for amount in ["-1", "0", "0.25", "922337203685477580.8"] {
        let body = json!({"amount": amount, "reason": "x"});
        assert_eq!(world.post(&correct, &body).await.wrong_fields(), ["amount"], "{amount}");
    }
    assert_eq!(usable().await, "0", "what was refused gave nothing back");
    let shown = world.post(&correct, &json!({"amount": "2.5", "reason": "our mistake"})).await.is(200);
    assert_eq!(shown["credit_hold"]["debited"], "7.5");
    assert_eq!(shown["settlement"]["debited"], "10", "what was settled stays as it was");
    assert_eq!(usable().await, "2.5");
    world.post(&correct, &json!({"reason": "all of it"})).await.is(200);
    assert_eq!(usable().await, "10");
    assert_eq!(world.post(&correct, &json!({"reason": "again"})).await.problem(409), "not-debited");
    assert_eq!(
        world.walk(&format!("/v1/credit-balances/{balance}/ledger?kind=refund"), 50, "cause").await,
        ["all of it", "our mistake"]
    );
    let strange = json!({"service_id": 1});
    assert_eq!(world.post(&correct, &strange).await.wrong_fields(), ["reason", "service_id"]);
}

#[tokio::test]
async fn cr_7_settling_and_releasing_out_of_turn_is_refused() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let request = completed(&world, balance, "4").await;
    let figures =
        || async { world.get(&format!("/v1/credit-balances/{balance}")).await.is(200)["totals"].clone() };
    let before = figures().await;
    let done = json!({"actual": "1", "reason": "as agreed"});
    let twice = world.post(&format!("{request}/complete"), &done).await;
    assert_eq!(twice.problem(409), "illegal-move", "settling twice");
    let released = world.post(&format!("{request}/cancel"), &Value::Null).await;
    assert_eq!(released.problem(409), "illegal-move", "releasing a settled one");
    let cancelled = {
        let environment = world.active_environment(acme, Some(balance)).await;
        let asked = json!({
            "environment_id": environment.as_uuid(), "title": "Another", "estimate": "1", "complexity": "low",
        });
        let id = world.post("/v1/service-requests", &asked).await.is(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/service-requests/{id}");
        let correct = world.post(&format!("{path}/correct-credits"), &json!({"reason": "x"})).await;
        assert_eq!(correct.problem(409), "illegal-move", "nothing is settled yet");
        world.post(&format!("{path}/cancel"), &Value::Null).await.is(200);
        path
    };
    let settled = world.post(&format!("{cancelled}/complete"), &done).await;
    assert_eq!(settled.problem(409), "illegal-move", "settling a released hold");
    assert_eq!(figures().await, before);
}

#[tokio::test]
async fn en_5_a_frozen_balance_holds_nothing_new_and_settles_what_it_holds() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}");
    assert_eq!(
        world.post(&format!("{path}/freeze"), &json!({"reason": " "})).await.wrong_fields(),
        ["reason"]
    );
    let why = json!({"reason": "a dispute"});
    for _ in 0..2 {
        let shown = world.post(&format!("{path}/freeze"), &why).await.is(200);
        assert_eq!((&shown["status"], &shown["frozen"]), (&json!("frozen"), &json!(true)));
    }
    let environment = world.active_environment(acme, Some(balance)).await;
    let asked = json!({
        "environment_id": environment.as_uuid(), "title": "Update", "estimate": "2", "complexity": "low", "assignee": "Bo",
    });
    assert_eq!(world.post("/v1/service-requests", &asked).await.problem(409), "balance-frozen");
    let shown = world.post(&format!("{path}/unfreeze"), &json!({"reason": "settled"})).await.is(200);
    assert_eq!((&shown["status"], &shown["frozen"]), (&json!("active"), &json!(false)));
    world.post("/v1/service-requests", &asked).await.is(201);
    let other = uuid::Uuid::from_u128(7);
    world.post(&format!("/v1/credit-balances/{other}/freeze"), &why).await.is(404);
}

#[tokio::test]
async fn sr_20_staff_agree_what_a_credit_is_worth_also_once_the_work_is_done() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let agree = format!("{}/agree-credit-value", completed(&world, balance, "2").await);
    let worth = |amount: &str| json!({"base_credit_value": {"amount": amount, "currency": "BRL"}});
    assert_eq!(world.post(&agree, &worth("x")).await.wrong_fields(), ["base_credit_value.amount"]);
    assert_eq!(world.post(&agree, &json!({})).await.wrong_fields(), ["base_credit_value"]);
    assert_eq!(world.post(&agree, &worth("-1")).await.wrong_fields(), ["base_credit_value"]);
    let shown = world.post(&agree, &worth("180")).await.is(200);
    assert_eq!(shown["base_credit_value"]["amount"], "180");
    let finance = world.key(Grant::Staff(StaffRole::Finance)).await;
    world.ask(&finance, Method::POST, &agree, Some(&worth("90"))).await.is(403);
}

/// 10 credits included on 1 May, 4 bought on 2 May that expire on 10 July at noon, and a request that took 12.
async fn a_year(world: &World) -> (String, String) {
    let acme = world.organization("Acme").await;
    let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let path = format!("/v1/credit-balances/{balance}");
    world.at("2026-05-02T12:00:00Z");
    let bought = json!({"amount": "4", "expires_at": "2026-07-10T12:00:00Z", "reason": "=bought"});
    world.post(&format!("{path}/grant"), &bought).await.is(201);
    world.at("2026-06-03T12:00:00Z");
    let request = completed(world, balance, "12").await;
    world.at("2026-07-20T12:00:00Z");
    (path, request)
}

#[tokio::test]
async fn cr_11_the_balance_as_of_an_instant_is_exact_to_the_microsecond() {
    let world = World::new().await;
    let (path, _) = a_year(&world).await;
    for (at, balance, expired) in [
        ("2026-05-01T11:59:59.999999Z", "0", "0"),
        ("2026-05-01T12:00:00Z", "10", "0"),
        ("2026-05-02T12:00:00Z", "14", "0"),
        ("2026-07-10T11:59:59.999999Z", "2", "0"),
        ("2026-07-10T12:00:00Z", "0", "2"),
        ("2030-01-01T00:00:00Z", "0", "2"),
    ] {
        let told = world.get(&format!("{path}/as-of?at={at}")).await.is(200);
        assert_eq!(
            (&told["balance"], &told["totals"]["expired"]),
            (&json!(balance), &json!(expired)),
            "{at}"
        );
        assert_eq!(told["at"], at);
    }
    assert_eq!(world.get(&format!("{path}/as-of?at=yesterday")).await.wrong_fields(), ["at"]);
    assert_eq!(world.get(&format!("{path}/as-of")).await.wrong_fields(), ["at"]);
}

#[tokio::test]
async fn cr_11_a_statement_has_opening_movements_and_closing() {
    let world = World::new().await;
    let (path, request) = a_year(&world).await;
    let code = world.get(&request).await.is(200)["code"].clone();
    let period = "from=2026-06-01T00:00:00Z&until=2026-08-01T00:00:00Z";
    let whole = world.get(&format!("{path}/statement?{period}")).await.is(200);
    assert_eq!((&whole["opening"]["balance"], &whole["closing"]["balance"]), (&json!("14"), &json!("0")));
    assert_eq!(whole["closing"]["at"], "2026-07-20T12:00:00Z", "so far");
    let movements = whole["movements"].as_array().unwrap();
    let told: Vec<_> =
        movements.iter().map(|row| format!("{} {}", row["kind"], row["change"]).replace('"', "")).collect();
    assert_eq!(told, ["reserve -12", "debit 0", "expire -2"]);
    assert_eq!(movements[1]["service_request"]["code"], code);
    assert!(movements[2].get("service_request").is_none());

    let mut paged = vec![];
    let mut cursor = String::new();
    loop {
        let page = world.get(&format!("{path}/statement?{period}&limit=1{cursor}")).await.is(200);
        assert_eq!((&page["opening"], &page["closing"]), (&whole["opening"], &whole["closing"]));
        paged.extend(page["movements"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(&paged, movements);
    // This month unless told.
    let july = world.get(&format!("{path}/statement")).await.is(200);
    assert_eq!(
        (&july["from"], &july["until"]),
        (&json!("2026-07-01T00:00:00Z"), &json!("2026-08-01T00:00:00Z"))
    );
    assert_eq!(july["movements"].as_array().unwrap().len(), 1);

    let backwards = "from=2026-08-01T00:00:00Z&until=2026-07-31T23:59:59Z";
    for part in ["statement", "statement.csv"] {
        assert_eq!(world.get(&format!("{path}/{part}?{backwards}")).await.wrong_fields(), ["until"]);
        assert_eq!(world.get(&format!("{path}/{part}?from=x&until=y")).await.wrong_fields(), ["from"]);
        let id = uuid::Uuid::from_u128(7);
        world.get(&format!("/v1/credit-balances/{id}/{part}")).await.is(404);
    }
    // What begins after this month needs an end.
    for part in ["statement", "statement.csv"] {
        let ahead = world.get(&format!("{path}/{part}?from=2026-08-01T00:00:00.000001Z")).await;
        assert_eq!(ahead.wrong_fields(), ["from"]);
    }
    let empty = world.get(&format!("{path}/statement?from=2026-08-01T00:00:00Z")).await.is(200);
    assert_eq!(empty["until"], empty["from"]);
    let strange = world.get(&format!("{path}/statement?cursor=abc")).await;
    assert_eq!(strange.wrong_fields(), ["cursor"]);
}

#[tokio::test]
async fn cr_11_a_statement_is_a_file_whose_rows_add_up() {
    let world = World::new().await;
    let (path, _) = a_year(&world).await;
    // More movements than are read at once.
    for _ in 0..210 {
        world.post(&format!("{path}/grant"), &json!({"amount": "0.1", "reason": "=1+1"})).await.is(201);
    }
    let file = format!("{path}/statement.csv?from=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z");
    let response = world.client.get(&file).header("X-API-Key", &world.staff).send().await.0;
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.header("Content-Type").unwrap().starts_with("text/csv"));
    assert!(response.header("Content-Disposition").unwrap().contains("statement-"));
    let text = response.into_body().into_string().await.unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| &row[2]).collect();
    assert_eq!(kinds[..6], ["opening", "grant", "grant", "reserve", "debit", "expire"]);
    assert_eq!((kinds.len(), kinds.last()), (6 + 210 + 1, Some(&"closing")));
    assert_eq!((&rows[2][10], &rows[20][10]), ("'=bought", "'=1+1"), "no formula reaches a spreadsheet");
    let mut available = 0i64;
    for row in &rows[1..rows.len() - 1] {
        let change: ust_credits::Credits = row[5].trim_start_matches('-').parse().unwrap();
        available += if row[5].starts_with('-') { -change.units() } else { change.units() };
        assert_eq!(row[6], ust_credits::Credits::from_units(available).to_string());
    }
    assert_eq!(rows.last().unwrap()[6], ust_credits::Credits::from_units(available).to_string());
}

#[tokio::test]
async fn cr_11_monthly_totals_are_ready_for_a_plot() {
    let world = World::new().await;
    let (path, _) = a_year(&world).await;
    let months = |query: &'static str| {
        let (world, path) = (&world, &path);
        async move {
            let told = world.get(&format!("{path}/monthly-totals{query}")).await.is(200);
            let months = told["months"].as_array().unwrap().clone();
            let row = |month: &Value| {
                ["month", "granted", "consumed", "expired", "excess"]
                    .map(|name| month[name].as_str().unwrap().to_owned())
                    .join(" ")
            };
            months.iter().map(row).collect::<Vec<_>>()
        }
    };
    assert_eq!(
        months("?from=2026-04&until=2026-08").await,
        ["2026-04 0 0 0 0", "2026-05 14 0 0 0", "2026-06 0 12 0 0", "2026-07 0 0 2 0", "2026-08 0 0 0 0"]
    );
    let usual = months("").await;
    assert_eq!(
        (usual.len(), usual[0].as_str(), usual[11].as_str()),
        (12, "2025-08 0 0 0 0", "2026-07 0 0 2 0")
    );
    for (query, field) in [
        ("?from=2026-05&until=2026-04", "until"),
        ("?from=2016-07", "from"),
        ("?from=2026-08", "from"),
        ("?from=2026", "from"),
        ("?until=2026-13", "until"),
    ] {
        assert_eq!(
            world.get(&format!("{path}/monthly-totals{query}")).await.wrong_fields(),
            [field],
            "{query}"
        );
    }
}

#[tokio::test]
async fn credits_that_expire_soon_are_listed_across_balances() {
    let world = World::new().await;
    let (path, _) = a_year(&world).await;
    let other = world.organization("Other").await;
    world.proposed_service(other, ServiceMode::Project).await;
    world.at("2026-06-20T12:00:00Z");
    let list = |query: String| {
        let world = &world;
        async move { world.walk(&format!("/v1/credit-expiries?{query}"), 1, "amount").await }
    };
    assert_eq!(list("days=20".into()).await, ["2"]);
    assert_eq!(list("days=19".into()).await, Vec::<String>::new());
    assert_eq!(list("days=400".into()).await, ["2", "10"], "the included ones expire by the policy");
    assert_eq!(list(format!("days=400&organization_id={other}")).await, ["10"]);
    let balance = path.rsplit('/').next().unwrap();
    assert_eq!(list(format!("credit_balance_id={balance}")).await, ["2"], "30 days unless told");
    for days in ["0", "-1", "3661", "x"] {
        assert_eq!(world.get(&format!("/v1/credit-expiries?days={days}")).await.wrong_fields(), ["days"]);
    }
}

#[tokio::test]
async fn which_lots_paid_for_a_request_and_what_a_lot_paid_for_are_told() {
    let world = World::new().await;
    let (path, request) = a_year(&world).await;
    let told = world.get(&format!("{request}/credits")).await.is(200);
    assert!(path.ends_with(told["credit_balance_id"].as_str().unwrap()));
    let debited: Vec<_> = told["debited"].as_array().unwrap().iter().map(|share| &share["amount"]).collect();
    assert_eq!(debited, ["10", "2"]);
    assert_eq!(told["held"], json!([]));
    let lot = told["debited"][1]["lot_id"].as_str().unwrap();
    let uses = world.get(&format!("{path}/lots/{lot}/uses")).await.is(200);
    assert_eq!(uses["items"][0]["debited"], "2");
    assert!(request.ends_with(uses["items"][0]["service_request"]["id"].as_str().unwrap()));
    world.get(&format!("{path}/lots/{}/uses", uuid::Uuid::from_u128(7))).await.is(404);
}

#[tokio::test]
async fn cr_15_a_preview_names_what_is_missing_and_changes_nothing() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (service, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let shown = world.get(&format!("/v1/credit-balances/{balance}")).await.is(200);
    let code = shown["entitlement"]["code"].as_str().unwrap();
    for on in [
        format!("credit_balance_id={balance}"),
        format!("entitlement={code}"),
        format!("service_id={service}"),
    ] {
        let told = world.get(&format!("/v1/credit-preview?{on}&credits=12.5")).await.is(200);
        let parts = ["credits", "reserved", "overdraft", "excess"]
            .map(|name| told[name].as_str().unwrap().to_owned());
        assert_eq!(parts, ["12.5", "10", "0", "2.5"], "{on}");
        assert_eq!(told["credit_balance_id"], balance.to_string());
        assert_eq!(told["lots"][0]["amount"], "10");
    }
    for (query, fields) in [
        (String::new(), vec!["credit_balance_id", "credits"]),
        ("credits=1".to_owned(), vec!["credit_balance_id"]),
        (format!("credit_balance_id={balance}&service_id={service}&credits=1"), vec!["credit_balance_id"]),
        (format!("credit_balance_id={balance}"), vec!["credits"]),
        (format!("credit_balance_id={balance}&credits=1.25"), vec!["credits"]),
        (format!("credit_balance_id={balance}&credits=1&complexity=low"), vec!["complexity"]),
        (format!("credit_balance_id={balance}&catalog_item=NOTHING"), vec!["catalog_item"]),
        ("entitlement=SVC-2026059999&credits=1".to_owned(), vec!["entitlement"]),
    ] {
        assert_eq!(world.get(&format!("/v1/credit-preview?{query}")).await.wrong_fields(), fields, "{query}");
    }
    assert_eq!(world.get(&format!("/v1/credit-balances/{balance}")).await.is(200), shown);
}
