//! Clients that create requests, and what came of it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    client::{Ask, Client},
    place::Server,
    scene::{Scene, request},
};

/// Titles that were sent, and those among them that were answered with 201.
#[derive(Debug, Default)]
pub struct Told {
    /// All that was sent: title and service.
    pub sent: BTreeMap<String, String>,
    /// What the server said is done: title and answer.
    pub acknowledged: BTreeMap<String, String>,
    /// Answers that were neither: status and body.
    pub refused: Vec<(u16, String)>,
}

/// Has `clients` create requests, named by `prefix`, until they are told to stop or lose their connection.
///
/// Runs `meanwhile` beside them; when it returns, they stop.
///
/// # Errors
/// Those of `meanwhile`.
pub fn create_while<T>(
    server: &Server,
    key: &str,
    scene: &Scene,
    (prefix, clients): (&str, usize),
    meanwhile: impl FnOnce(&AtomicUsize) -> Result<T>,
) -> Result<(Told, T)> {
    let (told, stop, done) = (Mutex::new(Told::default()), AtomicBool::new(false), AtomicUsize::new(0));
    let outcome = thread::scope(|scope| {
        for number in 0..clients {
            let (told, stop, done) = (&told, &stop, &done);
            scope.spawn(move || {
                let (mut client, mut own) = (server.client(key), Told::default());
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    let title = format!("{prefix}-{number}-{count}");
                    let service = &scene.services[(number * 7919 + count) % scene.services.len()];
                    count += 1;
                    own.sent.insert(title.clone(), service.clone());
                    match create(&mut client, service, &title) {
                        Ok((201, answer)) => {
                            own.acknowledged.insert(title, answer);
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(other) => own.refused.push(other),
                        Err(_) => break,
                    }
                }
                if let Ok(mut told) = told.lock() {
                    told.sent.append(&mut own.sent);
                    told.acknowledged.append(&mut own.acknowledged);
                    told.refused.append(&mut own.refused);
                }
            });
        }
        let outcome = meanwhile(&done);
        stop.store(true, Ordering::Relaxed);
        outcome
    })?;
    let told = told.into_inner().map_err(|_| anyhow::anyhow!("a client panicked"))?;
    Ok((told, outcome))
}

/// Creates the request called `title`, which is also its idempotency key. Status and body.
pub(crate) fn create(client: &mut Client, service: &str, title: &str) -> std::io::Result<(u16, String)> {
    let body = request(service, title);
    let ask = Ask { method: "POST", path: "/v1/service-requests", body: &body, idempotency_key: title };
    client.ask(ask).map(|answer| (answer.status, answer.text))
}

/// Waits until `done` has grown by `more`, without sleeping longer than needed.
pub fn wait_for(done: &AtomicUsize, more: usize) {
    let until = done.load(Ordering::Relaxed) + more;
    let deadline = Instant::now() + Duration::from_secs(60);
    while done.load(Ordering::Relaxed) < until && Instant::now() < deadline {
        thread::yield_now();
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Every title once: not twice, and none that is missing.
///
/// # Errors
/// Which are missing, or there twice.
pub fn each_once<'a>(there: &[String], wanted: impl IntoIterator<Item = &'a String>) -> Result<usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for title in there {
        *counts.entry(title).or_default() += 1;
    }
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).map(|(title, _)| *title).collect();
    ensure!(twice.is_empty(), "there more than once: {twice:?}");
    let wanted: Vec<&String> = wanted.into_iter().collect();
    let missing: Vec<_> = wanted.iter().filter(|title| !counts.contains_key(title.as_str())).collect();
    ensure!(missing.is_empty(), "acknowledged and not there: {missing:?}");
    Ok(wanted.len())
}

#[cfg(test)]
mod tests {
    use super::each_once;

    #[test]
    fn what_is_missing_or_twice_is_named() {
        let titles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let there = titles(&["a", "b", "c"]);
        assert_eq!(each_once(&there, &titles(&["a", "c"])).ok(), Some(2));
        let missing = each_once(&there, &titles(&["a", "d"])).map_err(|error| error.to_string());
        assert!(missing.is_err_and(|error| error.contains("\"d\"")));
        let twice = each_once(&titles(&["a", "a"]), &titles(&["a"])).map_err(|error| error.to_string());
        assert!(twice.is_err_and(|error| error.contains("more than once")));
    }
}
