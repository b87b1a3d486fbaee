//! Notes in real time (SR-10): whoever follows gets each note once, in the one order of writing, on whichever server.
//!
//! On each server one task reads what is new, as long as somebody listens, and tells all listeners. A listener first reads what it
//! missed from the storage, then goes by what is told; one that falls behind reads from the storage again.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream, stream::BoxStream};
use kernel::{CallerId, StoreError, Timestamp};
use service_delivery::reads::{NotePlace, NotesFollowed, Reads, Viewer, WrittenNote};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, Interval, interval_at},
};
use tokio_util::sync::CancellationToken;

use crate::http::{ApiError, StillMay};

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
    /// How many streams one key may have open on one server: one more ends the oldest.
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

/// What ends each stream, those of one caller in the order in which they were opened.
type Open = Arc<Mutex<HashMap<CallerId, VecDeque<CancellationToken>>>>;

/// One stream among those of its caller.
struct Place {
    caller: CallerId,
    /// Ends the stream: when the server stops, and when there are too many after it.
    end: CancellationToken,
    open: Open,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.caller) {
            own.retain(|end| *end != self.end);
            if own.is_empty() {
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
    /// stops, when the caller may not have it any more, and when they have opened as many as they may have after it.
    ///
    /// # Errors
    /// The storage failed.
    pub(crate) async fn follow(
        &self,
        followed: NotesFollowed,
        after: Option<NotePlace>,
        still_may: StillMay,
    ) -> Result<BoxStream<'static, Arc<WrittenNote>>, ApiError> {
        let place = self.place(still_may.caller());
        let told = self.listen().await?;
        let after = match after {
            Some(after) => after,
            None => self.reads.last_note(ALL).await?,
        };
        let (send, receive) = mpsc::channel(WAITING);
        // The key was just checked.
        let heartbeat = self.settings.heartbeat;
        let check = interval_at(Instant::now() + heartbeat, heartbeat);
        let (streams, end) = (self.clone(), place.end.clone());
        let listener = Listener { streams, followed, at: after, told, send, end, check, still_may };
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

    /// A place for one more stream of `caller`. Where there are too many, the oldest ends, not this one: a client that went away is
    /// noticed only when a heartbeat does not reach it, and what it left must not keep it from coming back. One that is still there
    /// goes on with `Last-Event-ID`.
    fn place(&self, caller: CallerId) -> Place {
        let end = self.settings.stopping.child_token();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.entry(caller).or_default();
        own.push_back(end.clone());
        if own.len() > self.settings.per_key
            && let Some(oldest) = own.pop_front()
        {
            oldest.cancel();
        }
        Place { caller, end, open: self.open.clone() }
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
    end: CancellationToken,
    /// When to look again whether the caller still may.
    check: Interval,
    still_may: StillMay,
}

impl Listener {
    async fn run(mut self) {
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
                () = self.end.cancelled() => return,
                () = self.send.closed() => return,
                _ = self.check.tick() => if !self.still_may.holds().await { return },
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

    /// Sends a note; false where the stream is over. A connection that is slow may keep it for long: the caller's right is looked at
    /// meanwhile, too.
    async fn pass_on(&mut self, note: Arc<WrittenNote>) -> bool {
        loop {
            tokio::select! {
                biased;
                () = self.end.cancelled() => return false,
                _ = self.check.tick() => if !self.still_may.holds().await { return false },
                room = self.send.reserve() => {
                    let Ok(room) = room else { return false };
                    room.send(note);
                    return true;
                }
            }
        }
    }
}
