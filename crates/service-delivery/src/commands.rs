//! Commands that take place once, however often they are sent (AP-4).

use std::{future::Future, pin::Pin};

use async_trait::async_trait;
use kernel::{StoreError, Timestamp};

use crate::{Refusal, ServiceDelivery, retry::retrying};

/// For how many days a command's first answer is kept.
const KEPT_DAYS: i64 = 2;

/// How many are forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u32 = 1_000;

/// A command that its sender has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// A hash of who sent it, to which operation, under which name.
    pub id: [u8; 32],
    /// A hash of what it says.
    pub content: [u8; 32],
    /// When it was sent.
    pub at: Timestamp,
}

/// What carrying a command out came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// The work was done now, and is durable together with its answer where it gave one to keep.
    Now,
    /// It took place before.
    Before {
        /// The hash of what the command said then.
        content: [u8; 32],
        /// What it was answered.
        answer: Vec<u8>,
    },
    /// It is under way, here or on another server.
    UnderWay,
}

/// The work of a command; it gives the answer to keep, or none where it was refused: then nothing of it remains.
pub type Work<'a> = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + 'a>>;

/// Remembers commands with their first answers.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Does `work` where `command` has not taken place yet. The last unit of work in it becomes durable together with the answer
    /// and the note that the command took place: all three or none of them. Until then the read models show `work`, and nobody
    /// else, what it has done.
    ///
    /// Where `work` consists of several units of work, those before the last one are durable by themselves, as they are
    /// without a name: they have to be safe to repeat.
    async fn once(&self, command: &Command, work: Work<'_>) -> Result<Once, StoreError>;
}

impl ServiceDelivery {
    /// Forgets the commands of more than two days ago. Says how many they were.
    ///
    /// # Errors
    /// The storage failed.
    pub async fn forget_commands(&self) -> Result<u64, Refusal> {
        let before = self.clock.now().plus_days(-KEPT_DAYS);
        let mut forgotten = 0;
        loop {
            let some = retrying(|| async {
                let mut uow = self.storage.begin().await?;
                let some = uow.schedule().forget_commands(before, FORGOTTEN_AT_ONCE).await?;
                uow.commit().await?;
                Ok(some)
            })
            .await?;
            forgotten += some;
            if some < u64::from(FORGOTTEN_AT_ONCE) {
                return Ok(forgotten);
            }
        }
    }
}
