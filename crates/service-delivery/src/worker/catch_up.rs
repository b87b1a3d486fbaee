//! Rounds, until nothing is due any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use kernel::{CreditBalanceId, ServiceRequestId, StoreError, Timestamp};

use super::{Due, Timed, TimedStep};
use crate::{MAX_ATTEMPTS, Refusal, ServiceDelivery};

/// How many steps a round takes at most: enough that a commit costs little of it, few enough that nobody waits for its locks.
const ROUND: u16 = 250;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How often each step was taken.
    pub taken: BTreeMap<TimedStep, u64>,
    /// Steps that could not be taken; each is tried again when its setback is over.
    pub failed: Vec<FailedStep>,
}

impl Report {
    /// How many steps were taken.
    pub fn total(&self) -> u64 {
        self.taken.values().sum()
    }

    pub(super) fn count(&mut self, step: TimedStep) {
        *self.taken.entry(step).or_default() += 1;
    }

    fn add(&mut self, other: Report) {
        for (step, count) in other.taken {
            *self.taken.entry(step).or_default() += count;
        }
    }
}

/// A step that could not be taken; nothing of it remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedStep {
    /// What was due, and since when.
    pub due: Due,
    /// Why.
    pub refusal: Refusal,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Steps were taken; there may be more.
    Taken,
    /// Another worker has the turn.
    Busy,
    /// Nothing is due.
    Done {
        /// When something falls due next; none where nothing does.
        next: Option<Timestamp>,
    },
}

/// One catching up, round by round: whoever runs it may stop between two.
pub struct CatchUp<'a> {
    app: &'a ServiceDelivery,
    until: Timestamp,
    /// Steps that are set back beyond this instant are left alone, so that none is tried twice.
    began: Timestamp,
    wait: bool,
    /// How many steps are taken one a round, to find the one that fails.
    one_by_one: u16,
    report: Report,
}

impl ServiceDelivery {
    /// Takes all that is due by `until`, and waits for whoever else is at it. When it returns, nothing is due by then but what
    /// is set back: what the report names as failed, and what failed a short while before.
    ///
    /// # Errors
    /// The storage fails. What was done before remains.
    pub async fn run_due(&self, until: Timestamp) -> Result<Report, Refusal> {
        let mut work = CatchUp { wait: true, ..self.catch_up(until) };
        while !matches!(work.round().await?, Progress::Done { .. }) {}
        Ok(work.report)
    }

    /// Takes what is due by `until`, round by round, giving way to whoever else is at it.
    pub fn catch_up(&self, until: Timestamp) -> CatchUp<'_> {
        let (began, report) = (self.clock.now(), Report::default());
        CatchUp { app: self, until, began, wait: false, one_by_one: 0, report }
    }

    /// The present instant: what is due by now is to be done.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl CatchUp<'_> {
    /// What was done so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Takes the next steps, in one transaction. A step that fails is found by taking those around it one by one, and set back
    /// by itself, so that however many fail hold up no other.
    ///
    /// # Errors
    /// As [`ServiceDelivery::run_due`].
    pub async fn round(&mut self) -> Result<Progress, Refusal> {
        let mut tries = 1;
        loop {
            let limit = if self.one_by_one > 0 { 1 } else { ROUND };
            let mut attempted = None;
            match caught(self.attempt(limit, &mut attempted)).await {
                Ok((progress, report)) => {
                    self.one_by_one = self.one_by_one.saturating_sub(1);
                    self.report.add(report);
                    return Ok(progress);
                }
                Err(Refusal::Store(StoreError::Conflict)) if tries < MAX_ATTEMPTS => tries += 1,
                Err(
                    error @ Refusal::Store(
                        StoreError::Conflict | StoreError::Unavailable { .. } | StoreError::Undecided { .. },
                    ),
                ) => return Err(error),
                Err(refusal) => match attempted {
                    Some(_) if limit > 1 => self.one_by_one = limit,
                    Some(due) => {
                        self.app.set_back(due, &refusal).await?;
                        self.report.failed.push(FailedStep { due, refusal });
                    }
                    None => return Err(refusal),
                },
            }
        }
    }

    async fn attempt(&self, limit: u16, attempted: &mut Option<Due>) -> Result<(Progress, Report), Refusal> {
        let mut step = self.app.begin_timed().await?;
        let mut report = Report::default();
        if !step.uow.schedule().take_turn(self.wait).await? {
            return Ok((Progress::Busy, report));
        }
        let mut due = step.uow.schedule().due(self.until, limit, self.began).await?;
        if due.is_empty() {
            let next = step.uow.schedule().due_after(self.until).await?;
            return Ok((Progress::Done { next }, report));
        }
        // What is due may be due because a policy has changed that this server does not know of yet.
        step.follow_policies().await?;
        *attempted = due.first().copied();
        let tried: Vec<Timed> = due.iter().map(|due| due.what).collect();
        step.uow.schedule().lock_all(&tried).await?;
        let locked: BTreeSet<Timed> = tried.iter().copied().collect();
        while let Some(run) = Run::leading(&due, &locked) {
            *attempted = due.first().copied();
            let (taken, made_due) = match run {
                Run::Balances(run) => (run.len(), Box::pin(step.expire_credits(&run, &mut report)).await?),
                Run::Requests(run) => Box::pin(step.advance_requests(&run, &mut report)).await?,
            };
            due.drain(..taken);
            // Where something has become due before the rest, it is not known yet what comes first.
            if made_due.zip(due.last()).is_some_and(|(made_due, last)| made_due <= last.at) {
                let left = u16::try_from(due.len()).unwrap_or(limit);
                due = step.uow.schedule().due(self.until, left, self.began).await?;
            }
        }
        step.uow.schedule().forget_setbacks(&tried).await?;
        step.commit().await?;
        Ok((Progress::Taken, report))
    }
}

/// What `attempt` comes to; a fault in a step is that step's failure, and no other's.
async fn caught<T>(attempt: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let mut attempt = pin!(attempt);
    poll_fn(|context| {
        // Nothing of the attempt is looked at afterwards; its transaction is rolled back.
        let polled = catch_unwind(AssertUnwindSafe(|| attempt.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(Refusal::Fault { detail: "the step panicked".to_owned() })))
    })
    .await
}

/// Steps of one kind that follow each other: they are taken together.
enum Run {
    Balances(Vec<(Timestamp, CreditBalanceId)>),
    Requests(Vec<(Timestamp, ServiceRequestId)>),
}

impl Run {
    /// The first of `due`, as far as they are of one kind and `locked`. None where the very first is not locked.
    fn leading(due: &[Due], locked: &BTreeSet<Timed>) -> Option<Self> {
        let known = due.iter().take_while(|due| locked.contains(&due.what));
        match due.first().filter(|first| locked.contains(&first.what))?.what {
            Timed::CreditBalance(_) => {
                let run = known.map_while(|due| match due.what {
                    Timed::CreditBalance(id) => Some((due.at, id)),
                    Timed::ServiceRequest(_) => None,
                });
                Some(Self::Balances(run.collect()))
            }
            Timed::ServiceRequest(_) => {
                let run = known.map_while(|due| match due.what {
                    Timed::ServiceRequest(id) => Some((due.at, id)),
                    Timed::CreditBalance(_) => None,
                });
                Some(Self::Requests(run.collect()))
            }
        }
    }
}
