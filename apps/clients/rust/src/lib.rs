//! The client as progenitor generates it, and how it is given a key.

#![allow(clippy::all, missing_docs, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/client.rs"));

/// A client of the server at `account` that calls with `key`.
pub fn connect(account: &str, key: &str) -> anyhow::Result<Client> {
    use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {key}"))?)]);
    let client = reqwest::Client::builder().default_headers(headers).build()?;
    Ok(Client::new_with_client(account, client))
}
