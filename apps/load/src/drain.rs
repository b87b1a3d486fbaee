//! SIGTERM under load: what was accepted is done and answered, and nothing is done that was not.

use anyhow::{Result, ensure};

use crate::{
    place::Place,
    scene::{Scene, titles},
    work::{create_while, each_once, wait_for},
};

const CLIENTS: usize = 8;

/// Asks a server to stop `rounds` times while clients write. How many writes were acknowledged.
///
/// # Errors
/// A write was answered and is not there, or was done and not answered; the server did not end well.
pub fn drain(place: &Place, rounds: usize) -> Result<usize> {
    let key = place.key()?;
    let mut server = place.serve()?;
    let scene = Scene::make(&mut server.client(&key), CLIENTS)?;
    let mut acknowledged = 0;
    for round in 0..rounds {
        let prefix = format!("stop{round}");
        let (told, ()) = create_while(&server, &key, &scene, (&prefix, CLIENTS), |done| {
            wait_for(done, 50 + 13 * round);
            server.ask_to_stop()?;
            server.wait_until_closed()
        })?;
        let (status, said) = server.ended()?;
        ensure!(status.success(), "the server ended with {status}: {said}");
        ensure!(told.refused.is_empty(), "refused: {:?}", told.refused);
        server = place.serve()?;
        let there = titles(&mut server.client(&key), &prefix)?;
        each_once(&there, told.acknowledged.keys())?;
        ensure!(
            there.len() == told.acknowledged.len(),
            "{} were done and {} answered",
            there.len(),
            told.acknowledged.len()
        );
        acknowledged += there.len();
    }
    drop(server);
    place.verify()?;
    Ok(acknowledged)
}
