//! What happens by itself (WK-1 … WK-3): everything that falls due is taken in the order in which it was due, as of the instant
//! at which it was due, exactly once.
//!
//! Steps are taken in **rounds**. A round is one transaction: it takes the turn, which one worker of a fleet has at a time; asks
//! what is due; locks all that the longest due steps touch, and takes them one after the other, those of one kind that follow
//! each other together; and moves their instants on. A worker that dies leaves nothing of its round behind, and its turn is free
//! at once. Whoever finds the turn taken goes back to sleep: nobody waits, and nothing is done twice. A step that fails is set
//! back, for longer each time it fails, and the others go on.
//!
//! A further timed step is a variant of [`Timed`] where its due instant lies in a table of its own, a line in storage that
//! says which column that is, a variant of [`TimedStep`] to be reported as, and the use case that takes it.

mod catch_up;
mod clock;
mod credits;
mod ports;
mod requests;
mod setbacks;

pub use catch_up::{CatchUp, FailedStep, Progress, Report};
pub use clock::{ClockReading, TestClock};
pub use ports::{Due, Schedule, Setback, Timed};

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// The steps that are taken by themselves, as they are reported.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TimedStep {
    /// Lots ended, or began and repaid an overdraft, in one balance at one instant (CR-8, CR-14).
    CreditExpiry,
    /// A draft or pending request that nobody moved gave its hold back (SR-12).
    DraftHoldRelease,
    /// Completed work counted as accepted (SR-4, SR-7).
    AutomaticAcceptance,
}
