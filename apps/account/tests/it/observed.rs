//! What operators see of a server: figures, spans, logs; and what it takes from callers, by its settings.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::mpsc,
    thread,
};

use load::place::Place;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_account");

/// A port that is free: the system gives no other process the same one so soon.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn text_at(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn rn_6_prometheus_reads_figures_on_a_listener_of_their_own() {
    let metrics = format!("127.0.0.1:{}", free_port());
    let place = Place::new(Path::new(PROGRAM), None).unwrap().with("ACCOUNT_METRICS_LISTEN", &metrics);
    let key = place.key().unwrap();
    let server = place.serve().unwrap();
    assert_eq!(server.client(&key).get("/v1/products").unwrap().status, 200);
    assert_eq!(server.client(&key).get("/v1/products/NONE").unwrap().status, 404);
    assert_eq!(server.client(&key).get("/metrics").unwrap().status, 404, "it is not for callers");
    let figures = text_at(&metrics, "/metrics");
    // The first is the one that is read.
    let types: Vec<_> = figures.lines().filter(|line| line.starts_with("content-type:")).collect();
    assert_eq!(types, ["content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"]);
    for line in [
        "account_http_requests_total{operation=\"list_products\",status=\"200\",outcome=\"done\"} 1",
        "account_http_requests_total{operation=\"get_product\",status=\"404\",outcome=\"not-found\"} 1",
        "account_http_request_duration_seconds_count{operation=\"list_products\"} 1",
        "account_database_up 1",
        "account_worker_lag_seconds 0.0",
        "account_conflicts_retried_total 0",
        "account_policies_revision 0",
        "account_policies_stored_revision 0",
        "# EOF",
    ] {
        assert!(figures.lines().any(|own| own == line), "{line}\n{figures}");
    }
    // The worker may be using it just now.
    let figure = |state| format!("account_database_connections{{pool=\"writer\",state=\"{state}\"}} ");
    let count = |state| figures.lines().find_map(|own| own.strip_prefix(&figure(state))?.parse::<u32>().ok());
    assert_eq!(count("in_use").zip(count("idle")).map(|(used, idle)| used + idle), Some(1), "{figures}");
    assert!(figures.contains("account_policies_age_seconds "), "{figures}");
    assert!(figures.contains("account_build_info{version=\""), "{figures}");
    assert!(!figures.contains(&key) && !figures.contains(".sqlite"), "nothing secret is in it: {figures}");
    let lag = server.client("").get("/readyz").unwrap().done().unwrap()["worker_lag_seconds"].as_u64();
    assert_eq!(lag, Some(0));
}

/// Takes one request after the other, as a collector does, and hands on the bodies.
fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (hand_on, bodies) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut seen, mut head) = (vec![], None);
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut chunk) {
                seen.extend_from_slice(&chunk[..read]);
                head = head.or_else(|| seen.windows(4).position(|four| four == b"\r\n\r\n"));
                let Some(head) = head else { continue };
                let text = String::from_utf8_lossy(&seen[..head]).to_ascii_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if seen.len() >= head + 4 + length.parse::<usize>().unwrap() {
                    assert!(text.starts_with("post /v1/traces "), "{text}");
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .unwrap();
                    hand_on.send(seen[head + 4..].to_vec()).unwrap();
                    break;
                }
            }
        }
    });
    (url, bodies)
}

#[test]
fn rn_6_spans_are_sent_named_by_their_operation_and_within_the_callers_trace() {
    let (url, bodies) = collector();
    let place = Place::new(Path::new(PROGRAM), None).unwrap().with("ACCOUNT_OTLP_ENDPOINT", &url);
    let key = place.key().unwrap();
    let server = place.serve().unwrap();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let body = "{}";
    write!(
        stream,
        "POST /v1/organizations HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         traceparent: 00-{trace}-b7ad6b7169203331-01\r\nx-request-id: mine\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("x-request-id: mine"), "{answer}");
    server.ask_to_stop().unwrap();
    let (status, _) = server.ended().unwrap();
    assert!(status.success());
    // The process has ended: all that it sends is there.
    let sent: Vec<u8> = bodies.try_iter().flatten().collect();
    let contains = |bytes: &[u8]| sent.windows(bytes.len()).any(|part| part == bytes);
    assert!(contains(b"create_organization"), "{}", String::from_utf8_lossy(&sent));
    assert!(contains(b"mine") && contains(b"invalid"));
    let id: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&trace[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(contains(&id), "not within the caller's trace");
    assert!(!contains(key.as_bytes()), "the key must not be in a span");
}

#[test]
fn rn_6_logs_for_machines_carry_the_request_id_and_the_trace() {
    let place = Place::new(Path::new(PROGRAM), None).unwrap();
    let key = place.key().unwrap();
    let server = place.serve().unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "GET /v1/products HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nx-request-id: mine\r\n\
         traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
    server.ask_to_stop().unwrap();
    let (_, log) = server.ended_with_log().unwrap();
    let line = log.lines().find(|line| line.contains("list_products")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["span"]["request_id"], "mine");
    assert_eq!(line["span"]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((&line["status"], &line["outcome"]), (&Value::from(200), &Value::from("done")));
    assert!(!log.contains(&key), "the key must not be in the log");
}

#[test]
fn limits_are_settings() {
    let place = Place::new(Path::new(PROGRAM), None)
        .unwrap()
        .with("ACCOUNT_LIMITS__BODY_BYTES", "100")
        .with("ACCOUNT_LIMITS__REQUESTS_PER_KEY", "1")
        .with("ACCOUNT_CORS_ORIGINS", "[\"https://portal.example.com\"]");
    let shown = place.run(&["config"]).unwrap();
    for line in [
        "limits.body_bytes = 100  # environment ACCOUNT_LIMITS__BODY_BYTES",
        "limits.connections = 900  # default",
        "cors_origins = [\"https://portal.example.com\"]  # environment ACCOUNT_CORS_ORIGINS",
        "metrics_listen = (none)  # default",
    ] {
        assert!(shown.lines().any(|own| own == line), "{line}\n{shown}");
    }
    let key = place.key().unwrap();
    let server = place.serve().unwrap();
    let mut client = server.client(&key);
    let long = "x".repeat(101);
    assert_eq!(client.post("/v1/products", &long).unwrap().status, 413);
    let statuses: Vec<u16> = (0..20).map(|_| client.get("/v1/products").unwrap().status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
}
