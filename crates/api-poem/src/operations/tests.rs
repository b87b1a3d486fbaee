//! What holds for every operation, whichever they are.

use std::str::FromStr as _;

use entitlement::Role;
use kernel::OrganizationId;
use poem::http::{Method, StatusCode};
use serde_json::Value;
use service_delivery::access::{Grant, Operation};
use uuid::Uuid;

use super::Operations;
use crate::{
    http::once,
    openapi_document,
    testing::{Client, FakeKeys, Ready, client, context},
};

/// Path, method and description of every operation of `document`.
pub(crate) fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| {
            (path.clone(), Method::from_str(&method.to_uppercase()).unwrap(), operation.clone())
        })
    });
    all.collect()
}

/// The operation that decides who may: a list's is its CSV's too.
pub(super) fn deciding(id: &str) -> &str {
    id.strip_suffix("_csv").filter(|list| list.parse::<Operation>().is_ok()).unwrap_or(id)
}

/// What generators of clients and readers of the document rely on.
pub(crate) fn check_document(document: &Value) {
    let text = document.to_string();
    assert!(!text.contains("charset="), "media types carry no charset");
    assert!(!text.contains("\"allOf\""), "generators drop models with a lone allOf");
    for (path, method, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let at = format!("{method} {path} ({id})");
        assert!(deciding(id).parse::<Operation>().is_ok(), "{at}: not in the table of who may do what");
        assert!(operation["summary"].is_string(), "{at}: no summary");
        assert!(
            operation["security"].as_array().is_some_and(|schemes| schemes.len() == 2),
            "{at}: no security"
        );
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{at}: one tag is needed");
        assert!(path.starts_with("/v1/") && !path.ends_with('/'), "{at}: not under /v1");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in parameters.iter().filter_map(|parameter| parameter["name"].as_str()) {
            assert!(!name.starts_with('_'), "{at}: the parameter {name} shows how it is called inside");
        }
        let responses = operation["responses"].as_object().unwrap();
        let named = parameters.iter().any(|parameter| parameter["name"] == once::HEADER);
        assert_eq!(named, method == Method::POST, "{at}: a POST can be named, and nothing else");
        let always = ["401", "403", "422", "429", "500", "503"];
        for status in always.iter().chain(if named { &["409"][..] } else { &[] }).copied() {
            assert!(responses.contains_key(status), "{at}: {status} is not documented");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let shared =
                response["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
            let response = shared.unwrap_or(response);
            assert!(
                response["content"]["application/problem+json"].is_object(),
                "{at}: {status} is no problem"
            );
        }
    }
}

/// Somebody who may do nothing is told so by every operation, which proves that each one asks for its own permission.
pub(crate) async fn check_permissions(document: &Value, client: &Client, powerless: &str) {
    for (path, method, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap();
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let response = client.request(method.clone(), &path).header("X-API-Key", powerless).send().await;
        response.assert_status(StatusCode::FORBIDDEN);
        let problem = response.0.into_body().into_string().await.unwrap();
        assert!(problem.contains(&format!("`{}`", deciding(id))), "{method} {path}: {problem}");
        client.request(method, path).send().await.assert_status(StatusCode::UNAUTHORIZED);
    }
}

/// Every body has an example, the example fits, and a field that is not known is refused by its name.
pub(crate) async fn check_bodies(document: &Value, client: &Client, staff: &str, owner: &str) {
    for (path, method, operation) in operations(document) {
        let Some(schema) = operation["requestBody"]["content"]["application/json"].get("schema") else {
            continue;
        };
        let reference = schema["$ref"].as_str().unwrap();
        let name = reference.rsplit('/').next().unwrap();
        let example = &document["components"]["schemas"][name]["example"];
        assert!(example.is_object(), "{name}: no example");
        let key = if path.starts_with("/v1/portal/") { owner } else { staff };
        let id = Uuid::from_u128(1).to_string();
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { &id } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let send = |body: &Value| {
            let request =
                client.request(method.clone(), &path).header("X-API-Key", key).header("If-Match", "*");
            request.body_json(body).send()
        };
        // The storage is down: whatever gets that far was understood.
        let response = send(example).await.0;
        let status = response.status();
        let text = response.into_body().into_string().await.unwrap();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {example}: {text}");
        let mut misspelt = example.clone();
        misspelt["misspelt"] = Value::from(1);
        let response = send(&misspelt).await.0;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}");
        let text = response.into_body().into_string().await.unwrap();
        assert!(text.contains("\"path\":\"misspelt\""), "{method} {path}: {text}");
    }
}

/// A key with no scope at all.
pub(crate) fn powerless(keys: &mut FakeKeys) -> String {
    let organization = OrganizationId::new(Uuid::from_u128(1));
    keys.add(Grant::Organization { organization, role: Role::Guest, scopes: vec![] }, None, false)
}

/// The key of an owner of an organization.
fn owner(keys: &mut FakeKeys) -> String {
    let organization = OrganizationId::new(Uuid::from_u128(1));
    keys.add(Grant::Organization { organization, role: Role::Owner, scopes: vec![] }, None, false)
}

#[test]
fn ap_1_every_operation_is_described_as_clients_need_it() {
    check_document(&serde_json::from_str(&openapi_document()).unwrap());
}

#[test]
fn ap_1_every_operation_has_a_description_and_an_example_of_its_answer() {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(operation["description"].is_string(), "{at}: none below the summary and an empty line");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with('2')) {
            let Some(schema) = response["content"]["application/json"].get("schema") else { continue };
            let name = schema["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            let example = &document["components"]["schemas"][name]["example"];
            assert!(
                example.is_object(),
                "{at}: {status}: {name} has no example, nor one for each of its fields"
            );
        }
    }
}

#[tokio::test]
async fn or_3_every_operation_asks_for_its_own_permission() {
    let mut keys = FakeKeys::default();
    let key = powerless(&mut keys);
    let operations: Operations = super::all(context());
    let client = client(&keys, Ready(Ok(String::new())), operations);
    check_permissions(&serde_json::from_str(&openapi_document()).unwrap(), &client, &key).await;
}

/// A filter that is misspelt must not look like one that found everything, nor a command with one like it was heeded.
#[tokio::test]
async fn ap_3_every_operation_refuses_a_parameter_that_it_does_not_know() {
    let mut keys = FakeKeys::default();
    let (staff, owner) = (keys.staff(), owner(&mut keys));
    let client = client(&keys, Ready(Ok(String::new())), super::all(context()));
    for (path, method, _) in operations(&serde_json::from_str(&openapi_document()).unwrap()) {
        let key = if path.starts_with("/v1/portal/") { &owner } else { &staff };
        for query in ["misspelt=1", "%ff&misspelt=%zz"] {
            let asked = format!("{path}?{query}").replace(['{', '}'], "");
            let response = client.request(method.clone(), &asked).header("X-API-Key", key).send().await.0;
            assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{method} {path}");
            let text = response.into_body().into_string().await.unwrap();
            assert!(text.contains("\"path\":\"misspelt\""), "{method} {path}: {text}");
        }
    }
}

#[tokio::test]
async fn ap_3_every_body_has_an_example_that_fits_and_knows_its_fields() {
    let mut keys = FakeKeys::default();
    let (staff, owner) = (keys.staff(), owner(&mut keys));
    let client = client(&keys, Ready(Ok(String::new())), super::all(context()));
    check_bodies(&serde_json::from_str(&openapi_document()).unwrap(), &client, &staff, &owner).await;
}
