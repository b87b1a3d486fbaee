//! What a server does with those who ask for too much, over real connections.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle};

use super::*;
use crate::{
    Limits,
    operations::all,
    testing::{FakeKeys, Ready, backend, context},
};

/// A server that is stopped by dropping `stop`, or by sending to it.
struct Serving {
    address: SocketAddr,
    edge: Edge,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<io::Result<()>>,
}

async fn serving(limits: Limits, keys: &FakeKeys) -> Serving {
    let edge = Edge { limits, ..Edge::default() };
    let backend = crate::Backend { edge: edge.clone(), ..backend(keys, Ready(Ok(String::new()))) };
    let endpoint = crate::surface(backend, all(context()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let own = edge.clone();
    let ended = tokio::spawn(async move {
        let stopped = stopped.map(|_| ());
        serve(listener, endpoint, &own, stopped, Duration::from_secs(20)).await
    });
    Serving { address, edge, stop, ended }
}

impl Serving {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What comes back for `request` until the server closes the connection.
    async fn sent(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        // The server may answer and close before it has read all.
        let _ = stream.write_all(request).await;
        Answer::all_of(&mut stream).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.sent(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await
    }

    async fn post(&self, key: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST /v1/products HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n{headers}\r\n"
        );
        self.sent(&[head.as_bytes(), body].concat()).await
    }
}

struct Answer(String);

impl Answer {
    async fn all_of(stream: &mut TcpStream) -> Self {
        let mut bytes = vec![];
        // A connection may end with a reset where something that was sent is not read.
        let _ = stream.read_to_end(&mut bytes).await;
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The name of the problem, where it was answered with this status and a problem document.
    #[track_caller]
    fn problem(&self, status: u16) -> String {
        assert_eq!(self.status(), status, "{}", self.0);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.0);
        let (_, body) = self.0.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], status);
        body["type"].as_str().unwrap().trim_start_matches("urn:middag:problem:").to_owned()
    }
}

fn staff() -> (FakeKeys, String) {
    let mut keys = FakeKeys::default();
    let key = keys.staff();
    (keys, key)
}

fn length(bytes: usize) -> String {
    format!("content-length: {bytes}\r\nconnection: close\r\n")
}

const CHUNKED: &str = "transfer-encoding: chunked\r\nconnection: close\r\n";

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_whether_it_says_its_length_or_not() {
    let (keys, key) = staff();
    let server = serving(Limits { body_bytes: 1_000, ..Limits::default() }, &keys).await;
    let body = |bytes: usize| format!("{{\"sku\": \"{}\"}}", "x".repeat(bytes - 11));
    let chunks = |bytes: usize| {
        let body = body(bytes);
        let chunks: String = body
            .as_bytes()
            .chunks(100)
            .map(|part| format!("{:x}\r\n{}\r\n", part.len(), text(part)))
            .collect();
        format!("{chunks}0\r\n\r\n")
    };
    // At the limit, something else is wrong with it.
    assert_eq!(server.post(&key, &length(1_000), body(1_000).as_bytes()).await.problem(422), "invalid");
    assert_eq!(server.post(&key, CHUNKED, chunks(1_000).as_bytes()).await.problem(422), "invalid");
    let over = server.post(&key, &length(1_001), body(1_001).as_bytes()).await;
    assert_eq!(over.problem(413), "body-too-large");
    assert_eq!(over.header("connection"), Some("close"));
    assert_eq!(server.post(&key, CHUNKED, chunks(1_001).as_bytes()).await.problem(413), "body-too-large");
    // It is refused by what it says of itself, before any of it is there.
    assert_eq!(server.post(&key, &length(usize::MAX >> 1), b"").await.problem(413), "body-too-large");
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_compressed_body_is_refused_as_it_is_so_that_no_bomb_can_grow() {
    let (keys, key) = staff();
    let server = serving(Limits::default(), &keys).await;
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip"] {
        let headers = format!("content-encoding: {encoding}\r\n{}", length(20));
        let refused = server.post(&key, &headers, &[0x1f; 20]).await;
        assert_eq!(refused.problem(415), "compressed-body");
        assert_eq!(refused.header("accept-encoding"), Some("identity"));
    }
    let headers = format!("content-encoding: identity\r\n{}", length(2));
    assert_eq!(server.post(&key, &headers, b"{}").await.problem(422), "invalid");
}

#[tokio::test]
async fn json_that_is_nested_without_end_is_refused() {
    let (keys, key) = staff();
    let server = serving(Limits::default(), &keys).await;
    for open in ["[", "{\"a\":"] {
        let body = open.repeat(100_000);
        let refused = server.post(&key, &length(body.len()), body.as_bytes()).await;
        assert_eq!(refused.problem(400), "malformed-json");
        assert!(refused.0.contains("recursion limit"), "{}", refused.0);
    }
}

#[tokio::test]
async fn whoever_sends_slowly_is_cut_and_others_are_not_harmed() {
    let (keys, key) = staff();
    let quick = Duration::from_millis(300);
    let limits = Limits { header_timeout: quick, body_timeout: quick, ..Limits::default() };
    let server = serving(limits, &keys).await;
    let (mut silent, mut heading) = (server.connect().await, server.connect().await);
    heading.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ").await.unwrap();
    let (hundred, mut trickle) = (length(100), server.connect().await);
    let body = server.post(&key, &hundred, b"{\"sku\": ");
    let head =
        format!("POST /v1/products HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n{CHUNKED}\r\n2\r\n[1\r\n");
    trickle.write_all(head.as_bytes()).await.unwrap();
    // They are all waiting now, and somebody else is served.
    assert_eq!(server.get("/healthz").await.status(), 200);
    let slow = body.await;
    assert_eq!(slow.problem(408), "body-too-slow");
    assert_eq!(slow.header("connection"), Some("close"));
    assert_eq!(Answer::all_of(&mut trickle).await.problem(408), "body-too-slow");
    assert_eq!(Answer::all_of(&mut silent).await.0, "");
    assert_eq!(Answer::all_of(&mut heading).await.0, "");
}

#[tokio::test]
async fn whoever_does_not_read_its_answers_loses_its_connection() {
    let limits = Limits { write_timeout: Duration::from_millis(300), connections: 1, ..Limits::default() };
    let server = serving(limits, &FakeKeys::default()).await;
    let mut deaf = server.connect().await;
    let request = b"GET /docs HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50);
    deaf.write_all(&request).await.unwrap();
    // It has the only place. As soon as that is free again, the next is served.
    while server.get("/healthz").await.status() != 200 {}
    drop(deaf);
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_a_place_that_is_free_is_given_again() {
    let server = serving(Limits { connections: 1, ..Limits::default() }, &FakeKeys::default()).await;
    let mut first = server.connect().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut seen = vec![];
    while !seen.ends_with(b"}") {
        first.read_buf(&mut seen).await.unwrap();
    }
    let refused = server.get("/healthz").await;
    assert_eq!(refused.problem(503), "too-many-connections");
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(first);
    while server.get("/healthz").await.status() != 200 {}
}

/// As many connections as one address may have where there are few, over each of which half a head came.
async fn halves(server: &Serving) -> Vec<TcpStream> {
    let mut halves = vec![];
    for _ in 0..32 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ").await.unwrap();
        halves.push(stream);
    }
    halves
}

#[tokio::test]
async fn one_address_cannot_take_all_places_though_it_asks_for_nothing() {
    let server = serving(Limits { connections: 100, ..Limits::default() }, &FakeKeys::default()).await;
    let halves = halves(&server).await;
    let refused = server.get("/healthz").await;
    assert_eq!(refused.problem(503), "too-many-connections");
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(halves);
    while server.get("/healthz").await.status() != 200 {}
}

#[tokio::test]
async fn a_proxy_of_ours_may_have_more_connections_than_one_address() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let limits = Limits { connections: 100, trusted_proxies, ..Limits::default() };
    let server = serving(limits, &FakeKeys::default()).await;
    let _halves = halves(&server).await;
    assert_eq!(server.get("/healthz").await.status(), 200);
}

#[test]
fn the_answer_to_one_connection_too_many_is_as_long_as_it_says() {
    let (head, body) = text(TOO_MANY).split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
}

#[tokio::test]
async fn a_head_is_read_up_to_the_limit() {
    let server = serving(Limits { header_bytes: 6_000, ..Limits::default() }, &FakeKeys::default()).await;
    let get = |bytes: usize| {
        let filler = "a".repeat(bytes);
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-a: {filler}\r\n\r\n")
    };
    assert_eq!(server.sent(get(5_000).as_bytes()).await.status(), 200);
    assert_eq!(server.sent(get(7_000).as_bytes()).await.problem(431), "head-too-large");
    let path = format!("GET /healthz?{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "a".repeat(7_000));
    assert_eq!(server.sent(path.as_bytes()).await.problem(431), "head-too-large");
    // Far more than that, and more headers than anybody needs, are not even taken apart.
    assert_eq!(server.sent(get(20_000).as_bytes()).await.status(), 431);
    let many = "x-a: a\r\n".repeat(200);
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}connection: close\r\n\r\n");
    assert_eq!(server.sent(many.as_bytes()).await.status(), 431);
    assert_eq!(server.sent(b"NONSENSE\r\n\r\n").await.status(), 400);
}

/// All answers to ten requests that are sent at once.
async fn ten(server: &Serving, headers: &str) -> Vec<u16> {
    let request = format!("GET /v1/products HTTP/1.1\r\nhost: x\r\n{headers}\r\n").repeat(9);
    let last = format!("GET /v1/products HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n");
    let all = server.sent(format!("{request}{last}").as_bytes()).await;
    let status = |answer: &str| answer.split(' ').nth(1)?.parse().ok();
    let statuses: Vec<u16> =
        all.0.split("HTTP/1.1").skip(1).map(|it| format!("-{it}")).filter_map(|it| status(&it)).collect();
    assert_eq!(statuses.len(), 10, "{}", all.0);
    if statuses.contains(&429) {
        assert!(all.0.contains("retry-after: 1\r\n") && all.0.contains("too-many-requests"), "{}", all.0);
    }
    statuses
}

#[tokio::test]
async fn one_address_gets_no_more_than_its_rate_and_is_told_when_to_come_again() {
    let limits = Limits { requests_per_address: 1, requests_per_key: 0, ..Limits::default() };
    let server = serving(limits, &FakeKeys::default()).await;
    let statuses = ten(&server, "").await;
    assert_eq!(statuses[..2], [401, 401]);
    assert!(statuses[2..].contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn one_address_is_that_of_the_caller_where_a_proxy_of_ours_names_it() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let limits = Limits { requests_per_address: 1, trusted_proxies, ..Limits::default() };
    let server = serving(limits, &FakeKeys::default()).await;
    let statuses = ten(&server, "x-forwarded-for: 198.51.100.1\r\n").await;
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = ten(&server, "x-forwarded-for: 198.51.100.2\r\n").await;
    assert_eq!(other[..2], [401, 401]);
}

#[tokio::test]
async fn or_5_one_key_gets_no_more_than_its_rate_and_others_are_not_harmed() {
    let mut keys = FakeKeys::default();
    let (busy, calm) = (keys.staff(), keys.staff());
    let limits = Limits { requests_per_address: 0, requests_per_key: 1, ..Limits::default() };
    let server = serving(limits, &keys).await;
    let statuses = ten(&server, &format!("x-api-key: {busy}\r\n")).await;
    // The storage behind it is down.
    assert_eq!(statuses[..2], [503, 503]);
    assert!(statuses[2..].contains(&429), "{statuses:?}");
    assert_eq!(ten(&server, &format!("x-api-key: {calm}\r\n")).await[..2], [503, 503]);
}

#[tokio::test]
async fn a_stop_lets_what_was_accepted_end_and_closes_what_waits_for_nothing() {
    let (keys, key) = staff();
    let server = serving(Limits::default(), &keys).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut seen = vec![];
    while !seen.ends_with(b"}") {
        idle.read_buf(&mut seen).await.unwrap();
    }
    let head = format!(
        "POST /v1/products HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut seen = vec![];
    while !seen.ends_with(b"\r\n\r\n") {
        busy.read_buf(&mut seen).await.unwrap();
    }
    assert!(text(&seen).starts_with("HTTP/1.1 100"), "{}", text(&seen));
    // Half of it is here; now the server is asked to stop.
    server.stop.send(()).unwrap();
    assert_eq!(Answer::all_of(&mut idle).await.0, "");
    assert!(!server.ended.is_finished());
    busy.write_all(b"{}").await.unwrap();
    assert_eq!(Answer::all_of(&mut busy).await.problem(422), "invalid");
    server.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

/// Over this connection more could be asked.
const ONE_REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// Nobody but the system has seen the connection when the server is told to stop.
#[tokio::test]
async fn rn_6_what_was_sent_before_a_stop_is_answered_though_nobody_had_accepted_it() {
    let backend = backend(&FakeKeys::default(), Ready(Ok(String::new())));
    let endpoint = crate::surface(backend, all(context()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = vec![];
    for _ in 0..20 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ONE_REQUEST).await.unwrap();
        waiting.push(stream);
    }
    let edge = Edge::default();
    let stopped = std::future::ready(());
    let ended =
        tokio::spawn(async move { serve(listener, endpoint, &edge, stopped, Duration::from_secs(20)).await });
    for stream in &mut waiting {
        let answer = Answer::all_of(stream).await;
        assert_eq!(answer.status(), 200, "{}", answer.0);
    }
    ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn rn_6_a_connection_that_was_accepted_before_a_stop_has_its_first_request_answered() {
    let server = serving(Limits::default(), &FakeKeys::default()).await;
    let (mut late, mut silent) = (server.connect().await, server.connect().await);
    // They are accepted in their order.
    assert_eq!(server.get("/healthz").await.status(), 200);
    server.stop.send(()).unwrap();
    late.write_all(ONE_REQUEST).await.unwrap();
    let answer = Answer::all_of(&mut late).await;
    assert_eq!(answer.status(), 200, "{}", answer.0);
    assert_eq!(Answer::all_of(&mut silent).await.0, "");
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn nothing_says_what_runs_here_and_what_was_served_is_counted() {
    let (keys, key) = staff();
    let server = serving(Limits::default(), &keys).await;
    let answer = server.get("/healthz").await;
    for banner in ["server", "x-powered-by", "via"] {
        assert_eq!(answer.header(banner), None);
    }
    assert_eq!(server.get("/v1/nothing/at/all").await.status(), 404);
    assert_eq!(server.post(&key, &length(2), b"{}").await.status(), 422);
    let mut registry = prometheus_client::registry::Registry::default();
    server.edge.metrics.register(&mut registry);
    let mut figures = String::new();
    prometheus_client::encoding::text::encode(&mut figures, &registry).unwrap();
    for line in [
        "http_requests_total{operation=\"/healthz\",status=\"200\",outcome=\"done\"} 1",
        "http_requests_total{operation=\"none\",status=\"404\",outcome=\"not-found\"} 1",
        "http_requests_total{operation=\"create_product\",status=\"422\",outcome=\"invalid\"} 1",
        "http_request_duration_seconds_count{operation=\"create_product\"} 1",
        "http_requests_under_way 0",
    ] {
        assert!(figures.lines().any(|own| own == line), "{line}\n{figures}");
    }
    assert!(!figures.contains(&key) && !figures.contains("/v1/nothing"), "{figures}");
}
