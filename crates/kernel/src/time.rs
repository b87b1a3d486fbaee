//! Instants (TM-1) and calendar months (TM-2).

use std::{fmt, str::FromStr};

use time::{Date, Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// An instant: UTC, in whole microseconds (TM-1), between the years 0000 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no RFC 3339 instant; one such as 2026-05-01T12:00:00Z is expected")]
pub struct TimestampError {
    /// What was given.
    pub text: String,
}

impl Timestamp {
    /// The earliest instant.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// The latest instant.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z; none outside of the years 0000 to 9999.
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// This instant later by `duration` (or earlier, where it is negative), kept within the years 0000 to 9999.
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.whole_microseconds()).unwrap_or(if duration.is_negative() {
            i64::MIN
        } else {
            i64::MAX
        });
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The microsecond before; the earliest instant has none and stays.
    pub fn just_before(self) -> Self {
        self.saturating_add(Duration::microseconds(-1))
    }

    /// `days` times 24 hours later.
    pub fn plus_days(self, days: i64) -> Self {
        self.saturating_add(Duration::days(days.clamp(-4_000_000, 4_000_000)))
    }

    /// `months` calendar months later at the same time of day, as seen at `offset` (TM-2).
    pub fn plus_months(self, months: i32, offset: UtcOffset) -> Self {
        let local = self.to_offset_date_time().to_offset(offset);
        Self::from(local.replace_date(add_months(local.date(), months)))
    }

    /// The calendar day at `offset`.
    pub fn date_at(self, offset: UtcOffset) -> Date {
        self.to_offset_date_time().to_offset(offset).date()
    }

    /// The instant at which `date` begins at `offset`.
    pub fn start_of(date: Date, offset: UtcOffset) -> Self {
        Self::from(date.midnight().assume_offset(offset))
    }

    /// The same instant in the calendar library's type.
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Cuts off what is finer than a microsecond.
    fn from(at: OffsetDateTime) -> Self {
        let micros = at.unix_timestamp_nanos().div_euclid(1_000);
        let micros = i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX });
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(Self::from)
            .map_err(|_| TimestampError { text: text.chars().take(48).collect() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_offset_date_time().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `months` calendar months after `anchor`, clamped to the month's last day (TM-2).
///
/// A series keeps its anchor day when every member is reckoned from the anchor:
/// 31 Jan + 1 month = 28 Feb, 31 Jan + 2 months = 31 Mar.
/// Kept within the calendar's own bounds.
pub fn add_months(anchor: Date, months: i32) -> Date {
    let index = i64::from(anchor.year()) * 12 + i64::from(u8::from(anchor.month())) - 1 + i64::from(months);
    let year = i32::try_from(index.div_euclid(12)).unwrap_or(i32::MAX);
    let bound = if months < 0 { Date::MIN } else { Date::MAX };
    let Ok(month) = time::Month::try_from(u8::try_from(index.rem_euclid(12) + 1).unwrap_or(1)) else {
        return bound;
    };
    if !(Date::MIN.year()..=Date::MAX.year()).contains(&year) {
        return bound;
    }
    Date::from_calendar_date(year, month, anchor.day().min(month.length(year))).unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::{date, offset};

    use super::*;

    #[test]
    fn tm_2_months_clamp_and_keep_the_anchor_day() {
        let anchor = date!(2026 - 01 - 31);
        assert_eq!(add_months(anchor, 1), date!(2026 - 02 - 28));
        assert_eq!(add_months(anchor, 2), date!(2026 - 03 - 31));
        assert_eq!(add_months(anchor, 25), date!(2028 - 02 - 29));
        assert_eq!(add_months(anchor, -2), date!(2025 - 11 - 30));
        assert_eq!(add_months(date!(9999 - 12 - 01), 1), Date::MAX);
    }

    #[test]
    fn tm_1_instants_are_whole_microseconds() {
        let at: Timestamp = "2026-05-01T12:00:00.123456789Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-05-01T12:00:00.123456Z");
        assert_eq!(
            "2026-05-01T09:00:00-03:00".parse::<Timestamp>().unwrap().to_string(),
            "2026-05-01T12:00:00Z"
        );
        assert!("2026-05-01".parse::<Timestamp>().is_err());
    }

    #[test]
    fn id_7_the_day_is_that_of_the_offset() {
        let at: Timestamp = "2026-01-01T01:00:00Z".parse().unwrap();
        assert_eq!(at.date_at(offset!(-3)), date!(2025 - 12 - 31));
    }

    proptest! {
        #[test]
        fn tm_1_reading_inverts_writing(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let at = Timestamp::from_unix_micros(micros).unwrap();
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn tm_2_never_leaves_the_target_month(day in 1u8..=31, months in -600i32..600) {
            let anchor = Date::from_calendar_date(2026, time::Month::January, day).unwrap();
            let there = add_months(anchor, months);
            prop_assert_eq!((there.year() - 2026) * 12 + i32::from(u8::from(there.month())) - 1, months);
            prop_assert!(there.day() == day || there.day() == there.month().length(there.year()));
        }
    }
}
