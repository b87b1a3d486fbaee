//! Many subjects at once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{
    MAX_LEVELS, ResolveError, Schema,
    index::{KeyIndex, NONE, finish, mix},
    subject::Subject,
    table::{Located, Table},
};

/// Many subjects, in the order in which they were added; each is known by its row.
#[derive(Clone)]
pub struct Roster {
    pub(crate) schema: Schema,
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

pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

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
        for (level, names) in self.names.iter_mut().enumerate() {
            let text = subject.text(level);
            self.rows.push(text.map_or(NONE, |(hash, text)| names.insert_hashed(hash, text)));
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
        let mut targets = [None; MAX_LEVELS];
        for (level, names) in self.names.iter().enumerate() {
            targets[level] = names.text(cells[level]);
        }
        let mut subject = Subject::at(targets);
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
                let number = names.get(key.hash, key.text.as_bytes());
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

pub(crate) fn same_schema(one: &Schema, other: &Schema) -> Result<(), ResolveError> {
    if std::sync::Arc::ptr_eq(&one.0, &other.0) { Ok(()) } else { Err(ResolveError::OtherSchema) }
}
