//! TOML, read on past its duplicate keys, so that all of them can be reported.

use std::ops::Range;

use serde::Deserialize as _;
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer, Error},
};

use super::node::Node;
use crate::{Diagnostic, Diagnostics, diagnostic::Code};

/// What a text holds, with the first of two values where a key stands twice; none where it is no TOML.
pub(super) fn parse(text: &str, found: &mut Diagnostics) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let (twice, broken): (Vec<_>, Vec<_>) =
        errors.into_iter().partition(|error| error.message() == "duplicate key");
    let mut keys = Vec::new();
    if !twice.is_empty() {
        keys_of(table.get_ref(), "", &mut keys);
    }
    for error in &twice {
        let at = error.span().unwrap_or_default();
        let line = text.get(..at.start).unwrap_or_default().matches('\n').count() + 1;
        let path = first_place(text, &at, &keys);
        let diagnostic = Diagnostic::error(Code::DuplicateKey, path, "the key stands twice in one place");
        found.push(diagnostic.found(format!("it again in line {line}")));
    }
    let syntax = |error: &Error| Diagnostic::error(Code::Syntax, "", error.to_string().trim());
    if let Some(error) = broken.first() {
        // What follows the first error is seldom meant as it is read.
        found.push(syntax(error));
        return None;
    }
    Node::deserialize(Deserializer::from(table)).map_err(|error| found.push(syntax(&error))).ok()
}

/// A key that was read: where it stands in the text, and its path.
type Key = (Range<usize>, String);

fn keys_of(table: &DeTable<'_>, path: &str, keys: &mut Vec<Key>) {
    for (key, value) in table {
        let below =
            if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        keys_in(value, &below, keys);
        keys.push((key.span(), below));
    }
}

fn keys_in(value: &Spanned<DeValue<'_>>, path: &str, keys: &mut Vec<Key>) {
    match value.get_ref() {
        DeValue::Table(table) => keys_of(table, path, keys),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keys_in(item, &format!("{path}[{index}]"), keys);
            }
        }
        _ => {}
    }
}

/// The path of the key that the second one repeats: the last one before it that is written alike, with its dots.
fn first_place(text: &str, second: &Range<usize>, keys: &[Key]) -> String {
    let written = |key: &Range<usize>| {
        let before = text.get(..key.start).unwrap_or_default();
        let start = before.rfind(['\n', '{', ',']).map_or(0, |at| at + 1);
        let whole = text.get(start..key.end).unwrap_or_default();
        whole.replace(|letter: char| letter.is_whitespace() || "\"'".contains(letter), "")
    };
    let wanted = written(second);
    let before = keys.iter().filter(|(key, _)| key.start < second.start && written(key) == wanted);
    before.max_by_key(|(key, _)| key.start).map(|(_, path)| path.clone()).unwrap_or_default()
}
