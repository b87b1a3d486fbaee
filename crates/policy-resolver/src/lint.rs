//! What is legal and probably not meant.

use std::collections::BTreeMap;

use crate::{
    Diagnostic, Diagnostics, DocumentRef, MAX_LEVELS, Roster, Severity, Snapshot, Timestamp,
    diagnostic::Code,
    explain::Outcome,
    index::NONE,
    table::{Compiled, Located, Table},
};

/// A diagnostic names this many documents at most.
const MOST_NAMED: usize = 20;

impl Snapshot {
    /// What is legal and probably not meant, without knowing the subjects: two axes that meet in a field (PO-11),
    /// changes that a guard at a single-place level always blocks, changes to what holds anyway.
    pub fn lint(&self, at: Timestamp) -> Diagnostics {
        let mut found = Diagnostics::default();
        for table in self.tables() {
            crossings(table, at.unix_micros(), None, &mut found);
            guarded_and_redundant(table, at.unix_micros(), &mut found);
        }
        found
    }

    /// As [`Self::lint`], exact for the subjects of a roster: two axes meet only where a subject has both documents,
    /// and a change is unreachable where it is blocked for every subject that has it.
    pub fn lint_for(&self, roster: &Roster, at: Timestamp) -> Diagnostics {
        let mut found = Diagnostics::default();
        for table in self.tables() {
            crossings(table, at.unix_micros(), Some(roster), &mut found);
            unreachable_for(table, roster, at.unix_micros(), &mut found);
        }
        found
    }
}

fn axes(table: &Table) -> Vec<(usize, usize)> {
    let order = &table.entry().order;
    let slot = |level: u8| order.iter().position(|own| *own == level);
    table.schema.0.axes.iter().filter_map(|(one, other)| Some((slot(*one)?, slot(*other)?))).collect()
}

fn changing(table: &Table, level: usize, place: u32, field: usize, at: i64) -> Option<&Compiled> {
    let state = table.levels[level].places.get(place as usize)?.state(at);
    let index = state.changes.binary_search_by_key(&(field as u16), |(own, ..)| *own).ok()?;
    Some(&table.documents[state.changes[index].1 as usize])
}

fn crossings(table: &Table, at: i64, roster: Option<&Roster>, found: &mut Diagnostics) {
    let combinations = roster.map(|roster| roster.assign(table).combinations);
    let kind = &table.entry().schema;
    for (one, other) in axes(table) {
        for field in 0..kind.fields().len() {
            let all = |level: usize| -> Vec<DocumentRef> {
                (0..table.levels[level].places.len() as u32)
                    .filter_map(|place| changing(table, level, place, field, at))
                    .map(|own| own.reference.clone())
                    .collect()
            };
            let mut documents = match &combinations {
                None => {
                    let (one, other) = (all(one), all(other));
                    if one.is_empty() || other.is_empty() { Vec::new() } else { [one, other].concat() }
                }
                Some(combinations) => combinations
                    .iter()
                    .filter_map(|located| {
                        let one = changing(table, one, located.places[one], field, at)?;
                        let other = changing(table, other, located.places[other], field, at)?;
                        Some([one.reference.clone(), other.reference.clone()])
                    })
                    .flatten()
                    .collect(),
            };
            documents.sort_unstable();
            documents.dedup();
            if documents.is_empty() {
                continue;
            }
            let level = |slot: usize| table.schema.0.levels[usize::from(table.entry().order[slot])].name();
            let mut diagnostic = Diagnostic::new(
                Code::CrossAxis,
                Severity::Note,
                format!("fields.{}", kind.fields()[field].path),
                format!(
                    "{} documents of `{}` and `{}` set this field of the kind `{}`; where they meet, `{}` wins",
                    documents.len(),
                    level(one),
                    level(other),
                    kind.name(),
                    level(one.max(other)),
                ),
            );
            documents.truncate(MOST_NAMED);
            diagnostic.documents = documents;
            found.push(diagnostic);
        }
    }
}

/// What can be said of a change without knowing the subjects: levels of a single place lie above every subject.
fn guarded_and_redundant(table: &Table, at: i64, found: &mut Diagnostics) {
    let entry = table.entry();
    let single = |slot: usize| {
        !table.schema.0.levels[usize::from(entry.order[slot])].is_targeted()
            && !table.levels[slot].places.is_empty()
    };
    let touched: Vec<Vec<bool>> = (0..table.levels.len())
        .map(|level| {
            let mut fields = vec![false; entry.schema.fields().len()];
            for place in &table.levels[level].places {
                for document in &place.documents {
                    for (field, _) in &table.documents[*document as usize].changes {
                        fields[usize::from(*field)] = true;
                    }
                }
            }
            fields
        })
        .collect();
    for (level, places) in table.levels.iter().enumerate() {
        for (number, place) in places.places.iter().enumerate() {
            let mut located = Located { places: [NONE; MAX_LEVELS], base: 0 };
            for slot in (0..level).filter(|slot| single(*slot)) {
                located.places[slot] = 0;
            }
            let above = located;
            located.places[level] = number as u32;
            for (field, document, _) in &place.state(at).changes {
                let field = usize::from(*field);
                let document = &table.documents[*document as usize].reference;
                let path = || format!("fields.{}", entry.schema.fields()[field].path);
                let with = table.explain(&located, field, at);
                let Some(step) = with.steps.get(level) else { continue };
                if step.outcome == Outcome::Blocked {
                    let by = step.blocked_by.map(ToString::to_string).unwrap_or_default();
                    let message = format!("the change never takes effect: {by} guards the field");
                    let mut diagnostic =
                        Diagnostic::new(Code::Unreachable, Severity::Warning, path(), message)
                            .of(document.clone());
                    diagnostic.documents.extend(step.blocked_by.cloned());
                    found.push(diagnostic);
                    continue;
                }
                // Between single places and this level, others may change the field for some subjects.
                let between = (0..level).any(|slot| !single(slot) && touched[slot][field]);
                let without = table.explain(&above, field, at);
                if !between && entry.bases.len() == 1 && without.value == with.value {
                    let message =
                        format!("the field is {} there anyway; the change only pins it", with.value);
                    found.push(
                        Diagnostic::new(Code::Redundant, Severity::Note, path(), message)
                            .of(document.clone()),
                    );
                }
            }
        }
    }
}

/// Changes that are blocked for every subject that has them.
fn unreachable_for(table: &Table, roster: &Roster, at: i64, found: &mut Diagnostics) {
    let mut fate: BTreeMap<(DocumentRef, usize), Option<DocumentRef>> = BTreeMap::new();
    for located in roster.assign(table).combinations {
        for field in 0..table.entry().schema.fields().len() {
            let explained = table.explain(&located, field, at);
            for step in explained.steps.iter() {
                let (Some(document), Some(_)) = (step.document, step.operation) else { continue };
                let by = step.blocked_by.cloned();
                let fate = fate.entry((document.clone(), field)).or_insert_with(|| by.clone());
                if by.is_none() {
                    *fate = None;
                }
            }
        }
    }
    for ((document, field), by) in fate {
        if let Some(by) = by {
            let path = format!("fields.{}", table.entry().schema.fields()[field].path);
            let message = format!("the change takes effect for no subject: {by} guards the field");
            let diagnostic = Diagnostic::new(Code::Unreachable, Severity::Warning, path, message);
            found.push(diagnostic.of(document).of(by));
        }
    }
}
