//! Requests that nobody moves: holds that are given back (SR-12), and work that counts as accepted (SR-4, SR-7).

use kernel::{ServiceRequestId, StoreError, Timestamp};

use super::{Report, TimedStep};
use crate::{Refusal, requests::facts, step::Step};

impl Step<'_> {
    /// Takes the step of each request of `run` as of its instant. Says how many it took, as it stops where one has made something
    /// else due before the next; and when the first of what it touched is due again. All that they touch is locked.
    pub(super) async fn advance_requests(
        &mut self,
        run: &[(Timestamp, ServiceRequestId)],
        report: &mut Report,
    ) -> Result<(usize, Option<Timestamp>), Refusal> {
        let (mut rest, mut made_due) = (run.iter(), None);
        while let Some((at, id)) = rest.next() {
            let due = self.advance_request(*id, *at, report).await?;
            made_due = made_due.into_iter().chain(due).min();
            let next = rest.as_slice().first();
            if due.zip(next).is_some_and(|(due, (next, _))| due <= *next) {
                break;
            }
        }
        Ok((run.len().saturating_sub(rest.as_slice().len()), made_due))
    }

    /// When the request, or the balance that pays for it, is due next, as far as they were touched.
    async fn advance_request(
        &mut self,
        id: ServiceRequestId,
        at: Timestamp,
        report: &mut Report,
    ) -> Result<Option<Timestamp>, Refusal> {
        self.take_place(at, "worker", "due");
        let mut work = self.lock_work_to_debit(id).await?;
        // Under the lock: somebody may have moved it since it was found.
        if work.request.record().next_due.is_none_or(|due| due > at) {
            return Ok(None);
        }
        let before = facts(&work.request);
        if work.request.give_hold_back(work.policies.credits(), at) {
            self.take_place(at, "draft hold release", "nobody moved it");
            self.release(&mut work)?;
            self.save_work(&mut work, "service_request.hold_given_back", &before).await?;
            report.count(TimedStep::DraftHoldRelease);
        } else if work.request.accepted_by_itself_at(work.policies.credits()).is_some_and(|due| due <= at) {
            self.take_place(at, "automatic acceptance", "accepted by itself");
            self.accept(&mut work)?;
            self.save_work(&mut work, "service_request.accepted", &before).await?;
            report.count(TimedStep::AutomaticAcceptance);
        } else {
            // Scheduled under another policy than holds now, or to be looked at because policies have changed: it has its
            // time yet.
            work.request.schedule(&work.policies.credits_from_now_on());
            self.uow.work().save_request(&work.request).await?;
        }
        // What is due must not stay due, or the worker would never come to rest.
        if work.request.record().next_due.is_some_and(|due| due <= at) {
            let reason = "something counts as due, and nothing is";
            return Err(StoreError::corrupt("service request", id, reason).into());
        }
        let balance = work.payer.and_then(|(balance, _)| balance.record().next_due);
        Ok(work.request.record().next_due.into_iter().chain(balance).min())
    }
}
