//! OpenAPI 3.0 knows no words beside a reference, and generators make worse types of a reference within an `allOf`. What is said
//! of a property that refers to a type is said by the type that has the property, in a line of its description.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::lone_reference;

/// Says of every property that is a lone reference what the reference cannot say; not what its type says of itself.
pub(super) fn describe(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let of_themselves: HashMap<String, String> = schemas
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), schema.get("description")?.as_str()?.to_owned())))
        .collect();
    for schema in schemas.values_mut() {
        let properties = schema.get("properties").and_then(Value::as_object);
        let lines: Vec<String> = properties
            .into_iter()
            .flat_map(Map::iter)
            .filter_map(|(name, property)| line(name, property, &of_themselves))
            .collect();
        if lines.is_empty() {
            continue;
        }
        let lines = lines.join("\n");
        let description = match schema.get("description").and_then(Value::as_str) {
            Some(before) => format!("{before}\n\n{lines}"),
            None => lines,
        };
        schema["description"] = description.into();
    }
}

fn line(name: &str, property: &Value, of_themselves: &HashMap<String, String>) -> Option<String> {
    let reference = lone_reference(property)?;
    let says = property.get("description")?.as_str()?;
    let of_itself = of_themselves.get(reference["$ref"].as_str()?.rsplit('/').next()?);
    (of_itself.map(String::as_str) != Some(says)).then(|| format!("- `{name}`: {}", one_line(says)))
}

/// As it stands in a line of its own.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use poem_openapi::{
        OpenApi as _,
        registry::{MetaSchemaRef, Registry},
    };
    use serde_json::json;

    use super::*;
    use crate::{openapi_document, operations::Operations};

    #[test]
    fn what_is_said_of_a_reference_is_said_by_whoever_has_it() {
        let reference = |says: &str| json!({"allOf": [{"$ref": "#/components/schemas/Money"}, {"description": says}], "description": says});
        let mut document = json!({"components": {"schemas": {
            "Money": {"description": "An amount of money.", "properties": {"amount": {"type": "string"}}},
            "Order": {"description": "An order.", "properties": {
                "total": reference("What it costs\nin all."),
                "paid": reference("What was paid."),
                "due": reference("An amount of money."),
            }},
            "Line": {"properties": {"price": reference("Of one piece.")}},
        }}});
        describe(&mut document);
        let schemas = &document["components"]["schemas"];
        let order = "An order.\n\n- `paid`: What was paid.\n- `total`: What it costs in all.";
        assert_eq!(schemas["Order"]["description"], order);
        assert_eq!(schemas["Line"]["description"], "- `price`: Of one piece.");
        assert_eq!(schemas["Money"]["description"], "An amount of money.");
    }

    #[test]
    fn ap_1_no_description_of_a_property_is_lost() {
        let document: Value = serde_json::from_str(&openapi_document()).unwrap();
        let shown = &document["components"]["schemas"];
        let mut registry = Registry::new();
        Operations::register(&mut registry);
        let (mut said, mut by_whoever_has_it) = (0, 0);
        for (name, schema) in registry.schemas.iter().filter(|(name, _)| shown.get(name.as_str()).is_some()) {
            for (property, own) in &schema.properties {
                let MetaSchemaRef::Inline(own) = own else { continue };
                let Some(says) = own.description else { continue };
                let there = &shown[name]["properties"][*property];
                let refers =
                    there["$ref"].as_str().map(|path| &document.pointer(&path[1..]).unwrap()["description"]);
                let line = format!("- `{property}`: {}", one_line(says));
                let in_line = shown[name]["description"].as_str().is_some_and(|words| words.contains(&line));
                // What a type says of itself may go on with lines of its own.
                let by_itself =
                    refers.is_some_and(|words| words.as_str().is_some_and(|own| own.starts_with(says)));
                let found = there["description"] == says || by_itself || in_line;
                assert!(found, "{name}.{property}: {says}");
                said += 1;
                by_whoever_has_it += usize::from(in_line);
            }
        }
        assert!(said > 1_000 && by_whoever_has_it > 250, "{said}, {by_whoever_has_it}");
    }
}
