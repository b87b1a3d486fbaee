//! Every list as CSV (UI-1).

use entitlement::{Role, Scope};
use poem::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{http::csv_lists, openapi_document, operations::Operations, testing::World};

async fn csv(world: &World, key: &str, path: &str) -> (u16, String) {
    world.raw(key, Method::GET, path).await
}

#[tokio::test]
async fn ui_1_a_list_is_a_csv_of_all_its_rows_with_its_filters_and_its_order() {
    let world = World::new().await;
    for number in 0..201 {
        world.organization(&format!("Org {number:03}")).await;
    }
    let odd = json!({
        "name": "=HYPERLINK(\"http://evil\")", "legal_name": "Quote \" comma , line\nend", "country": "US",
        "locale": "en", "currency": "USD", "billing_email": "a@example.com",
    });
    world.post("/v1/organizations", &odd).await.is(201);

    let (status, text) = csv(&world, &world.staff, "/v1/organizations.csv?sort=name").await;
    assert_eq!(status, 200);
    let mut lines = text.split("\r\n");
    assert_eq!(
        lines.next().unwrap(),
        "id,name,legal_name,tax_id,country,locale,currency,billing_email,created_at"
    );
    let names: Vec<&str> = lines.filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(names.len(), 202);
    assert!(names[1..].is_sorted(), "in its order");
    assert!(text.contains("\"'=HYPERLINK(\"\"http://evil\"\")\",\"Quote \"\" comma , line\nend\""), "{text}");

    let (_, filtered) = csv(&world, &world.staff, "/v1/organizations.csv?country=US").await;
    assert_eq!(filtered.split("\r\n").count(), 3, "names, one row, nothing");
    let (_, none) = csv(&world, &world.staff, "/v1/organizations.csv?q=nobody").await;
    assert_eq!(none.split("\r\n").count(), 2);
    let entitlement = world.organization("Holder").await;
    let product = world.service_product("SVC-1", kernel::ServiceMode::Ongoing).await;
    world.entitlement(entitlement, kernel::EntitlementClass::Svc, Some(product)).await;
    let (_, nested) = csv(&world, &world.staff, "/v1/services.csv").await;
    let columns: Vec<&str> = nested.split("\r\n").next().unwrap().split(',').collect();
    for column in ["entitlement_id", "entitlement_code", "organization_id", "organization_name"] {
        assert!(columns.contains(&column), "{nested}");
    }
    assert!(nested.contains(",Holder,"), "{nested}");
}

#[tokio::test]
async fn or_6_a_csv_is_for_those_who_may_see_the_list() {
    let world = World::new().await;
    let acme = world.organization("Acme").await;
    let member = world.customer(acme, Role::Member, &[Scope::Requests]).await;
    for (key, path, expected) in [
        (&member, "/v1/organizations.csv", 403),
        (&member, "/v1/portal/orders.csv", 403),
        (&member, "/v1/portal/services.csv", 200),
        (&"mda_wrong".to_owned(), "/v1/organizations.csv", 401),
        (&world.staff, "/v1/organizations.csv?limit=3", 422),
        (&world.staff, "/v1/organizations.csv?cursor=abc", 422),
        (&world.staff, "/v1/organizations.csv?colour=red", 422),
        (&world.staff, "/v1/orders/SO-20269999/payments.csv", 404),
        (&world.staff, "/v1/nothing.csv", 404),
    ] {
        let (status, text) = csv(&world, key, path).await;
        assert_eq!(status, expected, "{path}: {text}");
        if expected != 200 {
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["status"], expected);
        }
    }
}

#[tokio::test]
async fn ap_1_a_csv_knows_the_methods_that_the_document_names_and_no_others() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap().keys().filter(|path| path.ends_with(".csv"));
    let mut walked = 0;
    for path in paths {
        let asked: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"] {
            let request = world.client.request(method.parse().unwrap(), asked.join("/"));
            let response = request.header("X-API-Key", &world.staff).send().await.0;
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(response.header("Allow"), Some("GET, HEAD"), "{method} {path}");
        }
        walked += 1;
    }
    assert!(walked > 20);
    for path in ["/v1/organizations.csv", "/v1/catalog-items.csv"] {
        let head = world.client.head(path).header("X-API-Key", &world.staff).send().await;
        head.assert_status_is_ok();
        head.assert_header("Content-Type", "text/csv; charset=utf-8");
        head.assert_text("").await;
    }
    world.client.head("/v1/organizations.csv").send().await.assert_status(StatusCode::UNAUTHORIZED);
}

#[test]
fn ui_1_every_list_of_the_document_has_a_csv_with_columns() {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let lists = csv_lists::lists::<Operations>();
    for list in &lists {
        let csv = &document["paths"][format!("{}.csv", list.path)]["get"];
        assert!(csv["operationId"].as_str().unwrap().ends_with("_csv"), "{}", list.path);
        assert!(list.columns().len() > 2, "{}: {:?}", list.path, list.columns());
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        let schema = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        if schema.as_str().is_some_and(|schema| schema.contains("/Page_")) {
            let csv =
                &document["paths"][format!("{path}.csv")]["get"]["responses"]["200"]["content"]["text/csv"];
            assert!(csv.is_object(), "{path}");
        }
    }
    assert!(lists.len() > 20);
}
