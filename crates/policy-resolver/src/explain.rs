//! The one fold that decides a field, and says why (PO-2 to PO-7).

use std::{borrow::Cow, fmt, ops::Deref};

use serde::{Serialize, Serializer, ser::SerializeSeq};

use crate::{
    DocumentRef, MAX_LEVELS, Operation, Operations, Timestamp, Value,
    compile::Change,
    declare::choice,
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

/// One step per level, from general to specific; a slice, without an allocation.
#[derive(Clone, Copy, PartialEq)]
pub struct Steps<'a> {
    items: [Step<'a>; MAX_LEVELS],
    len: usize,
}

impl<'a> Deref for Steps<'a> {
    type Target = [Step<'a>];

    fn deref(&self) -> &[Step<'a>] {
        &self.items[..self.len]
    }
}

impl fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len))?;
        for step in self.iter() {
            seq.serialize_element(step)?;
        }
        seq.end()
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
    pub fn blocked(&self) -> impl Iterator<Item = &Step<'_>> {
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

/// Whether a document of the place would touch the field, but is not valid at the instant.
fn inactive<'a>(table: &'a Table, place: &Place, field: u16, at: i64) -> Option<&'a DocumentRef> {
    let holds = |(from, until): (i64, i64)| from <= at && at < until;
    place
        .documents
        .iter()
        .map(|index| &table.documents[*index as usize])
        .find(|own| holds(own.known) && !holds(own.effective) && own.touches(field))
        .map(|own| &own.reference)
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

/// Decides one field from the most general level to the most specific one, in one pass.
///
/// `subject` only tells `no_scope` from `no_document`.
pub(crate) fn explain<'a>(
    table: &'a Table,
    located: &Located,
    subject: Option<&Subject>,
    field: usize,
    at: i64,
) -> FieldExplanation<'a> {
    let entry = table.entry();
    let number = field as u16;
    let base = &entry.bases[usize::from(located.base)][field];
    let mut value = Cow::Borrowed(base);
    let (mut reason, mut decided_by) = (Reason::Default, None);
    let mut allowed = Operations::ALL;
    let mut guards: [Option<&DocumentRef>; 5] = [None; 5];
    let nothing = Step {
        level: "",
        outcome: Outcome::NoDocument,
        document: None,
        operation: None,
        allows: None,
        blocked_by: None,
    };
    let mut steps = Steps { items: [nothing; MAX_LEVELS], len: table.levels.len() };
    for (index, level) in entry.order.iter().enumerate() {
        let level = usize::from(*level);
        let mut step = Step { level: table.schema.0.levels[level].name(), ..nothing };
        match table.place(index, located) {
            None => {
                let targeted = table.schema.0.levels[level].is_targeted();
                if targeted && subject.is_some_and(|subject| subject.keys[level].is_none()) {
                    step.outcome = Outcome::NoScope;
                }
            }
            Some(place) => {
                let state = place.state(at);
                if let Some((change, document)) = change_of(table, state, number) {
                    let operation = change.operation();
                    (step.document, step.operation) = (Some(document), Some(operation));
                    if allowed.contains(operation) {
                        if !matches!(operation, Operation::Append | Operation::Remove) {
                            for earlier in &mut steps.items[..index] {
                                if earlier.outcome == Outcome::Applied {
                                    earlier.outcome = Outcome::Overridden;
                                }
                            }
                        }
                        (value, reason) = apply(change, value, base);
                        decided_by = Some(document);
                        step.outcome = Outcome::Applied;
                    } else {
                        step.outcome = Outcome::Blocked;
                        step.blocked_by = guards[operation as usize];
                    }
                } else if let Some(document) = state.active.first() {
                    step.outcome = Outcome::NotSet;
                    step.document = Some(&table.documents[*document as usize].reference);
                }
                // A guard of the last level has nothing below it.
                let guards_here = if index + 1 < table.levels.len() { &state.guards[..] } else { &[] };
                for (_, document, allows) in guards_here.iter().filter(|(own, ..)| *own == number) {
                    let document = &table.documents[*document as usize].reference;
                    step.allows = Some(step.allows.map_or(*allows, |own| own.intersection(*allows)));
                    for operation in allowed.iter().filter(|operation| !allows.contains(*operation)) {
                        guards[operation as usize] = Some(document);
                    }
                    allowed = allowed.intersection(*allows);
                    if step.operation.is_none() {
                        (step.outcome, step.document) = (Outcome::Restricts, Some(document));
                    }
                }
                if matches!(step.outcome, Outcome::NotSet | Outcome::NoDocument)
                    && let Some(document) = inactive(table, place, number, at)
                {
                    (step.outcome, step.document) = (Outcome::Inactive, Some(document));
                }
            }
        }
        steps.items[index] = step;
    }
    if allowed.is_empty() {
        reason = Reason::Enforced;
        decided_by = decided_by.or(guards[Operation::Set as usize]);
    }
    FieldExplanation { path: &entry.schema.fields()[field].path, value, reason, decided_by, steps }
}

fn change_of<'a>(table: &'a Table, state: &State, field: u16) -> Option<(&'a Change, &'a DocumentRef)> {
    let index = state.changes.binary_search_by_key(&field, |(own, ..)| *own).ok()?;
    let (_, document, change) = state.changes[index];
    let document = &table.documents[document as usize];
    Some((&document.changes[usize::from(change)].1, &document.reference))
}
