//! Customers with services and credits, made over HTTP.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::client::Client;

/// What a balance begins with: no load uses it up.
const CREDITS: &str = "10000000";
/// How many entitlements an organization has.
const EACH: usize = 50;

/// Active services, each with a balance of its own that pays for its requests.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Their ids.
    pub services: Vec<String>,
}

impl Scene {
    /// Makes `count` services.
    ///
    /// # Errors
    /// What the server refused.
    pub fn make(client: &mut Client, count: usize) -> Result<Self> {
        let mut post = |path: &str, body: Value| -> Result<Value> {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            client.post(path, &body)?.done().with_context(|| format!("POST {path}"))
        };
        let product = json!({
            "sku": "LOAD-SUPPORT", "class": "SVC", "name": "Support", "term_months": 12,
            "price": {"amount": "100", "currency": "BRL"}, "support_class": "business",
            "service": {"type": "support", "mode": "ongoing"}, "credits_included": CREDITS,
        });
        post("/v1/products", product)?;
        let mut services = Vec::with_capacity(count);
        let mut organization = Value::Null;
        for number in 0..count {
            if number % EACH == 0 {
                let name = format!("Load {number}");
                let body = json!({
                    "name": name, "legal_name": name, "country": "BR", "locale": "pt-BR", "currency": "BRL",
                    "billing_email": "finance@example.com",
                });
                organization = post("/v1/organizations", body)?["id"].take();
            }
            let body = json!({"class": "SVC", "organization_id": organization, "product": "LOAD-SUPPORT"});
            let made = post("/v1/entitlements", body)?;
            let service = made["provisioned"]["service_ids"][0].as_str();
            let service = service.with_context(|| format!("no service was made: {made}"))?.to_owned();
            post(&format!("/v1/services/{service}/approve"), json!({"reason": "load"}))?;
            post(&format!("/v1/services/{service}/activate"), Value::Null)?;
            services.push(service);
        }
        Ok(Self { services })
    }
}

/// The body of a request with a reservation, known by its title.
pub fn request(service: &str, title: &str) -> String {
    json!({"service_id": service, "title": title, "estimate": "1", "complexity": "low"}).to_string()
}

/// The titles of all requests that begin with `prefix`, through every page of the list.
///
/// # Errors
/// What the server refused.
pub fn titles(client: &mut Client, prefix: &str) -> Result<Vec<String>> {
    let (mut titles, mut cursor) = (vec![], String::new());
    loop {
        let page = client.get(&format!("/v1/service-requests?limit=200{cursor}"))?.done()?;
        let items = page["items"].as_array().context("no items")?;
        let own =
            items.iter().filter_map(|item| item["title"].as_str()).filter(|title| title.starts_with(prefix));
        titles.extend(own.map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(titles),
        }
    }
}
