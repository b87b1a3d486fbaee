//! What a document does to a field, and which operations are legal (PO-3).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::VariantArray;

use crate::declare::choice;

choice! {
    /// What a document can do to a field.
    pub enum Operation {
        /// Gives it a value; a plain value is short for it.
        Set,
        /// Adds items to the inherited list, after what is there, without duplicates.
        Append,
        /// Takes items out of the inherited list; removing what is not there is no error.
        Remove,
        /// Goes back to the built-in default.
        Reset,
        /// Explicitly none, on optional fields.
        Unset,
    }
}

/// A set of operations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Operations(u8);

impl Operations {
    /// No operation: what an `enforced` field allows below.
    pub const NONE: Self = Self(0);
    /// Every operation.
    pub const ALL: Self = Self(0b1_1111);

    /// The set of these.
    pub fn of(operations: &[Operation]) -> Self {
        Self(operations.iter().fold(0, |bits, operation| bits | Self::bit(*operation)))
    }

    const fn bit(operation: Operation) -> u8 {
        1 << operation as u8
    }

    /// Whether the operation is in the set.
    pub const fn contains(self, operation: Operation) -> bool {
        self.0 & Self::bit(operation) != 0
    }

    /// What is in both sets.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The operations in the set, in their order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        Operation::VARIANTS.iter().copied().filter(move |operation| self.contains(*operation))
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operation) in self.iter().enumerate() {
            write!(f, "{}{operation}", if index == 0 { "" } else { ", " })?;
        }
        if self.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl Serialize for Operations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Operation>::deserialize(deserializer).map(|operations| Self::of(&operations))
    }
}
