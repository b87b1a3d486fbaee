//! Values that are texts of a certain form.

use std::borrow::Cow;

use kernel::{Timestamp, TimestampError};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use time::{Date, macros::format_description};

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident($inner:ty): $format:literal, $parse:expr, $write:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $inner);

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", $format).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", $format)))
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
                $parse(text).map(Self).map_err(ParseError::custom)
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value.unwrap_or_default() {
                    Value::String(text) => Self::parse_from_parameter(&text),
                    other => Err(ParseError::expected_type(other)),
                }
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some(Value::String($write(self.0)))
            }
        }
    )*};
}

text_types! {
    /// An instant: RFC 3339, answered in UTC with at most microseconds (TM-1).
    Instant(Timestamp): "date-time", read_instant, |at: Timestamp| at.to_string();
    /// A calendar day: `2026-05-01`.
    Day(Date): "date", read_day, |day: Date| day.to_string();
    /// A calendar month: `2026-05`.
    Month(Date): "month", read_month, |month: Date| format!("{:04}-{:02}", month.year(), u8::from(month.month()));
    /// An amount of credits (CR-1): a decimal text with at most one decimal, never a float. None below 0 is read.
    Credits(ust_credits::Credits): "credits", str::parse::<ust_credits::Credits>, |amount: ust_credits::Credits| amount.to_string();
}

/// Calendars of others have no year 0 and none before it: nobody could read such a date when it is given back.
const TOO_EARLY: &str = "must not be before the year 0001";

/// The instant that `text` is.
///
/// # Errors
/// What would be right: RFC 3339, in the year 0001 or later as seen in UTC.
pub(crate) fn read_instant(text: &str) -> Result<Timestamp, String> {
    let at: Timestamp = text.parse().map_err(|error: TimestampError| error.to_string())?;
    if at.to_offset_date_time().year() < 1 { Err(TOO_EARLY.to_owned()) } else { Ok(at) }
}

/// The day that `text` is.
///
/// # Errors
/// What would be right: year, month and day, in the year 0001 or later.
pub(crate) fn read_day(text: &str) -> Result<Date, &'static str> {
    dated(text, "must be a day such as 2026-05-01")
}

fn read_month(text: &str) -> Result<Date, &'static str> {
    dated(&format!("{text}-01"), "must be a month such as 2026-05")
}

fn dated(text: &str, expected: &'static str) -> Result<Date, &'static str> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| expected)?;
    if day.year() < 1 { Err(TOO_EARLY) } else { Ok(day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tm_1_instants_are_answered_in_utc() {
        let at = Instant::parse_from_parameter("2026-05-01T09:00:00-03:00").unwrap();
        assert_eq!(at.to_json(), Some(Value::from("2026-05-01T12:00:00Z")));
        assert!(Instant::parse_from_parameter("2026-05-01").is_err());
    }

    #[test]
    fn tm_1_there_is_no_year_0() {
        for text in ["0000-01-01T00:00:00Z", "0001-01-01T00:59:59+01:00"] {
            let refused = Instant::parse_from_parameter(text).unwrap_err();
            assert!(refused.message().contains("must not be before the year 0001"), "{text}");
        }
        assert!(Instant::parse_from_parameter("0001-01-01T00:00:00Z").is_ok());
        for text in ["0000-12-31", "-0001-12-31"] {
            let refused = Day::parse_from_parameter(text).unwrap_err();
            assert!(refused.message().contains("must not be before the year 0001"), "{text}");
        }
        assert!(Day::parse_from_parameter("0001-01-01").is_ok());
        for text in ["0000-12", "-0001-12"] {
            assert!(Month::parse_from_parameter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cr_1_credits_are_written_as_they_are_read() {
        let amount = Credits::parse_from_parameter("4.5").unwrap();
        assert_eq!(amount.to_json(), Some(Value::from("4.5")));
        for text in ["4.55", "-1", "9999999999999999999", "4,5", ""] {
            assert!(Credits::parse_from_parameter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_written_as_they_are_read() {
        let day = Day::parse_from_parameter("2026-05-01").unwrap();
        assert_eq!(day.to_json(), Some(Value::from("2026-05-01")));
        assert!(Day::parse_from_parameter("2026-02-30").is_err());
    }

    #[test]
    fn months_are_written_as_they_are_read() {
        let month = Month::parse_from_parameter("2026-05").unwrap();
        assert_eq!(month.to_json(), Some(Value::from("2026-05")));
        for text in ["2026-13", "2026", "2026-05-01", "05/2026", ""] {
            assert!(Month::parse_from_parameter(text).is_err(), "{text}");
        }
    }
}
