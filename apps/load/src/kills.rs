//! `kill -9` under load: what was acknowledged is there, once, and every ledger is right.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};

use crate::{
    place::Place,
    scene::{Scene, titles},
    work::{create_while, each_once, wait_for},
};

const CLIENTS: usize = 8;
const SERVICES: usize = 20;

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Killed {
    /// Writes that were acknowledged before a kill; all are there, once.
    pub acknowledged: usize,
    /// Writes whose answer a kill took away, and which are there all the same; once.
    pub unanswered: usize,
}

/// Kills a server `rounds` times while clients write.
///
/// # Errors
/// A write that was acknowledged is not there; one is there twice; a ledger is not right.
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
        let acknowledged: BTreeSet<&String> = told.acknowledged.iter().collect();
        each_once(&titles(&mut client, &prefix)?, acknowledged.iter().copied())
            .with_context(|| format!("round {round}"))?;
        killed.acknowledged += acknowledged.len();
        all.extend(told.acknowledged);
    }
    let there = titles(&mut server.client(&key), "kill")?;
    // None that was there after its own round has gone since.
    each_once(&there, &all)?;
    killed.unanswered = there.len() - all.len();
    drop(server);
    place.verify()?;
    Ok(killed)
}
