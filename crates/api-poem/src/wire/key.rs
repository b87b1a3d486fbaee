//! Things are named by id or by code.

use std::{borrow::Cow, fmt};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use service_delivery::Refusal;
use uuid::Uuid;

use crate::http::ApiError;

/// Longer than any id or code.
const MAX_LENGTH: usize = 64;

/// What stands in a path where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// As it was given, cut to a length that names can have.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The id that it is, where it is one.
    pub(crate) fn uuid(&self) -> Option<Uuid> {
        Uuid::parse_str(&self.0).ok()
    }

    /// The id of something that has no code.
    ///
    /// # Errors
    /// Not found: what is no id names nothing.
    pub(crate) fn id<I: From<Uuid>>(&self, what: &'static str) -> Result<I, ApiError> {
        self.uuid().map(I::from).ok_or_else(|| Refusal::not_found(what, self.text()).into())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Type for Key {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "string_key".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromParameter for Key {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        Ok(Self(text.chars().take(MAX_LENGTH).collect()))
    }
}

impl ParseFromJSON for Key {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Self::parse_from_parameter(&text),
            other => Err(ParseError::expected_type(other)),
        }
    }
}

impl ToJSON for Key {
    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.0.as_str()))
    }
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use kernel::OrderId;

    use super::*;

    #[test]
    fn what_is_no_id_names_nothing_that_has_no_code() {
        let key = |text: &str| Key::parse_from_parameter(text).unwrap();
        assert!(key("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b").id::<OrderId>("order").is_ok());
        assert!(matches!(key("SO-20260007").id::<OrderId>("order"), Err(ApiError::NotFound(_))));
        assert_eq!(key(&"x".repeat(100)).text().len(), MAX_LENGTH);
    }
}
