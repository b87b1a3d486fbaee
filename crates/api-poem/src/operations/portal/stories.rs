//! What customers have, over HTTP: their own, nobody else's, and no more than their scopes allow.

use entitlement::{Role, Scope};
use kernel::{EntitlementClass, OrganizationId, ServiceMode};
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

const NOTHING: Value = Value::Null;

/// An organization that has one of everything.
struct Customer {
    organization: OrganizationId,
    owner: String,
}

/// A license, an environment that was handed over and one that was not, a service, a contract, a paid order, an issued invoice
/// and a draft of one, somebody in the team.
async fn customer(world: &World, name: &str) -> Customer {
    let organization = world.organization(name).await;
    let owner = world.customer(organization, Role::Owner, &[]).await;
    let sku = format!("PLG-{}", name.to_uppercase());
    let product = json!({
        "sku": sku, "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": "100", "currency": "BRL"},
    });
    world.post("/v1/products", &product).await.is(201);
    let order = json!({
        "organization_id": organization.to_string(), "currency": "BRL", "lines": [{"product": sku, "quantity": 1}],
    });
    for (reference, issued) in [("first", true), ("second", false)] {
        let order = world.post("/v1/orders", &order).await.is(201)["code"].as_str().unwrap().to_owned();
        let payment = json!({
            "external_ref": format!("{name}-{reference}"), "amount": {"amount": "100", "currency": "BRL"},
        });
        world.post(&format!("/v1/orders/{order}/payments"), &payment).await.is(201);
        world.post("/v1/billing-runs", &NOTHING).await.is(201);
        if issued {
            let drafts = format!("/v1/invoices?organization_id={organization}&status=draft");
            let draft = world.walk(&drafts, 1, "id").await.remove(0);
            let due = json!({"due_at": "2026-06-01T00:00:00Z"});
            world.post(&format!("/v1/invoices/{draft}/issue"), &due).await.is(200);
        }
    }
    let (_, balance) = world.proposed_service(organization, ServiceMode::Ongoing).await;
    world.active_environment(organization, Some(balance)).await;
    world.entitlement(organization, EntitlementClass::Env, None).await;
    let ana = json!({"name": format!("Ana of {name}"), "email": "ana@example.com", "role": "owner"});
    world.ask(&owner, Method::POST, "/v1/portal/team", Some(&ana)).await.is(201);
    Customer { organization, owner }
}

/// Every list of what a customer has, how many the customer above has of it, and the scope that shows it.
const LISTS: [(&str, usize, Scope); 9] = [
    ("entitlements", 5, Scope::Entitlements),
    ("licenses", 2, Scope::Entitlements),
    ("contracts", 1, Scope::Entitlements),
    ("environments", 1, Scope::Environments),
    ("services", 1, Scope::Requests),
    ("orders", 2, Scope::Billing),
    ("invoices", 1, Scope::Billing),
    ("team", 1, Scope::Team),
    ("service-requests", 0, Scope::Requests),
];

#[tokio::test]
async fn or_6_ap_6_customers_see_their_own_and_nobody_elses_within_their_scopes() {
    let world = World::new().await;
    let (acme, beta) = (customer(&world, "Acme").await, customer(&world, "Beta").await);
    let scopes = [Scope::Entitlements, Scope::Environments, Scope::Requests, Scope::Billing, Scope::Team];
    for (list, count, scope) in LISTS {
        let path = format!("/v1/portal/{list}");
        let items = world.ask(&acme.owner, Method::GET, &path, None).await.is(200)["items"].clone();
        let items = items.as_array().unwrap();
        assert_eq!(items.len(), count, "{list}: {items:#?}");
        let others: Vec<Scope> = scopes.into_iter().filter(|other| *other != scope).collect();
        let without = world.customer(acme.organization, Role::Member, &others).await;
        let with = world.customer(acme.organization, Role::Guest, &[scope]).await;
        assert_eq!(world.ask(&without, Method::GET, &path, None).await.problem(403), "forbidden", "{list}");
        let page = world.ask(&with, Method::GET, &path, None).await.is(200);
        assert_eq!(page["items"].as_array().unwrap(), items, "{list}");
        assert_eq!(world.ask(&world.staff, Method::GET, &path, None).await.problem(403), "forbidden");
        for item in items {
            // As the list names it, by its code and by its key where it has one.
            let names = ["id", "code", "key"].map(|name| item[name].as_str());
            for name in names.into_iter().flatten() {
                let at = format!("{path}/{name}");
                let shown = world.ask(&with, Method::GET, &at, None).await.is(200);
                assert_eq!(shown["id"], item["id"], "{at}");
                assert_eq!(
                    world.ask(&beta.owner, Method::GET, &at, None).await.problem(404),
                    "not-found",
                    "{at}"
                );
                assert_eq!(
                    world.ask(&without, Method::GET, &at, None).await.problem(403),
                    "forbidden",
                    "{at}"
                );
            }
        }
        assert_eq!(
            world.ask(&acme.owner, Method::GET, &format!("{path}?q=x&nothing=1"), None).await.status,
            422
        );
    }
    let own = world.ask(&acme.owner, Method::GET, "/v1/portal/organization", None).await.is(200);
    assert_eq!(own["name"], "Acme");
}

#[tokio::test]
async fn pv_3_od_5_environments_are_there_once_handed_over_and_invoices_once_issued() {
    let world = World::new().await;
    let acme = customer(&world, "Acme").await;
    let get =
        async |path: &str| world.ask(&acme.owner, Method::GET, &format!("/v1/portal{path}"), None).await;
    let entitlements = get("/entitlements?class=ENV").await.is(200);
    let mut seen = 0;
    for item in entitlements["items"].as_array().unwrap() {
        let shown = get(&format!("/entitlements/{}", item["id"].as_str().unwrap())).await.is(200);
        seen += shown["environment_ids"].as_array().unwrap().len();
    }
    assert_eq!(seen, 1, "of two");
    for environment in world.walk("/v1/environments", 1, "id").await {
        let staff = world.get(&format!("/v1/environments/{environment}")).await.is(200);
        let handed_over = staff["activated_at"].is_string();
        assert_eq!(
            get(&format!("/environments/{environment}")).await.status.as_u16(),
            if handed_over { 200 } else { 404 }
        );
    }
    let draft = world.walk("/v1/invoices?status=draft", 1, "id").await.remove(0);
    assert_eq!(get(&format!("/invoices/{draft}")).await.problem(404), "not-found");
    assert_eq!(get("/invoices?status=draft").await.is(200)["items"], json!([]));
    let issued = get("/invoices").await.is(200)["items"][0].clone();
    assert_eq!(
        (&issued["status"], &issued["code"]),
        (&json!("paid"), &json!("INV-20260001")),
        "all of it was paid before"
    );
    let line = &get("/invoices/INV-20260001").await.is(200)["lines"][0];
    assert_eq!((&line["kind"], &line["covered"]["amount"]), (&json!("order_line"), &json!("100.00")));
    let order = get("/orders").await.is(200)["items"][0]["code"].as_str().unwrap().to_owned();
    let order = get(&format!("/orders/{order}")).await.is(200);
    let code = order["lines"][0]["entitlements"][0]["code"].as_str().unwrap();
    assert_eq!(get(&format!("/entitlements/{code}")).await.is(200)["order"]["code"], order["code"]);
}

#[tokio::test]
async fn sv_3_customers_approve_proposals_and_accept_what_was_delivered() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let stranger = world.organization("Beta").await;
    let stranger = world.customer(stranger, Role::Owner, &[]).await;
    let guest = world.customer(acme, Role::Guest, &[Scope::Requests]).await;
    let member = world.customer(acme, Role::Member, &[Scope::Requests]).await;
    let (project, _) = world.proposed_service(acme, ServiceMode::Project).await;
    let (ongoing, _) = world.proposed_service(acme, ServiceMode::Ongoing).await;
    let command = async |key: &str, service, command: &str| {
        let path = format!("/v1/portal/services/{service}/{command}");
        world.ask(key, Method::POST, &path, None).await
    };
    for name in ["approve", "accept-delivery", "reject-delivery"] {
        assert_eq!(command(&stranger, project, name).await.problem(404), "not-found");
        assert_eq!(command(&guest, project, name).await.problem(403), "forbidden");
    }
    let approved = command(&member, project, "approve").await.is(200);
    assert_eq!((&approved["status"], &approved["approval"]["by"]), (&json!("approved"), &json!("a key")));
    assert!(approved["approval"].get("on_behalf").is_none());
    let content = json!({
        "title": "New site", "service_type": "development", "start": "2026-05-01", "estimated_end": "2026-06-01",
        "deliverables": ["The site"],
    });
    let path = format!("/v1/services/{project}");
    world.ask_if(&world.staff, Method::PUT, &path, Some(&content), Some("*")).await.is(200);
    world.post(&format!("{path}/start"), &NOTHING).await.is(200);
    let early = command(&member, project, "accept-delivery").await.is(409);
    assert_eq!(early["state"], "in_progress");
    world.post(&format!("{path}/deliver"), &NOTHING).await.is(200);
    assert_eq!(command(&member, project, "reject-delivery").await.is(200)["status"], "in_progress");
    world.post(&format!("{path}/deliver"), &NOTHING).await.is(200);
    let closed = command(&member, project, "accept-delivery").await.is(200);
    assert_eq!((&closed["status"], &closed["acceptance"]["by"]), (&json!("closed"), &json!("a key")));

    command(&member, ongoing, "approve").await.is(200);
    world.post(&format!("/v1/services/{ongoing}/activate"), &NOTHING).await.is(200);
    assert_eq!(command(&member, ongoing, "accept-delivery").await.status, 403, "no delivery to accept");
}

#[tokio::test]
async fn or_3_the_team_is_kept_by_owners_and_admins_and_owners_by_owners() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let [owner, admin] = [Role::Owner, Role::Admin];
    let (owner, admin) = (world.customer(acme, owner, &[]).await, world.customer(acme, admin, &[]).await);
    let reader = world.customer(acme, Role::Guest, &[Scope::Team]).await;
    let team = "/v1/portal/team";
    let person =
        |name: &str, role: &str| json!({"name": name, "email": format!("{name}@example.com"), "role": role});
    let add = async |key: &str, body: &Value| world.ask(key, Method::POST, team, Some(body)).await;
    let ana = add(&owner, &person("ana", "owner")).await;
    let (at, etag) = (ana.location.clone().unwrap(), ana.etag.clone());
    ana.is(201);
    assert_eq!(add(&admin, &person("bia", "owner")).await.problem(403), "forbidden");
    assert_eq!(add(&reader, &person("bia", "member")).await.problem(403), "forbidden");
    add(&admin, &person("bia", "member")).await.is(201);
    assert_eq!(add(&owner, &person("ana", "guest")).await.wrong_fields(), ["email"]);
    let put = async |key: &str, role: &str, tag: Option<&str>| {
        let body = json!({"name": "Ana", "role": role});
        world.ask_if(key, Method::PUT, &at, Some(&body), tag).await
    };
    assert_eq!(put(&owner, "admin", None).await.problem(428), "if-match-required");
    assert_eq!(put(&owner, "admin", etag.as_deref()).await.problem(409), "last-owner");
    assert_eq!(put(&admin, "member", etag.as_deref()).await.problem(403), "forbidden");
    assert_eq!(put(&owner, "owner", etag.as_deref()).await.is(200)["name"], "Ana");
    assert_eq!(put(&owner, "owner", etag.as_deref()).await.problem(412), "stale");
    for (key, refusal) in [(&admin, 403), (&reader, 403), (&owner, 409)] {
        assert_eq!(world.ask(key, Method::DELETE, &at, None).await.status, refusal);
    }
    add(&owner, &person("caio", "owner")).await.is(201);
    world.ask(&owner, Method::DELETE, &at, None).await.is(204);
    assert_eq!(world.ask(&owner, Method::GET, &at, None).await.problem(404), "not-found");
    let names = world.ask(&reader, Method::GET, &format!("{team}?sort=name"), None).await.is(200);
    let names: Vec<_> = names["items"].as_array().unwrap().iter().map(|person| &person["name"]).collect();
    assert_eq!(names, ["bia", "caio"]);
}
