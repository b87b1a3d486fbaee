use std::collections::BTreeSet;

use serde_json::Value;

use crate::openapi_document;

/// What customers never see anywhere (SR-10): no name of a field or parameter of theirs has one of these in it.
const FORBIDDEN: [&str; 14] = [
    "actual",
    "analysis",
    "assign",
    "basis",
    "billed",
    "hours",
    "internal",
    "jira",
    "moved",
    "own_status",
    "seconds",
    "settle",
    "visibility",
    "worklog",
];

/// Names with one of those in them that say something else: when a contract's support is there.
const HARMLESS: [&str; 1] = ["support_hours"];

/// What customers see of their credits, catalog and invoices, but never of a request.
const FORBIDDEN_ON_REQUESTS: [&str; 13] = [
    "base",
    "billing",
    "complexity",
    "debit",
    "excess",
    "hold",
    "invoice",
    "lot",
    "overdraft",
    "overdrawn",
    "requested",
    "shortfall",
    "worth",
];

/// Every name that `schema` and what it refers to can carry, and every word that can stand in it.
fn walk(document: &Value, schema: &Value, seen: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(reference) = schema["$ref"].as_str() {
                if seen.insert(reference.to_owned()) {
                    walk(document, document.pointer(&reference[1..]).unwrap(), seen, names);
                }
                return;
            }
            names
                .extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            let words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            // That a request stands still or is billed is its status, which is shown.
            names.extend(words.filter(|word| !["on_hold", "billed"].contains(word)).map(str::to_owned));
            if schema["in"] == "query" {
                names.insert(schema["name"].as_str().unwrap().to_owned());
            }
            // Examples and descriptions are no fields.
            for (_, inner) in
                members.iter().filter(|(key, _)| !matches!(key.as_str(), "example" | "description"))
            {
                walk(document, inner, seen, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(document, item, seen, names)),
        _ => {}
    }
}

fn names_under(prefix: &str) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    let paths = document["paths"].as_object().unwrap();
    let ours: Vec<_> = paths.iter().filter(|(path, _)| path.starts_with(prefix)).collect();
    assert!(!ours.is_empty());
    for (_, operations) in ours {
        walk(&document, operations, &mut seen, &mut names);
    }
    names
}

fn with_any<'a>(names: &'a BTreeSet<String>, words: &[&str]) -> Vec<&'a str> {
    let names = names.iter().map(String::as_str).filter(|name| !HARMLESS.contains(name));
    names.filter(|name| words.iter().any(|word| name.contains(word))).collect()
}

#[test]
fn sr_10_no_schema_of_the_portal_has_what_customers_must_not_see() {
    assert_eq!(with_any(&names_under("/v1/portal/"), &FORBIDDEN), Vec::<&str>::new());
    let names = names_under("/v1/portal/service-requests");
    assert_eq!(with_any(&names, &FORBIDDEN_ON_REQUESTS), Vec::<&str>::new());
    for shown in ["code", "title", "description", "status", "priority", "due_date", "estimated_credits"] {
        assert!(names.contains(shown), "{shown}");
    }
    assert!(names.contains("consumed_credits"));
}

#[test]
fn the_walk_finds_what_the_staff_see() {
    let names = names_under("/v1/service-requests");
    let words = [FORBIDDEN.as_slice(), &FORBIDDEN_ON_REQUESTS].concat();
    let found = with_any(&names, &words);
    for name in ["assignee", "actual_base", "worklog_seconds", "base_credit_value", "excess", "internal"] {
        assert!(found.contains(&name), "{name}");
    }
}
