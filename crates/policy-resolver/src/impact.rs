//! What a change would do to many subjects, before it is made (PO-8).

use serde::Serialize;

use crate::{
    DocumentRef, Reason, ResolveError, Roster, Snapshot, Timestamp, Value,
    decide::{Stack, decide},
    roster::{NumberMap, same_schema},
    table::{Located, Table},
};

/// How one field would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// The field's path.
    pub path: String,
    /// Its value before.
    pub before: Value,
    /// Its value after.
    pub after: Value,
    /// Why it had its value.
    pub reason_before: Reason,
    /// Why it would have its value.
    pub reason_after: Reason,
    /// What decided before.
    pub decided_before: Option<DocumentRef>,
    /// What would decide.
    pub decided_after: Option<DocumentRef>,
}

/// What would change in one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindImpact {
    /// The kind.
    pub kind: String,
    /// The differences that occur; subjects with the same documents share one.
    pub differences: Vec<Vec<FieldChange>>,
    /// The rows that would change, in order, each with the number of its difference.
    pub rows: Vec<(u32, u32)>,
}

impl KindImpact {
    /// The rows that would change, each with what would.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[FieldChange])> {
        self.rows.iter().map(|(row, difference)| (*row, self.differences[*difference as usize].as_slice()))
    }

    /// What would change for one row; nothing for most.
    pub fn of_row(&self, row: u32) -> &[FieldChange] {
        match self.rows.binary_search_by_key(&row, |(own, _)| *own) {
            Ok(index) => &self.differences[self.rows[index].1 as usize],
            Err(_) => &[],
        }
    }
}

/// What would change, for which subjects (PO-8): one entry for each kind with a difference.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Impact {
    /// By kind, in the order of the schema.
    pub kinds: Vec<KindImpact>,
}

impl Impact {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// One kind; none where nothing would change in it.
    pub fn kind(&self, name: &str) -> Option<&KindImpact> {
        self.kinds.iter().find(|kind| kind.kind == name)
    }
}

fn field_changes(before: (&Table, &Located), after: (&Table, &Located), at: i64) -> Vec<FieldChange> {
    let (was, is) = (Stack::new(before.0, before.1, None, at), Stack::new(after.0, after.1, None, at));
    let mut changes = Vec::new();
    for (field, declared) in before.0.entry().schema.fields().iter().enumerate() {
        let old = decide(&was, field);
        let new = decide(&is, field);
        if old.value != new.value {
            changes.push(FieldChange {
                path: declared.path.clone(),
                before: old.value.into_owned(),
                after: new.value.into_owned(),
                reason_before: old.reason,
                reason_after: new.reason,
                decided_before: old.decided_by.cloned(),
                decided_after: new.decided_by.cloned(),
            });
        }
    }
    changes
}

impl Snapshot {
    /// What would change for the subjects of a roster if `after` were in force instead of this (PO-8).
    ///
    /// ```
    /// use policy_resolver::{Document, Roster, Schema, Timestamp};
    ///
    /// let schema = Schema::standard();
    /// let roster = Roster::of(&schema, &[schema.subject([("organization", "acme")])?]);
    /// let before = schema.compile([])?;
    /// let after = before.with([Document::new("refund", "global", None).set("window_days", 30)])?;
    ///
    /// let impact = before.impact(&after, &roster, Timestamp::from_unix_micros(0))?;
    /// let (row, changes) = impact.kinds[0].iter().next().unwrap();
    /// assert_eq!((row, changes[0].path.as_str()), (0, "window_days"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The snapshots or the roster are of different schemas.
    pub fn impact(&self, after: &Self, roster: &Roster, at: Timestamp) -> Result<Impact, ResolveError> {
        same_schema(self.schema(), &roster.schema)?;
        same_schema(self.schema(), after.schema())?;
        let at = at.unix_micros();
        let mut impact = Impact::default();
        for (old, new) in self.tables().iter().zip(after.tables()) {
            if std::sync::Arc::ptr_eq(old, new) {
                continue;
            }
            let (was, is) = (roster.assign(old), roster.assign(new));
            // The difference of each pair of combinations, or none.
            let mut pairs: NumberMap<u64, Option<u32>> = NumberMap::default();
            let mut differences = Vec::new();
            let mut rows = Vec::new();
            let mut last = (u64::MAX, None);
            for (row, (was_number, is_number)) in was.of_row.iter().zip(&is.of_row).enumerate() {
                let pair = u64::from(*was_number) << 32 | u64::from(*is_number);
                if pair != last.0 {
                    let difference = *pairs.entry(pair).or_insert_with(|| {
                        let before = (&**old, &was.combinations[*was_number as usize]);
                        let after = (&**new, &is.combinations[*is_number as usize]);
                        let changes = field_changes(before, after, at);
                        if changes.is_empty() {
                            return None;
                        }
                        differences.push(changes);
                        Some(differences.len() as u32 - 1)
                    });
                    last = (pair, difference);
                }
                if let Some(difference) = last.1 {
                    rows.push((row as u32, difference));
                }
            }
            if !rows.is_empty() {
                impact.kinds.push(KindImpact {
                    kind: old.entry().schema.name().to_owned(),
                    differences,
                    rows,
                });
            }
        }
        Ok(impact)
    }
}
