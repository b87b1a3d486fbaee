//! A POST with a name takes place once (AP-4), on both databases and on several servers.

use entitlement::Role;
use futures_util::{StreamExt, stream::FuturesUnordered};
use kernel::OrganizationId;
use poem::http::StatusCode;
use serde_json::{Value, json};
use service_delivery::Storage as _;
use storage_seaorm::testing::TestDatabase;

use crate::testing::{Client, World};

macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(super::world(storage_seaorm::testing::sqlite().await).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(super::world(storage_seaorm::testing::postgres().await).await).await;
            })*
        }
    };
}

on_both! {
    ap_4_the_first_answer_is_given_again,
    ap_4_another_body_is_refused,
    ap_4_a_key_is_its_senders_and_its_operations,
    ap_4_of_50_at_once_one_takes_place,
    ap_4_what_is_under_way_is_said_to_be,
    ap_4_a_refused_command_may_be_sent_again,
    ap_4_what_reads_only_is_answered_again,
    ap_4_several_units_of_work_and_rules_of_their_own,
    or_5_a_secret_that_is_shown_once_is_not_to_be_had_from_the_database,
}

async fn world(database: TestDatabase) -> World {
    World::on(database, &json!({})).await
}

/// All of an answer that its sender can see, but for the ids of requests.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    status: StatusCode,
    headers: Vec<Option<String>>,
    text: String,
    replayed: bool,
    retry_after: Option<String>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// As it is given again.
    fn again(&self) -> Self {
        Self { replayed: true, ..self.clone() }
    }

    fn problem(&self) -> String {
        self.json()["type"].as_str().unwrap().trim_start_matches("urn:middag:problem:").to_owned()
    }
}

async fn send(client: &Client, key: &str, path: &str, name: &str, body: &Value) -> Seen {
    let request = client.post(path).header("X-API-Key", key).header("Idempotency-Key", name);
    let response = request.body_json(body).send().await.0;
    let header = |name: &str| response.header(name).map(str::to_owned);
    let headers = ["Location", "ETag", "Content-Type"].map(header).to_vec();
    let (status, retry_after) = (response.status(), header("Retry-After"));
    let replayed = header("Idempotent-Replayed").is_some();
    let text = response.into_body().into_string().await.unwrap();
    Seen { status, headers, text, replayed, retry_after }
}

fn initech() -> Value {
    json!({
        "name": "Initech", "legal_name": "Initech Ltda", "country": "BR", "locale": "pt-BR", "currency": "BRL",
        "billing_email": "finance@initech.example",
    })
}

async fn organizations(world: &World) -> i64 {
    world.database.number("SELECT count(*) FROM organization").await.unwrap()
}

const PATH: &str = "/v1/organizations";

async fn ap_4_the_first_answer_is_given_again(world: World) {
    let first = send(&world.client, &world.staff, PATH, "one", &initech()).await;
    assert_eq!((first.status, first.replayed), (StatusCode::CREATED, false), "{}", first.text);
    assert!(first.headers.iter().all(Option::is_some), "{first:?}");
    // It has changed meanwhile, and the server is another one.
    let path = format!("{PATH}/{}", first.json()["id"].as_str().unwrap());
    let mut changed = initech();
    changed["name"] = json!("Initrode");
    let request = world.client.put(&path).header("X-API-Key", &world.staff).header("If-Match", "*");
    request.body_json(&changed).send().await.assert_status_is_ok();
    for client in [&world.client, &world.another_server().await] {
        assert_eq!(send(client, &world.staff, PATH, "one", &initech()).await, first.again());
    }
    assert_eq!(organizations(&world).await, 1);
    let other = send(&world.client, &world.staff, PATH, "two", &initech()).await;
    assert_eq!((other.status, other.replayed), (StatusCode::CREATED, false));
    assert_eq!(organizations(&world).await, 2);
}

async fn ap_4_another_body_is_refused(world: World) {
    let first = send(&world.client, &world.staff, PATH, "one", &initech()).await;
    let mut other = initech();
    other["name"] = json!("Initrode");
    let refused = send(&world.client, &world.staff, PATH, "one", &other).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.problem(), "idempotency-key-reused");
    assert_eq!(refused.json()["errors"][0]["path"], "Idempotency-Key");
    assert_eq!(organizations(&world).await, 1);
    assert_eq!(send(&world.client, &world.staff, PATH, "one", &initech()).await, first.again());
    for bad in ["", "with space", &"x".repeat(256)] {
        let refused = send(&world.client, &world.staff, PATH, bad, &initech()).await;
        assert_eq!(refused.json()["errors"][0]["path"], "Idempotency-Key", "{bad}");
    }
    let twice = world.client.post(PATH).header("X-API-Key", &world.staff);
    let twice = twice.header("Idempotency-Key", "a").header("Idempotency-Key", "b").body_json(&initech());
    twice.send().await.assert_status(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(organizations(&world).await, 1);
}

async fn ap_4_a_key_is_its_senders_and_its_operations(world: World) {
    let acme = world.organization("Acme").await;
    let other =
        world.key(service_delivery::access::Grant::Staff(service_delivery::access::StaffRole::Admin)).await;
    for key in [&world.staff, &other] {
        let made = send(&world.client, key, PATH, "one", &initech()).await;
        assert_eq!((made.status, made.replayed), (StatusCode::CREATED, false));
    }
    assert_eq!(organizations(&world).await, 3);
    let path = format!("{PATH}/{acme}/collaborators");
    let made = send(&world.client, &world.staff, &path, "one", &ana()).await;
    assert_eq!((made.status, made.replayed), (StatusCode::CREATED, false), "{}", made.text);
    // Who may not, is told so: not what others were answered.
    let theirs = world.customer(acme, Role::Owner, &[]).await;
    let refused = send(&world.client, &theirs, PATH, "one", &initech()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

fn ana() -> Value {
    json!({"name": "Ana", "email": "ana@acme.example", "role": "owner"})
}

async fn ap_4_of_50_at_once_one_takes_place(world: World) {
    let servers = [world.another_server().await, world.another_server().await];
    let mut calls: FuturesUnordered<_> = (0..50)
        .map(|number: usize| {
            let (server, staff) = (&servers[number % 2], &world.staff);
            async move {
                loop {
                    let seen = send(server, staff, PATH, "one", &initech()).await;
                    if seen.status != StatusCode::CONFLICT {
                        return seen;
                    }
                    assert_eq!(
                        (seen.problem(), seen.retry_after.as_deref()),
                        ("under-way".to_owned(), Some("1"))
                    );
                    tokio::task::yield_now().await;
                }
            }
        })
        .collect();
    let mut answers = vec![];
    while let Some(answer) = calls.next().await {
        answers.push(answer);
    }
    assert_eq!(answers.len(), 50);
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    let first = answers[0].again();
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(answers.iter().all(|answer| answer.again() == first), "{answers:#?}");
    assert_eq!(organizations(&world).await, 1);
}

async fn ap_4_what_is_under_way_is_said_to_be(world: World) {
    let acme: OrganizationId = world.organization("Acme").await;
    let servers = [world.another_server().await, world.another_server().await];
    // Whoever changes the team waits for this.
    let mut blocking = world.database.begin().await.unwrap();
    blocking.entitlements().lock_organization(acme).await.unwrap().unwrap();
    let path = format!("{PATH}/{acme}/collaborators");
    let person = ana();
    let mut calls: FuturesUnordered<_> =
        servers.iter().map(|server| send(server, &world.staff, &path, "one", &person)).collect();
    let told = calls.next().await.unwrap();
    assert_eq!((told.status, told.retry_after.as_deref()), (StatusCode::CONFLICT, Some("1")));
    assert_eq!(told.problem(), "under-way");
    drop(blocking);
    let first = calls.next().await.unwrap();
    assert_eq!((first.status, first.replayed), (StatusCode::CREATED, false), "{}", first.text);
    for server in &servers {
        assert_eq!(send(server, &world.staff, &path, "one", &ana()).await, first.again());
    }
}

async fn ap_4_a_refused_command_may_be_sent_again(world: World) {
    let mut wrong = initech();
    wrong["country"] = json!("nowhere");
    let refused = send(&world.client, &world.staff, PATH, "one", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = send(&world.client, &world.staff, PATH, "one", &initech()).await;
    assert_eq!((made.status, made.replayed), (StatusCode::CREATED, false), "{}", made.text);
}

async fn ap_4_what_reads_only_is_answered_again(world: World) {
    let document =
        json!({"kind": "credits", "level": "global", "reason": "tried", "fields": {"expiry_months": 24}});
    let path = "/v1/policies/what-if";
    let first = send(&world.client, &world.staff, path, "one", &document).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(send(&world.client, &world.staff, path, "one", &document).await, first.again());
}

async fn ap_4_several_units_of_work_and_rules_of_their_own(world: World) {
    // A billing run is several units of work, and answered in the last one.
    let first = send(&world.client, &world.staff, "/v1/billing-runs", "one", &json!({})).await;
    assert!(first.status.is_success(), "{}", first.text);
    let again = send(&world.client, &world.staff, "/v1/billing-runs", "one", &json!({})).await;
    assert_eq!(again, first.again());
    // What is put in force is in force when it is durable.
    let document =
        json!({"kind": "credits", "level": "global", "reason": "new", "fields": {"expiry_months": 24}});
    let path = "/v1/policy-documents";
    let first = send(&world.client, &world.staff, path, "one", &document).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!(world.service.policy_freshness().unwrap().revision, 1);
    assert_eq!(send(&world.client, &world.staff, path, "one", &document).await, first.again());
    assert_eq!(world.service.policy_freshness().unwrap().revision, 1);
}

async fn or_5_a_secret_that_is_shown_once_is_not_to_be_had_from_the_database(world: World) {
    let body = json!({"name": "shop", "staff_role": "staff_finance"});
    let first = send(&world.client, &world.staff, "/v1/api-keys", "one", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = send(&world.client, &world.staff, "/v1/api-keys", "one", &body).await;
    assert_eq!(again, first.again());
    let hex = match world.database.admin_url() {
        Some(_) => "SELECT encode(answer, 'hex') FROM command",
        None => "SELECT lower(hex(answer)) FROM command",
    };
    let stored = world.database.text(hex).await.unwrap().unwrap();
    let in_hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let json = first.json();
    let secret = json["secret"].as_str().unwrap();
    assert!(stored.len() > in_hex(secret).len());
    for part in secret.split('_').skip(1) {
        assert!(!stored.contains(&in_hex(part)), "{part}");
    }
}
