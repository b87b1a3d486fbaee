//! Documents on their way into storage, and the set that they make with those in force.

use std::sync::Arc;

use kernel::{Invalid, PolicyDocumentId, Timestamp};
use policy_resolver::{Diagnostics, Document, Kind, Snapshot, kinds::CreditPolicy};
use serde_json::{Value, json};

use super::{
    Aim, PolicyPlace, PolicyVersion, PolicyWrite, PolicyWritten,
    check::{blocked, misplaced, problems},
    place::Placed,
};
use crate::{
    Refusal, Subject, SubjectKind,
    policies::{FollowError, PolicyFreshness, PolicySet, instant},
    step::{Step, found, not_stale},
};

/// The longest reason, in characters.
pub(super) const MAX_REASON: usize = 2_000;
/// The longest name of a document, in characters.
const MAX_NAME: usize = 200;

/// A document on its way to being written.
pub(super) struct Draft {
    pub(super) id: PolicyDocumentId,
    pub(super) document: Document,
    pub(super) placed: Placed,
    pub(super) newest: Option<PolicyVersion>,
    pub(super) unchanged: bool,
}

/// Documents that may be written, and the set that they make with those in force.
pub(super) struct Drafts {
    pub(super) documents: Vec<Draft>,
    pub(super) after: Snapshot,
}

impl Step<'_> {
    /// Nobody else writes policies until this unit of work ends. Gives the set of all that is stored.
    pub(super) async fn lock_policies(&mut self, set: &PolicySet) -> Result<(i64, Arc<Snapshot>), Refusal> {
        let revision = self.uow.policies().lock_policies().await?;
        // What is written now is written after all that was.
        self.now = self.app.clock.now().max(self.now);
        self.stored_policies(set, revision).await
    }

    /// The set of all that is stored up to `revision`.
    async fn stored_policies(
        &mut self,
        set: &PolicySet,
        revision: i64,
    ) -> Result<(i64, Arc<Snapshot>), Refusal> {
        let (known, snapshot) = set.known();
        if known >= revision {
            return Ok((known, snapshot));
        }
        let missed = self.uow.policies().policy_versions_since(known).await?;
        let revision = missed.last().map_or(known, |newest| newest.revision);
        let missed = missed.iter().map(PolicyVersion::document).collect::<Result<Vec<_>, _>>()?;
        let caught_up = snapshot.with(missed).map_err(FollowError::Invalid)?;
        Ok((revision, Arc::new(caught_up)))
    }

    /// Puts in force what is stored, for steps that are due because it has changed. Where it is not valid together with the
    /// settings of this server, the set in force stays, as it does when this server follows by itself.
    pub(crate) async fn follow_policies(&mut self) -> Result<(), Refusal> {
        let Some(set) = self.app.policies.documents() else { return Ok(()) };
        let stored = self.uow.policies().policy_revision().await?;
        if set.freshness().revision >= stored {
            return Ok(());
        }
        match self.stored_policies(set, stored).await {
            Ok((revision, snapshot)) => set.advance(revision, snapshot, self.now),
            Err(Refusal::Fault { .. }) => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// The next version, written now.
    pub(super) fn revise(&self, document: &mut Document, newest: Option<&PolicyVersion>) {
        let recorded_at = newest.map_or(self.now, |newest| newest.recorded_at.max(self.now));
        document.version = newest.map_or(1, |newest| newest.version.saturating_add(1));
        document.recorded_at = Some(instant(recorded_at));
        document.author = Some(self.actor.name.clone());
    }

    /// The documents of `write` as they would be written, and the set that they would make. All that is wrong is said at once.
    pub(super) async fn drafts(
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
            wrong.0.extend(misplaced(&document));
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
    pub(super) async fn write(
        &mut self,
        id: PolicyDocumentId,
        document: Document,
        newest: Option<PolicyVersion>,
        revision: i64,
        event: &str,
        placed: Option<Placed>,
    ) -> Result<PolicyWritten, Refusal> {
        let kernel_instant = |at: policy_resolver::Timestamp| Timestamp::from_unix_micros(at.unix_micros());
        let before = newest.as_ref().map(PolicyVersion::document).transpose()?;
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
        if [Some(&document), before.as_ref()].into_iter().flatten().any(times_requests) {
            self.uow.schedule().look_again(place, self.now).await?;
        }
        let under = if let PolicyPlace::Entitlement(id) = place { Some(id) } else { None };
        let subject = Subject::new(SubjectKind::PolicyDocument, id).coded(&version.name).under(under);
        let before = before.as_ref().map_or(Value::Null, facts);
        let occasion = (self.now, self.actor.clone(), version.reason.clone());
        self.record_as(event, occasion, subject, before, facts(&document));
        Ok(PolicyWritten { id, name: version.name, version: version.version, changed: true })
    }

    /// Makes what was written durable; this server follows at once.
    pub(super) async fn put_in_force(mut self, revision: i64, after: Snapshot) -> Result<(), Refusal> {
        let (policies, now) = (self.app.policies.clone(), self.now);
        self.uow.afterwards(Box::new(move || {
            if let Some(set) = policies.documents() {
                set.advance(revision, Arc::new(after), now);
            }
        }));
        self.commit().await
    }
}

/// Whether a document has a say in when requests take steps by themselves (SR-4, SR-12).
fn times_requests(document: &Document) -> bool {
    let says = |field: &str| document.fields.contains_key(field) || document.guard.contains_key(field);
    document.kind == CreditPolicy::NAME && (says("accept_after_days") || says("draft_hold_days"))
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
