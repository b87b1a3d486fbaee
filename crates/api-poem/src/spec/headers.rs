//! Headers that come with answers whichever operation gives them: the framework does not know of them.

use serde_json::{Map, Value, json};

/// Names the request's id at every answer, and at what a POST has done that it may have been done before (AP-4).
pub(super) fn add(document: &mut Value) {
    let refusals = document.pointer_mut("/components/responses").and_then(Value::as_object_mut);
    refusals.into_iter().flat_map(Map::values_mut).for_each(add_id);
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for (method, operation) in operations.flatten() {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            // What refers to a shared refusal has its headers.
            if response.get("$ref").is_some() {
                continue;
            }
            add_id(response);
            if method == "post" && status.starts_with('2') {
                let says = "`true` where the command had taken place before, and this is the answer that it got then.";
                response["headers"]["Idempotent-Replayed"] = header(says, false);
            }
        }
    }
}

fn add_id(response: &mut Value) {
    let says =
        "The request's id: the one it was sent with, or a new one. Logs and problem documents name it.";
    response["headers"]["X-Request-Id"] = header(says, true);
}

/// What a CSV is kept as.
pub(super) fn disposition() -> Value {
    json!({"Content-Disposition": header("What to call the file.", true)})
}

fn header(says: &str, required: bool) -> Value {
    json!({"description": says, "required": required, "schema": {"type": "string"}})
}

#[cfg(test)]
mod tests {
    use poem::http::Method;

    use super::*;
    use crate::{openapi_document, operations::tests::operations};

    #[test]
    fn ap_4_every_answer_names_the_headers_that_it_comes_with() {
        let document: Value = serde_json::from_str(&openapi_document()).unwrap();
        for (path, method, operation) in operations(&document) {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let at = format!("{method} {path}: {status}");
                let shared = response["$ref"].as_str().map(|path| document.pointer(&path[1..]).unwrap());
                let headers = &shared.unwrap_or(response)["headers"];
                let named = |name: &str| headers[name]["description"].is_string();
                assert!(named("X-Request-Id"), "{at}");
                let done = status.starts_with('2');
                assert_eq!(named("Idempotent-Replayed"), done && method == Method::POST, "{at}");
                let is_file = response["content"]["text/csv"].is_object();
                assert_eq!(named("Content-Disposition"), is_file, "{at}");
            }
        }
    }
}
