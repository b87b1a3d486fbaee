//! From documents to a snapshot, or to everything that is wrong with them.

mod interpret;
mod rules;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub(crate) use interpret::{Change, interpret};

use crate::{
    Diagnostic, Document, DocumentRef, Roster, Schema, Timestamp,
    diagnostic::{Code, Severity},
    document::by_id,
    index::{KeyIndex, NONE},
    schema::KindEntry,
    table::{Compiled, LevelTable, Place, State, Table},
};

/// Documents that belong together in time and place, on the way to a table.
pub(crate) struct Compiler<'a> {
    schema: &'a Schema,
    kind: usize,
    found: Vec<Diagnostic>,
}

/// Documents of kinds that the schema does not have.
pub(crate) fn unknown_kinds<'a>(
    schema: &Schema,
    documents: impl Iterator<Item = &'a Document>,
) -> Vec<Diagnostic> {
    let names: Vec<_> = schema.kinds().map(crate::KindSchema::name).collect();
    documents
        .filter(|document| schema.kind_index(&document.kind).is_none())
        // Where the key is missing, reading has said so already.
        .filter(|document| !document.kind.is_empty())
        .map(|document| {
            Diagnostic::error(Code::UnknownKind, "kind", "no such kind")
                .found(format!("\"{}\"", document.kind))
                .expected(format!("one of {}", names.join(", ")))
                .of(document.reference())
        })
        .collect()
}

/// Ids that stand in more than one kind.
pub(crate) fn wandering_ids<'a>(documents: impl Iterator<Item = &'a Document>) -> Vec<Diagnostic> {
    let mut kinds: HashMap<&str, &Document> = HashMap::new();
    let mut found = Vec::new();
    for document in documents {
        let first = *kinds.entry(&document.id).or_insert(document);
        if first.kind != document.kind {
            let message = format!("one id in two kinds, `{}` and `{}`", first.kind, document.kind);
            found.push(
                Diagnostic::error(Code::VersionConflict, "id", message)
                    .of(first.reference())
                    .of(document.reference()),
            );
        }
    }
    found
}

/// One kind's table, and all that was found; the table is only good if no error is among it.
pub(crate) fn compile_kind(
    schema: &Schema,
    kind: usize,
    documents: Vec<Arc<Document>>,
    roster: Option<&Roster>,
) -> (Table, Vec<Diagnostic>) {
    let mut compiler = Compiler { schema, kind, found: Vec::new() };
    let mut compiled: Vec<Compiled> =
        documents.into_iter().map(|document| compiler.interpret(document)).collect();
    compiler.versions(&mut compiled);
    let levels = compiler.places(&compiled);
    let table = Table::new(schema.clone(), kind, compiled, levels);
    let mut found = compiler.found;
    if !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        rules::check(&table, roster, &mut found);
    }
    (table, found)
}

impl Compiler<'_> {
    fn entry(&self) -> &KindEntry {
        &self.schema.0.kinds[self.kind]
    }

    fn report(&mut self, diagnostic: Diagnostic, document: &Document) {
        self.found.push(diagnostic.of(document.reference()));
    }

    /// The number of a document's level among those of its kind.
    fn level(&self, document: &Document) -> Option<usize> {
        let level = self.schema.level_index(&document.level)?;
        self.entry().order.iter().position(|own| usize::from(*own) == level)
    }

    fn interpret(&mut self, document: Arc<Document>) -> Compiled {
        self.header(&document);
        let reference = document.reference();
        let mut found = Vec::new();
        let entry = &self.schema.0.kinds[self.kind];
        let interpreted =
            interpret(&entry.schema, reference.clone(), (&document.fields, &document.guard), &mut found);
        // A type of the integrator's own may refuse what its schema allows.
        if let (true, Some(typed)) = (found.is_empty(), entry.typed) {
            let mut values = entry.bases[0].clone();
            for (field, change) in &interpreted.changes {
                match change {
                    Change::Set(value) => values[usize::from(*field)] = value.clone(),
                    Change::Append(items) => {
                        values[usize::from(*field)] = crate::Value::List(items.clone());
                    }
                    _ => {}
                }
            }
            if let Err(message) = (typed.read)(&mut values.iter()) {
                found.push(Diagnostic::error(Code::OutOfRange, "fields", message).of(reference.clone()));
            }
        }
        self.found.extend(found);
        let micros = |at: Option<Timestamp>, none: i64| at.map_or(none, Timestamp::unix_micros);
        Compiled {
            known: (micros(document.recorded_at, i64::MIN), i64::MAX),
            effective: (
                micros(document.effective_from, i64::MIN),
                micros(document.effective_until, i64::MAX),
            ),
            reference,
            changes: interpreted.changes,
            guards: interpreted.guards,
            document,
        }
    }

    fn header(&mut self, document: &Document) {
        if document.level.is_empty() {
            // Reading has said so already.
        } else if let Some(level) = self.level(document) {
            let level = usize::from(self.entry().order[level]);
            let targeted = self.schema.0.levels[level].is_targeted();
            match (&document.target, targeted) {
                (None, true) => self.report(
                    Diagnostic::error(
                        Code::WrongTarget,
                        "target",
                        "a document at this level names its target",
                    )
                    .expected(format!("the {} that it is for", document.level)),
                    document,
                ),
                (Some(target), false) => self.report(
                    Diagnostic::error(Code::WrongTarget, "target", "this level is one place")
                        .found(format!("\"{target}\""))
                        .expected("no target"),
                    document,
                ),
                (Some(target), true) if target.is_empty() => self
                    .report(Diagnostic::error(Code::WrongTarget, "target", "the target is empty"), document),
                _ => {}
            }
        } else {
            let levels: Vec<_> =
                self.entry().order.iter().map(|l| self.schema.0.levels[usize::from(*l)].name()).collect();
            let diagnostic = Diagnostic::error(Code::UnknownLevel, "level", "the kind has no such level")
                .found(format!("\"{}\"", document.level))
                .expected(format!("one of {}", levels.join(", ")));
            self.report(diagnostic, document);
        }
        if let (Some(from), Some(until)) = (document.effective_from, document.effective_until)
            && until <= from
        {
            self.report(
                Diagnostic::error(
                    Code::EmptyWindow,
                    "effective_until",
                    "the document is never valid: it ends before it begins",
                )
                .found(until.to_string())
                .expected(format!("an instant after {from}")),
                document,
            );
        }
        if document.version == 0 {
            let diagnostic = Diagnostic::error(Code::OutOfRange, "version", "versions count from 1");
            self.report(diagnostic.found("0").expected("a whole number from 1"), document);
        }
    }

    /// Each version is the newest one until the next is written (PO-6).
    fn versions(&mut self, compiled: &mut [Compiled]) {
        let documents: Vec<Arc<Document>> = compiled.iter().map(|own| own.document.clone()).collect();
        for versions in by_id(documents.iter().map(|own| &**own).enumerate()).into_values() {
            for pair in versions.windows(2) {
                let (earlier, later) = (&documents[pair[0]], &documents[pair[1]]);
                let conflict = if earlier.version == later.version {
                    Some(("version", "one id and version twice".to_owned()))
                } else if (&earlier.level, &earlier.target) != (&later.level, &later.target) {
                    Some(("target", "a later version stands at another place".to_owned()))
                } else if later.recorded_at < earlier.recorded_at {
                    Some(("recorded_at", "a later version was written before an earlier one".to_owned()))
                } else {
                    None
                };
                if let Some((path, message)) = conflict {
                    self.found.push(
                        Diagnostic::error(Code::VersionConflict, path, message)
                            .of(earlier.reference())
                            .of(later.reference()),
                    );
                }
                compiled[pair[0]].known.1 = compiled[pair[1]].known.0;
            }
        }
    }

    fn places(&mut self, compiled: &[Compiled]) -> Vec<LevelTable> {
        let count = self.entry().order.len();
        let mut levels: Vec<(KeyIndex, Vec<Vec<u32>>)> = (0..count).map(|_| Default::default()).collect();
        for (number, own) in compiled.iter().enumerate() {
            let Some(level) = self.level(&own.document) else { continue };
            let (index, places) = &mut levels[level];
            let place = index.insert(own.document.target.as_deref().unwrap_or_default());
            debug_assert_ne!(place, NONE);
            if place as usize == places.len() {
                places.push(Vec::new());
            }
            places[place as usize].push(number as u32);
        }
        levels
            .into_iter()
            .map(|(index, places)| {
                let places = places.into_iter().map(|documents| self.place(compiled, documents)).collect();
                LevelTable { index, places }
            })
            .collect()
    }

    fn place(&mut self, compiled: &[Compiled], mut documents: Vec<u32>) -> Place {
        // By id and version, so that the order in which documents come never matters.
        documents.sort_by(|a, b| compiled[*a as usize].reference.cmp(&compiled[*b as usize].reference));
        let window = |index: u32| compiled[index as usize].window();
        let mut starts = vec![i64::MIN];
        for index in &documents {
            let (from, until) = window(*index);
            if from < until {
                starts.extend([from, until].iter().filter(|at| **at != i64::MAX));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let mut clashes: BTreeMap<(u16, u32, u32), bool> = BTreeMap::new();
        let states = starts
            .iter()
            .map(|start| {
                let active: Vec<u32> = documents
                    .iter()
                    .copied()
                    .filter(|index| {
                        let (from, until) = window(*index);
                        from <= *start && *start < until
                    })
                    .collect();
                state(compiled, active, &mut clashes)
            })
            .collect();
        for ((field, one, other), same) in clashes {
            let path = format!("fields.{}", self.entry().schema.fields()[usize::from(field)].path);
            let (code, severity, message) = if same {
                (Code::SameTwice, Severity::Warning, "two documents do the same to a field at the same time")
            } else {
                (Code::Conflict, Severity::Error, "two documents at one place disagree at the same time")
            };
            let of = |index: u32| -> DocumentRef { compiled[index as usize].reference.clone() };
            self.found.push(Diagnostic::new(code, severity, path, message).of(of(one)).of(of(other)));
        }
        let always = (i64::MIN, i64::MAX);
        let windowed = documents.iter().any(|index| compiled[*index as usize].effective != always);
        Place { documents, windowed, starts, states }
    }
}

/// What acts while these documents are active; where two change one field, notes whether they agree.
fn state(compiled: &[Compiled], active: Vec<u32>, clashes: &mut BTreeMap<(u16, u32, u32), bool>) -> State {
    let mut changes: Vec<(u16, u32, u16)> = Vec::new();
    let mut guards: Vec<(u16, u32, crate::Operations)> = Vec::new();
    for document in &active {
        let own = &compiled[*document as usize];
        for (number, (field, change)) in own.changes.iter().enumerate() {
            match changes.iter().find(|(other, ..)| other == field) {
                None => changes.push((*field, *document, number as u16)),
                Some((_, other, index)) => {
                    let same = compiled[*other as usize].changes[usize::from(*index)].1 == *change;
                    clashes.insert((*field, *other, *document), same);
                }
            }
        }
        guards.extend(own.guards.iter().map(|(field, allowed)| (*field, *document, *allowed)));
    }
    changes.sort_unstable_by_key(|(field, ..)| *field);
    guards.sort_by_key(|(field, ..)| *field);
    let fields = changes.iter().map(|(field, ..)| field).chain(guards.iter().map(|(field, ..)| field));
    let touched = fields.fold(0, |bits, field| bits | State::bit(*field));
    State { changes, guards, active, touched }
}
