//! The words that several kinds share.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::declare::choice;

choice! {
    /// The classes of support (EN-4), from the least to the most.
    pub enum SupportClass {
        /// No support is promised.
        Free,
        /// The least that is paid for.
        Basic,
        /// Basic with shorter times.
        Flex,
        /// For companies.
        Business,
        /// Around the clock.
        Enterprise,
        /// For public institutions.
        Government,
    }
}

choice! {
    /// The priorities of service requests, from the least to the most urgent.
    #[derive(Default)]
    pub enum Priority {
        /// When there is time.
        Low,
        /// In turn.
        #[default]
        Normal,
        /// Before others.
        High,
        /// At once.
        Urgent,
    }
}

choice! {
    /// Who is told of something.
    pub enum Recipient {
        /// The organization's owners.
        Owner,
        /// The organization's admins.
        Admin,
        /// The organization's members.
        Member,
        /// The organization's guests.
        Guest,
        /// The organization's billing address.
        Billing,
        /// Whoever holds the entitlement.
        Holder,
        /// Whoever asked for the work.
        Requester,
        /// Whoever does the work.
        Assignee,
        /// Staff who may do everything.
        StaffAdmin,
        /// Staff who deliver.
        StaffDelivery,
        /// Staff who bill.
        StaffFinance,
    }
}

choice! {
    /// The days of the week.
    pub enum Weekday {
        /// Monday.
        Monday,
        /// Tuesday.
        Tuesday,
        /// Wednesday.
        Wednesday,
        /// Thursday.
        Thursday,
        /// Friday.
        Friday,
        /// Saturday.
        Saturday,
        /// Sunday.
        Sunday,
    }
}

impl Weekday {
    /// Monday to Friday.
    pub const WORKING_DAYS: [Self; 5] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday];
}

/// Serializes as the text of `Display`, reads with `FromStr`.
macro_rules! text_in_serde {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
text_in_serde!(CreditAmount, TimeOfDay, UtcOffset);

/// An amount of credits, in units: 10 units are 1 credit (CR-1).
///
/// Outside it is a decimal text with at most one decimal; a second one is refused, not rounded.
///
/// ```
/// use policy_resolver::kinds::CreditAmount;
///
/// let amount: CreditAmount = "4.5".parse()?;
/// assert_eq!(amount.units(), 45);
/// assert!("4.55".parse::<CreditAmount>().is_err());
/// # Ok::<(), policy_resolver::kinds::AmountError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditAmount(i64);

/// Not an amount of credits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no amount of credits; one such as 12 or 4.5 is expected, with one decimal at most")]
pub struct AmountError {
    /// What was given, cut.
    pub text: String,
}

impl CreditAmount {
    /// No credits.
    pub const ZERO: Self = Self(0);

    /// The amount of that many units.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// How many units it is.
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl fmt::Display for CreditAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, units) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match units % 10 {
            0 => write!(f, "{sign}{}", units / 10),
            tenth => write!(f, "{sign}{}.{tenth}", units / 10),
        }
    }
}

impl FromStr for CreditAmount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let parse = || {
            let (negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text),
            };
            let (whole, tenth) = digits.split_once('.').unwrap_or((digits, "0"));
            let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            if !plain(whole) || !plain(tenth) || tenth.len() != 1 {
                return None;
            }
            let units = whole.parse::<i128>().ok()?.checked_mul(10)?.checked_add(tenth.parse().ok()?)?;
            i64::try_from(if negative { -units } else { units }).ok().map(Self)
        };
        parse().ok_or_else(|| AmountError { text: text.chars().take(48).collect() })
    }
}

/// An amount of money: a decimal with an ISO 4217 currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyValue {
    /// The amount, in the currency's main unit; a text in JSON.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// Three capital letters: `BRL`.
    pub currency: String,
}

mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map_err(D::Error::custom)
    }
}

/// A time of day in whole minutes, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

/// Not a time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no time of day; one such as 09:30 is expected, up to 24:00")]
pub struct TimeOfDayError {
    /// What was given, cut.
    pub text: String,
}

impl TimeOfDay {
    /// The full hour; hours past 24 count as 24.
    pub const fn from_hours(hours: u8) -> Self {
        Self(if hours > 24 { 1440 } else { hours as u16 * 60 })
    }

    /// Minutes since midnight, 0 to 1440.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;

    fn from_str(text: &str) -> Result<Self, TimeOfDayError> {
        clock(text)
            .filter(|minutes| *minutes <= 1440)
            .map(Self)
            .ok_or_else(|| TimeOfDayError { text: text.chars().take(48).collect() })
    }
}

/// `HH:MM` as minutes, with minutes below 60.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

/// An offset from UTC in whole minutes, `-14:00` to `+14:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset(i16);

/// Not an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no offset; one such as -03:00 is expected, up to 14 hours")]
pub struct UtcOffsetError {
    /// What was given, cut.
    pub text: String,
}

impl UtcOffset {
    /// No offset.
    pub const UTC: Self = Self(0);

    /// Minutes east of UTC, −840 to 840.
    pub const fn minutes(self) -> i16 {
        self.0
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.unsigned_abs();
        write!(f, "{}{:02}:{:02}", if self.0 < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
    }
}

impl FromStr for UtcOffset {
    type Err = UtcOffsetError;

    fn from_str(text: &str) -> Result<Self, UtcOffsetError> {
        let parse = || {
            let sign = match text.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let minutes = i16::try_from(clock(text.get(1..)?)?).ok()?;
            (minutes <= 840).then_some(Self(sign * minutes))
        };
        parse().ok_or_else(|| UtcOffsetError { text: text.chars().take(48).collect() })
    }
}
