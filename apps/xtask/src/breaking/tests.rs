use serde_json::{Value, json};

use super::{announced, compare::breaks};

/// One operation that takes a `New` and answers a `View`.
fn document() -> Value {
    json!({
        "info": {"version": "0.1.0"},
        "paths": {"/v1/things": {"post": {
            "operationId": "create_thing",
            "parameters": [
                {"in": "query", "name": "limit", "required": false, "schema": {"type": "integer", "maximum": 200}},
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/c/New"}}}},
            "responses": {
                "201": {"content": {"application/json": {"schema": {"$ref": "#/c/View"}}}},
                "422": {"content": {"application/problem+json": {"schema": {"$ref": "#/c/Problem"}}}},
            },
        }}},
        "components": {"schemas": {
            "New": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "maxLength": 100},
                "kind": {"$ref": "#/c/Kind"},
                "lines": {"type": "array", "items": {"$ref": "#/c/Line"}},
            }},
            "Line": {"type": "object", "properties": {"amount": {"type": "string"}}},
            "View": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "format": "uuid"},
                "kind": {"$ref": "#/c/Kind"},
            }},
            "Kind": {"type": "string", "enum": ["plain", "fancy"]},
            "Problem": {"type": "object"},
        }},
    })
}

/// What breaks when the value at `pointer` becomes `value`, or goes where that is null.
fn changed(pointer: &str, value: Value) -> Vec<String> {
    let mut after = document();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = after.pointer_mut(parent).unwrap();
    let name = name.replace("~1", "/");
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.remove(&name).unwrap()),
        (Value::Object(members), value) => drop(members.insert(name, value)),
        (Value::Array(items), value) => items.push(value),
        (other, _) => panic!("{other} has no members"),
    }
    breaks(&document(), &after)
}

const POST: &str = "/paths/~1v1~1things/post";
const TYPES: &str = "/components/schemas";

#[test]
fn what_breaks_callers_is_named() {
    let line = |text: &str| vec![text.to_owned()];
    let post = |rest: &str| format!("{POST}{rest}");
    let types = |rest: &str| format!("{TYPES}{rest}");
    let at = "POST /v1/things";
    for (pointer, value, expected) in [
        (POST.to_owned(), Value::Null, line(&format!("{at} is gone"))),
        (
            post("/operationId"),
            json!("add_thing"),
            line(&format!("{at} was called create_thing and is called add_thing")),
        ),
        (post("/parameters/0/required"), json!(true), line(&format!("{at}: query limit must be there now"))),
        (post("/parameters/0/name"), json!("size"), line(&format!("{at} no longer takes the query limit"))),
        (
            post("/parameters/0/schema/maximum"),
            json!(100),
            line(&format!("{at}: query limit has a narrower maximum now: 100")),
        ),
        (
            post("/parameters/-"),
            json!({"in": "header", "name": "If-Match", "required": true}),
            line(&format!("{at} needs the header If-Match, which it did not")),
        ),
        (post("/requestBody"), Value::Null, line(&format!("{at}: body is no longer taken"))),
        (post("/responses/201"), Value::Null, line(&format!("{at} no longer answers 201"))),
        (post("/responses/202"), json!({}), line(&format!("{at} may answer 202, which it did not"))),
        (types("/New/required"), json!(["name", "kind"]), line("New (sent).kind must be there now")),
        (types("/New/properties/lines"), Value::Null, line("New (sent).lines is gone")),
        (
            types("/New/properties/name/maxLength"),
            json!(50),
            line("New (sent).name has a narrower maxLength now: 50"),
        ),
        (
            types("/Line/properties/amount"),
            json!({"type": "number"}),
            line("Line (sent).amount was string and is number"),
        ),
        (types("/View/required"), json!([]), line("View (answered).id may be absent now")),
        (
            types("/View/properties/id/format"),
            Value::Null,
            line("View (answered).id was string uuid and is string"),
        ),
        (types("/View/properties/id/nullable"), json!(true), line("View (answered).id may be null now")),
        (types("/Kind/enum"), json!(["plain"]), line("Kind (sent) no longer takes \"fancy\"")),
        (
            types("/Kind/enum"),
            json!(["plain", "fancy", "odd"]),
            line("Kind (answered) may be \"odd\", which callers do not know"),
        ),
        (
            types("/Problem"),
            Value::Null,
            line("the type Problem is gone, and with it its name in generated clients"),
        ),
    ] {
        assert_eq!(changed(&pointer, value.clone()), expected, "{pointer}: {value}");
    }
}

#[test]
fn what_callers_survive_is_not_named() {
    for (pointer, value) in [
        ("/paths/~1v1~1others", json!({"get": {"operationId": "list_others"}})),
        ("/paths/~1v1~1things/post/parameters/-", json!({"in": "query", "name": "q"})),
        ("/paths/~1v1~1things/post/parameters/0/schema/maximum", json!(500)),
        ("/paths/~1v1~1things/post/responses/409", json!({})),
        ("/paths/~1v1~1things/post/summary", json!("Another summary")),
        ("/components/schemas/New/required", json!([])),
        ("/components/schemas/New/properties/note", json!({"type": "string"})),
        ("/components/schemas/New/properties/name/maxLength", Value::Null),
        ("/components/schemas/View/properties/note", json!({"type": "string"})),
        ("/components/schemas/View/required", json!(["id", "kind"])),
    ] {
        assert_eq!(changed(pointer, value.clone()), Vec::<String>::new(), "{pointer}: {value}");
    }
}

#[test]
fn a_type_of_types_that_refer_to_each_other_is_compared_once() {
    let mut before = document();
    before["components"]["schemas"]["Line"]["properties"]["next"] = json!({"$ref": "#/c/Line"});
    let mut after = before.clone();
    after["components"]["schemas"]["Line"]["properties"]["amount"]["type"] = json!("integer");
    assert_eq!(breaks(&before, &after), ["Line (sent).amount was string and is integer"]);
}

#[test]
fn breaking_is_announced_by_the_version() {
    let version = |text: &str| json!({"info": {"version": text}});
    assert!(!announced(&version("0.1.0"), &version("0.1.7")));
    assert!(announced(&version("0.1.0"), &version("0.2.0")));
    assert!(!announced(&version("1.1.0"), &version("1.2.0")));
    assert!(announced(&version("1.1.0"), &version("2.0.0")));
}
