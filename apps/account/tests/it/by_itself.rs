//! The worker and the clock, as processes (WK-1 … WK-3).

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

use serde_json::Value;
use storage_seaorm::{Database, Options};

use crate::support::{Server, account, folder, run};

/// The status and the body of the answer.
fn sent(server: &Server, method: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let (key, length) = (&server.key, body.len());
    write!(
        stream,
        "{method} /v1/clock HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
            content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (start, end) = (answer.find('{').unwrap(), answer.rfind('}').unwrap());
    (status, serde_json::from_str(&answer[start..=end]).unwrap())
}

#[test]
fn wk_3_the_demos_clock_goes_forward_and_stays_there_after_a_restart() {
    let folder = folder();
    let server = Server::demo(&folder, None);
    let (status, clock) = sent(&server, "GET", "");
    assert_eq!((status, &clock["settable"]), (200, &Value::from(true)));
    let (status, set) = sent(&server, "POST", r#"{"now": "2045-06-01T00:00:00Z"}"#);
    assert_eq!(status, 200, "{set}");
    assert!(set["now"].as_str().unwrap() >= "2045-06-01", "{set}");
    assert_eq!(set["failed"], Value::Array(vec![]));
    assert_ne!(set["taken"], Value::Array(vec![]));
    // The answer came when all that fell due was done: nothing is left for now.
    let (status, again) = sent(&server, "POST", r#"{"now": "2045-06-01T00:01:00Z"}"#);
    assert_eq!((status, &again["taken"]), (200, &Value::Array(vec![])), "{again}");
    let (status, problem) = sent(&server, "POST", r#"{"now": "2044-06-01T00:00:00Z"}"#);
    assert_eq!((status, &problem["errors"][0]["path"]), (422, &Value::from("now")));
    assert!(server.terminate().success());
    let verified = run(&folder, &["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.out);

    let again = Server::demo(&folder, None);
    assert!(sent(&again, "GET", "").1["now"].as_str().unwrap() >= "2045-06-01");
    assert!(again.terminate().success());
}

#[test]
fn wk_3_a_clock_that_is_not_to_be_set_says_so() {
    let folder = folder();
    std::fs::write(folder.path().join("account.toml"), "clock_settable = false\n").unwrap();
    let server = Server::demo(&folder, None);
    assert_eq!(sent(&server, "GET", "").1["settable"], false);
    let (status, problem) = sent(&server, "POST", r#"{"now": "2045-06-01T00:00:00Z"}"#);
    assert_eq!(status, 403, "{problem}");
    assert!(server.terminate().success());
}

#[test]
fn wk_1_a_worker_in_a_process_of_its_own_does_what_is_due_and_stops_when_asked() {
    let folder = folder();
    assert_eq!(run(&folder, &["demo"]).code, Some(0));
    let url = format!("sqlite://{}", folder.path().join("data/account.sqlite").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&url, &Options::default()).await.unwrap();
        let twenty_years = 20 * 365 * 86_400_000_000;
        database.set_clock_ahead(twenty_years).await.unwrap();
        database.close().await;
    });
    let mut worker = account(folder.path())
        .args(["worker", "--log-format", "json"])
        .env("ACCOUNT_CLOCK_SETTABLE", "true")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(worker.stderr.take().unwrap()).lines().map(Result::unwrap);
    let taken = log.find(|line| line.contains("credit_expiry"));
    assert!(taken.is_some_and(|line| line.contains("taken as it was due")));
    let pid = worker.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(worker.wait().unwrap().success(), "{:?}", log.collect::<Vec<_>>());
    let verified = run(&folder, &["verify"]);
    assert_eq!(verified.code, Some(0), "{}", verified.out);
}

#[test]
fn a_worker_that_is_asked_to_stop_while_it_connects_ends_by_itself() {
    let folder = folder();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/account", silent.local_addr().unwrap());
    let mut worker = account(folder.path())
        .args(["worker", "--database-url", &url])
        .env("ACCOUNT_DATABASE_WAIT_SECONDS", "1")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asking = silent.accept().unwrap();
    assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
    drop((asking, silent));
    assert_eq!(worker.wait().unwrap().code(), Some(3), "the signal did not end it, but that nobody answers");
}
