//! A compiled, immutable set of documents.

use std::sync::Arc;

use crate::{
    Diagnostics, Document, Reading, Roster, Schema,
    compile::{compile_kind, unknown_kinds, wandering_ids},
    table::Table,
};

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
}
