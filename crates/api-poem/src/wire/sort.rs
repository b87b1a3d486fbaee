//! The order of a list: `sort=code`, or `sort=-code` for the other way round.

use std::{any::type_name, borrow::Cow};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromParameter, ParseResult, Type},
};
use serde_json::Value;
use service_delivery::reads::{SortBy, Sorted};

/// An order that the list knows. The document lists all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort<S>(pub(crate) Sorted<S>);

fn name<S>() -> &'static str {
    type_name::<S>().rsplit("::").next().unwrap_or_default()
}

impl<S: SortBy> Type for Sort<S> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        name::<S>().into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(name::<S>().to_owned())
    }

    fn register(registry: &mut Registry) {
        let both_ways = S::VARIANTS.iter().flat_map(|by| [Sorted::ascending(*by), Sorted::descending(*by)]);
        registry.create_schema::<Self, _>(name::<S>().to_owned(), |_| MetaSchema {
            enum_items: both_ways.map(|sorted| Value::from(sorted.to_string())).collect(),
            default: Some(Value::from(S::USUAL.to_string())),
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

impl<S: SortBy> ParseFromParameter for Sort<S> {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        text.parse().map(Self).map_err(ParseError::custom)
    }
}
