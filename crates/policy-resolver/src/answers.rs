//! What is resolved from a set of documents.

use std::{any::TypeId, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    Diagnostic, Diagnostics, DocumentRef, Explanation, FieldExplanation, Kind, Severity, Snapshot, Timestamp,
    Value,
    decide::{Stack, decide},
    diagnostic::Code,
    explain::Outcome,
    subject::Subject,
    table::Table,
};

/// Why nothing was resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The schema has no kind of that name.
    #[error("no kind `{kind}` in the schema")]
    UnknownKind {
        /// What was asked for.
        kind: String,
    },
    /// The kind has no field of that path.
    #[error("no field `{path}` in the kind `{kind}`")]
    UnknownField {
        /// The kind.
        kind: String,
        /// What was asked for.
        path: String,
    },
    /// The kind is data only: its values can be had, a Rust struct cannot.
    #[error("the kind `{kind}` is no Rust struct")]
    NotARustType {
        /// The kind.
        kind: String,
    },
    /// The subject's documents break a rule together: it was not among those that the set was compiled for.
    #[error("the documents for this subject break a rule of the kind `{kind}`: {rule}")]
    InvalidCombination {
        /// The kind.
        kind: String,
        /// The rule.
        rule: String,
    },
    /// The kind's own type refused values that its schema allows.
    #[error("the kind `{kind}` cannot be read: {message}")]
    Unreadable {
        /// The kind.
        kind: String,
        /// What the type said.
        message: String,
    },
    /// Two things of different schemas were brought together.
    #[error("made with another schema")]
    OtherSchema,
}

/// The values of one kind for one subject: for kinds that are data, and wherever the Rust struct is not wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective<'a> {
    fields: &'a [crate::Field],
    values: Vec<Value>,
}

impl Effective<'_> {
    /// The value at a path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.fields.iter().position(|field| field.path == path).map(|index| &self.values[index])
    }

    /// Every path with its value, in the order of the kind.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|field| field.path.as_str()).zip(&self.values)
    }

    /// As JSON, with sections as objects.
    pub fn to_json(&self) -> Json {
        let mut root = Map::new();
        for (path, value) in self.iter() {
            nest(&mut root, path, value.to_json());
        }
        Json::Object(root)
    }
}

fn nest(map: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            if let Json::Object(below) = map.entry(section).or_insert_with(|| Json::Object(Map::new())) {
                nest(below, rest, value);
            }
        }
    }
}

/// A change that a guard keeps out, for one subject (PO-5).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Blocked {
    /// The kind.
    pub kind: String,
    /// The field's path.
    pub path: String,
    /// The document whose change is kept out.
    pub document: DocumentRef,
    /// The document whose guard keeps it out.
    pub by: DocumentRef,
}

impl Snapshot {
    pub(crate) fn table_of<T: Kind>(&self) -> Result<&Arc<Table>, ResolveError> {
        self.schema()
            .typed_index(TypeId::of::<T>())
            .map(|index| &self.tables()[index])
            .ok_or_else(|| ResolveError::UnknownKind { kind: T::NAME.to_owned() })
    }

    fn table(&self, kind: &str) -> Result<&Arc<Table>, ResolveError> {
        self.schema()
            .kind_index(kind)
            .map(|index| &self.tables()[index])
            .ok_or_else(|| ResolveError::UnknownKind { kind: kind.to_owned() })
    }

    /// The policy of a subject at an instant, as the kind's Rust struct.
    ///
    /// Takes no lock. Where the same documents were resolved before for any subject, allocates nothing.
    ///
    /// ```
    /// use policy_resolver::{Document, Schema, Timestamp, kinds::RenewalPolicy};
    ///
    /// let schema = Schema::standard();
    /// let set = schema.compile([
    ///     Document::new("renewal", "organization", Some("acme")).set("grace_days", 30),
    /// ])?;
    /// let acme = schema.subject([("organization", "acme")])?;
    /// let policy = set.resolve::<RenewalPolicy>(&acme, "2026-05-01T00:00:00Z".parse::<Timestamp>()?)?;
    /// assert_eq!(policy.grace_days, 30);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The struct is no kind of the schema; or the set was compiled for other subjects, and the documents for this
    /// one break a rule together.
    pub fn resolve<T: Kind>(&self, subject: &Subject, at: Timestamp) -> Result<&T, ResolveError> {
        let table = self.table_of::<T>()?;
        let stretches = table.stretches(&table.locate(subject))?;
        stretches
            .policy(at.unix_micros())
            .downcast_ref()
            .ok_or_else(|| ResolveError::NotARustType { kind: T::NAME.to_owned() })
    }

    /// The policies of all ten built-in kinds, where the schema has them.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    #[cfg(feature = "kinds")]
    pub fn policies(&self, subject: &Subject, at: Timestamp) -> Result<crate::kinds::Policies, ResolveError> {
        Ok(crate::kinds::Policies {
            renewal: self.resolve::<crate::kinds::RenewalPolicy>(subject, at)?.clone(),
            payment_recovery: self.resolve::<crate::kinds::PaymentRecoveryPolicy>(subject, at)?.clone(),
            cancellation: self.resolve::<crate::kinds::CancellationPolicy>(subject, at)?.clone(),
            sla: self.resolve::<crate::kinds::SlaPolicy>(subject, at)?.clone(),
            credits: self.resolve::<crate::kinds::CreditPolicy>(subject, at)?.clone(),
            provisioning: self.resolve::<crate::kinds::ProvisioningPolicy>(subject, at)?.clone(),
            trial: self.resolve::<crate::kinds::TrialPolicy>(subject, at)?.clone(),
            refund: self.resolve::<crate::kinds::RefundPolicy>(subject, at)?.clone(),
            tier_change: self.resolve::<crate::kinds::TierChangePolicy>(subject, at)?.clone(),
            notification: self.resolve::<crate::kinds::NotificationPolicy>(subject, at)?.clone(),
        })
    }

    /// The first instant after `at` from which on the policy of a subject can be another: a document begins, ends, or
    /// has a later version. None where the set knows of no change.
    ///
    /// ```
    /// use policy_resolver::{Document, Schema, Timestamp};
    ///
    /// let schema = Schema::standard();
    /// let mut sale = Document::new("refund", "global", None).set("window_days", 60);
    /// sale.effective_from = Some("2026-11-01T00:00:00Z".parse()?);
    /// let set = schema.compile([sale])?;
    /// let (anybody, may) = (schema.subject([])?, "2026-05-01T00:00:00Z".parse::<Timestamp>()?);
    /// let next = set.next_change("refund", &anybody, may)?;
    /// assert_eq!(next.map(|at| at.to_string()).as_deref(), Some("2026-11-01T00:00:00Z"));
    /// assert_eq!(set.next_change("trial", &anybody, may)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// No such kind.
    pub fn next_change(
        &self,
        kind: &str,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, ResolveError> {
        let table = self.table(kind)?;
        let next = table.next_start(&table.locate(subject), at.unix_micros());
        Ok(next.map(Timestamp::from_unix_micros))
    }

    /// The values of any kind for a subject at an instant.
    ///
    /// # Errors
    /// No such kind, or a combination that breaks a rule (see [`Self::resolve`]).
    pub fn values(
        &self,
        kind: &str,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Effective<'_>, ResolveError> {
        let table = self.table(kind)?;
        let values = table.values(&table.locate(subject), at.unix_micros());
        table.check_rules(&values)?;
        Ok(Effective { fields: table.entry().schema.fields(), values })
    }

    /// Why a subject has its policy of a kind: every field (PO-7).
    ///
    /// # Errors
    /// No such kind.
    pub fn explain(
        &self,
        kind: &str,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Explanation<'_>, ResolveError> {
        let table = self.table(kind)?;
        let located = table.locate(subject);
        let schema = &table.entry().schema;
        let stack = Stack::new(table, &located, Some(subject), at.unix_micros());
        let fields = (0..schema.fields().len()).map(|field| decide(&stack, field)).collect();
        Ok(Explanation { kind: schema.name(), at, fields })
    }

    /// Why a subject has its value of one field. Takes no lock; allocates only where a list is merged.
    ///
    /// # Errors
    /// No such kind or field.
    pub fn explain_field(
        &self,
        kind: &str,
        path: &str,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<FieldExplanation<'_>, ResolveError> {
        let table = self.table(kind)?;
        let field = table
            .entry()
            .schema
            .field_index(path)
            .ok_or_else(|| ResolveError::UnknownField { kind: kind.to_owned(), path: path.to_owned() })?;
        Ok(decide(&Stack::new(table, &table.locate(subject), Some(subject), at.unix_micros()), field))
    }

    /// The documents that decided any field of a kind for a subject, each once: what an event of a decision records.
    ///
    /// # Errors
    /// No such kind.
    pub fn decided_by(
        &self,
        kind: &str,
        subject: &Subject,
        at: Timestamp,
    ) -> Result<Vec<DocumentRef>, ResolveError> {
        Ok(self.explain(kind, subject, at)?.decided_by().into_iter().cloned().collect())
    }

    /// Every change that a guard keeps out for a subject at an instant: what to answer to whoever writes one.
    pub fn blocked(&self, subject: &Subject, at: Timestamp) -> Vec<Blocked> {
        let mut all = Vec::new();
        for table in self.tables() {
            let located = table.locate(subject);
            let schema = &table.entry().schema;
            let stack = Stack::new(table, &located, Some(subject), at.unix_micros());
            for field in 0..schema.fields().len() {
                let explained = decide(&stack, field);
                for step in explained.steps.iter().filter(|step| step.outcome == Outcome::Blocked) {
                    if let (Some(document), Some(by)) = (step.document, step.blocked_by) {
                        all.push(Blocked {
                            kind: schema.name().to_owned(),
                            path: explained.path.to_owned(),
                            document: document.clone(),
                            by: by.clone(),
                        });
                    }
                }
            }
        }
        all
    }

    /// The changes of [`Self::blocked`] as diagnostics.
    pub fn blocked_diagnostics(&self, subject: &Subject, at: Timestamp) -> Diagnostics {
        let diagnostics = self.blocked(subject, at).into_iter().map(|blocked| {
            let message = format!("a guard of {} keeps this change from taking effect", blocked.by);
            Diagnostic::new(Code::Blocked, Severity::Warning, format!("fields.{}", blocked.path), message)
                .of(blocked.document)
                .of(blocked.by)
        });
        Diagnostics(diagnostics.collect())
    }
}
