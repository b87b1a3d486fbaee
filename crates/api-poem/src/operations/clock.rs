//! The clock, which the demo and tests set forward (WK-3).

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, payload::Json, types::Example};
use service_delivery::worker::{ClockReading, FailedStep, Report, Timed, TimedStep};
use uuid::Uuid;

use super::{Context, Tag, example};
use crate::{
    http::{ApiError, Body, By},
    wire::{Instant, Word},
};

/// What the clock shows.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct ClockView {
    /// The present instant, for everything that this server decides.
    now: Instant,
    /// Whether it can be set forward: in the demo, and where the setting `clock_settable` says so.
    settable: bool,
}

impl From<ClockReading> for ClockView {
    fn from(ClockReading { now, settable }: ClockReading) -> Self {
        Self { now: now.into(), settable }
    }
}

impl Example for ClockView {
    fn example() -> Self {
        Self { now: example::instant(), settable: true }
    }
}

/// Where the clock is to go on.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct SetClock {
    /// Not before the present instant: the clock goes forward only.
    now: Instant,
}

impl Example for SetClock {
    fn example() -> Self {
        Self { now: example::instant() }
    }
}

/// What happened by itself while the clock was set forward.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct ClockSet {
    /// The present instant.
    now: Instant,
    /// Whether it can be set forward.
    settable: bool,
    /// What was done, each as of the instant at which it was due.
    taken: Vec<StepsTaken>,
    /// What is due and could not be done. It is tried again; the server's log says why it failed.
    failed: Vec<StepFailed>,
}

/// How often one kind of step was taken.
#[derive(Debug, Object)]
pub(crate) struct StepsTaken {
    /// What happened.
    step: Word<TimedStep>,
    /// How often.
    times: u64,
}

/// A step that could not be taken.
#[derive(Debug, Object)]
pub(crate) struct StepFailed {
    /// What kind of thing it is.
    kind: String,
    /// Its id.
    id: Uuid,
    /// Since when it is due.
    due_at: Instant,
}

impl From<&FailedStep> for StepFailed {
    fn from(failed: &FailedStep) -> Self {
        let (kind, id) = match failed.due.what {
            Timed::CreditBalance(id) => ("credit_balance", id.as_uuid()),
            Timed::ServiceRequest(id) => ("service_request", id.as_uuid()),
        };
        Self { kind: kind.to_owned(), id, due_at: failed.due.at.into() }
    }
}

impl From<(ClockReading, Report)> for ClockSet {
    fn from((ClockReading { now, settable }, report): (ClockReading, Report)) -> Self {
        let taken =
            report.taken.iter().map(|(step, times)| StepsTaken { step: (*step).into(), times: *times });
        Self {
            now: now.into(),
            settable,
            taken: taken.collect(),
            failed: report.failed.iter().map(StepFailed::from).collect(),
        }
    }
}

impl Example for ClockSet {
    fn example() -> Self {
        let expired = StepsTaken { step: Word(TimedStep::CreditExpiry), times: 12 };
        let accepted = StepsTaken { step: Word(TimedStep::AutomaticAcceptance), times: 3 };
        Self { now: example::instant(), settable: true, taken: vec![expired, accepted], failed: vec![] }
    }
}

pub(crate) struct Clocks(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/clock", tag = "Tag::Clock")]
impl Clocks {
    /// Read the clock
    ///
    /// What time it is for the server, and whether the clock may be set forward.
    #[oai(path = "/", method = "get", operation_id = "get_clock")]
    async fn get(&self, By(_by): By) -> Result<Json<ClockView>, ApiError> {
        Ok(Json(self.0.service.clock().into()))
    }

    /// Set the clock forward
    ///
    /// For the demo and for tests. Everything that falls due by then happens, in order and as of the instants at which it is
    /// due; the answer comes when all of it is done. Refused where the clock cannot be set.
    #[oai(path = "/", method = "post", operation_id = "set_clock")]
    async fn set(&self, By(_by): By, Body(body): Body<SetClock>) -> Result<Json<ClockSet>, ApiError> {
        Ok(Json(Box::pin(self.0.service.set_clock(body.now.0)).await?.into()))
    }
}
