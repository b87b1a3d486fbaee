//! A client that goes away in the middle of a POST, or a server that dies: the work is done once or not at all.

use std::{
    io::Write as _,
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use service_delivery::Storage as _;
use storage_seaorm::testing::{TestDatabase, postgres, sqlite};

use crate::support::{Server, folder, said_in};

fn organization(name: &str) -> String {
    format!(
        r#"{{"name": "{name}", "legal_name": "{name}", "country": "BR", "locale": "en", "currency": "BRL", "billing_email": "a@b.example"}}"#
    )
}

/// Sends so much of `request`, and goes away.
fn send_and_go(server: &Server, request: &str, bytes: usize) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(&request.as_bytes()[..bytes]).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
}

/// Waits until `sql` gives `wanted`: whoever is gone cannot be told when it is done. For half a minute at most.
async fn becomes(database: &TestDatabase, sql: &str, wanted: i64) {
    let begun = Instant::now();
    while database.number(sql).await != Ok(wanted) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{sql}: {:?}", database.number(sql).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Wherever the request is cut off: what has arrived in full is done once, and what has not, never.
async fn is_cut_off_anywhere(database: &TestDatabase) {
    let folder = folder();
    let server = Server::on(&folder, database.url(), &[]);
    let mut whole = 0;
    for number in 0..13 {
        let request = server.post("/v1/organizations", &organization(&format!("Cut {number}")));
        let length = request.len();
        // From nothing but a connection, over half of the head and half of the body, to all of it.
        let missing = [length, length * 3 / 4, length / 2, 100, 60, 20, 5, 2, 1, 0, 0, 0, 0][number];
        send_and_go(&server, &request, request.len() - missing);
        whole += i64::from(missing == 0);
    }
    let made = "SELECT count(*) FROM organization WHERE name LIKE 'Cut %'";
    becomes(database, made, whole).await;
    assert!(server.terminate().success(), "{}", said_in(&folder));
    assert_eq!(database.number(made).await, Ok(whole), "{}", said_in(&folder));
    assert_eq!(database.number("SELECT count(DISTINCT name) FROM organization").await, Ok(whole));
}

/// The client is gone while the work waits for a lock: it is done all the same, once.
async fn is_gone_while_the_work_waits(database: &TestDatabase) {
    let folder = folder();
    let server = Server::on(&folder, database.url(), &[]);
    let answer = server.send(&server.post("/v1/organizations", &organization("Acme")));
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let made: serde_json::Value = serde_json::from_str(body).unwrap();
    let id = made["id"].as_str().unwrap();
    let mut blocking = database.begin().await.unwrap();
    blocking.entitlements().lock_organization(id.parse().unwrap()).await.unwrap().unwrap();
    let person = r#"{"name": "Ana", "email": "ana@acme.example", "role": "owner"}"#;
    let request = server.post(&format!("/v1/organizations/{id}/collaborators"), person);
    send_and_go(&server, &request, request.len());
    // Whoever comes later is served already.
    let team = server.get(&format!("/v1/organizations/{id}/collaborators"));
    assert!(team.starts_with("HTTP/1.1 200") && !team.contains("Ana"), "{team}");
    drop(blocking);
    let made = "SELECT count(*) FROM collaborator";
    becomes(database, made, 1).await;
    assert!(server.terminate().success(), "{}", said_in(&folder));
    assert_eq!(database.number(made).await, Ok(1), "{}", said_in(&folder));
}

/// The server is killed at some moment after it was sent a named POST: sent again to the next server, it has taken place once.
async fn is_killed_and_asked_again(database: &TestDatabase) {
    let folder = folder();
    let mut server = Server::on(&folder, database.url(), &[]);
    for round in 0..6 {
        let body = organization(&format!("Acme {round}"));
        let name = format!("round-{round}");
        let key = server.key.clone();
        let request = server.named_post("/v1/organizations", &name, &body);
        if round % 2 == 0 {
            // At whatever it is just doing.
            send_and_go(&server, &request, request.len());
        } else {
            // After its commit.
            assert!(server.send(&request).starts_with("HTTP/1.1 201"));
        }
        server.kill();
        server = Server::on(&folder, database.url(), &[]);
        server.key = key;
        // PostgreSQL may take a moment to notice that the server is gone.
        let first = loop {
            let answer = server.send(&server.named_post("/v1/organizations", &name, &body));
            if !answer.starts_with("HTTP/1.1 409") {
                break answer;
            }
        };
        assert!(first.starts_with("HTTP/1.1 201"), "{first}");
        let again = server.send(&server.named_post("/v1/organizations", &name, &body));
        assert!(again.contains("idempotent-replayed: true"), "{again}");
        let body_of = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(body_of(&first), body_of(&again));
        assert_eq!(database.number("SELECT count(*) FROM organization").await, Ok(round + 1));
    }
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ap_4_a_named_post_takes_place_once_though_its_server_is_killed_on_sqlite() {
    is_killed_and_asked_again(&sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ap_4_a_named_post_takes_place_once_though_its_server_is_killed_on_postgresql() {
    is_killed_and_asked_again(&postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_is_cut_off_anywhere_is_done_once_or_not_at_all_on_sqlite() {
    is_cut_off_anywhere(&sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_is_cut_off_anywhere_is_done_once_or_not_at_all_on_postgresql() {
    is_cut_off_anywhere(&postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_waits_is_done_once_though_its_client_is_gone_on_sqlite() {
    is_gone_while_the_work_waits(&sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_waits_is_done_once_though_its_client_is_gone_on_postgresql() {
    is_gone_while_the_work_waits(&postgres().await).await;
}
