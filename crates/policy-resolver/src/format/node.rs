//! A parsed text that still knows its duplicate keys and dates.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json};

use crate::{Diagnostic, diagnostic::Code};

/// How the TOML parser hands over a date.
const TOML_DATE: &str = "$__toml_private_datetime";
const HEADER_DATES: [&str; 3] = ["recorded_at", "effective_from", "effective_until"];
const MAX_DEPTH: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i64),
    Large(u64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("documents")
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }
            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
                Node::deserialize(deserializer)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Integer(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(i64::try_from(value).map_or(Node::Large(value), Node::Integer))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Node, E> {
                Ok(Node::Text(value))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Node::Map(map))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// YAML with duplicate keys left in, so that all of them can be reported.
#[cfg(feature = "yaml")]
pub(super) fn from_yaml(text: &str) -> Result<Node, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

impl Node {
    /// About how many bytes the content has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 4,
            Self::Integer(_) | Self::Large(_) | Self::Float(_) => 8,
            Self::Text(text) => text.len() + 2,
            Self::List(items) => items.iter().map(|item| item.bytes() + 1).sum(),
            Self::Map(entries) => entries.iter().map(|(key, node)| key.len() + 4 + node.bytes()).sum(),
        }
    }

    /// In JSON; reports duplicate keys, and dates where none belong.
    pub(super) fn into_json(self, path: &str, depth: usize, wrong: &mut Vec<Diagnostic>) -> Json {
        if depth > MAX_DEPTH {
            wrong.push(Diagnostic::error(Code::TooLarge, path, "the nesting is too deep"));
            return Json::Null;
        }
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Integer(value) => Json::from(value),
            Self::Large(value) => Json::from(value),
            Self::Float(value) => serde_json::Number::from_f64(value)
                .map_or_else(|| Json::String(value.to_string()), Json::Number),
            Self::Text(text) => Json::String(text),
            Self::List(items) => Json::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| item.into_json(&format!("{path}[{index}]"), depth + 1, wrong))
                    .collect(),
            ),
            Self::Map(mut entries) => {
                if let [(key, Self::Text(date))] = entries.as_mut_slice()
                    && key == TOML_DATE
                {
                    if !HEADER_DATES.iter().any(|key| {
                        path.strip_suffix(key).is_some_and(|rest| rest.is_empty() || rest.ends_with("]."))
                    }) {
                        wrong.push(
                            Diagnostic::error(Code::DateValue, path, "a date stands where none belongs")
                                .found(format!("the date {date}"))
                                .expected("a number, or a text in quotes"),
                        );
                    }
                    return Json::String(std::mem::take(date));
                }
                let mut map = Map::new();
                for (key, node) in entries {
                    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if map.contains_key(&key) {
                        wrong.push(Diagnostic::error(
                            Code::DuplicateKey,
                            &below,
                            "the key stands twice in one place",
                        ));
                    }
                    let json = node.into_json(&below, depth + 1, wrong);
                    map.insert(key, json);
                }
                Json::Object(map)
            }
        }
    }
}
