//! Every operation, asked by everybody, of their own and of another tenant (OR-3, OR-4, OR-6).

use std::collections::BTreeMap;

use entitlement::{Role, Scope};
use kernel::{OrganizationId, ServiceMode};
use poem::http::{Method, StatusCode};
use serde_json::{Value, json};
use service_delivery::access::{Grant, Operation, Requirement, StaffRole};
use strum::VariantArray;

use super::tests::{deciding, operations};
use crate::{openapi_document, testing::World};

/// What the other tenant's names have in them, and no answer to anybody else.
const MARKER: &str = "Zyxwv";

/// Somebody who asks.
struct Asker {
    name: String,
    /// What they call with; none for nobody.
    key: Option<String>,
    /// What they may do; none where the key is not valid.
    grant: Option<Grant>,
}

impl Asker {
    fn may(&self, operation: Operation) -> bool {
        let Requirement { staff, organization } = operation.requirement();
        match self.grant.as_ref().expect("a valid key") {
            Grant::Staff(role) => staff.contains(role),
            Grant::Organization { role, scopes, .. } => {
                organization.is_some_and(|(scope, access)| role.may(scopes, scope, access))
            }
        }
    }

    fn is_customer(&self) -> bool {
        matches!(self.grant, Some(Grant::Organization { .. }))
    }
}

/// One of each thing of a tenant, by the name of the parameter that names it.
type Things = BTreeMap<&'static str, String>;

/// Everything that a tenant can have, with `name` wherever a name can be.
async fn plant(world: &World, name: &str) -> Things {
    let organization = world.organization(name).await;
    let (service, balance) = world.proposed_service(organization, ServiceMode::Ongoing).await;
    let environment = world.active_environment(organization, Some(balance)).await;
    let person = json!({"name": name, "email": format!("{name}@example.com"), "role": "owner"});
    let team = format!("/v1/organizations/{organization}/collaborators");
    let collaborator = world.post(&team, &person).await.is(201)["id"].clone();
    let request = json!({
        "environment_id": environment.to_string(), "title": name, "description": name, "assignee": name,
        "estimate": "2", "complexity": "low",
    });
    let request = world.post("/v1/service-requests", &request).await.is(201)["id"].clone();
    let note = json!({"body": name, "visibility": "client"});
    let notes = format!("/v1/service-requests/{}/notes", request.as_str().unwrap());
    let note = world.post(&notes, &note).await.is(201)["id"].clone();
    let order = json!({
        "organization_id": organization.to_string(), "currency": "BRL", "external_ref": name,
        "lines": [{"product": "PLG-1", "quantity": 1}],
    });
    let order = world.post("/v1/orders", &order).await.is(201)["id"].clone();
    let payment = json!({"external_ref": name, "amount": {"amount": "50.00", "currency": "BRL"}});
    world.post(&format!("/v1/orders/{}/payments", order.as_str().unwrap()), &payment).await.is(201);
    world.post("/v1/billing-runs", &Value::Null).await.is(201);
    let mut things = Things::from([
        ("organization", organization.to_string()),
        ("service", service.to_string()),
        ("credit_balance", balance.to_string()),
        ("environment", environment.to_string()),
        ("collaborator", collaborator.as_str().unwrap().to_owned()),
        ("member", collaborator.as_str().unwrap().to_owned()),
        ("service_request", request.as_str().unwrap().to_owned()),
        ("note", note.as_str().unwrap().to_owned()),
        ("order", order.as_str().unwrap().to_owned()),
    ]);
    for (thing, list) in [
        ("entitlement", "entitlements"),
        ("license", "licenses"),
        ("contract", "contracts"),
        ("invoice", "invoices"),
    ] {
        let page = world.get(&format!("/v1/{list}?organization_id={organization}")).await.is(200);
        things.insert(thing, page["items"][0]["id"].as_str().unwrap().to_owned());
    }
    // Customers see no draft.
    let issue = format!("/v1/invoices/{}/issue", things["invoice"]);
    world.post(&issue, &json!({"due_at": "2026-06-01T00:00:00Z"})).await.is(200);
    let lots = format!("/v1/credit-balances/{balance}/lots");
    let lot = world.get(&lots).await.is(200)["items"][0]["id"].clone();
    things.insert("lot", lot.as_str().unwrap().to_owned());
    things
}

/// What belongs to no tenant.
async fn plant_shared(world: &World) -> Things {
    let product = json!({
        "sku": "PLG-1", "class": "PLG", "name": "Backup", "support_class": "basic", "sites_allowed": 1,
        "price": {"amount": "50.00", "currency": "BRL"},
    });
    let product = world.post("/v1/products", &product).await.is(201)["id"].clone();
    let item = json!({
        "code": "UPDATE", "name": "Update", "service_type": "support", "base_credits": "4",
        "usual_complexity": "medium",
    });
    let item = world.post("/v1/catalog-items", &item).await.is(201)["id"].clone();
    let document =
        json!({"kind": "renewal", "level": "global", "reason": "ours", "fields": {"grace_days": 3}});
    let document = world.post("/v1/policy-documents", &document).await.is(201)["id"].clone();
    let key = json!({"name": "spare", "staff_role": "staff_finance"});
    let key = world.post("/v1/api-keys", &key).await.is(201)["id"].clone();
    let run = world.post("/v1/billing-runs", &Value::Null).await.is(201)["id"].clone();
    let text = |value: Value| value.as_str().unwrap().to_owned();
    Things::from([
        ("product", text(product)),
        ("catalog_item", text(item)),
        ("policy_document", text(document)),
        ("api_key", text(key)),
        ("billing_run", text(run)),
        ("kind", "renewal".to_owned()),
    ])
}

async fn askers(world: &World, own: OrganizationId) -> Vec<Asker> {
    let mut grants = vec![];
    for role in StaffRole::VARIANTS {
        grants.push((role.to_string(), Grant::Staff(*role)));
    }
    let mut customer = |name: &str, role, scopes: &[Scope]| {
        grants.push((
            name.to_owned(),
            Grant::Organization { organization: own, role, scopes: scopes.to_vec() },
        ));
    };
    customer("owner", Role::Owner, &[]);
    customer("admin", Role::Admin, &[]);
    customer("member with every scope", Role::Member, Scope::VARIANTS);
    customer("guest with every scope", Role::Guest, Scope::VARIANTS);
    customer("member without scope", Role::Member, &[]);
    for scope in Scope::VARIANTS {
        customer(&format!("member with {scope}"), Role::Member, &[*scope]);
    }
    let mut askers = vec![];
    for (name, grant) in grants {
        askers.push(Asker { name, key: Some(world.key(grant.clone()).await), grant: Some(grant) });
    }
    let admin = Grant::Staff(StaffRole::Admin);
    let by = world.staff_caller();
    let soon = Some("2026-05-01T12:00:01Z".parse().unwrap());
    let (_, expired) = world.service.create_api_key(&by, "expired", &admin, soon).await.unwrap();
    let (revoked_id, revoked) = world.service.create_api_key(&by, "revoked", &admin, None).await.unwrap();
    world.service.revoke_api_key(&by, revoked_id).await.unwrap();
    let unknown: String = expired.reveal().chars().rev().collect();
    for (name, key) in [
        ("nobody", None),
        ("an expired key", Some(expired.reveal().to_owned())),
        ("a revoked key", Some(revoked.reveal().to_owned())),
        ("no key at all", Some(unknown)),
    ] {
        askers.push(Asker { name: name.to_owned(), key, grant: None });
    }
    askers
}

/// What is asked of operations that say nothing without a query.
fn query_of(operation_id: &str) -> &'static str {
    match operation_id.trim_start_matches("portal_") {
        "get_credit_balance_as_of" => "?at=2026-05-01T12:00:00Z",
        "preview_credits" => "?credit_balance_id={credit_balance}&credits=2",
        "preview_entitlement_change" => "?change=suspend",
        _ => "",
    }
}

/// `path` of these things; and whether it names something of a tenant.
fn filled(path: &str, things: &Things, shared: &Things) -> (String, bool) {
    let mut of_a_tenant = false;
    let mut parts = path.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        of_a_tenant |= things.contains_key(name);
        let thing = things.get(name).or_else(|| shared.get(name));
        filled += thing.unwrap_or_else(|| panic!("{path}: plant a {name} for the walk"));
        filled += rest;
    }
    (filled, of_a_tenant)
}

/// The example of the body, with these things instead of those it names.
fn body(document: &Value, operation: &Value, things: &Things, shared: &Things) -> Option<Value> {
    let schema = operation["requestBody"]["content"]["application/json"].get("schema")?;
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    let mut body = document["components"]["schemas"][name]["example"].clone();
    for (field, value) in body.as_object_mut()? {
        let thing = field.trim_end_matches("_id");
        if let (true, Some(thing)) = (value.is_string(), things.get(thing).or_else(|| shared.get(thing))) {
            *value = json!(thing);
        }
    }
    Some(body)
}

struct Told {
    status: StatusCode,
    text: String,
}

async fn ask(world: &World, asker: &Asker, method: &Method, path: &str, body: Option<&Value>) -> Told {
    let mut request = world.client.request(method.clone(), path).header("If-Match", "*");
    if let Some(key) = &asker.key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    if let Some(body) = body {
        request = request.body_json(body);
    }
    let response = request.send().await.0;
    let status = response.status();
    // A stream does not end.
    let streams = response.content_type().is_some_and(|kind| kind.starts_with("text/event-stream"));
    let text = if streams { String::new() } else { response.into_body().into_string().await.unwrap() };
    Told { status, text }
}

#[test]
fn or_3_or_4_every_operation_has_a_row_and_every_row_an_operation() {
    let document = serde_json::from_str(&openapi_document()).unwrap();
    let all = operations(&document);
    for row in Operation::VARIANTS {
        let named = all.iter().any(|(_, _, operation)| operation["operationId"] == row.to_string());
        assert!(named, "{row} is in the table of who may do what, and nowhere else");
    }
    for (path, method, operation) in all {
        let id = operation["operationId"].as_str().unwrap();
        assert!(deciding(id).parse::<Operation>().is_ok(), "{method} {path}: {id} has no row");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_6_everybody_asks_everything_of_their_own_and_of_another_tenant() {
    let world =
        World::under(&json!({"credits": {"base_credit_value": {"amount": "100", "currency": "BRL"}}})).await;
    let shared = plant_shared(&world).await;
    let own = plant(&world, "Acme").await;
    let foreign = plant(&world, MARKER).await;
    let askers = askers(&world, own["organization"].parse().unwrap()).await;
    world.at("2026-05-01T12:00:01Z");
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let mut all = operations(&document);
    // What only reads comes first, what removes and what staff do last: nobody finds less than there was.
    all.sort_by_key(|(_, method, _)| (*method != Method::GET, *method == Method::DELETE));
    let mut asked = 0;
    for staff in [false, true] {
        for (path, method, operation) in &all {
            let id = operation["operationId"].as_str().unwrap();
            let asked_path = format!("{path}{}", query_of(id));
            let id = deciding(id);
            let row: Operation = id.parse().unwrap();
            for asker in askers.iter().filter(|asker| asker.is_customer() != staff) {
                for (whose, things) in [("own", &own), ("foreign", &foreign)] {
                    let (path, of_a_tenant) = filled(&asked_path, things, &shared);
                    let body = body(&document, operation, things, &shared);
                    let told = ask(&world, asker, method, &path, body.as_ref()).await;
                    let Told { status, text } = &told;
                    let at = format!(
                        "{} asks {id} ({method} {path}) of their {whose}: {status}: {text}",
                        asker.name
                    );
                    asked += 1;
                    assert!(!status.is_server_error(), "{at}");
                    let refused_by_the_table =
                        *status == StatusCode::FORBIDDEN && text.contains(&format!("`{id}`"));
                    if asker.grant.is_none() {
                        assert_eq!(*status, StatusCode::UNAUTHORIZED, "{at}");
                    } else if !asker.may(row) {
                        assert!(refused_by_the_table, "{at}");
                    } else {
                        assert!(*status != StatusCode::UNAUTHORIZED && !refused_by_the_table, "{at}");
                        let not_found = *status == StatusCode::NOT_FOUND;
                        if asker.is_customer() && of_a_tenant && *method != Method::DELETE {
                            assert_eq!(not_found, whose == "foreign", "{at}");
                        }
                        let names = |body: &Value| things.values().any(|id| body.to_string().contains(id));
                        if asker.is_customer()
                            && whose == "foreign"
                            && (of_a_tenant || body.as_ref().is_some_and(names))
                        {
                            assert!(status.is_client_error(), "{at}");
                        }
                        if *method == Method::GET && whose == "own" {
                            assert!(status.is_success(), "{at}");
                        }
                    }
                    if asker.is_customer() || asker.grant.is_none() || !asker.may(row) {
                        assert!(!text.contains(MARKER), "{at}");
                        // What they have not named themselves.
                        let sent = format!("{path} {body:?}");
                        for id in foreign.values().filter(|id| !sent.contains(*id)) {
                            assert!(!text.contains(id), "{at}");
                        }
                    }
                }
            }
        }
    }
    assert!(asked >= 2 * all.len() * askers.len(), "{asked}");
    // The marker is there for who may see it: the walk would have found it.
    let admin = askers.iter().find(|asker| asker.name == "staff_admin").unwrap();
    let listed = ask(&world, admin, &Method::GET, "/v1/service-requests?limit=200", None).await;
    assert!(listed.text.contains(MARKER), "{}", listed.text);
}
