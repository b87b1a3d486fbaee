//! Values of fields, as the engine sees them.

use std::{cmp::Ordering, fmt};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value as Json;

/// A field's value, already checked against its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Explicitly none, on optional fields; null in JSON.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A decimal number; a text in JSON, so that no digit is lost.
    Decimal(Decimal),
    /// A text, or one of a choice.
    Text(Box<str>),
    /// A list without duplicates.
    List(Vec<Value>),
    /// Named parts, in the order of the type.
    Record(Vec<(Box<str>, Value)>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The value in JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Integer(value) => Json::from(*value),
            Self::Decimal(value) => Json::String(value.to_string()),
            Self::Text(value) => Json::from(&**value),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Record(parts) => {
                Json::Object(parts.iter().map(|(name, part)| (name.to_string(), part.to_json())).collect())
            }
        }
    }

    /// Whether it is none.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The truth value, where it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The whole number, where it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Decimal(value) if value.is_integer() => value.to_i64(),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Integer(value) => Some(Decimal::from(*value)),
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    /// The items, where it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The part of that name, where it is a record that has one.
    pub fn part(&self, name: &str) -> Option<&Self> {
        let Self::Record(parts) = self else { return None };
        parts.iter().find(|(part, _)| &**part == name).map(|(_, value)| value)
    }

    /// How two values compare, where both are numbers or both are texts.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => Some(self.as_decimal()?.cmp(&other.as_decimal()?)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            value => write!(f, "{}", value.to_json()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Decimal(value) => serializer.collect_str(value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => serializer.collect_seq(items),
            Self::Record(parts) => {
                let mut map = serializer.serialize_map(Some(parts.len()))?;
                for (name, part) in parts {
                    map.serialize_entry(&**name, part)?;
                }
                map.end()
            }
        }
    }
}
