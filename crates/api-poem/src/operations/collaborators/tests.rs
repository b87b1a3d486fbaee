use entitlement::{Role, Scope};
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

fn person(name: &str, role: &str) -> Value {
    json!({"name": name, "email": format!("{}@example.com", name.to_lowercase()), "role": role})
}

#[tokio::test]
async fn or_3_a_team_is_kept_over_http_and_always_has_an_owner() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let path = format!("/v1/organizations/{acme}/collaborators");
    assert_eq!(world.post(&path, &person("Ana", "member")).await.problem(409), "last-owner");
    let owner = world.post(&path, &person("Ana", "owner")).await;
    let (etag, at) = (owner.etag.clone().unwrap(), owner.location.clone().unwrap());
    let view = owner.is(201);
    assert_eq!((&view["role"], &view["scopes"]), (&json!("owner"), &json!([])));
    assert_eq!(world.get(&at).await.is(200), view);
    let mut member = person("Bia", "member");
    member["scopes"] = json!(["team", "requests", "team"]);
    assert_eq!(world.post(&path, &member).await.is(201)["scopes"], json!(["requests", "team"]));
    world.post(&path, &person("Caio", "guest")).await.is(201);
    assert_eq!(world.post(&path, &person("ANA", "guest")).await.wrong_fields(), ["email"]);

    assert_eq!(world.walk(&path, 2, "name").await, ["Ana", "Bia", "Caio"]);
    assert_eq!(world.walk(&format!("{path}?sort=-name"), 1, "name").await, ["Caio", "Bia", "Ana"]);
    assert_eq!(world.walk(&format!("{path}?role=guest"), 2, "name").await, ["Caio"]);
    assert_eq!(world.walk(&format!("{path}?q=bia@"), 2, "name").await, ["Bia"]);

    let put = async |tag: &str, role: &str| {
        let body = json!({"name": "Ana Souza", "role": role});
        world.ask_if(&world.staff, Method::PUT, &at, Some(&body), Some(tag)).await
    };
    assert_eq!(put(&etag, "admin").await.problem(409), "last-owner");
    let changed = put(&etag, "owner").await;
    assert_ne!(changed.etag, Some(etag.clone()));
    assert_eq!(changed.is(200)["name"], "Ana Souza");
    assert_eq!(put(&etag, "owner").await.problem(412), "stale");
    assert_eq!(world.ask(&world.staff, Method::DELETE, &at, None).await.problem(409), "last-owner");
    world.post(&path, &person("Davi", "owner")).await.is(201);
    assert_eq!(world.ask(&world.staff, Method::DELETE, &at, None).await.is(204), Value::Null);
    assert_eq!(world.get(&at).await.problem(404), "not-found");
    assert_eq!(world.ask(&world.staff, Method::DELETE, &at, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn or_6_nobody_sees_or_changes_another_team() {
    let world = World::new().await;
    let (acme, beta) = (world.organization("Acme").await, world.organization("Beta").await);
    let team = |of| format!("/v1/organizations/{of}/collaborators");
    let ana = world.post(&team(acme), &person("Ana", "owner")).await.is(201);
    let ana = ana["id"].as_str().unwrap();
    world.post(&team(beta), &person("Zoe", "owner")).await.is(201);
    let owner = world.customer(acme, Role::Owner, &[]).await;
    let ask = async |key: &str, method: Method, path: &str, body: Option<&Value>| {
        world.ask(key, method, path, body).await
    };
    let own = ask(&owner, Method::GET, &team(acme), None).await.is(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    ask(&owner, Method::POST, &team(acme), Some(&person("Bia", "admin"))).await.is(201);
    let stranger = world.customer(beta, Role::Owner, &[]).await;
    assert_eq!(ask(&stranger, Method::GET, &team(acme), None).await.problem(404), "not-found");
    let to_acme = ask(&stranger, Method::POST, &team(acme), Some(&person("Eve", "owner"))).await;
    assert_eq!(to_acme.problem(404), "not-found");
    // Not under another organization's path either.
    for team in [team(acme), team(beta)] {
        let path = format!("{team}/{ana}");
        assert_eq!(ask(&stranger, Method::GET, &path, None).await.problem(404), "not-found");
        assert_eq!(ask(&stranger, Method::DELETE, &path, None).await.problem(404), "not-found");
    }
    let guest = world.customer(acme, Role::Guest, &[Scope::Team]).await;
    ask(&guest, Method::GET, &team(acme), None).await.is(200);
    assert_eq!(
        ask(&guest, Method::DELETE, &format!("{}/{ana}", team(acme)), None).await.problem(403),
        "forbidden"
    );
    let admin = world.customer(acme, Role::Admin, &[]).await;
    assert_eq!(
        ask(&admin, Method::DELETE, &format!("{}/{ana}", team(acme)), None).await.problem(403),
        "forbidden"
    );
}
