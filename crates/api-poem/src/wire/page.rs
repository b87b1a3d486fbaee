//! Lists (AP-2): keyset pages.

use std::borrow::Cow;

use kernel::{Cursor, MAX_PAGE_LIMIT, PageRequest};
use poem_openapi::{
    Object,
    param::Query,
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use service_delivery::reads::ListQuery;

use super::Sort;
use crate::http::ApiError;

const DEFAULT_LIMIT: u16 = 50;

/// Whole numbers within bounds, as parameters.
macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident: $format:literal, $least:literal to $most:expr, $usual:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) u16);

        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("integer_", $format).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new(MetaSchema {
                    minimum: Some(f64::from($least)),
                    maximum: Some(f64::from($most)),
                    default: Some(Value::from($usual)),
                    ..MetaSchema::new_with_format("integer", "int32")
                }))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(self.as_raw_value().into_iter())
            }
        }

        impl ParseFromParameter for $name {
            fn parse_from_parameter(text: &str) -> ParseResult<Self> {
                let number = text.parse().ok().filter(|number| ($least..=$most).contains(number));
                number
                    .map(Self)
                    .ok_or_else(|| ParseError::custom(format!("must be a whole number from {} to {}", $least, $most)))
            }
        }
    )*};
}

/// The most days that can be looked ahead: ten years.
const MAX_DAYS: u16 = 3_660;

/// The days that are looked ahead, where nothing else is said.
pub(crate) const DEFAULT_DAYS: u16 = 30;

bounded! {
    /// How many items a page has at the most: 1 to 200, 50 unless told.
    Limit: "limit", 1 to MAX_PAGE_LIMIT, DEFAULT_LIMIT;
    /// How many days are looked ahead: 1 to 3,660, 30 unless told.
    Days: "days", 1 to MAX_DAYS, DEFAULT_DAYS;
}

/// The page that the parameters `limit` and `cursor` ask for.
pub(crate) fn page_request(
    Query(limit): Query<Option<Limit>>,
    Query(cursor): Query<Option<String>>,
) -> Result<PageRequest, ApiError> {
    let Limit(limit) = limit.unwrap_or(Limit(DEFAULT_LIMIT));
    PageRequest::try_new(limit, cursor.map(Cursor))
        .ok_or_else(|| ApiError::field("limit", format!("must be a whole number from 1 to {MAX_PAGE_LIMIT}")))
}

/// The list query that the parameters of a list ask for.
pub(crate) fn list_query<F, S>(
    filter: F,
    Query(sort): Query<Option<Sort<S>>>,
    limit: Query<Option<Limit>>,
    cursor: Query<Option<String>>,
) -> Result<ListQuery<F, S>, ApiError> {
    Ok(ListQuery { filter, sort: sort.map(|Sort(sorted)| sorted), page: page_request(limit, cursor)? })
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct Page<T: ParseFromJSON + ToJSON> {
    /// The items, in the order asked for.
    pub(crate) items: Vec<T>,
    /// What to send as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

impl<T: ParseFromJSON + ToJSON> Page<T> {
    /// `page` with every row shown as `T`.
    pub(crate) fn of<R>(page: kernel::Page<R>) -> Self
    where
        T: From<R>,
    {
        Self {
            items: page.items.into_iter().map(T::from).collect(),
            next_cursor: page.next.map(|cursor| cursor.0),
        }
    }
}
