//! The domain's enums in JSON: their own texts, under their own names.

use std::{any::type_name, borrow::Cow, str::FromStr};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use strum::VariantArray;

/// One of the words of a domain enum. The document lists all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<E>(pub(crate) E);

/// An enum that has a text for each of its variants.
pub(crate) trait Vocabulary:
    Copy + FromStr + Into<&'static str> + VariantArray + Send + Sync + 'static
{
}

impl<E: Copy + FromStr + Into<&'static str> + VariantArray + Send + Sync + 'static> Vocabulary for E {}

fn name<E>() -> &'static str {
    type_name::<E>().rsplit("::").next().unwrap_or_default()
}

impl<E> Word<E> {
    /// The words of a list that may be absent.
    pub(crate) fn list(words: Option<Vec<Self>>) -> Vec<E> {
        words.into_iter().flatten().map(|Self(word)| word).collect()
    }
}

impl<E> From<E> for Word<E> {
    fn from(value: E) -> Self {
        Self(value)
    }
}

impl<E: Vocabulary> Type for Word<E> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        name::<E>().into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(name::<E>().to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(name::<E>().to_owned(), |_| MetaSchema {
            enum_items: E::VARIANTS.iter().map(|word| Value::from((*word).into())).collect(),
            ..MetaSchema::new("string")
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl<E: Vocabulary> ParseFromParameter for Word<E> {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        text.parse().map(Self).map_err(|_| {
            let words: Vec<&str> = E::VARIANTS.iter().map(|word| (*word).into()).collect();
            ParseError::custom(format!("must be one of {}", words.join(", ")))
        })
    }
}

impl<E: Vocabulary> ParseFromJSON for Word<E> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Self::parse_from_parameter(&text),
            other => Err(ParseError::expected_type(other)),
        }
    }
}

impl<E: Vocabulary> ToJSON for Word<E> {
    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.0.into()))
    }
}

#[cfg(test)]
mod tests {
    use entitlement::Role;

    use super::*;

    #[test]
    fn enums_have_their_own_name_and_words() {
        let mut registry = Registry::new();
        Word::<Role>::register(&mut registry);
        assert_eq!(registry.schemas["Role"].enum_items, ["guest", "member", "admin", "owner"]);
        assert_eq!(
            Word::<Role>::parse_from_parameter("owner").unwrap().to_json(),
            Some(Value::from("owner"))
        );
        let refused = Word::<Role>::parse_from_parameter("king").unwrap_err();
        assert!(refused.message().contains("must be one of guest, member, admin, owner"));
    }
}
