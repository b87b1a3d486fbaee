//! Cancelling as CancellationPolicy has it.

use kernel::{ActorKind, IllegalMove, Timestamp, step};
use policy_resolver::kinds::{CancelWhen, CancellationPolicy};

use super::{Change, Entitlement, EntitlementCommand, EntitlementStatus};

/// What asking for a cancellation led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It is cancelled now.
    Done(Change),
    /// It will be, at that instant (EN-7).
    Scheduled {
        /// When.
        at: Timestamp,
    },
    /// It was asked for before and takes effect no earlier by asking again; nothing changed.
    AlreadyScheduled {
        /// When.
        at: Timestamp,
    },
}

/// Why it is not cancelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The status does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// The policy leaves it to staff.
    #[error("customers cannot cancel this by themselves")]
    StaffOnly,
}

impl Entitlement {
    /// When a cancellation takes effect that was asked for.
    pub fn cancel_at(&self) -> Option<Timestamp> {
        self.record().cancel_at
    }

    /// When a cancellation asked for at `now` would take effect under `policy`: after the days of notice, and not
    /// before the end of the term (or trial) where the policy waits for it. At once where nothing has begun.
    pub fn cancellation_takes_effect(&self, policy: &CancellationPolicy, now: Timestamp) -> Timestamp {
        if self.status() == EntitlementStatus::Pending {
            return now;
        }
        let noticed = now.plus_days(i64::from(policy.notice_days));
        let end = match self.status() {
            EntitlementStatus::Trialing => self.record().trial_ends_at,
            _ => self.term().map(|term| term.ends_at),
        };
        match policy.when {
            CancelWhen::Immediate => noticed,
            CancelWhen::EndOfTerm => end.map_or(noticed, |end| end.max(noticed)),
        }
    }

    /// Asks for the cancellation: now or later, as the policy has it. Asking again does not put it off; where it would
    /// take effect earlier (staff with another policy), it does.
    ///
    /// # Errors
    /// Expired or cancelled already; a customer where the policy leaves it to staff.
    pub fn request_cancellation(
        &mut self,
        policy: &CancellationPolicy,
        by: ActorKind,
        now: Timestamp,
    ) -> Result<Cancellation, CancelError> {
        step(self.status(), EntitlementCommand::Cancel)?;
        if by == ActorKind::Customer && !policy.by_customer {
            return Err(CancelError::StaffOnly);
        }
        let at = self.cancellation_takes_effect(policy, now);
        if at <= now {
            return Ok(Cancellation::Done(self.cancel(now)?));
        }
        if let Some(before) = self.cancel_at().filter(|before| *before <= at) {
            return Ok(Cancellation::AlreadyScheduled { at: before });
        }
        self.0.cancel_at = Some(at);
        Ok(Cancellation::Scheduled { at })
    }

    /// Takes back a cancellation that has not taken effect. False where there is none.
    pub fn withdraw_cancellation(&mut self) -> bool {
        self.0.cancel_at.take().is_some()
    }
}
