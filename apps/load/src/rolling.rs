//! Two servers on one PostgreSQL behind a balancer, restarted in turn under load: whatever fails is mended by asking again with the
//! same key.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    balancer::Balancer,
    client::Client,
    place::Place,
    scene::{Scene, titles},
    work::{create, each_once, wait_for},
};

const CLIENTS: usize = 6;
/// How often a client asks for the same thing.
const TRIES: usize = 50;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolled {
    /// Writes that were done, each once.
    pub done: usize,
    /// How often a client had to ask again.
    pub asked_again: usize,
}

/// Restarts each of the two servers `rounds` times.
///
/// # Errors
/// A write was not to be had, or is there twice or not at all; a ledger is not right.
pub fn rolling(place: &Place, rounds: usize) -> Result<Rolled> {
    let key = place.key()?;
    let mut servers = [place.serve()?, place.serve()?].map(Some);
    let first = servers[0].as_ref().context("running")?;
    let scene = Scene::make(&mut first.client(&key), CLIENTS)?;
    let addresses = servers.iter().flatten().map(|server| server.address().to_owned()).collect();
    let balancer = Balancer::start(addresses)?;
    let (stop, done, again) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let sent = thread::scope(|scope| -> Result<Vec<String>> {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (service, counts) = (&scene.services[number], (&stop, &done, &again));
                let client = Client::new(balancer.address(), &key);
                scope.spawn(move || insist(client, service, number, counts))
            })
            .collect();
        let restarted = (0..rounds).try_for_each(|_| {
            servers.iter_mut().enumerate().try_for_each(|(number, slot)| -> Result<()> {
                wait_for(&done, 60);
                let server = slot.take().context("running")?;
                server.ask_to_stop()?;
                let (status, said) = server.ended()?;
                ensure!(status.success(), "the server ended with {status}: {said}");
                let server = place.serve()?;
                balancer.moved(number, server.address());
                *slot = Some(server);
                Ok(())
            })
        });
        if restarted.is_ok() {
            wait_for(&done, 60);
        }
        stop.store(true, Ordering::Relaxed);
        let mut sent = vec![];
        for client in clients {
            sent.extend(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        restarted.map(|()| sent)
    })?;
    let there = titles(&mut Client::new(balancer.address(), &key), "roll")?;
    each_once(&there, &sent)?;
    ensure!(there.len() == sent.len(), "{} are there, {} were sent", there.len(), sent.len());
    drop(servers);
    place.verify()?;
    Ok(Rolled { done: sent.len(), asked_again: again.into_inner() })
}

/// Creates requests, each until it is done. Their titles.
fn insist(
    mut client: Client,
    service: &str,
    number: usize,
    (stop, done, again): (&AtomicBool, &AtomicUsize, &AtomicUsize),
) -> Result<Vec<String>> {
    let mut sent = vec![];
    while !stop.load(Ordering::Relaxed) {
        let title = format!("roll-{number}-{}", sent.len());
        let mut last = String::new();
        let made = (0..TRIES).any(|_| match create(&mut client, service, &title) {
            Ok((201, _)) => true,
            other => {
                last = format!("{other:?}");
                again.fetch_add(1, Ordering::Relaxed);
                thread::park_timeout(std::time::Duration::from_millis(20));
                false
            }
        });
        ensure!(made, "{title} is not to be had: {last}");
        done.fetch_add(1, Ordering::Relaxed);
        sent.push(title);
    }
    Ok(sent)
}
