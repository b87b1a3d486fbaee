//! The policies of many subjects, one look-up away.

use std::collections::HashMap;

use crate::{Kind, ResolveError, Roster, Snapshot, Timestamp, Value, roster::same_schema, table::stretch};

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
}
