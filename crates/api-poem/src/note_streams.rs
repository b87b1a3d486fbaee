//! Notes in real time (SR-10): whoever follows gets each note once, in the one order of writing, on whichever server.
//!
//! On each server one task reads what is new, as long as somebody listens, and tells all listeners. A listener first reads what it
//! missed from the storage, then goes by what is told; one that falls behind reads from the storage again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream, stream::BoxStream};
use kernel::{CallerId, StoreError, Timestamp};
use poem::http::StatusCode;
use service_delivery::reads::{NotePlace, NotesFollowed, Reads, Viewer, WrittenNote};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use crate::http::{ApiError, StillMay, problem::Problem};

/// How many notes are read at a time.
const BATCH: u16 = 200;
/// How many notes a listener may fall behind before it reads from the storage again.
const TOLD: usize = 1024;
/// How many notes wait for a slow connection.
const WAITING: usize = 16;

/// How notes are followed.
#[derive(Clone, Debug)]
pub struct Streaming {
    /// How often each server looks for new notes, while somebody listens.
    pub poll: Duration,
    /// How often a comment shows that a silent connection is alive, and how often its key is checked again.
    pub heartbeat: Duration,
    /// How many streams one key may have open on one server.
    pub per_key: usize,
    /// Ends all streams when it is cancelled: when the server is about to stop.
    pub stopping: CancellationToken,
}

impl Default for Streaming {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            heartbeat: Duration::from_secs(15),
            per_key: 10,
            stopping: CancellationToken::new(),
        }
    }
}

/// All streams of this server.
#[derive(Clone)]
pub(crate) struct NoteStreams {
    reads: Arc<dyn Reads>,
    settings: Streaming,
    told: broadcast::Sender<Arc<WrittenNote>>,
    /// Whether there is a task that reads what is new.
    followed: Arc<tokio::sync::Mutex<bool>>,
    open: Open,
}

type Open = Arc<Mutex<HashMap<CallerId, usize>>>;

/// One stream among those of its caller.
struct Place {
    caller: CallerId,
    open: Open,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

/// Staff see all; what a listener may see is in what it follows. Nothing here depends on the instant.
const ALL: Viewer = Viewer { tenant: None, now: Timestamp::MIN };

impl NoteStreams {
    pub(crate) fn new(reads: Arc<dyn Reads>, settings: Streaming) -> Self {
        let (told, _) = broadcast::channel(TOLD);
        Self { reads, settings, told, followed: Arc::default(), open: Arc::default() }
    }

    /// How often a comment shows that a silent connection is alive.
    pub(crate) fn heartbeat(&self) -> Duration {
        self.settings.heartbeat
    }

    /// The notes of `followed` after `after`, or from now on: those that are there, then each when it is written. Ends when the server
    /// stops and when the caller may not have it any more.
    ///
    /// # Errors
    /// Too many streams of that caller, or the storage failed.
    pub(crate) async fn follow(
        &self,
        followed: NotesFollowed,
        after: Option<NotePlace>,
        still_may: StillMay,
    ) -> Result<BoxStream<'static, Arc<WrittenNote>>, ApiError> {
        let place = self.place(still_may.caller())?;
        let told = self.listen().await?;
        let after = match after {
            Some(after) => after,
            None => self.reads.last_note(ALL).await?,
        };
        let (send, receive) = mpsc::channel(WAITING);
        let listener = Listener { streams: self.clone(), followed, at: after, told, send, still_may };
        tokio::spawn(async move {
            listener.run().await;
            drop(place);
        });
        let notes = stream::unfold(receive, |mut receive| async move {
            let note = receive.recv().await?;
            Some((note, receive))
        });
        Ok(notes.boxed())
    }

    fn place(&self, caller: CallerId) -> Result<Place, ApiError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= self.settings.per_key {
            let detail = format!("there are {count} streams of yours open already; close one first");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", detail).into());
        }
        *count += 1;
        Ok(Place { caller, open: self.open.clone() })
    }

    /// Listens to what is told, and sees to it that somebody tells it.
    async fn listen(&self) -> Result<broadcast::Receiver<Arc<WrittenNote>>, StoreError> {
        let told = self.told.subscribe();
        let mut followed = self.followed.lock().await;
        if !*followed {
            // Whoever listens reads the storage from here on after this: what is before it is missed by nobody.
            let last = self.reads.last_note(ALL).await?;
            *followed = true;
            tokio::spawn(self.clone().tell(last));
        }
        Ok(told)
    }

    /// Tells what comes after `at`, until nobody listens or the server stops.
    async fn tell(self, mut at: NotePlace) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.settings.poll) => {}
                () = self.settings.stopping.cancelled() => return,
            }
            {
                let mut followed = self.followed.lock().await;
                if self.told.receiver_count() == 0 {
                    *followed = false;
                    return;
                }
            }
            loop {
                match self.reads.notes_after(ALL, &NotesFollowed::default(), at, BATCH).await {
                    Ok(notes) => {
                        let more = notes.len() == usize::from(BATCH);
                        for note in notes {
                            at = note.place;
                            // An error says that nobody listens.
                            let _ = self.told.send(Arc::new(note));
                        }
                        if !more {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "new notes could not be read; it is tried again");
                        break;
                    }
                }
            }
        }
    }
}

/// Somebody who follows.
struct Listener {
    streams: NoteStreams,
    followed: NotesFollowed,
    /// Up to where it was sent all.
    at: NotePlace,
    told: broadcast::Receiver<Arc<WrittenNote>>,
    send: mpsc::Sender<Arc<WrittenNote>>,
    still_may: StillMay,
}

impl Listener {
    async fn run(mut self) {
        let Streaming { heartbeat, stopping, .. } = self.streams.settings.clone();
        let mut check = tokio::time::interval(heartbeat);
        // The first tick is at once, and the key was just checked.
        check.tick().await;
        let mut behind = true;
        loop {
            if behind {
                match self.catch_up().await {
                    Some(more) => behind = more,
                    None => return,
                }
            }
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                () = self.send.closed() => return,
                _ = check.tick() => if !self.still_may.holds().await { return },
                told = self.told.recv(), if !behind => match told {
                    Ok(note) if note.place <= self.at => {}
                    Ok(note) => {
                        self.at = note.place;
                        if self.followed.has(&note) && !self.pass_on(note).await {
                            return;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => behind = true,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                () = std::future::ready(()), if behind => {}
            }
        }
    }

    /// Sends what the storage has after [`Listener::at`]. Whether there is more; none where the stream is over.
    async fn catch_up(&mut self) -> Option<bool> {
        let read = self.streams.reads.notes_after(ALL, &self.followed, self.at, BATCH).await;
        match read {
            Ok(notes) => {
                let more = notes.len() == usize::from(BATCH);
                for note in notes {
                    self.at = note.place;
                    if !self.pass_on(Arc::new(note)).await {
                        return None;
                    }
                }
                Some(more)
            }
            Err(error) => {
                tracing::warn!(%error, "notes could not be read; it is tried again");
                tokio::time::sleep(self.streams.settings.poll).await;
                Some(true)
            }
        }
    }

    /// Sends a note; false where the stream is over.
    async fn pass_on(&self, note: Arc<WrittenNote>) -> bool {
        tokio::select! {
            sent = self.send.send(note) => sent.is_ok(),
            () = self.streams.settings.stopping.cancelled() => false,
        }
    }
}
