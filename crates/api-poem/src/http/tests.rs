//! What every operation gets from the layers around it, seen from outside.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use entitlement::Role;
use kernel::{IllegalMove, StoreError};
use poem::{
    Body as RawBody,
    http::{HeaderMap, Method, StatusCode, header},
    test::{TestClient, TestRequestBuilder, TestResponse},
};
use poem_openapi::{
    Enum, Object, OpenApi, Tags,
    param::{Header, Path, Query},
    payload::Json,
};
use serde_json::{Value, json};
use service_delivery::{
    Refusal,
    access::{Grant, StaffRole},
};
use uuid::Uuid;

use super::{ApiError, Body, By};
use crate::{
    Backend, Edge,
    operations::tests as checks,
    spec,
    testing::{Client, FakeKeys, Ready, World, backend, client},
    wire::{Created, Instant, Key, Limit, Money, Page, Tagged, Word, expected_version, page_request},
};

/// The longest body, where it is not set.
const MAX_BODY: usize = 1024 * 1024;

#[derive(Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct Line {
    #[oai(validator(minimum(value = "1")))]
    quantity: u32,
    product_id: Uuid,
}

#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
struct Thing {
    #[oai(validator(max_length = 5))]
    name: String,
    colour: Option<Colour>,
    price: Option<Money>,
    due: Option<Instant>,
    lines: Option<Vec<Line>>,
}

#[derive(Tags)]
enum Tag {
    Things,
}

#[derive(Default)]
struct Sample {
    worked: Arc<AtomicU32>,
}

/// Real operation ids, so that the table of who may do what knows them.
#[OpenApi(prefix_path = "/v1/things", tag = "Tag::Things")]
impl Sample {
    /// A list.
    #[oai(path = "/", method = "get", operation_id = "list_api_keys")]
    #[expect(clippy::too_many_arguments, reason = "one per kind of parameter")]
    async fn list(
        &self,
        _by: By,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
        colour: Query<Option<Colour>>,
        owner: Query<Option<Uuid>>,
        open: Query<Option<bool>>,
        #[oai(validator(max_length = 5))] q: Query<Option<String>>,
        roles: Query<Option<Vec<Word<Role>>>>,
    ) -> Result<Json<Page<Instant>>, ApiError> {
        let page = page_request(limit, cursor)?;
        if page.cursor().is_some() {
            return Err(StoreError::InvalidCursor.into());
        }
        let _ = (colour, owner, open, q, roles);
        Ok(Json(Page { items: vec![], next_cursor: Some(page.limit().to_string()) }))
    }

    /// A new one.
    #[oai(path = "/", method = "post", operation_id = "create_api_key")]
    async fn create(&self, _by: By, body: Body<Thing>) -> Result<Created<Thing>, ApiError> {
        self.worked.fetch_add(1, Ordering::Relaxed);
        let mut invalid = kernel::Invalid::default();
        if let Some(price) = &body.0.price {
            price.read("price", &mut invalid);
        }
        invalid.or_ok(())?;
        Ok(Created::at("/v1/things/1".to_owned(), body.0))
    }

    /// One.
    #[oai(path = "/:id", method = "get", operation_id = "get_product")]
    async fn show(&self, by: By, id: Path<Key>) -> Result<Tagged<Thing>, ApiError> {
        let id: Uuid = id.0.id("thing")?;
        let name = by.0.name;
        Ok(Tagged::at(
            i64::try_from(id.as_u128()).unwrap(),
            Thing { name, colour: None, price: None, due: None, lines: None },
        ))
    }

    /// A change.
    #[oai(path = "/:id", method = "patch", operation_id = "update_product")]
    async fn change(
        &self,
        _by: By,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "id")] id: Path<Key>,
    ) -> Result<Json<i64>, ApiError> {
        let _ = id;
        Ok(Json(expected_version(if_match)?.unwrap_or_default()))
    }

    /// A refusal of each kind, or a panic.
    #[oai(path = "/:what/refuse", method = "post", operation_id = "update_organization")]
    async fn refuse(&self, _by: By, what: Path<String>) -> Result<Json<u8>, ApiError> {
        let refusal: Refusal = match what.0.as_str() {
            "move" => {
                IllegalMove { entity: "order", state: "paid", command: "cancel", legal: vec!["fulfil"] }
                    .into()
            }
            "rule" => Refusal::rule("insufficient-credits", "2 are needed and 1 is there"),
            "input" => Refusal::rule("currency-mismatch", "BRL and USD"),
            "fault" => Refusal::Fault { detail: "units of another".to_owned() },
            "missing" => Refusal::not_found("order", "SO-20260001"),
            "conflict" => StoreError::Conflict.into(),
            "down" => StoreError::Unavailable { reason: "password=secret".to_owned() }.into(),
            "stale" => StoreError::Stale { entity: "order" }.into(),
            "duplicate" => StoreError::Duplicate { constraint: "orders_external_ref_key".to_owned() }.into(),
            "corrupt" => StoreError::corrupt("order", "7", "units are -1").into(),
            _ => panic!("a secret"),
        };
        Err(refusal.into())
    }

    /// Ends after a while.
    #[oai(path = "/slow", method = "put", operation_id = "create_product")]
    async fn slow(&self, _by: By) -> Result<Json<u8>, ApiError> {
        tokio::task::yield_now().await;
        self.worked.fetch_add(1, Ordering::Relaxed);
        Ok(Json(1))
    }
}

struct Stage {
    client: Client,
    key: String,
    keys: FakeKeys,
    worked: Arc<AtomicU32>,
}

fn stage() -> Stage {
    let mut keys = FakeKeys::default();
    let key = keys.staff();
    stage_with(keys, key)
}

fn stage_with(keys: FakeKeys, key: String) -> Stage {
    let sample = Sample::default();
    let worked = sample.worked.clone();
    let client = client(&keys, Ready(Ok("fine".to_owned())), sample);
    Stage { client, key, keys, worked }
}

impl Stage {
    fn get(
        &self,
        path: &str,
    ) -> TestRequestBuilder<'_, poem::endpoint::BoxEndpoint<'static, poem::Response>> {
        self.client.get(path).header("X-API-Key", &self.key)
    }

    fn post(
        &self,
        path: &str,
    ) -> TestRequestBuilder<'_, poem::endpoint::BoxEndpoint<'static, poem::Response>> {
        self.client.post(path).header("Authorization", format!("Bearer {}", self.key))
    }

    async fn create(&self, body: &Value) -> (StatusCode, Value) {
        read(self.post("/v1/things").body_json(body).send().await).await
    }
}

async fn read(response: TestResponse) -> (StatusCode, Value) {
    let (status, _, body) = read_all(response).await;
    (status, body)
}

async fn read_all(response: TestResponse) -> (StatusCode, HeaderMap, Value) {
    let response = response.0;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.into_body().into_string().await.unwrap();
    if status.is_client_error() || status.is_server_error() {
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["request_id"], headers["x-request-id"].to_str().unwrap());
        assert!(problem["type"].as_str().unwrap().starts_with("urn:middag:problem:"));
        assert!(!text.contains(":null") && !text.contains("secret"), "{text}");
    }
    (status, headers, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn paths(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn ap_3_unknown_paths_and_methods_are_problems() {
    let stage = stage();
    for path in ["/", "/nothing", "/v1", "/v1/nothing", "/v1/things/1/2/3", "/v1/things/%ff", "/%ff"] {
        let (status, problem) = read(stage.get(path).send().await).await;
        assert_eq!(
            (status.as_u16(), &problem["type"]),
            (404, &json!("urn:middag:problem:not-found")),
            "{path}"
        );
    }
    let (status, headers, _) = read_all(stage.client.delete("/v1/things").send().await).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[header::ALLOW], "GET, HEAD, POST");
    for name in ["TRACE", "OPTIONS", "QUERY", "FOO", "get"] {
        let method: Method = name.parse().unwrap();
        let asked = stage.client.request(method.clone(), "/v1/things").send().await;
        let (status, headers, problem) = read_all(asked).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(headers[header::ALLOW], "GET, HEAD, POST");
        assert_eq!(problem["detail"], format!("{name} is not possible here; GET, HEAD, POST is"));
        let nowhere = stage.client.request(method, "/v1/nothing").send().await;
        assert_eq!(read(nowhere).await.0, StatusCode::NOT_FOUND);
    }
    for path in ["/healthz", "/readyz", "/openapi.json", "/docs"] {
        for name in ["POST", "FOO"] {
            let asked = stage.client.request(name.parse().unwrap(), path).send().await;
            let (status, headers, _) = read_all(asked).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{name} {path}");
            assert_eq!(headers[header::ALLOW], "GET, HEAD", "{name} {path}");
        }
    }
}

#[tokio::test]
async fn or_5_without_a_valid_key_nothing_is_read() {
    let mut keys = FakeKeys::default();
    let staff = keys.staff();
    let expired = keys.add(Grant::Staff(StaffRole::Admin), Some("2026-05-01T12:00:00Z"), false);
    let revoked = keys.add(Grant::Staff(StaffRole::Admin), None, true);
    let wrong = format!("{}{}", &staff[..staff.len() - 1], if staff.ends_with('0') { '1' } else { '0' });
    let stage = stage_with(keys, staff);
    for key in ["", "nonsense", "mda_é", &expired, &revoked, &wrong] {
        let request =
            stage.client.post("/v1/things").header("Authorization", format!("Bearer {key}")).body("{");
        let (status, headers, problem) = read_all(request.send().await).await;
        assert_eq!(
            (status.as_u16(), &problem["type"]),
            (401, &json!("urn:middag:problem:unauthorized")),
            "{key}"
        );
        assert!(headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
    }
    assert_eq!(read(stage.client.get("/v1/things").send().await).await.0, StatusCode::UNAUTHORIZED);
    stage.get("/v1/things").send().await.assert_status_is_ok();
    stage.keys.down.store(true, Ordering::Relaxed);
    let (status, headers, problem) = read_all(stage.get("/v1/things").send().await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER));
    assert!(!problem.to_string().contains("10.0.0.7"));
}

#[tokio::test]
async fn or_4_a_key_that_may_not_is_told_so_before_its_body_is_read() {
    let mut keys = FakeKeys::default();
    let finance = keys.add(Grant::Staff(StaffRole::Finance), None, false);
    let stage = stage_with(keys, finance);
    let (status, problem) = read(stage.post("/v1/things").body("{").send().await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("`create_api_key`"), "{problem}");
    assert_eq!(stage.worked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn ap_3_malformed_json_is_400_and_another_media_type_415() {
    let stage = stage();
    for body in ["{", "", "{\"name\": \"a\",}", "nul", "\u{0}"] {
        let request = stage.post("/v1/things").content_type("application/json").body(body);
        let (status, problem) = read(request.send().await).await;
        let expected = json!("urn:middag:problem:malformed-json");
        assert_eq!((status.as_u16(), &problem["type"]), (400, &expected), "{body}");
    }
    for media in ["text/plain", "application/x-www-form-urlencoded", "x"] {
        let request = stage.post("/v1/things").content_type(media).body("{}");
        assert_eq!(read(request.send().await).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
    }
    let request = stage.post("/v1/things").body("{}");
    assert_eq!(read(request.send().await).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(stage.worked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn ap_3_everything_that_does_not_fit_is_named_at_once() {
    let stage = stage();
    let body = json!({
        "name": 7,
        "colour": "blue",
        "price": {"amount": 12.5},
        "due": "tomorrow",
        "lines": [{"quantity": 0, "product_id": "x"}, {"quantity": 1.5, "extra": true}, 3],
        "nmae": "x",
    });
    let (status, problem) = stage.create(&body).await;
    assert_eq!((status.as_u16(), &problem["type"]), (422, &json!("urn:middag:problem:invalid")));
    let mut named = paths(&problem);
    named.sort_unstable();
    let expected = [
        "colour",
        "due",
        "lines[0].product_id",
        "lines[0].quantity",
        "lines[1].extra",
        "lines[1].product_id",
        "lines[1].quantity",
        "lines[2]",
        "name",
        "nmae",
        "price.amount",
        "price.currency",
    ];
    assert_eq!(named, expected);
    for body in [json!(null), json!([]), json!("x"), json!(3)] {
        let (status, problem) = stage.create(&body).await;
        assert_eq!((status.as_u16(), paths(&problem)), (422, vec!["body"]), "{body}");
    }
    for name in [json!(null), json!(1), json!(false)] {
        let (status, problem) = stage.create(&json!({"name": name})).await;
        assert_eq!((status.as_u16(), paths(&problem)), (422, vec!["name"]), "a text is a text: {name}");
    }
    let (_, problem) = stage.create(&json!({"name": "a", "colour": null})).await;
    assert_eq!(paths(&problem), ["colour"], "what is absent is left out");
    for due in ["0000-12-31T00:00:00Z", "0001-01-01T00:00:00+00:01"] {
        let (_, problem) = stage.create(&json!({"name": "a", "due": due})).await;
        assert_eq!(problem["detail"], "due: must not be before the year 0001", "{due}");
    }
    let (_, problem) = stage.create(&json!({"name": "longer"})).await;
    assert_eq!(problem["errors"][0]["problem"], "must have at most 5 characters");
    let (_, problem) =
        stage.create(&json!({"name": "a", "price": {"amount": "1,5", "currency": "XXQ"}})).await;
    assert_eq!(paths(&problem), ["price.currency"]);
    assert_eq!(stage.worked.load(Ordering::Relaxed), 1, "only a body that fits reaches the operation");
}

/// PostgreSQL takes it in no text, SQLite in every one: it is refused before either is asked.
#[tokio::test]
async fn rn_1_no_text_has_the_character_0() {
    let stage = stage();
    let line = json!({"quantity": 1, "product_id": Uuid::nil(), "a\0b": [{"c": "\0"}]});
    let (status, problem) = stage.create(&json!({"name": "a\0", "lines": [line]})).await;
    assert_eq!((status.as_u16(), &problem["type"]), (422, &json!("urn:middag:problem:invalid")));
    let errors = problem["errors"].as_array().unwrap();
    for (path, word) in [("name", "U+0000"), ("lines[0].a\0b", "name"), ("lines[0].a\0b[0].c", "U+0000")] {
        let found = errors.iter().filter(|error| error["path"] == path);
        let told = found.map(|error| error["problem"].as_str().unwrap()).collect::<Vec<_>>().join(", ");
        assert!(told.contains(word), "{path}: {problem:#}");
    }
    assert_eq!(stage.worked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_is_absent_is_not_sent_as_null() {
    let stage = stage();
    let (status, headers, body) =
        read_all(stage.post("/v1/things").body_json(&json!({"name": "a"})).send().await).await;
    assert_eq!((status, body), (StatusCode::CREATED, json!({"name": "a"})));
    assert_eq!(headers[header::LOCATION], "/v1/things/1");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert!(!headers.contains_key(header::SERVER));
}

#[tokio::test]
async fn bodies_over_1_mib_are_refused_whether_they_say_so_or_not() {
    let stage = stage();
    let json = |length: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(length - 11));
    let announced = |body: String| {
        stage
            .post("/v1/things")
            .content_type("application/json")
            .header("content-length", body.len())
            .body(body)
    };
    let chunked = |body: String| {
        let chunks = body
            .into_bytes()
            .chunks(60_000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>();
        let body = RawBody::from_bytes_stream(futures_util::stream::iter(chunks));
        stage.post("/v1/things").content_type("application/json").body(body)
    };
    for request in [announced(json(MAX_BODY + 1)), chunked(json(MAX_BODY + 1))] {
        let (status, problem) = read(request.send().await).await;
        assert_eq!((status.as_u16(), &problem["type"]), (413, &json!("urn:middag:problem:body-too-large")));
    }
    for request in [announced(json(MAX_BODY)), chunked(json(MAX_BODY))] {
        let (status, problem) = read(request.send().await).await;
        assert_eq!((status.as_u16(), paths(&problem)), (422, vec!["name"]));
    }
}

#[tokio::test]
async fn ap_2_limits_cursors_filters_and_misspelt_parameters() {
    let stage = stage();
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("cursor=x", "cursor"),
        ("colour=blue", "colour"),
        ("colors=red", "colors"),
        ("limit=5&limit=6", "limit"),
        ("colour=red&limit=5&colour=red&colour=red", "colour"),
    ] {
        let (status, problem) = read(stage.get(&format!("/v1/things?{query}")).send().await).await;
        assert_eq!((status.as_u16(), paths(&problem)), (422, vec![named]), "{query}");
    }
    let several = stage.get("/v1/things?roles=owner&roles=admin").send().await;
    assert_eq!(read(several).await.0, StatusCode::OK, "for several values");
    let (_, page) = read(stage.get("/v1/things").send().await).await;
    assert_eq!(page, json!({"items": [], "next_cursor": "50"}));
    let (_, page) = read(stage.get("/v1/things?limit=200&colour=red").send().await).await;
    assert_eq!(page["next_cursor"], "200");
}

#[tokio::test]
async fn ap_3_a_parameter_that_is_wrong_is_told_what_would_be_right() {
    let stage = stage();
    for (asked, right) in [
        ("/v1/things?owner=x", "must be a UUID"),
        ("/v1/things?owner=", "must be a UUID"),
        ("/v1/things?open=yes", "must be `true` or `false`"),
        ("/v1/things?q=longer", "must have at most 5 characters"),
        ("/v1/things?colour=blue", "must be one of the values that the document lists"),
        ("/v1/things?roles=owner&roles=king", "must be one of guest, member, admin, owner"),
        ("/v1/things?limit=5&limit=6", "must be given once: it takes one value"),
        ("/v1/things/1?q=x", "is no parameter of this operation, which has none"),
    ] {
        let (status, problem) = read(stage.get(asked).send().await).await;
        assert_eq!((status.as_u16(), &problem["errors"][0]["problem"]), (422, &json!(right)), "{asked}");
    }
}

#[tokio::test]
async fn ap_3_a_body_that_nobody_reads_is_refused() {
    let stage = stage();
    let sent = async |body: &str, name: Option<&str>| {
        let mut request = stage.post("/v1/things/move/refuse").content_type("application/json");
        if let Some(name) = name {
            request = request.header("Idempotency-Key", name);
        }
        read(request.body(body.to_owned()).send().await).await
    };
    for body in ["", " \r\n", "{}", "\n{ }\n"] {
        assert_eq!(sent(body, None).await.0, StatusCode::CONFLICT, "{body:?}");
    }
    for body in ["{\"reason\": \"enough\"}", "[]", "null", "x", "{} {}"] {
        for name in [None, Some("one")] {
            let (status, problem) = sent(body, name).await;
            assert_eq!((status.as_u16(), paths(&problem)), (422, vec!["body"]), "{body}");
            assert_eq!(problem["errors"][0]["problem"], "must be empty: the operation takes no body");
        }
    }
    let request = stage.client.put("/v1/things/slow").header("X-API-Key", &stage.key);
    assert_eq!(read(request.body("x").send().await).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stage.worked.load(Ordering::Relaxed), 0);
    // However much it is, no more of it is read than of any other.
    let request = stage.post("/v1/things/move/refuse").body("x".repeat(MAX_BODY + 1));
    assert_eq!(read(request.send().await).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn ap_5_if_match() {
    let stage = stage();
    let response = stage.get("/v1/things/00000000-0000-0000-0000-000000000007").send().await;
    response.assert_status_is_ok();
    response.assert_header("etag", "\"7\"");
    let patch = |tag: &str| {
        stage.client.patch("/v1/things/1").header("X-API-Key", &stage.key).header("If-Match", tag)
    };
    let (_, version) = read(patch("\"7\"").send().await).await;
    assert_eq!(version, json!(7));
    assert_eq!(read(patch("x").send().await).await.0, StatusCode::PRECONDITION_FAILED);
    let without = stage.client.patch("/v1/things/1").header("X-API-Key", &stage.key);
    assert_eq!(read(without.send().await).await.0, StatusCode::PRECONDITION_REQUIRED);
    let (status, problem) = read(patch("\"é\"").send().await).await;
    assert_eq!(
        (status.as_u16(), paths(&problem)),
        (422, vec!["If-Match"]),
        "what cannot be read is not absent"
    );
    assert_eq!(read(stage.get("/v1/things/no-id").send().await).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn ap_3_refusals_have_their_status_and_leak_nothing() {
    let stage = stage();
    for (what, status, name) in [
        ("move", 409, "illegal-move"),
        ("rule", 409, "insufficient-credits"),
        ("input", 422, "currency-mismatch"),
        ("fault", 500, "internal"),
        ("missing", 404, "not-found"),
        ("conflict", 503, "busy"),
        ("down", 503, "unavailable"),
        ("stale", 412, "stale"),
        ("duplicate", 409, "already-exists"),
        ("corrupt", 500, "internal"),
        ("panic", 500, "internal"),
    ] {
        let (got, problem) = read(stage.post(&format!("/v1/things/{what}/refuse")).send().await).await;
        assert_eq!(
            (got.as_u16(), &problem["type"]),
            (status, &json!(format!("urn:middag:problem:{name}"))),
            "{what}"
        );
        let text = problem.to_string();
        assert!(!text.contains("units") && !text.contains("external_ref"), "{text}");
        if what == "move" {
            let facts = (&problem["state"], &problem["command"], &problem["legal"]);
            assert_eq!(facts, (&json!("paid"), &json!("cancel"), &json!(["fulfil"])));
        }
    }
}

#[tokio::test]
async fn rn_6_request_ids_are_taken_or_made() {
    let stage = stage();
    let response = stage.client.get("/healthz").header("X-Request-Id", "mine-1.2_3").send().await;
    response.assert_header("x-request-id", "mine-1.2_3");
    for bad in ["", "a b", "a\tb", &"x".repeat(65), "<script>"] {
        let response = stage.client.get("/healthz").header("X-Request-Id", bad).send().await;
        let id = response.0.header("x-request-id").unwrap();
        assert!(id.parse::<Uuid>().is_ok(), "{id}");
    }
}

#[tokio::test]
async fn rn_6_a_client_that_goes_away_does_not_stop_its_work_half_way() {
    let stage = stage();
    {
        let request = stage.client.put("/v1/things/slow").header("X-API-Key", &stage.key).send();
        let mut request = std::pin::pin!(request);
        // The client is gone after the first step of the server's work.
        assert!(futures_util::poll!(request.as_mut()).is_pending());
    }
    while stage.worked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn rn_6_readiness_says_what_is_missing() {
    let ready = stage();
    let (status, body) = read(ready.client.get("/readyz").send().await).await;
    let fine = json!({"status": "ready", "detail": "fine", "worker_lag_seconds": 7});
    assert_eq!((status.as_u16(), body), (200, fine));
    ready.client.get("/healthz").send().await.assert_status_is_ok();
    let behind =
        client(&FakeKeys::default(), Ready(Err("the schema lacks 1 step".to_owned())), Sample::default());
    let (status, problem) = read(behind.get("/readyz").send().await).await;
    assert_eq!((status.as_u16(), &problem["detail"]), (503, &json!("the schema lacks 1 step")));
    behind.get("/healthz").send().await.assert_status_is_ok();
}

/// The checks that every operation must pass are passed by these, and so they check something.
#[tokio::test]
async fn ap_1_or_3_the_checks_of_all_operations_hold_for_the_sample() {
    let document: Value = serde_json::from_str(&spec::document::<Sample>()).unwrap();
    assert_eq!(checks::operations(&document).len(), 7, "one of them the CSV of a list");
    checks::check_document(&document);
    let responses = |path: &str, method: &str| {
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        responses.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(responses("/v1/things", "get"), "200 401 403 422 429 500 503");
    assert_eq!(responses("/v1/things", "post"), "201 400 401 403 408 409 413 415 422 429 500 503");
    assert_eq!(responses("/v1/things/{id}", "patch"), "200 401 403 404 409 412 422 428 429 500 503");
    let mut keys = FakeKeys::default();
    let key = checks::powerless(&mut keys);
    let client = client(&keys, Ready(Ok(String::new())), Sample::default());
    checks::check_permissions(&document, &client, &key).await;
}

#[tokio::test]
async fn ap_1_the_document_and_its_page_are_served_without_a_key() {
    let stage = stage();
    let response = stage.client.get("/openapi.json").send().await;
    response.assert_content_type("application/json");
    let (_, document) = read(response).await;
    assert_eq!(document["openapi"], "3.0.0");
    let page = stage.client.get("/docs").send().await;
    page.assert_status_is_ok();
    let html = page.0.into_body().into_string().await.unwrap();
    assert!(html.contains("MIDDAG Account") && !html.contains("charset=utf-8\": {"));
}

/// What a browser is told that asks before a page of `origin` changes something.
async fn asked(client: &Client, origin: &str) -> poem::Response {
    let asked = client.request(Method::OPTIONS, "/v1/things/1").header("Origin", origin);
    asked.header("Access-Control-Request-Method", "PATCH").send().await.0
}

#[tokio::test]
async fn pages_of_other_sites_may_call_only_where_the_settings_name_them() {
    let mut keys = FakeKeys::default();
    let key = keys.staff();
    let portal = "https://portal.example.com";
    let edge = Edge { cors_origins: vec![portal.to_owned()], ..Edge::default() };
    let backend = Backend { edge, ..backend(&keys, Ready(Ok(String::new()))) };
    let open = TestClient::new(crate::surface(backend, Sample::default()));
    let closed = client(&keys, Ready(Ok(String::new())), Sample::default());
    let allowed = asked(&open, portal).await;
    assert_eq!(
        (allowed.status().as_u16(), allowed.header("access-control-allow-origin")),
        (204, Some(portal))
    );
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("if-match"));
    for (client, origin) in
        [(&open, "https://portal.example.com.evil.example"), (&open, "null"), (&closed, portal)]
    {
        let refused = asked(client, origin).await;
        assert_eq!(refused.status().as_u16(), 405, "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), None);
        let answered =
            client.get("/v1/things").header("Origin", origin).header("X-API-Key", &key).send().await.0;
        assert_eq!(answered.status().as_u16(), 200);
        assert_eq!(answered.header("access-control-allow-origin"), None);
    }
    let answered = open.get("/v1/things").header("Origin", portal).send().await.0;
    assert_eq!(answered.status().as_u16(), 401);
    assert_eq!(
        answered.header("access-control-allow-origin"),
        Some(portal),
        "a page may read why it was refused"
    );
    assert!(answered.header("access-control-expose-headers").unwrap().contains("x-request-id"));
    assert_eq!(answered.header("vary"), Some("Origin"));
    assert_eq!(answered.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_disk_that_is_full_is_503_nothing_is_changed_and_room_mends_it() {
    let world = World::new().await;
    let body = |number: usize| {
        json!({
            "name": format!("Full {number}"), "legal_name": "x".repeat(200), "country": "BR", "locale": "pt-BR",
            "currency": "BRL", "billing_email": "finance@example.com",
        })
    };
    world.limit_pages(1).await;
    let mut made = 0;
    let refused = loop {
        let answer = world.post("/v1/organizations", &body(made)).await;
        if answer.status != 201 || made > 1_000 {
            break answer;
        }
        made += 1;
    };
    assert_eq!(refused.problem(503), "unavailable");
    // The connection that failed was replaced, and had the limit.
    world.limit_pages(1).await;
    assert_eq!(world.post("/v1/organizations", &body(made)).await.problem(503), "unavailable");
    assert_eq!(world.walk("/v1/organizations", 200, "name").await.len(), made);
    world.limit_pages(1_000_000).await;
    world.post("/v1/organizations", &body(made)).await.is(201);
    assert_eq!(world.walk("/v1/organizations", 200, "name").await.len(), made + 1);
}
