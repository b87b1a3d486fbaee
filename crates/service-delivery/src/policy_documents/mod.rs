//! Policy documents: written version by version, each with author and reason (PO-6), tried before (PO-8), and checked against
//! everything in force (PO-9).

mod check;
mod place;
mod ports;
mod what_if;

use std::sync::Arc;

use kernel::{Invalid, PolicyDocumentId, Timestamp};
use policy_resolver::{Diagnostics, Document, Reading, Snapshot};
use serde_json::{Value, json};

pub(crate) use check::problems;
pub use place::PolicyPlace;
pub use ports::{Feed, PolicyVersion, Store};
pub use what_if::{AffectedEntitlement, KindChange, PlacedScope, WhatIf};

use self::{
    check::{blocked, not_for_settings},
    place::Placed,
};
use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    policies::{FollowError, Freshness, PolicyFreshness, PolicySet, instant},
    retry::retrying,
    step::{Step, found, not_stale},
};

/// The longest reason, in characters.
const MAX_REASON: usize = 2_000;
/// The longest name of a document, in characters.
const MAX_NAME: usize = 200;

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
            step.put_in_force(set, next, after).await?;
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
        readable(write, &set.snapshot())?;
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
        readable(write, &set.snapshot())?;
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
                step.put_in_force(set, revision, drafts.after).await?;
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
/// looking at what is stored.
fn readable(write: &PolicyWrite, base: &Snapshot) -> Result<(), Refusal> {
    if !write.reading.diagnostics.has_errors() {
        return Ok(());
    }
    let documents = write.reading.documents.iter().cloned().map(|mut document| {
        if let Some(newest) = base.history(&document.id).last() {
            document.version = newest.version.saturating_add(1);
            document.recorded_at = newest.recorded_at;
        }
        document
    });
    let mut found = write.reading.diagnostics.clone();
    found.0.extend(base.with(documents).err().into_iter().flat_map(|found| found.0));
    found.0.extend(write.reading.documents.iter().filter_map(not_for_settings));
    Err(problems(&found).into())
}

/// A document on its way to being written.
struct Draft {
    id: PolicyDocumentId,
    document: Document,
    placed: Placed,
    newest: Option<PolicyVersion>,
    unchanged: bool,
}

/// Documents that may be written, and the set that they make with those in force.
struct Drafts {
    documents: Vec<Draft>,
    after: Snapshot,
}

impl Step<'_> {
    /// Nobody else writes policies until this unit of work ends. Gives the set of all that is stored.
    async fn lock_policies(&mut self, set: &PolicySet) -> Result<(i64, Arc<Snapshot>), Refusal> {
        let revision = self.uow.policies().lock_policies().await?;
        // What is written now is written after all that was.
        self.now = self.app.clock.now().max(self.now);
        let (known, snapshot) = set.known();
        if known == revision {
            return Ok((revision, snapshot));
        }
        let missed = self.uow.policies().policy_versions_since(known).await?;
        let missed = missed.iter().map(PolicyVersion::document).collect::<Result<Vec<_>, _>>()?;
        let caught_up = snapshot.with(missed).map_err(FollowError::Invalid)?;
        Ok((revision, Arc::new(caught_up)))
    }

    /// The next version, written now.
    fn revise(&self, document: &mut Document, newest: Option<&PolicyVersion>) {
        let recorded_at = newest.map_or(self.now, |newest| newest.recorded_at.max(self.now));
        document.version = newest.map_or(1, |newest| newest.version.saturating_add(1));
        document.recorded_at = Some(instant(recorded_at));
        document.author = Some(self.actor.name.clone());
    }

    /// The documents of `write` as they would be written, and the set that they would make. All that is wrong is said at once.
    async fn drafts(
        &mut self,
        write: &PolicyWrite,
        aim: Aim,
        base: &Snapshot,
        refuse_blocked: bool,
    ) -> Result<Drafts, Refusal> {
        let mut wrong = Diagnostics(write.reading.diagnostics.0.clone());
        let mut invalid = Invalid::default();
        let mut drafts: Vec<Draft> = Vec::new();
        for document in &write.reading.documents {
            let mut document = document.clone();
            let reference = document.reference();
            wrong.0.extend(not_for_settings(&document));
            let placed = self.place(&mut document, &mut wrong).await?;
            let newest = match aim {
                Aim::Version(id, expected) => {
                    let newest =
                        found(self.uow.policies().policy_document(id).await?, "policy document", id)?;
                    not_stale("policy document", i64::from(newest.version), expected)?;
                    let usual = Document::new(&document.kind, &document.level, document.target.as_deref()).id;
                    if document.id != newest.name && document.id != usual {
                        invalid.push(
                            "name",
                            format!("the document is called {}, and always will be", newest.name),
                        );
                    }
                    document.id.clone_from(&newest.name);
                    Some(newest)
                }
                Aim::Any | Aim::New => match self.uow.policies().find_policy_document(&document.id).await? {
                    Some(id) => self.uow.policies().policy_document(id).await?,
                    None => None,
                },
            };
            let reason = document.reason.take().or_else(|| write.reason.clone()).unwrap_or_default();
            invalid.require_text("reason", &reason, MAX_REASON);
            invalid.require_text("name", &document.id, MAX_NAME);
            document.reason = Some(reason);
            if drafts.iter().any(|own| own.document.id == document.id) {
                invalid
                    .push("id", format!("{} stands twice; give one of them an id of its own", document.id));
                continue;
            }
            let same = newest.as_ref().map(PolicyVersion::document).transpose()?;
            let unchanged = same.as_ref().is_some_and(|same| is_same(same, &document));
            if let (Aim::New, false, Some(newest)) = (aim, unchanged, &newest) {
                let detail = format!("there is a document {}, in version {}", newest.name, newest.version);
                return Err(Refusal::rule("policy-document-exists", detail));
            }
            let id = newest.as_ref().map_or_else(|| self.id(), |newest| newest.document);
            if unchanged {
                document.version = newest.as_ref().map_or(1, |newest| newest.version);
            } else {
                self.revise(&mut document, newest.as_ref());
            }
            // Whatever was found names the document as it is going to be written.
            for own in wrong.0.iter_mut().flat_map(|found| &mut found.documents) {
                if *own == reference {
                    *own = document.reference();
                }
            }
            drafts.push(Draft { id, document, placed, newest, unchanged });
        }
        let new = drafts.iter().filter(|draft| !draft.unchanged).map(|draft| draft.document.clone());
        let after = base.with(new);
        if refuse_blocked {
            for draft in drafts.iter().filter(|draft| !draft.unchanged) {
                wrong.0.extend(blocked(base, after.as_ref().ok(), &draft.document, &draft.placed, self.now));
            }
        }
        match after {
            Ok(after) if !wrong.has_errors() && invalid.0.is_empty() => {
                Ok(Drafts { documents: drafts, after })
            }
            refused => {
                wrong.0.extend(refused.err().into_iter().flat_map(|found| found.0));
                let mut all = problems(&wrong);
                all.0.extend(invalid.0);
                Err(all.into())
            }
        }
    }

    /// Writes one version and its event.
    async fn write(
        &mut self,
        id: PolicyDocumentId,
        document: Document,
        newest: Option<PolicyVersion>,
        revision: i64,
        event: &str,
        placed: Option<Placed>,
    ) -> Result<PolicyWritten, Refusal> {
        let kernel_instant = |at: policy_resolver::Timestamp| Timestamp::from_unix_micros(at.unix_micros());
        let content = json!({"guard": &document.guard, "fields": &document.fields});
        let version = PolicyVersion {
            revision,
            document: id,
            name: document.id.clone(),
            kind: document.kind.clone(),
            level: document.level.clone(),
            target: document.target.clone(),
            version: document.version,
            recorded_at: document.recorded_at.and_then(kernel_instant).unwrap_or(self.now),
            author: self.actor.clone(),
            reason: document.reason.clone().unwrap_or_default(),
            effective_from: document.effective_from.and_then(kernel_instant),
            effective_until: document.effective_until.and_then(kernel_instant),
            content: content.to_string(),
        };
        self.uow.policies().insert_policy_version(&version).await?;
        let place = match placed {
            Some(placed) => placed.place,
            None => {
                PolicyPlace::of(&version.level, version.target.as_deref()).unwrap_or(PolicyPlace::Everywhere)
            }
        };
        let under = if let PolicyPlace::Entitlement(id) = place { Some(id) } else { None };
        let subject = Subject::new(SubjectKind::PolicyDocument, id).coded(&version.name).under(under);
        let before = newest.as_ref().map(PolicyVersion::document).transpose()?;
        let before = before.as_ref().map_or(Value::Null, facts);
        let occasion = (self.now, self.actor.clone(), version.reason.clone());
        self.record_as(event, occasion, subject, before, facts(&document));
        Ok(PolicyWritten { id, name: version.name, version: version.version, changed: true })
    }

    /// Makes what was written durable; this server follows at once.
    async fn put_in_force(self, set: &PolicySet, revision: i64, after: Snapshot) -> Result<(), Refusal> {
        let now = self.now;
        self.commit().await?;
        set.advance(revision, Arc::new(after), now);
        Ok(())
    }
}

fn is_same(one: &Document, other: &Document) -> bool {
    let what = |own: &Document| {
        (
            own.kind.clone(),
            own.level.clone(),
            own.target.clone(),
            own.effective_from,
            own.effective_until,
            own.guard.clone(),
            own.fields.clone(),
        )
    };
    what(one) == what(other)
}

/// What the event of a change says.
fn facts(document: &Document) -> Value {
    json!({
        "version": document.version,
        "effective_from": document.effective_from,
        "effective_until": document.effective_until,
        "guard": document.guard,
        "fields": document.fields,
    })
}
