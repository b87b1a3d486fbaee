//! `kill -9` under load: what was acknowledged is there, once, and is answered as it was when it is sent again; what was not
//! answered is done once when it is sent again; and every ledger is right.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};

use crate::{
    place::Place,
    scene::{Scene, titles},
    work::{create, create_while, each_once, wait_for},
};

const CLIENTS: usize = 8;
const SERVICES: usize = 20;

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Killed {
    /// Writes that were acknowledged before a kill; all are there, once, and were answered alike when they were sent again.
    pub acknowledged: usize,
    /// Writes whose answer a kill took away, and which were there all the same.
    pub done_unanswered: usize,
    /// Writes that a kill took away; they were done when they were sent again.
    pub sent_again: usize,
}

/// Kills a server `rounds` times while clients write.
///
/// # Errors
/// A write that was acknowledged is not there, or answered otherwise when it is sent again; one is there twice; one is not to be
/// had with its first key; a ledger is not right.
pub fn kills(place: &Place, rounds: usize) -> Result<Killed> {
    let key = place.key()?;
    let mut server = place.serve()?;
    let scene = Scene::make(&mut server.client(&key), SERVICES)?;
    let (mut killed, mut all) = (Killed::default(), BTreeSet::new());
    for round in 0..rounds {
        let prefix = format!("kill{round}");
        // The more rounds, the more different the points at which it happens.
        let after = 40 + 37 * (round % 11);
        let (told, ()) = create_while(&server, &key, &scene, (&prefix, CLIENTS), |done| {
            wait_for(done, after);
            server.kill_now()
        })?;
        drop(server);
        ensure!(told.refused.is_empty(), "refused: {:?}", told.refused);
        ensure!(told.acknowledged.len() >= after, "only {} were acknowledged", told.acknowledged.len());
        server = place.serve()?;
        let mut client = server.client(&key);
        let there = titles(&mut client, &prefix)?;
        each_once(&there, told.acknowledged.keys()).with_context(|| format!("round {round}"))?;
        killed.acknowledged += told.acknowledged.len();
        killed.done_unanswered += there.len() - told.acknowledged.len();
        killed.sent_again += told.sent.len() - there.len();
        for (title, service) in &told.sent {
            let (status, answer) = create(&mut client, service, title)?;
            ensure!(status == 201, "{title} is not to be had with its first key: {status}: {answer}");
            let first = told.acknowledged.get(title);
            ensure!(first.is_none_or(|first| *first == answer), "{title}: {first:?}, then {answer}");
        }
        all.extend(told.sent.into_keys());
    }
    let there = titles(&mut server.client(&key), "kill")?;
    // None that was there after its own round has gone since, and nothing else was made.
    each_once(&there, &all)?;
    ensure!(there.len() == all.len(), "{} are there, {} were sent", there.len(), all.len());
    drop(server);
    place.verify()?;
    Ok(killed)
}
