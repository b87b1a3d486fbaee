//! A compiled, immutable set of documents, and what is resolved from it.

use std::{any::TypeId, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    Diagnostic, Diagnostics, Document, DocumentRef, Explanation, FieldExplanation, Kind, Reading, Roster,
    Schema, Severity, Timestamp, Value,
    compile::{compile_kind, unknown_kinds, wandering_ids},
    diagnostic::Code,
    explain::{Outcome, Stack, decide},
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

/// Documents that were found to be valid together, ready to resolve. It never changes; a change is a new one.
#[derive(Clone)]
pub struct Snapshot {
    schema: Schema,
    tables: Vec<Arc<Table>>,
    warnings: Diagnostics,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("documents", &self.documents().count())
            .field("warnings", &self.warnings.0.len())
            .finish_non_exhaustive()
    }
}

impl Schema {
    /// Compiles documents, in any order. Every conceivable subject can then be resolved.
    ///
    /// # Errors
    /// Everything that is wrong with the documents, and with any combination of them that a subject could have.
    pub fn compile(&self, documents: impl IntoIterator<Item = Document>) -> Result<Snapshot, Diagnostics> {
        self.compile_all(documents.into_iter().map(Arc::new).collect(), None, Diagnostics::default())
    }

    /// Compiles documents for known subjects: only combinations that these have are checked. Another subject whose
    /// documents break a rule together is refused when it is resolved.
    ///
    /// # Errors
    /// Everything that is wrong with the documents, and with the combinations that the subjects have.
    pub fn compile_for(
        &self,
        documents: impl IntoIterator<Item = Document>,
        roster: &Roster,
    ) -> Result<Snapshot, Diagnostics> {
        self.compile_all(documents.into_iter().map(Arc::new).collect(), Some(roster), Diagnostics::default())
    }

    /// Compiles what was read from texts.
    ///
    /// # Errors
    /// Everything that is wrong with the texts and with the documents in them, in one answer.
    pub fn compile_reading(
        &self,
        reading: Reading,
        roster: Option<&Roster>,
    ) -> Result<Snapshot, Diagnostics> {
        let documents = reading.documents.into_iter().map(Arc::new).collect();
        self.compile_all(documents, roster, reading.diagnostics)
    }

    fn compile_all(
        &self,
        documents: Vec<Arc<Document>>,
        roster: Option<&Roster>,
        mut found: Diagnostics,
    ) -> Result<Snapshot, Diagnostics> {
        found.0.extend(unknown_kinds(self, documents.iter().map(|own| &**own)));
        found.0.extend(wandering_ids(documents.iter().map(|own| &**own)));
        let mut by_kind: Vec<Vec<Arc<Document>>> = vec![Vec::new(); self.kinds().count()];
        for document in documents {
            if let Some(kind) = self.kind_index(&document.kind) {
                by_kind[kind].push(document);
            }
        }
        let mut tables = Vec::with_capacity(by_kind.len());
        for (kind, documents) in by_kind.into_iter().enumerate() {
            let (table, diagnostics) = compile_kind(self, kind, documents, roster);
            found.0.extend(diagnostics);
            tables.push(Arc::new(table));
        }
        Snapshot { schema: self.clone(), tables, warnings: Diagnostics::default() }.judged(found)
    }
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
    fn judged(mut self, found: Diagnostics) -> Result<Self, Diagnostics> {
        if found.has_errors() {
            return Err(found);
        }
        self.warnings = found;
        Ok(self)
    }

    /// The schema that it was compiled with.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn tables(&self) -> &[Arc<Table>] {
        &self.tables
    }

    /// What was found when it was compiled, short of errors.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// This set with more documents, or later versions of those it has. Only the kinds concerned are compiled again;
    /// this set stays as it is.
    ///
    /// # Errors
    /// Everything that is wrong with the new set.
    pub fn with(&self, documents: impl IntoIterator<Item = Document>) -> Result<Self, Diagnostics> {
        self.with_for(documents, None)
    }

    /// As [`Self::with`], checking only combinations that the subjects of a roster have.
    ///
    /// # Errors
    /// Everything that is wrong with the new set.
    pub fn with_for(
        &self,
        documents: impl IntoIterator<Item = Document>,
        roster: Option<&Roster>,
    ) -> Result<Self, Diagnostics> {
        let new: Vec<Arc<Document>> = documents.into_iter().map(Arc::new).collect();
        let mut found = Diagnostics(unknown_kinds(&self.schema, new.iter().map(|own| &**own)));
        let ids: std::collections::HashSet<&str> = new.iter().map(|own| own.id.as_str()).collect();
        let same_ids = self.documents().filter(|own| ids.contains(own.id.as_str()));
        found.0.extend(wandering_ids(same_ids.chain(new.iter().map(|own| &**own))));
        let mut after = self.clone();
        for (kind, table) in after.tables.iter_mut().enumerate() {
            let name = table.entry().schema.name();
            let added: Vec<_> = new.iter().filter(|own| own.kind == name).cloned().collect();
            if added.is_empty() {
                continue;
            }
            let all = table.documents.iter().map(|own| own.document.clone()).chain(added).collect();
            let (compiled, diagnostics) = compile_kind(&self.schema, kind, all, roster);
            found.0.extend(diagnostics);
            *table = Arc::new(compiled);
        }
        after.judged(found)
    }

    /// Every version of every document.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.tables.iter().flat_map(|table| &table.documents).map(|own| &*own.document)
    }

    /// Every version of one document, the earliest first.
    pub fn history(&self, id: &str) -> Vec<&Document> {
        let mut versions: Vec<_> = self.documents().filter(|document| document.id == id).collect();
        versions.sort_by_key(|document| document.version);
        versions
    }

    pub(crate) fn table_of<T: Kind>(&self) -> Result<&Arc<Table>, ResolveError> {
        self.schema
            .typed_index(TypeId::of::<T>())
            .map(|index| &self.tables[index])
            .ok_or_else(|| ResolveError::UnknownKind { kind: T::NAME.to_owned() })
    }

    fn table(&self, kind: &str) -> Result<&Arc<Table>, ResolveError> {
        self.schema
            .kind_index(kind)
            .map(|index| &self.tables[index])
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
        let stack = Stack::new(table, &located, at.unix_micros());
        let fields = (0..schema.fields().len()).map(|field| decide(&stack, Some(subject), field)).collect();
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
        Ok(decide(&Stack::new(table, &table.locate(subject), at.unix_micros()), Some(subject), field))
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
        for table in &self.tables {
            let located = table.locate(subject);
            let schema = &table.entry().schema;
            let stack = Stack::new(table, &located, at.unix_micros());
            for field in 0..schema.fields().len() {
                let explained = decide(&stack, Some(subject), field);
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
