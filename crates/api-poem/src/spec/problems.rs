//! Refusals are the same wherever they are documented: each stands in the document once, with an example of its own.

use kernel::Invalid;
use poem::http::StatusCode;
use poem_openapi::types::{Example as _, ToJSON as _};
use serde_json::{Map, Value, json};

use crate::http::problem::{PROBLEM_JSON, Problem};

/// Moves every refusal into the components of the document, by its status.
pub(super) fn share(document: &mut Value) {
    let mut shared = Map::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut) {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in
            responses.into_iter().flatten().filter(|(status, _)| status.as_str() >= "400")
        {
            let name = format!("Problem{status}");
            // What is said of one operation alone stays there.
            if shared.entry(&name).or_insert_with(|| response.clone()) == response {
                *response = json!({"$ref": format!("#/components/responses/{name}")});
            }
        }
    }
    for (name, response) in &mut shared {
        let example = name.trim_start_matches("Problem").parse().ok().and_then(example);
        let content = response.get_mut("content").and_then(|content| content.get_mut(PROBLEM_JSON));
        if let (Some(content), Some(example)) = (content.and_then(Value::as_object_mut), example) {
            content.insert("example".to_owned(), example.to_json().unwrap_or_default());
        }
    }
    document["components"]["responses"] = Value::Object(shared);
}

/// A refusal with `status`, as callers see it.
fn example(status: u16) -> Option<Problem> {
    let (name, detail) = match status {
        400 => ("malformed-json", "the body is no JSON: expected `,` or `}` at line 3 column 5"),
        401 => ("unauthorized", "the key is not valid"),
        403 => ("forbidden", "`list_organizations` is for staff only"),
        404 => ("not-found", "there is no order SO-20269999"),
        408 => ("body-too-slow", "the body was not there within 30000 ms"),
        409 => return Some(Problem::example()),
        412 => {
            ("stale", "organization was changed by somebody else meanwhile; read it again and decide anew")
        }
        413 => ("body-too-large", "the body is longer than 1048576 bytes"),
        415 => (
            "unsupported-media-type",
            "the body must be sent with the Content-Type that this operation takes: application/json, or text/csv for files of rows",
        ),
        422 => {
            let mut invalid = Invalid::default();
            invalid.push(
                "colour",
                "is not known here; known are: organization_id, holder, currency, external_ref, lines",
            );
            invalid.push("lines[0].product", "is missing");
            return Some(Problem::invalid(invalid));
        }
        428 => (
            "if-match-required",
            "send the ETag of what you have read in the header If-Match, so that no change of another is lost",
        ),
        429 => ("too-many-requests", "too many requests with this key or token; the next may come in 1 s"),
        500 => return Some(Problem::internal()),
        503 => ("unavailable", "the storage cannot be reached at the moment; nothing was changed"),
        _ => return None,
    };
    Some(Problem::new(StatusCode::from_u16(status).ok()?, name, detail))
}

#[cfg(test)]
mod tests {
    use entitlement::Role;
    use poem::{http::Method, test::TestResponse};

    use super::*;
    use crate::testing::World;

    async fn told(response: TestResponse) -> Value {
        serde_json::from_str(&response.0.into_body().into_string().await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn ap_3_the_examples_say_what_the_server_says() {
        let world = World::new().await;
        let acme = world.organization("Acme").await;
        let owner = world.customer(acme, Role::Owner, &[]).await;
        let path = format!("/v1/organizations/{acme}");
        let body = json!({
            "name": "Acme", "legal_name": "Acme Ltda.", "country": "BR", "locale": "pt-BR", "currency": "BRL",
            "billing_email": "finance@example.com",
        });
        let put = async |tag: Option<&'static str>| {
            world.ask_if(&world.staff, Method::PUT, &path, Some(&body), tag).await.body
        };
        let send = async |content_type: &'static str, body: String| {
            let request = world.client.post("/v1/organizations").header("X-API-Key", &world.staff);
            told(request.content_type(content_type).body(body).send().await).await
        };
        let order = json!({"lines": [{"quantity": 1}], "currency": "BRL", "colour": "red"});
        for (status, answer) in [
            (401, world.ask("mda_wrong", Method::GET, "/v1/organizations", None).await.body),
            (403, world.ask(&owner, Method::GET, "/v1/organizations", None).await.body),
            (404, world.get("/v1/orders/SO-20269999").await.body),
            (412, put(Some("\"9\"")).await),
            (413, send("application/json", format!("\"{}\"", "x".repeat(1024 * 1024))).await),
            (415, send("text/plain", "{}".to_owned()).await),
            (422, world.post("/v1/orders", &order).await.body),
            (428, put(None).await),
        ] {
            let shown = example(status).unwrap().to_json().unwrap();
            assert_eq!(answer["status"], status, "{answer:#}");
            for member in ["type", "title", "detail", "errors"] {
                assert_eq!(shown.get(member), answer.get(member), "{status}");
            }
        }
    }

    #[test]
    fn a_refusal_stands_once_and_what_is_said_of_one_operation_stays_there() {
        let refusal = |says: &str| json!({"description": says, "content": {PROBLEM_JSON: {"schema": {}}}});
        let mut document = json!({"paths": {"/a": {
            "get": {"responses": {"200": {}, "404": refusal("none")}},
            "put": {"responses": {"404": refusal("none")}},
            "post": {"responses": {"404": refusal("no product")}},
        }}});
        share(&mut document);
        let responses = |method: &str| document["paths"]["/a"][method]["responses"].clone();
        let reference = json!({"$ref": "#/components/responses/Problem404"});
        assert_eq!(responses("get"), json!({"200": {}, "404": reference}));
        assert_eq!(responses("put"), json!({"404": reference}));
        assert_eq!(responses("post"), json!({"404": refusal("no product")}));
        let shown = &document["components"]["responses"]["Problem404"]["content"][PROBLEM_JSON]["example"];
        assert_eq!((&shown["status"], &shown["title"]), (&json!(404), &json!("Not found")));
    }
}
