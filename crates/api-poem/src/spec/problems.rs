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
        412 => ("stale", "the organization was changed in the meantime; read it again and decide anew"),
        413 => ("body-too-large", "the body is longer than 1 MiB"),
        415 => ("unsupported-media-type", "the body must be sent with Content-Type: application/json"),
        422 => {
            let mut invalid = Invalid::default();
            invalid.push("lines[0].quantity", "must be at least 1");
            invalid.push("colour", "is not known here; known are: currency, external_ref, lines");
            return Some(Problem::invalid(invalid));
        }
        428 => ("if-match-required", "send the ETag of what you have read in the header If-Match"),
        429 => ("too-many-requests", "too many requests with this key or token; the next may come in 1 s"),
        500 => return Some(Problem::internal()),
        503 => ("unavailable", "the storage cannot be reached at the moment; nothing was changed"),
        _ => return None,
    };
    Some(Problem::new(StatusCode::from_u16(status).ok()?, name, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

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
