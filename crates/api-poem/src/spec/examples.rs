//! Examples of what has none of its own: its fields as in the examples of its kin, so that `OrderSummary` shows the order
//! that `OrderView` shows.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Gives every object of the document an example, unless there is none for a field that it must have.
pub(super) fn complete(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    loop {
        let kin = Kin::of(schemas);
        let make = |may_lack: MayLack| -> Vec<(String, Value)> {
            let without = schemas.iter().filter(|(_, schema)| schema.get("example").is_none());
            without
                .filter_map(|(name, schema)| Some((name.clone(), object(schemas, &kin, schema, may_lack)?)))
                .collect()
        };
        let steps = [MayLack::Nothing, MayLack::Texts, MayLack::Anything];
        let made = steps.into_iter().map(make).find(|made| !made.is_empty()).unwrap_or_default();
        if made.is_empty() {
            return;
        }
        for (name, example) in made {
            schemas[&name]["example"] = example;
        }
    }
}

/// Which optional fields an example does without: what refers to others waits until they have one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayLack {
    Nothing,
    Texts,
    Anything,
}

/// What fields are called, what they hold, and an example of that.
struct Kin(HashMap<(String, String), Value>);

impl Kin {
    fn of(schemas: &Map<String, Value>) -> Self {
        let mut kin = HashMap::new();
        for schema in schemas.values() {
            let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            for (name, field) in fields {
                if let Some(value) = schema.get("example").and_then(|example| example.get(name)) {
                    kin.entry((name.clone(), shape(field))).or_insert_with(|| value.clone());
                }
            }
        }
        Self(kin)
    }

    fn value(&self, name: &str, field: &Value) -> Option<Value> {
        self.0.get(&(name.to_owned(), shape(field))).cloned()
    }
}

/// What a field holds, whatever is said about it.
fn shape(field: &Value) -> String {
    let mut field = field.clone();
    if let Some(members) = field.as_object_mut() {
        members.remove("description");
    }
    field.to_string()
}

fn object(schemas: &Map<String, Value>, kin: &Kin, schema: &Value, may_lack: MayLack) -> Option<Value> {
    let fields = schema.get("properties")?.as_object()?;
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut example = Map::new();
    for (name, field) in fields {
        match kin.value(name, field).or_else(|| value(schemas, field)) {
            Some(value) => drop(example.insert(name.clone(), value)),
            None if required.contains(&name.as_str()) => return None,
            None if may_lack == MayLack::Nothing => return None,
            None if may_lack == MayLack::Texts && shape(field).contains("$ref") => return None,
            None => {}
        }
    }
    Some(Value::Object(example))
}

/// An example of what a schema without one takes; none of a text that could say anything.
fn value(schemas: &Map<String, Value>, schema: &Value) -> Option<Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let named = schemas.get(reference.rsplit('/').next()?)?;
        return named
            .get("example")
            .cloned()
            .or_else(|| value(schemas, named).filter(|_| !named["enum"].is_null()));
    }
    if let Some(word) = schema.get("enum").and_then(Value::as_array).and_then(|words| words.first()) {
        return Some(word.clone());
    }
    let text = |member: &str| schema.get(member).and_then(Value::as_str);
    match (text("type")?, text("format")) {
        ("array", _) => Some(json!([value(schemas, schema.get("items")?)?])),
        ("boolean", _) => Some(json!(true)),
        ("integer", _) => Some(schema.get("minimum").cloned().unwrap_or_else(|| json!(1))),
        ("string", Some("uuid")) => Some(json!("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a00")),
        ("string", Some("date-time")) => Some(json!("2026-05-01T12:00:00Z")),
        ("string", Some("date")) => Some(json!("2026-05-04")),
        ("string", Some("month")) => Some(json!("2026-05")),
        ("string", Some("credits")) => Some(json!("4.5")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_example_shows_what_its_kin_shows() {
        let mut document = json!({"components": {"schemas": {
            "View": {
                "properties": {
                    "code": {"type": "string", "description": "Its code."},
                    "total": {"$ref": "#/components/schemas/Money"},
                },
                "example": {"code": "SO-20260001", "total": {"amount": "1.00"}},
            },
            "Money": {"properties": {"amount": {"type": "string"}}, "example": {"amount": "2.00"}},
            "Kind": {"type": "string", "enum": ["plain", "fancy"]},
            "Summary": {
                "required": ["code", "kind", "paid"],
                "properties": {
                    "code": {"type": "string", "description": "The code of the order."},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "paid": {"$ref": "#/components/schemas/Money"},
                    "note": {"type": "string"},
                },
            },
            "Page": {"properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}}}},
            "Unknown": {"required": ["note"], "properties": {"note": {"type": "string"}}},
        }}});
        complete(&mut document);
        let schemas = &document["components"]["schemas"];
        let summary = json!({"code": "SO-20260001", "kind": "plain", "paid": {"amount": "2.00"}});
        assert_eq!(schemas["Summary"]["example"], summary);
        assert_eq!(schemas["Page"]["example"], json!({"items": [summary]}));
        assert_eq!(schemas["Unknown"].get("example"), None, "a text could say anything");
    }
}
