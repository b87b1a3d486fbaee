//! Types of fields: what a value may be, checked to the last detail (PO-9).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Value,
    diagnostic::Code,
    kinds::{TimeOfDay, UtcOffset},
};

/// The type of a field, with its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ValueType {
    /// `true` or `false`.
    Boolean {},
    /// A whole number.
    Integer {
        /// The least.
        #[serde(default = "least")]
        min: i64,
        /// The greatest.
        #[serde(default = "greatest")]
        max: i64,
    },
    /// A decimal number, written as a text such as `"4.5"`; a whole number may stand without quotes.
    Decimal {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal_text")]
        min: Option<Decimal>,
        /// The greatest.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal_text")]
        max: Option<Decimal>,
        /// How many decimals there may be; one more is refused, not rounded.
        #[serde(default = "scale")]
        scale: u32,
    },
    /// A text.
    Text {
        /// How many characters it may have.
        #[serde(default = "length")]
        max_length: usize,
        /// What it must look like.
        #[serde(default)]
        format: TextFormat,
    },
    /// One of several words.
    Choice {
        /// The words.
        options: Vec<String>,
    },
    /// A list without duplicates.
    List {
        /// The type of its items.
        items: Box<ValueType>,
        /// How many items there may be, after merging too.
        #[serde(default = "items")]
        max_items: usize,
    },
    /// Named parts, all of them required.
    Record {
        /// The parts.
        parts: BTreeMap<String, ValueType>,
    },
}

/// What a text must look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextFormat {
    /// Anything.
    #[default]
    Any,
    /// `09:30`, up to `24:00`.
    TimeOfDay,
    /// `-03:00`.
    UtcOffset,
    /// A code of ISO 4217.
    Currency,
}

fn least() -> i64 {
    i64::MIN
}
fn greatest() -> i64 {
    i64::MAX
}
fn scale() -> u32 {
    12
}
fn length() -> usize {
    2000
}
fn items() -> usize {
    1000
}

mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            _ => return Err(D::Error::custom("a decimal number is expected, in quotes")),
        };
        Decimal::from_str_exact(&text).map(Some).map_err(D::Error::custom)
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// Below the value that was checked: `[2].at_percent`, or nothing.
    pub(crate) path: String,
    pub(crate) code: Code,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// A value as people would write it, cut to a readable length.
pub(crate) fn show(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

impl ValueType {
    /// What a value of this type looks like, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Boolean {} => "true or false".to_owned(),
            Self::Integer { min, max } => match (*min, *max) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                (min, i64::MAX) => format!("a whole number from {min}"),
                (i64::MIN, max) => format!("a whole number up to {max}"),
                (min, max) => format!("a whole number from {min} to {max}"),
            },
            Self::Decimal { min, max, scale } => {
                let mut text = "a decimal number in quotes, such as \"4.5\"".to_owned();
                if let Some(min) = min {
                    text.push_str(&format!(", from {min}"));
                }
                if let Some(max) = max {
                    text.push_str(&format!(", up to {max}"));
                }
                text.push_str(&format!(", with {scale} decimals at most"));
                text
            }
            Self::Text { max_length, format } => match format {
                TextFormat::Any => format!("a text of {max_length} characters at most"),
                TextFormat::TimeOfDay => "a time of day such as \"09:30\"".to_owned(),
                TextFormat::UtcOffset => "an offset such as \"-03:00\"".to_owned(),
                TextFormat::Currency => "a currency of ISO 4217 such as \"BRL\"".to_owned(),
            },
            Self::Choice { options } => format!("one of {}", options.join(", ")),
            Self::List { items, max_items } => {
                format!("a list of at most {max_items} items without duplicates, each {}", items.describe())
            }
            Self::Record { parts } => {
                let parts: Vec<_> = parts.keys().map(String::as_str).collect();
                format!("a record of {}", parts.join(", "))
            }
        }
    }

    /// Whether it is a list.
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::List { .. })
    }

    /// The value of this type that the JSON stands for; everything that is wrong otherwise.
    pub(crate) fn check(&self, json: &Json) -> Result<Value, Vec<Problem>> {
        let problem =
            |code| vec![Problem { path: String::new(), code, expected: self.describe(), found: show(json) }];
        let wrong_type = || problem(Code::WrongType);
        let out_of_range = || problem(Code::OutOfRange);
        match (self, json) {
            (Self::Boolean {}, Json::Bool(value)) => Ok(Value::Bool(*value)),
            (Self::Integer { min, max }, Json::Number(number)) => match number.as_i64() {
                Some(value) if (*min..=*max).contains(&value) => Ok(Value::Integer(value)),
                Some(_) => Err(out_of_range()),
                None if number.is_u64() => Err(out_of_range()),
                None => Err(wrong_type()),
            },
            (Self::Decimal { min, max, scale }, Json::String(_) | Json::Number(_)) => {
                let value = match json {
                    Json::String(text) => Decimal::from_str_exact(text).ok(),
                    Json::Number(number) => number.as_i64().map(Decimal::from),
                    _ => None,
                };
                let value = value.ok_or_else(wrong_type)?.normalize();
                let beyond = min.is_some_and(|min| value < min) || max.is_some_and(|max| value > max);
                if beyond || value.scale() > *scale {
                    return Err(out_of_range());
                }
                Ok(Value::Decimal(value))
            }
            (Self::Text { max_length, format }, Json::String(text)) => {
                let fits = match format {
                    TextFormat::Any => true,
                    TextFormat::TimeOfDay => text.parse::<TimeOfDay>().is_ok(),
                    TextFormat::UtcOffset => text.parse::<UtcOffset>().is_ok(),
                    TextFormat::Currency => iso_currency::Currency::from_code(text).is_some(),
                };
                if !fits || text.chars().count() > *max_length {
                    return Err(out_of_range());
                }
                Ok(Value::text(text.as_str()))
            }
            (Self::Choice { options }, Json::String(text)) => {
                if options.contains(text) {
                    Ok(Value::text(text.as_str()))
                } else {
                    Err(out_of_range())
                }
            }
            (Self::List { items, max_items }, Json::Array(given)) => {
                if given.len() > *max_items {
                    return Err(out_of_range());
                }
                let mut values = Vec::with_capacity(given.len());
                let mut problems = Vec::new();
                for (index, item) in given.iter().enumerate() {
                    match items.check(item) {
                        Ok(value) if values.contains(&value) => problems.push(Problem {
                            path: format!("[{index}]"),
                            code: Code::DuplicateItem,
                            expected: "each item once".to_owned(),
                            found: show(item),
                        }),
                        Ok(value) => values.push(value),
                        Err(below) => problems.extend(
                            below.into_iter().map(|p| Problem { path: format!("[{index}]{}", p.path), ..p }),
                        ),
                    }
                }
                if problems.is_empty() { Ok(Value::List(values)) } else { Err(problems) }
            }
            (Self::Record { parts }, Json::Object(given)) => {
                let mut values = Vec::with_capacity(parts.len());
                let mut problems = Vec::new();
                for (name, part) in parts {
                    match given.get(name).map(|json| part.check(json)) {
                        Some(Ok(value)) => values.push((name.as_str().into(), value)),
                        Some(Err(below)) => problems.extend(
                            below.into_iter().map(|p| Problem { path: format!(".{name}{}", p.path), ..p }),
                        ),
                        None => problems.push(Problem {
                            path: format!(".{name}"),
                            code: Code::MissingField,
                            expected: part.describe(),
                            found: "nothing".to_owned(),
                        }),
                    }
                }
                for (name, json) in given.iter().filter(|(name, _)| !parts.contains_key(*name)) {
                    problems.push(Problem {
                        path: format!(".{name}"),
                        code: Code::UnknownField,
                        expected: self.describe(),
                        found: show(json),
                    });
                }
                if problems.is_empty() { Ok(Value::Record(values)) } else { Err(problems) }
            }
            _ => Err(wrong_type()),
        }
    }
}
