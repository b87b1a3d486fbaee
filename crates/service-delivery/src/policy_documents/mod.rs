//! Policy documents: written version by version, each with author and reason (PO-6), tried before (PO-8), and checked against
//! everything in force (PO-9).

mod check;
mod place;
mod ports;
mod what_if;
mod writing;

use std::sync::Arc;

use kernel::{Invalid, PolicyDocumentId, Timestamp};
use policy_resolver::{Reading, Snapshot};

pub use check::misplaced;
pub(crate) use check::problems;
pub use place::PolicyPlace;
pub use ports::{Feed, PolicyVersion, Store};
pub use what_if::{AffectedEntitlement, KindChange, PlacedScope, WhatIf};

use self::{
    place::Placed,
    writing::{Draft, MAX_REASON},
};
use crate::{
    Refusal, ServiceDelivery,
    access::Caller,
    policies::{FollowError, Freshness, PolicyFreshness, PolicySet, instant},
    retry::retrying,
    step::found,
};

/// Documents to be written, as they were read. What is said of author, version and the instant of writing is not looked at:
/// these are the caller, the next one and now. Targets are ids, or codes and SKUs where the thing has one.
#[derive(Clone, Debug, Default)]
pub struct PolicyWrite {
    /// The documents, and all that was wrong with how they were written.
    pub reading: Reading,
    /// Why, for those that do not say it themselves.
    pub reason: Option<String>,
    /// Whether values that a guard keeps from taking effect are kept until it ends, instead of refused (PO-5).
    pub keep_blocked: bool,
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWritten {
    /// The document.
    pub id: PolicyDocumentId,
    /// Its name.
    pub name: String,
    /// The version in which it is now.
    pub version: u32,
    /// Whether that is a new version; not, where it was the same before.
    pub changed: bool,
}

/// Which documents a write may touch.
#[derive(Clone, Copy)]
enum Aim {
    /// Whichever are named, new or not.
    Any,
    /// None that is there already.
    New,
    /// A new version of this one, which is in the version that is expected.
    Version(PolicyDocumentId, Option<i64>),
}

impl ServiceDelivery {
    /// Puts documents in force, all or none: a new one, or a new version of the one with that name. A document that is the same
    /// as before gets no new version.
    ///
    /// # Errors
    /// Everything that is wrong with the documents, and with the set that they would make with those in force: all of it at once.
    pub async fn put_policies(
        &self,
        by: &Caller,
        write: &PolicyWrite,
    ) -> Result<Vec<PolicyWritten>, Refusal> {
        self.write_policies(by, write, Aim::Any).await
    }

    /// Puts one new document in force.
    ///
    /// # Errors
    /// There is a different one of that name; as [`ServiceDelivery::put_policies`].
    pub async fn create_policy_document(
        &self,
        by: &Caller,
        write: &PolicyWrite,
    ) -> Result<PolicyWritten, Refusal> {
        one(self.write_policies(by, write, Aim::New).await?)
    }

    /// Puts a new version of a document in force.
    ///
    /// # Errors
    /// No such document, or in another version than `expected`; as [`ServiceDelivery::put_policies`].
    pub async fn update_policy_document(
        &self,
        by: &Caller,
        id: PolicyDocumentId,
        write: &PolicyWrite,
        expected: Option<i64>,
    ) -> Result<PolicyWritten, Refusal> {
        one(self.write_policies(by, write, Aim::Version(id, expected)).await?)
    }

    /// Ends a document at `until`, or now: a new version that is the same but for that. One that has not begun by then never does.
    /// Ending one that has ended already, or ends then, changes nothing.
    ///
    /// # Errors
    /// No such document; an instant that is past; no reason.
    pub async fn end_policy_document(
        &self,
        by: &Caller,
        id: PolicyDocumentId,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<PolicyWritten, Refusal> {
        let set = self.policy_set()?;
        retrying(|| async {
            let mut step = self.begin(by, reason).await?;
            let (revision, base) = step.lock_policies(set).await?;
            let newest = found(step.uow.policies().policy_document(id).await?, "policy document", id)?;
            let mut invalid = Invalid::default();
            invalid.require_text("reason", reason, MAX_REASON);
            if until.is_some_and(|until| until < step.now) {
                invalid.push("effective_until", "must not be past: what held then is not changed any more");
            }
            invalid.or_ok(())?;
            let until = until.unwrap_or(step.now);
            let ended = newest.effective_until.is_some_and(|at| at <= step.now || at == until);
            if ended {
                let (name, version) = (newest.name, newest.version);
                step.commit().await?;
                return Ok(PolicyWritten { id, name, version, changed: false });
            }
            let mut document = newest.document()?;
            document.effective_until = Some(instant(until));
            document.effective_from = document.effective_from.filter(|from| *from < instant(until));
            document.reason = Some(reason.to_owned());
            step.revise(&mut document, Some(&newest));
            let after = base.with([document.clone()]).map_err(|found| problems(&found))?;
            let next = next_revision(revision)?;
            let written = step.write(id, document, Some(newest), next, "policy_document.ended", None).await?;
            step.put_in_force(next, after).await?;
            Ok(written)
        })
        .await
    }

    /// What would be different if documents were put in force (PO-8); nothing is written.
    ///
    /// # Errors
    /// As [`ServiceDelivery::put_policies`].
    pub async fn try_policies(
        &self,
        by: &Caller,
        write: &PolicyWrite,
        as_of: Option<Timestamp>,
    ) -> Result<WhatIf, Refusal> {
        let set = self.policy_set()?;
        readable(write, &set.snapshot(), None)?;
        retrying(|| async {
            let mut step = self.begin(by, "try policies").await?;
            let (_, base) = step.lock_policies(set).await?;
            let drafts = step.drafts(write, Aim::Any, &base, false).await?;
            let begins = drafts.documents.iter().filter_map(|draft| draft.document.effective_from).max();
            let begins = begins.and_then(|at| Timestamp::from_unix_micros(at.unix_micros()));
            let at = as_of.unwrap_or_else(|| begins.unwrap_or(step.now).max(step.now));
            let place = match drafts.documents.as_slice() {
                [one] => one.placed.place,
                _ => PolicyPlace::Everywhere,
            };
            step.commit().await?;
            Ok(WhatIf::new(base, drafts.after, at, place))
        })
        .await
    }

    /// The documents in force and what they come to.
    ///
    /// # Errors
    /// The policies of this server are fixed.
    pub fn policies_in_force(&self) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.policy_set()?.snapshot())
    }

    /// Puts in force what is stored. Says whether that was anything new.
    ///
    /// # Errors
    /// As [`PolicySet::follow`].
    pub async fn follow_policies(&self, feed: &dyn Feed) -> Result<bool, FollowError> {
        match self.policies.documents() {
            Some(set) => set.follow(feed, self.clock.now()).await,
            None => Ok(false),
        }
    }

    /// How far the policies in force are behind what is stored; none where they are fixed.
    pub fn policy_freshness(&self) -> Option<Freshness> {
        self.policies.documents().map(PolicyFreshness::freshness)
    }

    fn policy_set(&self) -> Result<&PolicySet, Refusal> {
        self.policies
            .documents()
            .ok_or_else(|| Refusal::rule("policies-fixed", "the policies of this server are fixed"))
    }

    async fn write_policies(
        &self,
        by: &Caller,
        write: &PolicyWrite,
        aim: Aim,
    ) -> Result<Vec<PolicyWritten>, Refusal> {
        let set = self.policy_set()?;
        let guarded = (!write.keep_blocked).then(|| self.clock.now());
        readable(write, &set.snapshot(), guarded)?;
        retrying(|| async {
            let mut step = self.begin(by, "put policies").await?;
            let (mut revision, base) = step.lock_policies(set).await?;
            let drafts = step.drafts(write, aim, &base, !write.keep_blocked).await?;
            let mut written = Vec::with_capacity(drafts.documents.len());
            for Draft { id, document, placed, newest, unchanged } in drafts.documents {
                if unchanged {
                    let (name, version) = (document.id, document.version);
                    written.push(PolicyWritten { id, name, version, changed: false });
                    continue;
                }
                revision = next_revision(revision)?;
                let name = match newest {
                    None => "policy_document.created",
                    Some(_) => "policy_document.changed",
                };
                written.push(step.write(id, document, newest, revision, name, Some(placed)).await?);
            }
            if written.iter().any(|one| one.changed) {
                step.put_in_force(revision, drafts.after).await?;
            } else {
                step.commit().await?;
            }
            Ok(written)
        })
        .await
    }
}

fn one(written: Vec<PolicyWritten>) -> Result<PolicyWritten, Refusal> {
    let Ok([one]) = <[PolicyWritten; 1]>::try_from(written) else {
        return Err(Invalid::field("documents", "must be exactly one").into());
    };
    Ok(one)
}

fn next_revision(revision: i64) -> Result<i64, Refusal> {
    revision.checked_add(1).ok_or_else(|| Refusal::Fault { detail: "no revision is left".to_owned() })
}

/// Refuses what was not written as documents are, together with all else that is wrong with it as far as can be told without
/// looking at what is stored; what guards keep out as of `guarded`, too.
fn readable(write: &PolicyWrite, base: &Snapshot, guarded: Option<Timestamp>) -> Result<(), Refusal> {
    if !write.reading.diagnostics.has_errors() {
        return Ok(());
    }
    let mut found = write.reading.diagnostics.clone();
    let documents = write.reading.documents.iter().cloned().map(|mut document| {
        if let Some(newest) = base.history(&document.id).last() {
            document.version = newest.version.saturating_add(1);
            document.recorded_at = newest.recorded_at;
        }
        document
    });
    found.0.extend(base.with(documents).err().into_iter().flat_map(|found| found.0));
    for document in &write.reading.documents {
        found.0.extend(misplaced(document));
        if let Some(now) = guarded {
            found.0.extend(check::blocked(base, None, document, &Placed::itself(document), now));
        }
    }
    Err(problems(&found).into())
}
