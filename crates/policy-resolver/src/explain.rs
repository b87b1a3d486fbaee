//! The one fold that decides a field, and says why (PO-2 to PO-7).

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::{
    DocumentRef, MAX_LEVELS, Operation, Operations, Timestamp, Value,
    compile::Change,
    declare::choice,
    index::NONE,
    schema::KindEntry,
    subject::Subject,
    table::{Located, Place, State, Table},
};

/// Why a field has its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// No document says otherwise.
    Default,
    /// A document set it.
    Set,
    /// It is an inherited list with additions or removals.
    Merged,
    /// A guard lets no level below change it.
    Enforced,
    /// A document set it back to the built-in default.
    Reset,
    /// A document made it none.
    Unset,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "DEFAULT",
            Self::Set => "SET",
            Self::Merged => "MERGED",
            Self::Enforced => "ENFORCED",
            Self::Reset => "RESET",
            Self::Unset => "UNSET",
        })
    }
}

choice! {
    /// What came of one level.
    pub enum Outcome {
        /// Its change is part of the value.
        Applied,
        /// Its change was made, and a more specific one replaced it.
        Overridden,
        /// Its change was kept out by a guard above.
        Blocked,
        /// A document would change the field, but is not valid at this instant.
        Inactive,
        /// It changes nothing, but guards the field against the levels below.
        Restricts,
        /// There is a document, which does not touch this field.
        NotSet,
        /// There is no document.
        NoDocument,
        /// The subject does not have this level.
        NoScope,
    }
}

/// What one level did to a field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step<'a> {
    /// The level.
    pub level: &'a str,
    /// What came of it.
    pub outcome: Outcome,
    /// The document concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<&'a DocumentRef>,
    /// What it does to the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What it allows below, where it guards the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allows: Option<Operations>,
    /// Whose guard blocked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<&'a DocumentRef>,
}

/// One step per level, from general to specific, kept without an allocation.
#[derive(Clone, Copy)]
pub struct Steps<'a> {
    table: &'a Table,
    marks: [Mark; MAX_LEVELS],
}

/// A step in few bytes; documents by their number, or [`NONE`].
#[derive(Clone, Copy)]
struct Mark {
    document: u32,
    blocked_by: u32,
    outcome: Outcome,
    operation: Option<Operation>,
    allows: Option<Operations>,
}

impl<'a> Steps<'a> {
    /// How many there are: one for each level of the kind.
    pub fn len(&self) -> usize {
        self.table.levels.len()
    }

    /// Whether there are none; a kind has a level at least.
    pub fn is_empty(&self) -> bool {
        self.table.levels.is_empty()
    }

    /// The step of a level, by its place in the order of the kind.
    pub fn get(&self, index: usize) -> Option<Step<'a>> {
        let table = self.table;
        let level = usize::from(*table.entry().order.get(index)?);
        let mark = self.marks.get(index)?;
        let reference = |number: u32| table.documents.get(number as usize).map(|own| &own.reference);
        Some(Step {
            level: table.schema.0.levels[level].name(),
            outcome: mark.outcome,
            document: reference(mark.document),
            operation: mark.operation,
            allows: mark.allows,
            blocked_by: reference(mark.blocked_by),
        })
    }

    /// Every step, from general to specific.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Step<'a>> + use<'a> {
        let steps = *self;
        (0..self.len()).filter_map(move |index| steps.get(index))
    }
}

impl PartialEq for Steps<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Why one field has its value (PO-7).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldExplanation<'a> {
    /// The field's path.
    pub path: &'a str,
    /// Its value.
    pub value: Cow<'a, Value>,
    /// Why, in a word.
    pub reason: Reason,
    /// The document that decided; none where it is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<&'a DocumentRef>,
    /// What each level did, from general to specific.
    pub steps: Steps<'a>,
}

impl FieldExplanation<'_> {
    /// The changes that guards keep out.
    pub fn blocked(&self) -> impl Iterator<Item = Step<'_>> {
        self.steps.iter().filter(|step| step.outcome == Outcome::Blocked)
    }
}

impl fmt::Display for FieldExplanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({}", self.path, self.value, self.reason)?;
        if let Some(document) = self.decided_by {
            write!(f, " by {document}")?;
        }
        f.write_str(")")?;
        for step in self.steps.iter() {
            write!(f, "\n  {:<12} {}", step.level, step.outcome)?;
            if let Some(operation) = step.operation {
                write!(f, " {operation}")?;
            }
            if let Some(document) = step.document {
                write!(f, " [{document}]")?;
            }
            if let Some(allows) = step.allows {
                write!(f, ", allows below: {allows}")?;
            }
            if let Some(by) = step.blocked_by {
                write!(f, ", blocked by {by}")?;
            }
        }
        Ok(())
    }
}

/// Why a subject has its policy of one kind at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation<'a> {
    /// The kind.
    pub kind: &'a str,
    /// The instant.
    pub at: Timestamp,
    /// Every field, in the order of the kind.
    pub fields: Vec<FieldExplanation<'a>>,
}

impl Explanation<'_> {
    /// One field.
    pub fn field(&self, path: &str) -> Option<&FieldExplanation<'_>> {
        self.fields.iter().find(|field| field.path == path)
    }

    /// The documents that decided any field, each once.
    pub fn decided_by(&self) -> Vec<&DocumentRef> {
        let mut documents: Vec<_> = self.fields.iter().filter_map(|field| field.decided_by).collect();
        documents.sort_unstable();
        documents.dedup();
        documents
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as of {}", self.kind, self.at)?;
        for field in &self.fields {
            write!(f, "\n{field}")?;
        }
        Ok(())
    }
}

/// The document of the place that would touch the field, but is not valid at the instant.
fn inactive(table: &Table, place: &Place, field: u16, at: i64) -> Option<u32> {
    let holds = |(from, until): (i64, i64)| from <= at && at < until;
    place.documents.iter().copied().find(|index| {
        let own = &table.documents[*index as usize];
        holds(own.known) && !holds(own.effective) && own.touches(field)
    })
}

fn list_of(value: &Value) -> Vec<Value> {
    value.as_list().map(<[Value]>::to_vec).unwrap_or_default()
}

/// What a change makes of the inherited value.
pub(crate) fn apply<'a>(
    change: &'a Change,
    inherited: Cow<'a, Value>,
    base: &'a Value,
) -> (Cow<'a, Value>, Reason) {
    match change {
        Change::Set(value) => (Cow::Borrowed(value), Reason::Set),
        Change::Reset => (Cow::Borrowed(base), Reason::Reset),
        Change::Unset => (Cow::Borrowed(&Value::None), Reason::Unset),
        Change::Append(items) => {
            let mut list = list_of(&inherited);
            for item in items {
                if !list.contains(item) {
                    list.push(item.clone());
                }
            }
            (Cow::Owned(Value::List(list)), Reason::Merged)
        }
        Change::Remove(items) => {
            // Nothing can be taken out of none: it stays none.
            if inherited.is_none() {
                return (inherited, Reason::Merged);
            }
            let mut list = list_of(&inherited);
            list.retain(|item| !items.contains(item));
            (Cow::Owned(Value::List(list)), Reason::Merged)
        }
    }
}

/// What acts on a combination of places at one instant, level by level.
pub(crate) struct Stack<'a> {
    table: &'a Table,
    entry: &'a KindEntry,
    levels: [Option<(&'a Place, &'a State)>; MAX_LEVELS],
    base: &'a [Value],
    at: i64,
}

impl<'a> Stack<'a> {
    pub(crate) fn new(table: &'a Table, located: &Located, at: i64) -> Self {
        let mut levels = [None; MAX_LEVELS];
        for (level, slot) in levels.iter_mut().enumerate().take(table.levels.len()) {
            *slot = table.place(level, located).map(|place| (place, place.state(at)));
        }
        let entry = table.entry();
        Self { table, entry, levels, base: &entry.bases[usize::from(located.base)], at }
    }
}

/// Decides one field of a combination of places; see [`decide`].
pub(crate) fn explain<'a>(
    table: &'a Table,
    located: &Located,
    field: usize,
    at: i64,
) -> FieldExplanation<'a> {
    decide(&Stack::new(table, located, at), None, field)
}

/// Decides one field from the most general level to the most specific one, in one pass.
///
/// `subject` only tells `no_scope` from `no_document`.
pub(crate) fn decide<'a>(stack: &Stack<'a>, subject: Option<&Subject>, field: usize) -> FieldExplanation<'a> {
    let Stack { table, entry, at, .. } = *stack;
    let number = field as u16;
    let base = &stack.base[field];
    let mut value = Cow::Borrowed(base);
    let (mut reason, mut decided_by) = (Reason::Default, NONE);
    let mut allowed = Operations::ALL;
    // For each operation, the document whose guard keeps it out below.
    let mut guards = [NONE; 5];
    let mut marks = [Mark {
        document: NONE,
        blocked_by: NONE,
        outcome: Outcome::NoDocument,
        operation: None,
        allows: None,
    }; MAX_LEVELS];
    let count = table.levels.len();
    for index in 0..count {
        let Some((place, state)) = stack.levels[index] else {
            let level = usize::from(entry.order[index]);
            if subject.is_some_and(|subject| subject.keys[level].is_none())
                && table.schema.0.levels[level].is_targeted()
            {
                marks[index].outcome = Outcome::NoScope;
            }
            continue;
        };
        let mut mark = marks[index];
        if let Some((change, document)) = change_of(table, state, number) {
            let operation = change.operation();
            (mark.document, mark.operation) = (document, Some(operation));
            if allowed.contains(operation) {
                if !matches!(operation, Operation::Append | Operation::Remove) {
                    for earlier in &mut marks[..index] {
                        if earlier.outcome == Outcome::Applied {
                            earlier.outcome = Outcome::Overridden;
                        }
                    }
                }
                (value, reason) = apply(change, value, base);
                decided_by = document;
                mark.outcome = Outcome::Applied;
            } else {
                mark.outcome = Outcome::Blocked;
                mark.blocked_by = guards[operation as usize];
            }
        } else if let Some(document) = state.active.first() {
            mark.outcome = Outcome::NotSet;
            mark.document = *document;
        }
        // A guard of the last level has nothing below it.
        if index + 1 < count && !state.guards.is_empty() {
            for (_, document, allows) in state.guards.iter().filter(|(own, ..)| *own == number) {
                mark.allows = Some(mark.allows.map_or(*allows, |own| own.intersection(*allows)));
                for operation in allowed.iter().filter(|operation| !allows.contains(*operation)) {
                    guards[operation as usize] = *document;
                }
                allowed = allowed.intersection(*allows);
                if mark.operation.is_none() {
                    (mark.outcome, mark.document) = (Outcome::Restricts, *document);
                }
            }
        }
        if matches!(mark.outcome, Outcome::NotSet | Outcome::NoDocument)
            && let Some(document) = inactive(table, place, number, at)
        {
            (mark.outcome, mark.document) = (Outcome::Inactive, document);
        }
        marks[index] = mark;
    }
    if allowed.is_empty() {
        reason = Reason::Enforced;
        if decided_by == NONE {
            decided_by = guards[Operation::Set as usize];
        }
    }
    FieldExplanation {
        path: &entry.schema.fields()[field].path,
        value,
        reason,
        decided_by: table.documents.get(decided_by as usize).map(|own| &own.reference),
        steps: Steps { table, marks },
    }
}

fn change_of<'a>(table: &'a Table, state: &State, field: u16) -> Option<(&'a Change, u32)> {
    let index = state.changes.binary_search_by_key(&field, |(own, ..)| *own).ok()?;
    let (_, document, change) = state.changes[index];
    Some((&table.documents[document as usize].changes[usize::from(change)].1, document))
}
