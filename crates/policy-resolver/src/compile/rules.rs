//! Combinations that only become invalid after merging (PO-9).
//!
//! Where the subjects are known, exactly their combinations are checked. Where they are not, every conceivable
//! combination counts. Those need not all be tried: what breaks a rule between two fields is the documents that
//! decide these two, and guards that keep others out.

use std::collections::BTreeSet;

use crate::{
    Diagnostic, DocumentRef, MAX_LEVELS, Roster, Rule, Value, ValueType,
    compile::Change,
    diagnostic::{Code, Severity},
    index::NONE,
    table::{Located, Table},
};

/// How many combinations are tried for one rule before giving up.
const MOST_TRIALS: usize = 400_000;
const MOST_PAIRS: usize = 20_000_000;
/// One rule is reported this often at most.
const MOST_REPORTS: usize = 100;

pub(super) fn check(table: &Table, roster: Option<&Roster>, found: &mut Vec<Diagnostic>) {
    if table.documents.is_empty() {
        return;
    }
    match roster {
        Some(roster) => known(table, roster, found),
        None => {
            for rule in table.entry().schema.rules() {
                conceivable(table, rule, found);
            }
            lists(table, found);
        }
    }
}

/// What is reported of one broken rule: each set of documents once.
struct Reports<'a> {
    table: &'a Table,
    seen: BTreeSet<Vec<DocumentRef>>,
    found: &'a mut Vec<Diagnostic>,
}

impl Reports<'_> {
    /// Whether the rule holds for a combination at an instant; reports it where not.
    fn try_rule(&mut self, rule: &Rule, located: &Located, at: i64) {
        let kind = &self.table.entry().schema;
        let (left, right) = rule.fields();
        let (Some(l), Some(r)) = (kind.field_index(left), kind.field_index(right)) else { return };
        let (l, r) = (self.table.explain(located, l, at), self.table.explain(located, r, at));
        if rule.holds(&l.value, &r.value) {
            return;
        }
        let mut documents: Vec<DocumentRef> =
            [l.decided_by, r.decided_by].into_iter().flatten().cloned().collect();
        documents.sort_unstable();
        documents.dedup();
        if self.seen.insert(documents.clone()) {
            let mut diagnostic = Diagnostic::error(
                Code::InvalidCombination,
                format!("fields.{left}"),
                format!("together the documents break a rule of the kind `{}`", kind.name()),
            )
            .found(format!("{left} = {} and {right} = {}", l.value, r.value))
            .expected(rule.describe());
            diagnostic.documents = documents;
            self.found.push(diagnostic);
        }
    }
}

fn too_long(table: &Table, located: &Located, field: usize, at: i64, found: &mut Vec<Diagnostic>) {
    let declared = &table.entry().schema.fields()[field];
    let ValueType::List { max_items, .. } = declared.value_type else { return };
    let explained = table.explain(located, field, at);
    let count = explained.value.as_list().map_or(0, <[Value]>::len);
    if count > max_items {
        let mut diagnostic = Diagnostic::error(
            Code::InvalidCombination,
            format!("fields.{}", declared.path),
            "together the documents make the list too long",
        )
        .found(format!("{count} items"))
        .expected(format!("{max_items} items at most"));
        diagnostic.documents = explained.steps.iter().filter_map(|step| step.document.cloned()).collect();
        found.push(diagnostic);
    }
}

fn known(table: &Table, roster: &Roster, found: &mut Vec<Diagnostic>) {
    let assignment = roster.assign(table);
    let kind = &table.entry().schema;
    let lists: Vec<usize> =
        (0..kind.fields().len()).filter(|field| kind.fields()[*field].value_type.is_list()).collect();
    let appended: Vec<usize> = lists.into_iter().filter(|field| is_appended(table, *field)).collect();
    if kind.rules().is_empty() && appended.is_empty() {
        return;
    }
    let mut reports = Reports { table, seen: BTreeSet::new(), found };
    for located in &assignment.combinations {
        for at in table.starts(located) {
            for rule in kind.rules() {
                reports.try_rule(rule, located, at);
            }
            for field in &appended {
                too_long(table, located, *field, at, reports.found);
            }
            if reports.found.len() > MOST_REPORTS {
                return;
            }
        }
    }
}

fn is_appended(table: &Table, field: usize) -> bool {
    table.documents.iter().any(|document| matches!(document.change(field as u16), Some(Change::Append(_))))
}

/// A place and a stretch of time in which a field can get a value; no place where it is a default.
struct Candidate<'a> {
    place: Option<(usize, u32)>,
    from: i64,
    until: i64,
    value: &'a Value,
}

fn candidates(table: &Table, field: usize) -> Vec<Candidate<'_>> {
    let bases = &table.entry().bases;
    let default =
        |base: usize, place, from, until| Candidate { place, from, until, value: &bases[base][field] };
    let mut all: Vec<_> = (0..bases.len()).map(|base| default(base, None, i64::MIN, i64::MAX)).collect();
    for (level, places) in table.levels.iter().enumerate() {
        for (number, place) in places.places.iter().enumerate() {
            for (index, state) in place.states.iter().enumerate() {
                let Ok(change) = state.changes.binary_search_by_key(&(field as u16), |(own, ..)| *own) else {
                    continue;
                };
                let (_, document, change) = state.changes[change];
                let from = place.starts[index];
                let until = place.starts.get(index + 1).copied().unwrap_or(i64::MAX);
                let at = Some((level, number as u32));
                match &table.documents[document as usize].changes[usize::from(change)].1 {
                    Change::Set(value) => all.push(Candidate { place: at, from, until, value }),
                    Change::Reset => all.extend((0..bases.len()).map(|base| default(base, at, from, until))),
                    _ => {}
                }
            }
        }
    }
    all.retain(|candidate| !candidate.value.is_none());
    all.sort_by(|a, b| a.value.compare(b.value).unwrap_or(std::cmp::Ordering::Equal));
    all
}

/// Places that guard one of two fields, by level and number.
fn guarding(table: &Table, fields: [usize; 2]) -> Vec<(usize, u32)> {
    let mut all = Vec::new();
    for (level, places) in table.levels.iter().enumerate() {
        for (number, place) in places.places.iter().enumerate() {
            let guards = place.states.iter().flat_map(|state| &state.guards);
            if guards.into_iter().any(|(field, ..)| fields.contains(&usize::from(*field))) {
                all.push((level, number as u32));
            }
        }
    }
    all
}

fn conceivable(table: &Table, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let kind = &table.entry().schema;
    let (left, right) = rule.fields();
    let (Some(left), Some(right)) = (kind.field_index(left), kind.field_index(right)) else { return };
    let (lefts, rights) = (candidates(table, left), candidates(table, right));
    let guards = guarding(table, [left, right]);
    let single = |level: usize| {
        let level = table.entry().order[level];
        !table.schema.0.levels[usize::from(level)].is_targeted()
    };
    let mut reports = Reports { table, seen: BTreeSet::new(), found };
    let (mut pairs, mut trials) = (0usize, 0usize);
    for l in lefts.iter().rev() {
        for r in rights.iter().take_while(|r| !rule.holds(l.value, r.value)) {
            pairs += 1;
            let apart = match (l.place, r.place) {
                (Some((a, one)), Some((b, other))) => a == b && one != other,
                _ => false,
            };
            let (from, until) = (l.from.max(r.from), l.until.min(r.until));
            if apart || from >= until {
                if pairs > MOST_PAIRS {
                    break;
                }
                continue;
            }
            let taken: Vec<(usize, u32)> = l.place.into_iter().chain(r.place).collect();
            let others = guards
                .iter()
                .filter(|(level, _)| !single(*level) && taken.iter().all(|(own, _)| own != level));
            for other in std::iter::once(None).chain(others.map(Some)) {
                for base in 0..table.entry().bases.len() {
                    let mut located = Located { places: [NONE; MAX_LEVELS], base: base as u8 };
                    for level in (0..table.levels.len()).filter(|level| single(*level)) {
                        located.places[level] = if table.levels[level].places.is_empty() { NONE } else { 0 };
                    }
                    for (level, place) in taken.iter().chain(other) {
                        located.places[*level] = *place;
                    }
                    let starts = table.starts(&located);
                    for at in starts.iter().copied().chain([from]).filter(|at| from <= *at && *at < until) {
                        trials += 1;
                        reports.try_rule(rule, &located, at);
                    }
                }
            }
            if reports.seen.len() >= MOST_REPORTS || trials > MOST_TRIALS {
                break;
            }
        }
        if reports.seen.len() >= MOST_REPORTS {
            return;
        }
        if trials > MOST_TRIALS || pairs > MOST_PAIRS {
            let message = format!("too many combinations to check: {}", rule.describe());
            reports.found.push(
                Diagnostic::new(
                    Code::TooManyCombinations,
                    Severity::Error,
                    format!("fields.{}", kind.fields()[left].path),
                    message,
                )
                .expected("the subjects, so that only combinations that exist are checked"),
            );
            return;
        }
    }
}

/// The longest list that can be put together from every level's longest contribution.
fn lists(table: &Table, found: &mut Vec<Diagnostic>) {
    let kind = &table.entry().schema;
    for field in 0..kind.fields().len() {
        let ValueType::List { max_items, .. } = kind.fields()[field].value_type else { continue };
        if !is_appended(table, field) {
            continue;
        }
        let bases = &table.entry().bases;
        let length = |value: &Value| value.as_list().map_or(0, <[Value]>::len);
        let base = (0..bases.len()).max_by_key(|base| length(&bases[*base][field])).unwrap_or(0);
        let mut located = Located { places: [NONE; MAX_LEVELS], base: base as u8 };
        let mut longest = length(&bases[base][field]);
        let mut instants = vec![i64::MIN];
        for (level, places) in table.levels.iter().enumerate() {
            let mut best = (longest, NONE, i64::MIN);
            for (number, place) in places.places.iter().enumerate() {
                for (start, state) in place.starts.iter().zip(&place.states) {
                    for (own, document, change) in &state.changes {
                        if usize::from(*own) != field {
                            continue;
                        }
                        let reached =
                            match &table.documents[*document as usize].changes[usize::from(*change)].1 {
                                Change::Append(items) => longest + items.len(),
                                Change::Set(value) => length(value),
                                _ => 0,
                            };
                        if reached > best.0 {
                            best = (reached, number as u32, *start);
                        }
                    }
                }
            }
            longest = best.0;
            located.places[level] = best.1;
            instants.push(best.2);
        }
        if longest > max_items {
            too_long(table, &located, field, instants.into_iter().max().unwrap_or(i64::MIN), found);
        }
    }
}
