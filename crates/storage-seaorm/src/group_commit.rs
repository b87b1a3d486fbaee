//! Group commit, for SQLite: those who wait to write while somebody else does have their turns in the same database transaction,
//! one after the other, and become durable together. To wait for the disk, and to write the pages that all of them change, is
//! then needed once for all, and not once for each.
//!
//! Whoever has had a turn learns of its end only when the transaction has ended. A turn that is given up, or failed, is undone, and
//! ends the transaction: those before it become durable.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement};
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, oneshot},
    time::timeout,
};

use crate::{connect::begin_write, error};

/// So many turns are in one transaction at most, as the first of them waits for the last.
const MOST_TURNS: usize = 64;

/// Where those who write have their turns, in order of arrival.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    pool: DatabaseConnection,
    open: Arc<Mutex<Option<Group>>>,
    /// How many wait for a turn.
    waiting: Arc<AtomicUsize>,
    /// How many transactions were begun.
    begun: Arc<AtomicU64>,
    /// How long to wait for a turn.
    patience: Duration,
}

/// A database transaction with one turn or several.
#[derive(Debug)]
struct Group {
    /// Which of all it is.
    number: u64,
    tx: DatabaseTransaction,
    /// The turns that have ended well, each with who waits for the end.
    joined: Vec<oneshot::Sender<Result<(), StoreError>>>,
    now: Now,
}

/// What has become of the last turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    /// It has ended well.
    Ended,
    /// It has begun, and may have written.
    Begun,
}

/// A turn. Dropping it undoes what was done in it.
#[derive(Debug)]
pub(crate) struct Turn(OwnedMappedMutexGuard<Option<Group>, Group>);

impl Turns {
    pub(crate) fn new(pool: DatabaseConnection, patience: Duration) -> Self {
        Self { pool, open: Arc::default(), waiting: Arc::default(), begun: Arc::default(), patience }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where those before take too long, or another process keeps the file locked.
    pub(crate) async fn next(&self) -> Result<Turn, StoreError> {
        let waiting = Waiting::new(&self.waiting);
        let waited = timeout(self.patience, self.open.clone().lock_owned()).await;
        drop(waiting);
        let mut open = waited.map_err(|_| StoreError::Unavailable {
            reason: format!("others have been writing for {} s", self.patience.as_secs()),
        })?;
        let goes_on = match open.as_mut() {
            None => false,
            Some(group) => group.takes_another() && group.begin_another().await.is_ok(),
        };
        if !goes_on {
            if open.is_some() {
                // Whoever gives up waiting here does not leave the others without an end.
                let ended = tokio::spawn(async move {
                    end(&mut open).await;
                    open
                });
                open = ended.await.map_err(given_up)?;
            }
            let tx = begin_write(&self.pool).await?;
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            *open = Some(Group { number, tx, joined: vec![], now: Now::Begun });
            tokio::spawn(self.clone().end_in_time(number));
        }
        let group = OwnedMutexGuard::try_map(open, Option::as_mut);
        group.map(Turn).map_err(|_| StoreError::corrupt("transaction", "-", "it was not begun"))
    }

    /// Ends a transaction once nobody waits for a turn, or no other turn has room in it, unless it was ended before.
    async fn end_in_time(self, number: u64) {
        loop {
            let mut open = self.open.clone().lock_owned().await;
            let Some(group) = open.as_ref().filter(|group| group.number == number) else { return };
            if group.takes_another() && self.waiting.load(Ordering::SeqCst) > 0 {
                // Whoever waits comes first, as the lock is given in the order of asking.
                continue;
            }
            return end(&mut open).await;
        }
    }
}

/// Somebody who waits for a turn.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Group {
    fn takes_another(&self) -> bool {
        self.now == Now::Ended && self.joined.len() < MOST_TURNS
    }

    /// Begins another turn than the first, which can be undone by itself.
    async fn begin_another(&mut self) -> Result<(), DbErr> {
        let savepoint = match self.joined.len() {
            1 => "SAVEPOINT turn",
            _ => "RELEASE turn; SAVEPOINT turn",
        };
        execute(&self.tx, savepoint).await?;
        self.now = Now::Begun;
        Ok(())
    }

    /// Commits the turns that have ended well.
    async fn commit(tx: DatabaseTransaction, now: Now) -> Result<(), StoreError> {
        if now == Now::Begun {
            // Where SQLite has undone the whole transaction by itself, as it does when the disk is full, there is no savepoint.
            execute(&tx, "ROLLBACK TO turn").await.map_err(|_| StoreError::Conflict)?;
        }
        tx.commit().await.map_err(error::at_commit)
    }
}

async fn execute(tx: &DatabaseTransaction, sql: &str) -> Result<(), DbErr> {
    tx.execute_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.map(drop)
}

/// Ends the open transaction, where there is one, and tells those who wait for it.
async fn end(open: &mut Option<Group>) {
    let Some(Group { tx, joined, now, .. }) = open.take() else { return };
    if joined.is_empty() {
        if let Err(error) = tx.rollback().await {
            tracing::warn!(%error, "a transaction was not rolled back");
        }
        return;
    }
    let ended = Group::commit(tx, now).await;
    for waiting in joined {
        // Whoever does not wait any more does not want to know.
        let _ = waiting.send(ended.clone());
    }
}

impl Turn {
    /// Ends the turn, and waits until what was done in it is durable.
    ///
    /// # Errors
    /// Nothing of it is there, or that is unknown: [`StoreError::Undecided`].
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self(mut group) = self;
        let (tell, told) = oneshot::channel();
        group.now = Now::Ended;
        group.joined.push(tell);
        drop(group);
        told.await.unwrap_or_else(|gone| Err(given_up(gone)))
    }
}

/// As when a program ends in the midst of it: what has become of a transaction is unknown.
fn given_up(cause: impl std::fmt::Display) -> StoreError {
    StoreError::Undecided { reason: format!("the transaction was given up at its end: {cause}") }
}

impl Deref for Turn {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0.tx
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        Options,
        connect::{open, sqlite_pool},
    };

    struct Scene {
        turns: Turns,
        /// Another connection, which sees what is durable.
        other: DatabaseConnection,
        _folder: TempDir,
    }

    impl Scene {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("turns.sqlite").display());
            let open =
                async |read_only| open(sqlite_pool(&url, &Options::default(), 1, read_only)).await.unwrap();
            let writer = open(false).await;
            let other = open(true).await;
            writer.execute_unprepared("CREATE TABLE t (n INTEGER)").await.unwrap();
            Self { turns: Turns::new(writer, Duration::from_secs(10)), other, _folder: folder }
        }

        /// A turn in which `n` was written.
        async fn turn(&self, n: i64) -> Turn {
            let turn = self.turns.next().await.unwrap();
            turn.execute_unprepared(&format!("INSERT INTO t VALUES ({n})")).await.unwrap();
            turn
        }

        /// Two turns in one transaction: the first, which waits for its end, and the second, which has begun.
        async fn two(&self) -> (tokio::task::JoinHandle<Result<(), StoreError>>, Turn) {
            let first = self.turn(1).await;
            let turns = self.turns.clone();
            let second = tokio::spawn(async move { turns.next().await });
            while self.turns.waiting.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            let first = tokio::spawn(first.commit());
            let second = second.await.unwrap().unwrap();
            second.execute_unprepared("INSERT INTO t VALUES (2)").await.unwrap();
            assert!(!first.is_finished(), "the transaction goes on");
            assert_eq!(self.durable().await, [0i64; 0]);
            (first, second)
        }

        async fn durable(&self) -> Vec<i64> {
            let sql = "SELECT n FROM t ORDER BY n";
            let rows =
                self.other.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
            rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
        }
    }

    #[tokio::test]
    async fn turns_that_wait_become_durable_together() {
        let scene = Scene::new().await;
        let (first, second) = scene.two().await;
        assert_eq!(second.commit().await, Ok(()));
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(scene.durable().await, [1, 2]);
    }

    #[tokio::test]
    async fn a_turn_that_is_given_up_is_undone_alone() {
        let scene = Scene::new().await;
        let (first, second) = scene.two().await;
        drop(second);
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(scene.durable().await, [1]);
        drop(scene.turn(3).await);
        assert_eq!(scene.turn(4).await.commit().await, Ok(()));
        assert_eq!(scene.durable().await, [1, 4]);
    }

    #[tokio::test]
    async fn whoever_loses_the_transaction_to_another_is_told_that_nothing_is_there() {
        let scene = Scene::new().await;
        let (first, second) = scene.two().await;
        // As SQLite does by itself when the disk is full.
        second.execute_unprepared("ROLLBACK").await.unwrap();
        drop(second);
        assert_eq!(first.await.unwrap(), Err(StoreError::Conflict));
        // What comes after is durable when it is said to be, whatever is given up between.
        for n in 3..6 {
            drop(scene.turn(-n).await);
            assert_eq!(scene.turn(n).await.commit().await, Ok(()));
            assert_eq!(scene.durable().await, (3..=n).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn on_a_full_disk_nobody_is_told_what_is_not_so() {
        let scene = Scene::new().await;
        let (first, second) = scene.two().await;
        second.execute_unprepared("PRAGMA max_page_count = 3").await.unwrap();
        let full = second.execute_unprepared("INSERT INTO t VALUES (zeroblob(1000000))").await;
        assert!(full.is_err_and(|error| matches!(error::map(error), StoreError::Unavailable { .. })));
        drop(second);
        let told = first.await.unwrap();
        let kept: &[i64] = if told.is_ok() { &[1] } else { &[] };
        assert_eq!(scene.durable().await, kept, "{told:?}");
        for n in 3..6 {
            let turn = scene.turns.next().await.unwrap();
            turn.execute_unprepared("PRAGMA max_page_count = 1000").await.unwrap();
            drop(turn);
            assert_eq!(scene.turn(n).await.commit().await, Ok(()));
            assert_eq!(scene.durable().await, [kept, &(3..=n).collect::<Vec<_>>()].concat());
        }
    }

    #[tokio::test]
    async fn whoever_waits_for_the_end_need_not() {
        let scene = Scene::new().await;
        let (first, second) = scene.two().await;
        first.abort();
        assert_eq!(second.commit().await, Ok(()));
        assert_eq!(scene.durable().await, [1, 2]);
    }

    #[tokio::test]
    async fn a_turn_is_waited_for_only_so_long() {
        let mut scene = Scene::new().await;
        scene.turns.patience = Duration::from_millis(20);
        let first = scene.turn(1).await;
        assert!(matches!(scene.turns.next().await, Err(StoreError::Unavailable { .. })));
        assert_eq!(first.commit().await, Ok(()));
        assert_eq!(scene.turn(2).await.commit().await, Ok(()));
        assert_eq!(scene.durable().await, [1, 2]);
    }

    #[tokio::test]
    async fn many_turns_take_several_transactions() {
        let scene = Scene::new().await;
        let first = scene.turn(0).await;
        let count = i64::try_from(MOST_TURNS).unwrap() + 10;
        let rest = async {
            let mut all = tokio::task::JoinSet::new();
            for n in 1..count {
                let turns = scene.turns.clone();
                all.spawn(async move {
                    let turn = turns.next().await?;
                    turn.execute_unprepared(&format!("INSERT INTO t VALUES ({n})"))
                        .await
                        .map_err(error::map)?;
                    // Every seventh changes its mind.
                    if n % 7 == 0 { Ok(()) } else { turn.commit().await }
                });
            }
            all.join_all().await
        };
        let (rest, first) = tokio::join!(rest, first.commit());
        assert!(first.is_ok() && rest.iter().all(Result::is_ok), "{first:?} {rest:?}");
        let kept: Vec<i64> = (0..count).filter(|n| *n == 0 || n % 7 != 0).collect();
        assert_eq!(scene.durable().await, kept);
        assert!(scene.turns.begun.load(Ordering::SeqCst) > 2, "they were not in one");
    }

    #[tokio::test]
    async fn a_transaction_that_was_full_leaves_nobody_behind() {
        let scene = Scene::new().await;
        let (writers, turns_each) = (MOST_TURNS + MOST_TURNS / 2, 20);
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..writers {
            let turns = scene.turns.clone();
            all.spawn(async move {
                let mut most = 0;
                for _ in 0..turns_each {
                    let turn = turns.next().await.unwrap();
                    most = most.max(Arc::strong_count(&turns.waiting));
                    turn.commit().await.unwrap();
                }
                most
            });
        }
        let most = all.join_all().await.into_iter().max().unwrap();
        // The writers, the scene, and who ends the open transaction and the one before it.
        assert!(most <= writers + 3, "{most} hold it");
        assert!(scene.turns.begun.load(Ordering::SeqCst) >= 30);
    }
}
