//! Customers and their credits.

use entitlement::{Role, Scope};
use kernel::ServiceMode;
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

async fn ask(world: &World, key: &str, path: &str) -> crate::testing::Answer {
    world.ask(key, Method::GET, path, None).await
}

#[tokio::test]
async fn ap_6_customers_see_their_own_credits_and_nothing_of_the_staff() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (service, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let (_, theirs) = world.proposed_service(world.organization("Other").await, ServiceMode::Project).await;
    let grant = json!({
        "amount": "4.5", "source": "purchase", "expires_at": "2026-05-20T00:00:00Z",
        "reason": "between ourselves", "external_ref": "erp-77",
    });
    world.post(&format!("/v1/credit-balances/{balance}/grant"), &grant).await.is(201);
    let owner = world.customer(acme, Role::Owner, &[]).await;
    let list = ask(&world, &owner, "/v1/portal/credit-balances").await.is(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["figures"]["balance"], "14.5");

    let path = format!("/v1/portal/credit-balances/{balance}");
    let mut told = vec![list];
    for part in [
        "",
        "/lots",
        "/as-of?at=2026-05-01T12:00:00Z",
        "/statement?from=2026-05-01T00:00:00Z&until=2026-06-01T00:00:00Z",
        "/monthly-totals",
    ] {
        told.push(ask(&world, &owner, &format!("{path}{part}")).await.is(200));
    }
    assert_eq!(told[2]["items"].as_array().unwrap().len(), 2);
    assert_eq!(told[3]["usable"], "14.5");
    let statement = &told[4];
    assert_eq!(
        (&statement["opening"]["balance"], &statement["closing"]["balance"]),
        (&json!("0"), &json!("14.5"))
    );
    assert_eq!(statement["movements"].as_array().unwrap().len(), 2);
    told.push(ask(&world, &owner, "/v1/portal/credit-expiries?days=20").await.is(200));
    assert_eq!(told[6]["items"][0]["amount"], "4.5");
    let preview = format!("/v1/portal/credit-preview?service_id={service}&credits=20");
    let preview = ask(&world, &owner, &preview).await.is(200);
    assert_eq!((&preview["reserved"], &preview["excess"]), (&json!("14.5"), &json!("5.5")));
    let shares: Vec<&str> =
        preview["lots"].as_array().unwrap().iter().map(|share| share["amount"].as_str().unwrap()).collect();
    assert_eq!(shares, ["10", "4.5"], "CR-15: from which lots");
    told.push(preview);
    let file = format!("{path}/statement.csv?from=2026-05-01T00:00:00Z&until=2026-06-01T00:00:00Z");
    let file = world.client.get(&file).header("X-API-Key", &owner).send().await.0;
    let file = file.into_body().into_string().await.unwrap();
    assert_eq!(file.lines().count(), 5, "names, opening, two movements, closing: {file}");
    told.push(Value::String(file));
    for answer in told {
        let text = answer.to_string();
        for secret in ["between ourselves", "erp-77", "a key", "test", "actor", "cause"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }

    for part in
        ["", "/lots", "/statement", "/statement.csv", "/monthly-totals", "/as-of?at=2026-05-01T12:00:00Z"]
    {
        let path = format!("/v1/portal/credit-balances/{theirs}{part}");
        assert_eq!(ask(&world, &owner, &path).await.problem(404), "not-found", "{part}");
    }
    let foreign = format!("/v1/portal/credit-preview?credit_balance_id={theirs}&credits=1");
    assert_eq!(ask(&world, &owner, &foreign).await.problem(404), "not-found");
}

#[tokio::test]
async fn or_3_the_account_needs_billing_and_a_preview_needs_requests() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let (service, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let billing = world.customer(acme, Role::Guest, &[Scope::Billing]).await;
    let requests = world.customer(acme, Role::Guest, &[Scope::Requests]).await;
    let account = format!("/v1/portal/credit-balances/{balance}/statement");
    let preview = format!("/v1/portal/credit-preview?service_id={service}&credits=1");
    ask(&world, &billing, &account).await.is(200);
    ask(&world, &requests, &account).await.is(403);
    let grant = json!({"amount": "5", "source": "manual", "reason": "a gift"});
    world.post(&format!("/v1/credit-balances/{balance}/grant"), &grant).await.is(201);
    let told = ask(&world, &requests, &preview).await.is(200);
    assert_eq!((&told["reserved"], &told["lots"]), (&json!("1"), &json!([])), "what was bought is money");
    ask(&world, &billing, &preview).await.is(403);
    let staff = world.staff.clone();
    ask(&world, &staff, &account).await.is(403);
}
