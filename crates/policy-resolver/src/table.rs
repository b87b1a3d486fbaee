//! One kind, compiled: its documents by place and time, and the policies resolved from them.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use crate::{
    Document, DocumentRef, FieldExplanation, MAX_LEVELS, Operations, ResolveError, Schema, Value,
    compile::Change,
    decide::{Stack, decide},
    index::{KeyIndex, NONE, finish, mix},
    schema::KindEntry,
    subject::Subject,
};

/// A document's version, interpreted. Times are microseconds, half open.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) document: Arc<Document>,
    pub(crate) reference: DocumentRef,
    /// While this version was the newest one.
    pub(crate) known: (i64, i64),
    /// While it is valid.
    pub(crate) effective: (i64, i64),
    pub(crate) changes: Vec<(u16, Change)>,
    pub(crate) guards: Vec<(u16, Operations)>,
}

impl Compiled {
    /// When it acts: known and valid. Empty where the first is not before the second.
    pub(crate) fn window(&self) -> (i64, i64) {
        (self.known.0.max(self.effective.0), self.known.1.min(self.effective.1))
    }

    pub(crate) fn touches(&self, field: u16) -> bool {
        self.changes.iter().any(|(own, _)| *own == field) || self.guards.iter().any(|(own, _)| *own == field)
    }

    pub(crate) fn change(&self, field: u16) -> Option<&Change> {
        self.changes.binary_search_by_key(&field, |(own, _)| *own).ok().map(|index| &self.changes[index].1)
    }
}

/// What acts at a place during one stretch of time.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Field, document and the change's number in it; sorted by field.
    pub(crate) changes: Vec<(u16, u32, u16)>,
    /// Field, document, what is allowed below; sorted by field.
    pub(crate) guards: Vec<(u16, u32, Operations)>,
    pub(crate) active: Vec<u32>,
    /// The bits of all fields above; a field whose bit is not there is not touched.
    pub(crate) touched: u64,
}

impl State {
    /// The bit of a field, which fields far apart share.
    pub(crate) fn bit(field: u16) -> u64 {
        1 << (field % 64)
    }
}

/// Where documents of one kind stand.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) documents: Vec<u32>,
    /// Whether any of them is known while it is not valid: else no look at them is needed to tell who is inactive.
    pub(crate) windowed: bool,
    /// From when on each state holds; the first has always held.
    pub(crate) starts: Vec<i64>,
    pub(crate) states: Vec<State>,
}

impl Place {
    pub(crate) fn state(&self, at: i64) -> &State {
        &self.states[stretch(&self.starts, at)]
    }
}

/// The number of the stretch that holds at an instant; `starts` begins with the least instant.
pub(crate) fn stretch(starts: &[i64], at: i64) -> usize {
    if starts.len() == 1 { 0 } else { starts.partition_point(|start| *start <= at).saturating_sub(1) }
}

#[derive(Debug, Default)]
pub(crate) struct LevelTable {
    pub(crate) index: KeyIndex,
    pub(crate) places: Vec<Place>,
}

/// A subject as a kind sees it: its places with documents, by level of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Located {
    pub(crate) places: [u32; MAX_LEVELS],
    pub(crate) base: u8,
}

impl Located {
    fn hash(&self) -> u64 {
        let mut hash = u64::from(self.base);
        for pair in self.places.chunks_exact(2) {
            hash = mix(hash, u64::from(pair[0]) << 32 | u64::from(pair[1]));
        }
        finish(hash)
    }
}

type Policy = Box<dyn Any + Send + Sync>;

/// The policies of one combination of places, by stretch of time.
///
/// Most have one policy at all times: it is one step away, and every step can be a cache miss.
pub(crate) struct Stretches {
    first: Policy,
    rest: Option<Box<Rest>>,
}

struct Rest {
    starts: Vec<i64>,
    policies: Vec<Policy>,
}

impl Stretches {
    pub(crate) fn policy(&self, at: i64) -> &(dyn Any + Send + Sync) {
        let Some(rest) = &self.rest else { return &*self.first };
        match stretch(&rest.starts, at) {
            0 => &*self.first,
            later => &*rest.policies[later - 1],
        }
    }
}

struct Entry {
    located: Located,
    stretches: Stretches,
    next: OnceLock<Box<Entry>>,
}

pub(crate) struct Table {
    pub(crate) schema: Schema,
    pub(crate) kind: usize,
    pub(crate) documents: Vec<Compiled>,
    /// By level of the kind.
    pub(crate) levels: Vec<LevelTable>,
    buckets: Box<[OnceLock<Box<Entry>>]>,
}

impl Table {
    pub(crate) fn new(
        schema: Schema,
        kind: usize,
        documents: Vec<Compiled>,
        levels: Vec<LevelTable>,
    ) -> Self {
        let buckets = (documents.len() * 8).next_power_of_two().clamp(64, 1 << 20);
        let buckets = (0..buckets).map(|_| OnceLock::new()).collect();
        Self { schema, kind, documents, levels, buckets }
    }

    pub(crate) fn entry(&self) -> &KindEntry {
        &self.schema.0.kinds[self.kind]
    }

    pub(crate) fn base(&self, profile: Option<u8>) -> u8 {
        profile
            .and_then(|profile| self.entry().base_of_profile.get(usize::from(profile)).copied())
            .unwrap_or(0)
    }

    /// Takes no lock and allocates nothing.
    pub(crate) fn locate(&self, subject: &Subject) -> Located {
        let mut places = [NONE; MAX_LEVELS];
        let entry = self.entry();
        for ((level, table), place) in entry.order.iter().zip(&self.levels).zip(&mut places) {
            if !self.schema.0.levels[usize::from(*level)].is_targeted() {
                *place = if table.places.is_empty() { NONE } else { 0 };
            } else if let Some((hash, text)) = subject.key(usize::from(*level)) {
                *place = table.index.get(hash, text);
            }
        }
        Located { places, base: self.base(subject.profile) }
    }

    pub(crate) fn place(&self, level: usize, located: &Located) -> Option<&Place> {
        self.levels[level].places.get(located.places[level] as usize)
    }

    /// The policies of a combination: found without a lock or an allocation, made where nobody asked before.
    pub(crate) fn stretches(&self, located: &Located) -> Result<&Stretches, ResolveError> {
        let mut slot = &self.buckets[located.hash() as usize & (self.buckets.len() - 1)];
        loop {
            match slot.get() {
                Some(entry) if entry.located == *located => return Ok(&entry.stretches),
                Some(entry) => slot = &entry.next,
                None => {
                    let stretches = self.materialize(located)?;
                    // Where another thread was faster, the next round finds what it put there.
                    let _ = slot.set(Box::new(Entry { located: *located, stretches, next: OnceLock::new() }));
                }
            }
        }
    }

    /// From when on anything can be different for a combination.
    pub(crate) fn starts(&self, located: &Located) -> Vec<i64> {
        let mut starts = vec![i64::MIN];
        for level in 0..self.levels.len() {
            starts.extend(self.place(level, located).into_iter().flat_map(|place| &place.starts[1..]));
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// The first instant after `at` from which on anything can be different for a combination.
    pub(crate) fn next_start(&self, located: &Located, at: i64) -> Option<i64> {
        let places = (0..self.levels.len()).filter_map(|level| self.place(level, located));
        let later =
            |place: &Place| place.starts.get(place.starts.partition_point(|start| *start <= at)).copied();
        places.filter_map(later).min()
    }

    fn materialize(&self, located: &Located) -> Result<Stretches, ResolveError> {
        let entry = self.entry();
        let typed =
            entry.typed.ok_or_else(|| ResolveError::NotARustType { kind: entry.schema.name().into() })?;
        let (mut first, mut starts, mut policies) = (None, Vec::new(), Vec::new());
        let mut last: Option<Vec<Value>> = None;
        for start in self.starts(located) {
            let values = self.values(located, start);
            if last.as_ref() == Some(&values) {
                continue;
            }
            self.check_rules(&values)?;
            let policy = (typed.read)(&mut values.iter()).map_err(|message| ResolveError::Unreadable {
                kind: entry.schema.name().to_owned(),
                message,
            })?;
            starts.push(start);
            match first {
                None => first = Some(policy),
                Some(_) => policies.push(policy),
            }
            last = Some(values);
        }
        let rest = (!policies.is_empty()).then(|| Box::new(Rest { starts, policies }));
        let none =
            || ResolveError::Unreadable { kind: entry.schema.name().to_owned(), message: String::new() };
        Ok(Stretches { first: first.ok_or_else(none)?, rest })
    }

    pub(crate) fn check_rules(&self, values: &[Value]) -> Result<(), ResolveError> {
        let kind = &self.entry().schema;
        for rule in kind.rules() {
            let (left, right) = rule.fields();
            if let (Some(left), Some(right)) = (kind.field_index(left), kind.field_index(right))
                && !rule.holds(&values[left], &values[right])
            {
                return Err(ResolveError::InvalidCombination {
                    kind: kind.name().to_owned(),
                    rule: rule.describe(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn values(&self, located: &Located, at: i64) -> Vec<Value> {
        let stack = Stack::new(self, located, None, at);
        (0..self.entry().schema.fields().len())
            .map(|field| decide(&stack, field).value.into_owned())
            .collect()
    }

    pub(crate) fn explain(&self, located: &Located, field: usize, at: i64) -> FieldExplanation<'_> {
        decide(&Stack::new(self, located, None, at), field)
    }
}
