//! How long `account verify` takes, and the most memory it has (section 18: a million entries in 10 s, in constant memory).

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kernel::Timestamp;
use serde_json::json;
use storage_seaorm::testing::TestDatabase;

use crate::{
    company::{Company, DAY},
    history,
};

/// Entries of each balance.
const EACH: i64 = 2_000;
/// Requests of each balance, each with a hold.
const REQUESTS: usize = 5;

pub(crate) async fn run(db: TestDatabase, entries: i64) {
    let start = Timestamp::from_unix_micros(1_778_414_400_000_000).unwrap();
    let company = Box::pin(Company::founded(db, start, &json!({}))).await;
    let mut begin = company.now();
    let balances = (entries / EACH).max(1);
    for _ in 0..balances {
        let support = Box::pin(company.support()).await;
        company.grant(support.balance, "1000", None).await;
        let mut requests = Vec::new();
        for _ in 0..REQUESTS {
            requests.push(Box::pin(company.request(support.service, false)).await);
        }
        let last = history::lengthen(&company.db, support.balance, &requests, EACH, begin).await;
        begin = begin.max(last);
    }
    company.pass(DAY);
    company.db.execute("ANALYZE").await.unwrap();
    for _ in 0..3 {
        verify(company.db.url());
    }
}

fn verify(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
    command.current_dir(folder.path()).arg("verify").env("DATABASE_URL", url).stdin(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        most = most.max(most_memory(&status));
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(ended.success());
    println!("{seconds:.1} s, {} MB at the most", most / 1_024);
}

/// The most memory that a process was resident with so far, in kB.
fn most_memory(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
