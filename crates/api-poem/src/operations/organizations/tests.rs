use entitlement::{Role, Scope};
use poem::http::Method;
use serde_json::{Value, json};

use crate::testing::World;

const PATH: &str = "/v1/organizations";

fn organization(name: &str, country: &str, currency: &str) -> Value {
    json!({
        "name": name, "legal_name": format!("{name} SA"), "country": country, "locale": "es",
        "currency": currency, "billing_email": "finance@example.com",
    })
}

#[tokio::test]
async fn or_1_organizations_are_made_found_and_changed() {
    let world = World::new().await;
    let made = world.post(PATH, &organization("Beta", "BR", "BRL")).await;
    let (etag, location) = (made.etag.clone().unwrap(), made.location.clone().unwrap());
    let view = made.is(201);
    assert_eq!(location, format!("{PATH}/{}", view["id"].as_str().unwrap()));
    assert_eq!(view["legal_name"], "Beta SA");
    assert!(view.get("tax_id").is_none(), "what is not there is not sent");
    let shown = world.get(&location).await;
    assert_eq!(shown.etag.as_ref(), Some(&etag));
    assert_eq!(shown.is(200), view);
    for (name, country, currency) in [("Acme", "ES", "EUR"), ("Gamma", "AR", "USD"), ("Delta", "ES", "USD")] {
        world.post(PATH, &organization(name, country, currency)).await.is(201);
    }
    let walk = async |query: &str| world.walk(&format!("{PATH}?{query}"), 2, "name").await;
    assert_eq!(walk("sort=name").await, ["Acme", "Beta", "Delta", "Gamma"]);
    assert_eq!(walk("sort=-created_at").await, ["Delta", "Gamma", "Acme", "Beta"]);
    assert_eq!(walk("country=ES&sort=name").await, ["Acme", "Delta"]);
    assert_eq!(walk("country=ES&currency=USD").await, ["Delta"]);
    assert_eq!(walk("q=gam").await, ["Gamma"]);

    let put = async |tag: Option<&str>, body: &Value| {
        world.ask_if(&world.staff, Method::PUT, &location, Some(body), tag).await
    };
    let renamed = organization("Beta Two", "BR", "BRL");
    assert_eq!(put(None, &renamed).await.problem(428), "if-match-required");
    let answer = put(Some(&etag), &renamed).await;
    assert_ne!(answer.etag, Some(etag.clone()));
    assert_eq!(answer.is(200)["name"], "Beta Two");
    assert_eq!(put(Some(&etag), &renamed).await.problem(412), "stale");
    put(Some("*"), &renamed).await.is(200);
}

#[tokio::test]
async fn or_1_everything_that_is_wrong_is_named() {
    let world = World::new().await;
    let mut wrong = organization(" ", "br", "REAL");
    wrong["billing_email"] = json!("nobody");
    assert_eq!(
        world.post(PATH, &wrong).await.wrong_fields(),
        ["name", "country", "currency", "billing_email"]
    );
    let shapeless = json!({"name": 5, "locale": "tlh", "colour": "red"});
    let fields = world.post(PATH, &shapeless).await.wrong_fields();
    for field in ["name", "legal_name", "locale", "billing_email", "colour"] {
        assert!(fields.contains(&field.to_owned()), "{field}: {fields:?}");
    }
    let filters = world.get(&format!("{PATH}?country=Spain&currency=peso")).await;
    assert_eq!(filters.wrong_fields(), ["country", "currency"]);
    assert_eq!(world.get(&format!("{PATH}?sort=colour")).await.wrong_fields(), ["sort"]);
    assert_eq!(world.get(&format!("{PATH}/acme")).await.problem(404), "not-found");
    assert_eq!(world.get(&format!("{PATH}/{}", uuid::Uuid::from_u128(9))).await.problem(404), "not-found");
}

#[tokio::test]
async fn or_6_customers_have_no_list_of_organizations() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let owner = world.customer(acme, Role::Owner, &[]).await;
    let scoped = world.customer(acme, Role::Member, &[Scope::Team]).await;
    for key in [owner, scoped] {
        for path in [PATH.to_owned(), format!("{PATH}/{acme}")] {
            assert_eq!(world.ask(&key, Method::GET, &path, None).await.problem(403), "forbidden");
        }
    }
}
