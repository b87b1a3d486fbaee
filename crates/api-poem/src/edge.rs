//! What stands between callers and operations, as far as it can be set: limits, other sites' browsers, figures.

use std::time::Duration;

use ipnet::IpNet;

use crate::RequestMetrics;

/// The edge of a server.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// What a caller may ask of it.
    pub limits: Limits,
    /// The origins whose pages may call the API from a browser, such as `https://portal.example.com`; none by default.
    pub cors_origins: Vec<String>,
    /// Counts what was served.
    pub metrics: RequestMetrics,
}

/// How much a caller may ask for, so that nobody takes the server away from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body that is read, in bytes. Longer: 413.
    pub body_bytes: usize,
    /// The longest head of a request (request line and headers) that is answered, in bytes. Longer: 431.
    pub header_bytes: usize,
    /// How long a connection may take until the head of its next request is there. Slower: closed.
    pub header_timeout: Duration,
    /// How long a body may take to arrive. Slower: 408.
    pub body_timeout: Duration,
    /// How long a client may leave what was sent to it untouched. Slower: closed.
    pub write_timeout: Duration,
    /// How many connections are served at a time; for one address (one /64 network with IPv6) that is no proxy of ours, a tenth of
    /// them, or 32 where that is more. More: 503.
    pub connections: usize,
    /// Requests a second of one API key, in the long run; twice as many at once. More: 429. 0 for any number.
    pub requests_per_key: u32,
    /// The same of one address (of one /64 network with IPv6), with or without a key.
    pub requests_per_address: u32,
    /// Where proxies of ours are: from them, `X-Forwarded-For` says who is calling, and one may have all connections.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            header_bytes: 16 * 1024,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 900,
            requests_per_key: 500,
            requests_per_address: 1_000,
            trusted_proxies: vec![],
        }
    }
}
