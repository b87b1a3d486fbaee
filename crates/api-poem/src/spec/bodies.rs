//! What is only ever sent takes no other fields, as the server refuses them. What is answered may have more one day: clients
//! have to take fields that they do not know.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Says so of every object that only callers send.
pub(super) fn close(document: &mut Value) {
    let sent = reached(document, "requestBody");
    let answered = reached(document, "responses");
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    for name in sent.difference(&answered) {
        if let Some(schema) = schemas.get_mut(name).and_then(Value::as_object_mut)
            && schema.contains_key("properties")
        {
            schema.entry("additionalProperties").or_insert(Value::Bool(false));
        }
    }
}

/// The types that the `part` of any operation holds.
fn reached(document: &Value, part: &str) -> BTreeSet<String> {
    let operations = document.get("paths").into_iter().flat_map(members).flat_map(members);
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = operations.filter_map(|operation| operation.get(part)).collect();
    while let Some(value) = open.pop() {
        for name in references(value) {
            if found.insert(name.to_owned()) {
                open.extend(document.pointer(&format!("/components/schemas/{name}")));
            }
        }
    }
    found
}

fn members(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(Map::values)
}

/// The names of the types that `value` refers to.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_never_answered_is_closed() {
        let content = |name: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
        let mut document = json!({
            "paths": {"/v1/things": {"post": {
                "requestBody": content("New"),
                "responses": {"201": content("View")},
            }}},
            "components": {"schemas": {
                "New": {"properties": {
                    "price": {"$ref": "#/components/schemas/Money"},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                }},
                "Line": {"properties": {"kind": {"$ref": "#/components/schemas/Kind"}}},
                "Kind": {"enum": ["plain"]},
                "Money": {"properties": {}},
                "View": {"properties": {"price": {"$ref": "#/components/schemas/Money"}}},
            }},
        });
        close(&mut document);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let closed = |name: &&String| schemas[*name].get("additionalProperties") == Some(&json!(false));
        assert_eq!(schemas.keys().filter(closed).collect::<Vec<_>>(), ["Line", "New"]);
    }
}
