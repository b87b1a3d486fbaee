//! The OpenAPI document (AP-1), made so that generators of clients understand it.

mod bodies;
mod callers;
mod examples;
mod headers;
mod problems;
mod references;

use std::{
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use hyper::body::Bytes;
use poem::{Endpoint, Response, error::InternalServerError};
use poem_openapi::{
    LicenseObject, OpenApi, OpenApiService,
    registry::{MetaApi, Registry},
};
use serde_json::{Map, Value, json};

use crate::{
    http::{
        csv_lists::{self, List, SUFFIX},
        once,
    },
    operations::Operations,
};

const TITLE: &str = "MIDDAG Account";
const DESCRIPTION: &str =
    "The business side of MIDDAG: customers, what they are entitled to, their credits, the work they \
asked for, and what it costs.

- Every request carries an API key: `Authorization: Bearer <key>`, or `X-API-Key: <key>`. Where the server trusts an OpenID \
provider, people call with its signed tokens: `Authorization: Bearer <token>`.
- Every operation says at its end who may call it (`For: …`): roles of staff (`staff_…`), and roles within an organization, some of \
them with a scope only.
- Every refusal is a problem document (RFC 9457) with a stable `type`, and changes nothing. Only what cannot be read as HTTP, or has \
more than 100 headers, is refused before that, with a bare 400 or 431.
- Lists come in pages: `limit` and `cursor`; send `next_cursor` as `cursor` to go on. `q` searches by words and their beginnings, whatever their \
case and accents.
- With `.csv` after its path, a list is a CSV of all its rows, with the same filters and orders. A field within a field is a column \
`outer_inner`; a list of values is one cell, with `; ` between them; other lists are JSON. A text that begins with `=`, `+`, `-` or `@` \
and is no number has a `'` before it, so that no spreadsheet runs it. The catalog's CSV is the file that can be imported: it takes the \
filters, is always in the order of the codes, and has its texts as they are.
- Amounts of money and of credits are decimal texts, never floats. Instants are RFC 3339 in UTC.
- A `POST` with an `Idempotency-Key` takes place once: sent again with the same body, within two days at least, it is answered \
alike, with `Idempotent-Replayed: true`; with another body it is refused (422), and while it is under way (409) too. Take a new \
random key, such as a UUID, for each command. A refused command has changed nothing: the same key may be sent again.
- What can be edited carries an `ETag`; send it back as `If-Match` with the change.
- Every answer to what could be read as HTTP carries `X-Request-Id`: your own where you sent one.
- 429 says in `Retry-After` after how many seconds the next request may come.";

/// A service of `operations`, with the document's head.
pub(crate) fn service<T: OpenApi>(operations: T) -> OpenApiService<T, ()> {
    OpenApiService::new(operations, TITLE, env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(LicenseObject::new("MIT").url("https://opensource.org/license/mit"))
        .server("/")
}

/// The document alone needs no operation to run.
struct Described<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Described<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, _: &mut Routes) {}
}

type Routes = HashMap<String, HashMap<poem::http::Method, poem::endpoint::BoxEndpoint<'static>>>;

/// The OpenAPI document as JSON, without database or server.
pub fn openapi_document() -> String {
    document::<Operations>()
}

/// The document of `T` alone.
pub(crate) fn document<T: OpenApi>() -> String {
    normalised(&service(Described::<T>(PhantomData)).spec(), &csv_lists::lists::<T>())
}

/// What `make` gives, made when somebody first asks for it: a server that nobody asks is ready sooner, and does not keep the memory
/// that the making of the document takes, which is half of all that it would have.
pub(crate) fn page(content_type: &'static str, make: fn() -> String) -> impl Endpoint<Output = Response> {
    let made = Arc::new(OnceLock::<Bytes>::new());
    poem::endpoint::make(move |_| {
        let made = made.clone();
        async move {
            let body = tokio::task::spawn_blocking(move || made.get_or_init(|| make().into()).clone());
            let body = body.await.map_err(InternalServerError)?;
            Ok::<_, poem::Error>(Response::builder().content_type(content_type).body(body))
        }
    })
}

/// A page that shows the document and lets one try it; it asks nothing of any other server.
pub(crate) fn docs_page() -> String {
    let service = service(Described::<Operations>(PhantomData));
    service.swagger_ui_html().replace(&service.spec(), &openapi_document()).replace(
        "<title>Swagger UI</title>",
        "<title>MIDDAG Account API</title><meta name=\"viewport\" content=\"width=device-width\">",
    )
}

fn normalised(spec: &str, lists: &[List]) -> String {
    let mut document = serde_json::from_str(spec).unwrap_or(Value::Null);
    references::describe(&mut document);
    normalise(&mut document);
    fit_operations(&mut document);
    add_csv(&mut document, lists);
    callers::name(&mut document);
    name_orders(&mut document);
    bodies::close(&mut document);
    problems::share(&mut document);
    headers::add(&mut document);
    examples::complete(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Two habits of the framework break generators: `allOf` around a lone reference that carries a description, and media
/// types with a charset.
fn normalise(value: &mut Value) {
    if let Some(reference) = lone_reference(value) {
        *value = reference;
    }
    match value {
        Value::Object(members) => {
            if let Some(json) = members.remove("application/json; charset=utf-8") {
                members.insert("application/json".to_owned(), json);
            }
            members.values_mut().for_each(normalise);
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Number(number) => {
            // Bounds of whole numbers are whole numbers: `200`, not `200.0`.
            let whole =
                number.as_f64().filter(|bound| number.is_f64() && bound.fract() == 0.0 && bound.abs() < 1e15);
            if let Some(whole) = whole {
                *value = Value::from(whole as i64);
            }
        }
        _ => {}
    }
}

/// The parameters that all lists share need no description at each of them. An order that is not asked for is in `usual`.
fn describe_parameters(operation: &mut Value, usual: &HashMap<String, String>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        let order = parameter.get("schema").and_then(|schema| usual.get(schema["$ref"].as_str()?));
        let description = match (parameter.get("name").and_then(Value::as_str), order) {
            (Some("limit"), _) => "How many items a page has at the most.".to_owned(),
            (Some("cursor"), _) => {
                "The `next_cursor` of the page before; absent for the first page.".to_owned()
            }
            (Some("sort"), Some(order)) => {
                format!(
                    "The order of the list, descending with `-` before it; `{order}` where none is given."
                )
            }
            (Some("If-Match"), _) => "The `ETag` of what was read; `*` for whatever there is.".to_owned(),
            (Some("q"), _) => {
                let words = parameter.get("description").and_then(Value::as_str).unwrap_or_default();
                let described = format!("{words} Without any letter or digit it finds everything.");
                parameter.insert("description".to_owned(), described.into());
                continue;
            }
            _ => continue,
        };
        parameter.entry("description").or_insert_with(|| description.into());
    }
}

/// The order of each list that is not told how, by the reference to the type of its orders.
fn usual_orders(document: &Value) -> HashMap<String, String> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let usual = schemas.into_iter().flatten().filter_map(|(name, schema)| {
        Some((format!("#/components/schemas/{name}"), schema.get("default")?.as_str()?.to_owned()))
    });
    usual.collect()
}

/// Beside each list its CSV: with the same filters and orders, and whole.
fn add_csv(document: &mut Value, lists: &[List]) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for List { path, .. } in lists {
        let Some(mut operation) = paths.get(path).and_then(|operations| operations.get("get")).cloned()
        else {
            continue;
        };
        let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
        let (id, summary) = (format!("{}_csv", text("operationId")), format!("{}, as CSV", text("summary")));
        operation["operationId"] = id.into();
        operation["summary"] = summary.into();
        operation["description"] =
            "All of the list, one row for each item, with the names of the columns first.".into();
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            parameters.retain(|parameter| parameter["name"] != "limit" && parameter["name"] != "cursor");
        }
        operation["responses"]["200"] = json!({
            "description": "The rows, as RFC 4180 has it.",
            "headers": headers::disposition(),
            "content": {"text/csv": {"schema": {"type": "string"}}},
        });
        paths.insert(format!("{path}{SUFFIX}"), json!({"get": operation}));
    }
}

/// Every POST can be named, so that it takes place once (AP-4).
fn offer_key(operation: &mut Value) {
    let key = json!({
        "name": once::HEADER,
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": once::MAX_KEY},
        // Without a pattern: generated Rust would need a library for it.
        "description": "A name for this command, so that it takes place once however often it is sent: a random one, such as a UUID; \
            visible ASCII characters.",
        "required": false,
        "deprecated": false,
    });
    let Some(operation) = operation.as_object_mut() else { return };
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut().into_iter().for_each(|parameters| parameters.push(key.clone()));
}

/// `{"allOf": [{"$ref": …}, {"description": …}], …}` → `{"$ref": …}`.
fn lone_reference(value: &Value) -> Option<Value> {
    let parts = value.get("allOf")?.as_array()?;
    let (references, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.get("$ref").is_some());
    let says_nothing = |part: &&Value| part.get("properties").is_none() && part.get("type").is_none();
    match references.as_slice() {
        [reference] if others.iter().all(says_nothing) => Some((*reference).clone()),
        _ => None,
    }
}

/// `-code` is no name in any language: generators are told what to call the two ways of an order.
fn name_orders(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        let words: Vec<&str> = schema
            .get("enum")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !words.iter().any(|word| word.starts_with('-')) {
            continue;
        }
        let names: Vec<String> = words
            .iter()
            .map(|word| match word.strip_prefix('-') {
                Some(word) => format!("{}_DESCENDING", word.to_uppercase()),
                None => word.to_uppercase(),
            })
            .collect();
        schema["x-enum-varnames"] = names.into();
    }
}

/// The operations without anything in their path, whose body names nothing either whose absence is 404.
const NAME_NOTHING: [&str; 6] = [
    "create_api_key",
    "create_catalog_item",
    "create_organization",
    "create_product",
    "import_catalog_items",
    "portal_add_team_member",
];

/// Every operation shares one type of errors; what it cannot answer with is taken out. What all lists share is described.
fn fit_operations(document: &mut Value) {
    let usual = usual_orders(document);
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, operations) in paths {
        let named = path.contains('{');
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            if method == "post" {
                offer_key(operation);
            }
            describe_parameters(operation, &usual);
            let has_body = operation.get("requestBody").is_some();
            let names = has_body && !NAME_NOTHING.iter().any(|id| operation["operationId"] == *id);
            let conditional = operation.to_string().contains("\"If-Match\"");
            let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
                continue;
            };
            let mut drop_unless = |possible: bool, statuses: &[&str]| drop(responses, possible, statuses);
            drop_unless(has_body, &["400", "408", "413", "415"]);
            drop_unless(named || names, &["404"]);
            drop_unless(method != "get", &["409"]);
            drop_unless(conditional, &["412", "428"]);
        }
    }
}

fn drop(responses: &mut Map<String, Value>, possible: bool, statuses: &[&str]) {
    if !possible {
        responses.retain(|status, _| !statuses.contains(&status.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_described_reference_becomes_the_reference() {
        let mut value = json!({"p": {"allOf": [{"$ref": "#/x"}, {"description": "d"}], "description": "d"}});
        normalise(&mut value);
        assert_eq!(value, json!({"p": {"$ref": "#/x"}}));
    }

    #[test]
    fn bounds_of_whole_numbers_are_whole() {
        let mut value = json!([200.0, 0.5, -1.0]);
        normalise(&mut value);
        assert_eq!(value, json!([200, 0.5, -1]));
    }

    #[test]
    fn both_ways_of_an_order_have_a_name() {
        let mut document = json!({"components": {"schemas": {
            "OrderSort": {"enum": ["created_at", "-created_at"]}, "Role": {"enum": ["guest"]}
        }}});
        name_orders(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["OrderSort"]["x-enum-varnames"], json!(["CREATED_AT", "CREATED_AT_DESCENDING"]));
        assert_eq!(schemas["Role"], json!({"enum": ["guest"]}));
    }

    #[test]
    fn json_has_no_charset() {
        let mut value = json!({"content": {"application/json; charset=utf-8": {}}});
        normalise(&mut value);
        assert_eq!(value, json!({"content": {"application/json": {}}}));
    }
}
