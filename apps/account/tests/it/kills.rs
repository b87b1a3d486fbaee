//! Workers that are killed at any instant: each step is taken once, in order, as of the instant at which it was due (WK-2).
//!
//! A few kills here; `ACCOUNT_KILLS=50 cargo xtask test -p account kills` for more. `ACCOUNT_SEED` varies the instants.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use kernel::Timestamp;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use storage_seaorm::testing::TestDatabase;
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::{
    company::{Company, DAY},
    support::{account, end, folder},
};

/// What a stay of the clock brings of each: lots that end, drafts that nobody moves, work that nobody accepts.
const EACH: i64 = 6;
/// After how many days all of that is due.
const DUE_AFTER: i64 = 40;
/// From one stay of the clock to the next.
const STAY: i64 = DUE_AFTER + 1;
/// More than any machine needs.
const LONG: Duration = Duration::from_secs(120);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// Two workers, as processes, that say when all was done.
struct Workers {
    children: Vec<Child>,
    done: Receiver<()>,
}

impl Workers {
    fn start(folder: &TempDir, db: &TestDatabase) -> Self {
        let (tell, done) = channel();
        let children = (0..2).map(|_| {
            let mut command = account(folder.path());
            command.args(["worker", "--log-format", "json"]).env("DATABASE_URL", db.url());
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let log = BufReader::new(child.stderr.take().unwrap());
            let tell = tell.clone();
            thread::spawn(move || {
                let mut lines = log.lines().map_while(Result::ok);
                while lines.any(|line| line.contains("taken as it was due")) {
                    if tell.send(()).is_err() {
                        break;
                    }
                }
            });
            child
        });
        Self { children: children.collect(), done }
    }

    /// Kills both after `delay`, unless one says before that all is done. Whether they were killed.
    fn killed_after(mut self, delay: Duration) -> bool {
        let killed = self.done.recv_timeout(delay) == Err(RecvTimeoutError::Timeout);
        self.kill();
        killed
    }

    fn kill(&mut self) {
        for child in &mut self.children {
            // SIGKILL: nothing of the process runs any more.
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Workers {
    /// A test that fails leaves nobody at work.
    fn drop(&mut self) {
        self.kill();
    }
}

async fn a_stay(company: &Company) {
    let support = company.support().await;
    company.grant(support.balance, "1000", Some(company.now().plus_days(36_500))).await;
    for _ in 0..EACH {
        // Each thing at an instant of its own.
        company.pass(1_000_000);
        let ends = company.now().plus_days(DUE_AFTER);
        company.grant(support.balance, "3", Some(ends)).await;
        company.request(support.service, false).await;
        company.request(support.service, true).await;
    }
}

async fn each_step_is_taken_once(db: TestDatabase) {
    let policies = json!({"credits": {
        "draft_hold_days": DUE_AFTER, "accept_after_days": DUE_AFTER, "pre_approved_up_to": "2",
    }});
    let start = Timestamp::from(OffsetDateTime::now_utc());
    let company = Box::pin(Company::founded(db, start, &policies)).await;
    let folder = folder();
    let settings = format!(
        "clock_settable = true\nworker_poll_seconds = 1\n[policies.credits]\n\
            draft_hold_days = {DUE_AFTER}\naccept_after_days = {DUE_AFTER}\n"
    );
    std::fs::write(folder.path().join("account.toml"), settings).unwrap();

    let (kills, seed) = (setting("ACCOUNT_KILLS", 5), setting("ACCOUNT_SEED", 1));
    let mut random = StdRng::seed_from_u64(seed);
    let (mut killed, mut stays) = (0, 0);
    // How long it takes from the start of the workers until all is done.
    let mut usual = LONG;
    while killed < kills || stays == 0 {
        assert!(
            stays < 10 + 4 * i64::try_from(kills).unwrap(),
            "{killed} of {kills} in {stays}: too quick to be killed"
        );
        Box::pin(a_stay(&company)).await;
        stays += 1;
        company.db.set_clock_ahead(stays * STAY * DAY).await.unwrap();
        let begin = Instant::now();
        let workers = Workers::start(&folder, &company.db);
        let delay = if stays == 1 { LONG } else { usual.mul_f64(random.random_range(0.1..1.0)) };
        if workers.killed_after(delay) {
            killed += 1;
        } else {
            usual = usual.min(begin.elapsed());
        }
        company.pass(stays * STAY * DAY - (company.now().unix_micros() - start.unix_micros()));
    }
    // The last ones are let be.
    Box::pin(a_stay(&company)).await;
    stays += 1;
    company.db.set_clock_ahead(stays * STAY * DAY).await.unwrap();
    let workers = Workers::start(&folder, &company.db);
    let begin = Instant::now();
    let until = start.unix_micros() + stays * STAY * DAY;
    let left = format!(
        "SELECT (SELECT count(*) FROM credit_balance WHERE next_due <= {until}) +
            (SELECT count(*) FROM service_request WHERE next_due <= {until})"
    );
    while company.db.number(&left).await.unwrap() > 0 {
        assert!(begin.elapsed() < LONG, "they come to no end");
        // Whoever is done says so, or looks again.
        let _ = workers.done.recv_timeout(Duration::from_secs(1));
    }
    drop(workers);

    let each = stays * EACH;
    let count = async |from: &str| company.db.number(&format!("SELECT count(*) FROM {from}")).await.unwrap();
    for (what, from) in [
        ("expiries", "ledger_entry WHERE kind = 'expire'"),
        ("expiries told", "event WHERE name = 'credits.expired'"),
        ("holds given back", "credit_hold WHERE state = 'released'"),
        ("holds given back told", "event WHERE name = 'service_request.hold_given_back'"),
        ("acceptances told", "event WHERE name = 'service_request.accepted'"),
        (
            "expiries as of their instants",
            "ledger_entry e WHERE kind = 'expire' AND EXISTS
            (SELECT 1 FROM credit_lot l WHERE l.balance_id = e.balance_id AND l.ends_at = e.at)",
        ),
        (
            "holds given back as of their instants",
            &format!("service_request WHERE hold_given_back AND changed_at = moved_at + {DUE_AFTER} * {DAY}"),
        ),
        (
            "acceptances as of their instants",
            &format!("service_request WHERE accepted_at = completed_at + {DUE_AFTER} * {DAY}"),
        ),
    ] {
        assert_eq!(count(from).await, each, "{what}, {killed} kills, seed {seed}");
    }
    let backwards =
        "(SELECT at, lag(at) OVER (ORDER BY seq) AS before FROM event WHERE actor_kind = 'system') AS e
        WHERE before > at";
    assert_eq!(count(backwards).await, 0, "in the order in which they were due");
    let mut verify = account(folder.path());
    let verified = end(verify.arg("verify").env("DATABASE_URL", company.db.url()));
    assert_eq!(verified.code, Some(0), "{}", verified.out);
    eprintln!("{killed} kills in {stays} stays of the clock, {each} steps of each kind, seed {seed}");
}

#[tokio::test]
async fn wk_2_killed_workers_leave_each_step_taken_once_on_sqlite() {
    Box::pin(each_step_is_taken_once(storage_seaorm::testing::sqlite().await)).await;
}

#[tokio::test]
async fn wk_2_killed_workers_leave_each_step_taken_once_on_postgresql() {
    Box::pin(each_step_is_taken_once(storage_seaorm::testing::postgres().await)).await;
}
