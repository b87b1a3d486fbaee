//! The one fold that decides a field (PO-2 to PO-7).

use std::borrow::Cow;

use crate::{
    FieldExplanation, MAX_LEVELS, Operation, Operations, Reason, Value,
    compile::Change,
    explain::{Mark, Outcome, Steps},
    index::NONE,
    subject::Subject,
    table::{Located, Place, State, Table},
};

/// What acts on a combination of places at one instant, level by level.
pub(crate) struct Stack<'a> {
    table: &'a Table,
    levels: [Option<(&'a Place, &'a State)>; MAX_LEVELS],
    /// Which fields each level may have a say in, as in [`State::touched`].
    touched: [u64; MAX_LEVELS],
    /// What is to be said of a field in which no level has a say.
    marks: [Mark; MAX_LEVELS],
    base: &'a [Value],
    at: i64,
}

impl<'a> Stack<'a> {
    /// `subject` only tells `no_scope` from `no_document`.
    pub(crate) fn new(table: &'a Table, located: &Located, subject: Option<&Subject>, at: i64) -> Self {
        let entry = table.entry();
        let (mut levels, mut touched, mut marks) =
            ([None; MAX_LEVELS], [0; MAX_LEVELS], [Mark::BLANK; MAX_LEVELS]);
        for slot in 0..table.levels.len() {
            if let Some(place) = table.place(slot, located) {
                let state = place.state(at);
                levels[slot] = Some((place, state));
                // Who is inactive is told field by field.
                touched[slot] = if place.windowed { u64::MAX } else { state.touched };
                if let Some(document) = state.active.first() {
                    marks[slot].outcome = Outcome::NotSet;
                    marks[slot].document = *document;
                }
            } else {
                let level = usize::from(entry.order[slot]);
                if subject.is_some_and(|subject| !subject.has(level))
                    && table.schema.0.levels[level].is_targeted()
                {
                    marks[slot].outcome = Outcome::NoScope;
                }
            }
        }
        Self { table, levels, touched, marks, base: &entry.bases[usize::from(located.base)], at }
    }
}

/// Decides one field from the most general level to the most specific one, in one pass.
pub(crate) fn decide<'a>(stack: &Stack<'a>, field: usize) -> FieldExplanation<'a> {
    let Stack { table, at, .. } = *stack;
    let number = field as u16;
    let base = &stack.base[field];
    let mut value = Cow::Borrowed(base);
    let (mut reason, mut decided_by) = (Reason::Default, NONE);
    let mut allowed = Operations::ALL;
    // For each operation, the document whose guard keeps it out below.
    let mut guards = [NONE; 5];
    let mut marks = stack.marks;
    let count = table.levels.len();
    for index in 0..count {
        if stack.touched[index] & State::bit(number) == 0 {
            continue;
        }
        let Some((place, state)) = stack.levels[index] else { continue };
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
        }
        // A guard of the last level has nothing below it.
        if index + 1 < count {
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
        if place.windowed
            && matches!(mark.outcome, Outcome::NotSet | Outcome::NoDocument)
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
        path: &table.entry().schema.fields()[field].path,
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
