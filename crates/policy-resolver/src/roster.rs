//! Many subjects at once: policies for all of them, and what a change would do to them (PO-8).

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use serde::Serialize;

use crate::{
    DocumentRef, Kind, MAX_LEVELS, Reason, ResolveError, Schema, Snapshot, Timestamp, Value,
    explain::{Stack, decide},
    index::{KeyIndex, NONE, finish, mix},
    subject::Subject,
    table::{Located, Table, stretch},
};

/// Many subjects, in the order in which they were added; each is known by its row.
#[derive(Clone)]
pub struct Roster {
    schema: Schema,
    names: Vec<KeyIndex>,
    /// By row: a number for each level, then the profile.
    rows: Vec<u32>,
}

/// Which combination of places each row has, as one kind sees it.
pub(crate) struct Assignment {
    pub(crate) of_row: Vec<u32>,
    pub(crate) combinations: Vec<Located>,
}

/// Hashes numbers that are keys already.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        finish(self.0)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0, u64::from(*byte));
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0, number);
    }
    fn write_u128(&mut self, number: u128) {
        self.0 = mix(mix(self.0, number as u64), (number >> 64) as u64);
    }
}

type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

impl Roster {
    /// A roster without subjects.
    pub fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            names: vec![KeyIndex::default(); schema.levels().len()],
            rows: Vec::new(),
        }
    }

    /// A roster of these subjects.
    pub fn of<'a>(schema: &Schema, subjects: impl IntoIterator<Item = &'a Subject>) -> Self {
        let mut roster = Self::new(schema);
        for subject in subjects {
            roster.push(subject);
        }
        roster
    }

    fn stride(&self) -> usize {
        self.names.len() + 1
    }

    /// Adds a subject; its row is the number of those before it.
    pub fn push(&mut self, subject: &Subject) -> u32 {
        let row = self.len() as u32;
        for (names, key) in self.names.iter_mut().zip(&subject.keys) {
            self.rows.push(key.as_ref().map_or(NONE, |key| names.insert(&key.text)));
        }
        self.rows.push(subject.profile.map_or(NONE, u32::from));
        row
    }

    /// How many subjects there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.stride()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The subject of a row.
    pub fn subject(&self, row: u32) -> Option<Subject> {
        let start = row as usize * self.stride();
        let cells = self.rows.get(start..start + self.stride())?;
        let mut subject = Subject::default();
        for (level, names) in self.names.iter().enumerate() {
            if let Some(text) = names.text(cells[level]) {
                subject.put(level, text);
            }
        }
        subject.profile = cells.last().and_then(|profile| u8::try_from(*profile).ok());
        Some(subject)
    }

    /// The target of a row at a level.
    pub fn target(&self, row: u32, level: &str) -> Option<&str> {
        let level = self.schema.level_index(level)?;
        self.names[level].text(*self.rows.get(row as usize * self.stride() + level)?)
    }

    pub(crate) fn assign(&self, table: &Table) -> Assignment {
        let order = &table.entry().order;
        // For each level of the kind: where its number stands in a row, the place of each number, the radix.
        let mut columns: Vec<(usize, Vec<u32>, u128)> = Vec::new();
        let mut blank = Located { places: [NONE; MAX_LEVELS], base: 0 };
        let mut radix = 1u128;
        let mut slots = Vec::new();
        for (slot, level) in order.iter().enumerate() {
            let places = &table.levels[slot];
            let column = usize::from(*level);
            if !self.schema.0.levels[column].is_targeted() {
                blank.places[slot] = if places.places.is_empty() { NONE } else { 0 };
                continue;
            }
            if places.places.is_empty() {
                continue;
            }
            let names = &self.names[column];
            let mut place_of = vec![NONE; names.len()];
            for (place, key) in places.index.keys().iter().enumerate() {
                let number = names.get(key.hash, &key.text);
                if number != NONE {
                    place_of[number as usize] = place as u32;
                }
            }
            columns.push((column, place_of, radix));
            slots.push(slot);
            radix *= places.places.len() as u128 + 1;
        }
        let base_of_profile = &table.entry().base_of_profile;
        let mut numbers: NumberMap<u128, u32> = NumberMap::default();
        let mut combinations: Vec<Located> = Vec::new();
        let mut last = (u128::MAX, 0u32);
        let mut of_row = Vec::with_capacity(self.len());
        for cells in self.rows.chunks_exact(self.stride()) {
            let profile = cells[cells.len() - 1] as usize;
            let base = base_of_profile.get(profile).copied().unwrap_or(0);
            let mut code = u128::from(base) * radix;
            for (column, place_of, radix) in &columns {
                let place = place_of.get(cells[*column] as usize).copied().unwrap_or(NONE);
                code += u128::from(place.wrapping_add(1)) * radix;
            }
            if code != last.0 {
                let next = combinations.len() as u32;
                let number = *numbers.entry(code).or_insert(next);
                if number == next {
                    let mut located = Located { base, ..blank };
                    for ((column, place_of, _), slot) in columns.iter().zip(&slots) {
                        located.places[*slot] =
                            place_of.get(cells[*column] as usize).copied().unwrap_or(NONE);
                    }
                    combinations.push(located);
                }
                last = (code, number);
            }
            of_row.push(last.1);
        }
        Assignment { of_row, combinations }
    }
}

const MANY: u32 = 1 << 31;

/// The policies of one kind for every row of a roster: two look-ups in arrays, and nothing else.
///
/// It belongs to the snapshot and the roster that it was made of, and does not follow later changes of either.
pub struct Bound<T> {
    policies: Vec<T>,
    /// By row: a policy's number, or with [`MANY`] the number of a timeline.
    of_row: Vec<u32>,
    timelines: Vec<Timeline>,
}

/// From when on each policy holds, by its number.
struct Timeline {
    starts: Box<[i64]>,
    numbers: Box<[u32]>,
}

impl<T> Bound<T> {
    /// The policy of a row at an instant; none where there is no such row. Takes no lock and allocates nothing.
    #[inline]
    pub fn resolve(&self, row: u32, at: Timestamp) -> Option<&T> {
        let number = *self.of_row.get(row as usize)?;
        if number < MANY {
            return self.policies.get(number as usize);
        }
        let timeline = self.timelines.get((number & !MANY) as usize)?;
        self.policies.get(timeline.numbers[stretch(&timeline.starts, at.unix_micros())] as usize)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.of_row.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.of_row.is_empty()
    }

    /// How many different policies all rows have, at all times.
    pub fn distinct(&self) -> usize {
        self.policies.len()
    }
}

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
    let (was, is) = (Stack::new(before.0, before.1, at), Stack::new(after.0, after.1, at));
    let mut changes = Vec::new();
    for (field, declared) in before.0.entry().schema.fields().iter().enumerate() {
        let old = decide(&was, None, field);
        let new = decide(&is, None, field);
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

fn same_schema(one: &Schema, other: &Schema) -> Result<(), ResolveError> {
    if std::sync::Arc::ptr_eq(&one.0, &other.0) { Ok(()) } else { Err(ResolveError::OtherSchema) }
}

impl Snapshot {
    /// The policies of one kind for every subject of a roster, at all times.
    ///
    /// # Errors
    /// The kind is none of the schema's Rust structs, the roster is of another schema, or a subject has a combination
    /// of documents that breaks a rule.
    pub fn bind<T: Kind>(&self, roster: &Roster) -> Result<Bound<T>, ResolveError> {
        same_schema(self.schema(), &roster.schema)?;
        let table = self.table_of::<T>()?;
        let assignment = roster.assign(table);
        let mut policies: Vec<T> = Vec::new();
        let mut known: HashMap<Vec<Value>, u32> = HashMap::new();
        let mut timelines = Vec::new();
        let mut codes = Vec::with_capacity(assignment.combinations.len());
        for located in &assignment.combinations {
            let (mut starts, mut numbers): (Vec<i64>, Vec<u32>) = (Vec::new(), Vec::new());
            for start in table.starts(located) {
                let values = table.values(located, start);
                let number = match known.get(&values) {
                    Some(number) => *number,
                    None => {
                        table.check_rules(&values)?;
                        let policy = T::read(&mut values.iter()).map_err(|message| {
                            ResolveError::Unreadable { kind: T::NAME.to_owned(), message }
                        })?;
                        policies.push(policy);
                        known.insert(values, policies.len() as u32 - 1);
                        policies.len() as u32 - 1
                    }
                };
                if numbers.last() != Some(&number) {
                    starts.push(start);
                    numbers.push(number);
                }
            }
            codes.push(match numbers[..] {
                [number] => number,
                _ => {
                    timelines.push(Timeline { starts: starts.into(), numbers: numbers.into() });
                    MANY | (timelines.len() as u32 - 1)
                }
            });
        }
        let of_row = assignment.of_row.into_iter().map(|number| codes[number as usize]).collect();
        Ok(Bound { policies, of_row, timelines })
    }

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
