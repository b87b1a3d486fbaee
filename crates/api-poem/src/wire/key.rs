//! Things are named by id or by code.

use std::{borrow::Cow, str::FromStr};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseFromParameter, ParseResult, Type},
};
use service_delivery::Refusal;
use uuid::Uuid;

use crate::http::ApiError;

/// Longer than any id or code.
const MAX_LENGTH: usize = 64;

/// What stands in a path where a thing is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

/// An id or a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdOr<I, C> {
    /// The id.
    Id(I),
    /// The code.
    Code(C),
}

impl Key {
    /// The id.
    ///
    /// # Errors
    /// Not found: what is no id names nothing.
    pub(crate) fn id<I: From<Uuid>>(&self, what: &'static str) -> Result<I, ApiError> {
        Uuid::parse_str(&self.0).map(I::from).map_err(|_| self.not_found(what))
    }

    /// The id or code.
    ///
    /// # Errors
    /// Not found: what is neither names nothing.
    pub(crate) fn id_or_code<I: From<Uuid>, C: FromStr>(
        &self,
        what: &'static str,
    ) -> Result<IdOr<I, C>, ApiError> {
        match Uuid::parse_str(&self.0) {
            Ok(id) => Ok(IdOr::Id(I::from(id))),
            Err(_) => self.0.parse().map(IdOr::Code).map_err(|_| self.not_found(what)),
        }
    }

    fn not_found(&self, what: &'static str) -> ApiError {
        Refusal::not_found(what, self.0.chars().take(MAX_LENGTH).collect::<String>()).into()
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
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use kernel::{OrderCode, OrderId};

    use super::*;

    #[test]
    fn ids_and_codes_are_told_apart() {
        let parse = |text: &str| Key(text.to_owned()).id_or_code::<OrderId, OrderCode>("order");
        assert!(matches!(parse("SO-20260007"), Ok(IdOr::Code(_))));
        assert!(matches!(parse("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"), Ok(IdOr::Id(_))));
        assert!(matches!(parse("QT-20260007"), Err(ApiError::NotFound(_))));
    }
}
