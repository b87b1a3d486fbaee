//! Codes for people: parsed value objects, never keys (ID-2 … ID-7).

use std::{fmt, num::NonZeroU64, str::FromStr};

use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use time::UtcOffset;

use crate::Timestamp;

/// The classes of entitlements; each decides what is provisioned (EN-1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "UPPERCASE")]
pub enum EntitlementClass {
    /// A plugin: license and download.
    Plg,
    /// A managed installation.
    Env,
    /// A service with contract and credits.
    Svc,
    /// A one-time purchase.
    Ord,
    /// An affiliate.
    Afl,
    /// A course or training.
    Edu,
}

/// Not a code of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind} code; one such as {example} is expected")]
pub struct CodeError {
    /// What was given.
    pub text: String,
    /// What was expected.
    pub kind: &'static str,
    /// What one looks like.
    pub example: &'static str,
}

/// A sequence that codes are drawn from: one per prefix and year, or per class and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeSeries {
    /// `{CLASS}-{YYYY}{MM}`.
    Entitlement {
        /// The class.
        class: EntitlementClass,
        /// The year.
        year: u16,
        /// The month, 1 to 12.
        month: u8,
    },
    /// `SR-{YYYY}`.
    ServiceRequest {
        /// The year.
        year: u16,
    },
    /// `QT-{YYYY}`.
    Quote {
        /// The year.
        year: u16,
    },
    /// `SO-{YYYY}`.
    Order {
        /// The year.
        year: u16,
    },
    /// `CT-{YYYY}`.
    Contract {
        /// The year.
        year: u16,
    },
    /// `INV-{YYYY}`: the one series without gaps.
    Invoice {
        /// The year.
        year: u16,
    },
}

impl CodeSeries {
    /// Whether a number that was drawn and not used must be given back (ID-6).
    pub fn is_gapless(self) -> bool {
        matches!(self, Self::Invoice { .. })
    }

    /// The text in front of the sequence number: `PLG-202605`, `SR-2026`.
    pub fn prefix(self) -> String {
        match self {
            Self::Entitlement { class, year, month } => format!("{class}-{year:04}{month:02}"),
            Self::ServiceRequest { year } => format!("SR-{year:04}"),
            Self::Quote { year } => format!("QT-{year:04}"),
            Self::Order { year } => format!("SO-{year:04}"),
            Self::Contract { year } => format!("CT-{year:04}"),
            Self::Invoice { year } => format!("INV-{year:04}"),
        }
    }
}

/// At least four digits; wider ones carry no leading zero, so that parse and format are inverses (ID-5).
fn parse_sequence(digits: &str) -> Option<NonZeroU64> {
    let canonical = digits.len() == 4 || (digits.len() > 4 && !digits.starts_with('0'));
    (canonical && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

fn parse_year(digits: &str) -> Option<u16> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The year at the business's offset, kept within four digits.
fn business_year(now: Timestamp, offset: UtcOffset) -> u16 {
    u16::try_from(now.date_at(offset).year().clamp(0, 9999)).unwrap_or(0)
}

fn code_error(text: &str, kind: &'static str, example: &'static str) -> CodeError {
    CodeError { text: text.chars().take(48).collect(), kind, example }
}

macro_rules! yearly_codes {
    ($($(#[$doc:meta])* $name:ident: $prefix:literal, $series:ident, $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            year: u16,
            sequence: NonZeroU64,
        }

        impl $name {
            /// The series that a code made at `now` is drawn from; the year is that of the business's `offset` (ID-7).
            pub fn series(now: Timestamp, offset: UtcOffset) -> CodeSeries {
                CodeSeries::$series { year: business_year(now, offset) }
            }

            /// The code with number `sequence` of the year (0 to 9999). None where the year has more digits.
            pub fn new(year: u16, sequence: NonZeroU64) -> Option<Self> {
                (year <= 9999).then_some(Self { year, sequence })
            }

            /// The code with number `sequence` of `series`. None where the series is of another kind.
            pub fn in_series(series: CodeSeries, sequence: NonZeroU64) -> Option<Self> {
                match series {
                    CodeSeries::$series { year } => Self::new(year, sequence),
                    _ => None,
                }
            }

            /// The year.
            pub fn year(self) -> u16 {
                self.year
            }

            /// The number within the year, from 1.
            pub fn sequence(self) -> NonZeroU64 {
                self.sequence
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{:04}{:04}"), self.year, self.sequence)
            }
        }

        impl FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                let parse = || {
                    let digits = text.strip_prefix(concat!($prefix, "-"))?;
                    let (year, sequence) = digits.split_at_checked(4)?;
                    Some(Self { year: parse_year(year)?, sequence: parse_sequence(sequence)? })
                };
                parse().ok_or_else(|| code_error(text, $kind, concat!($prefix, "-20260042")))
            }
        }
    )*};
}

yearly_codes! {
    /// A service request's code: `SR-20260042` (ID-3).
    ServiceRequestCode: "SR", ServiceRequest, "service request";
    /// A quote's code: `QT-20260007` (ID-4).
    QuoteCode: "QT", Quote, "quote";
    /// An order's code: `SO-20260007` (ID-4).
    OrderCode: "SO", Order, "order";
    /// A contract's code: `CT-20260007` (ID-4).
    ContractCode: "CT", Contract, "contract";
    /// An invoice's code: `INV-20260007` (ID-4); its numbers have no gaps (ID-6).
    InvoiceCode: "INV", Invoice, "invoice";
}

/// An entitlement's code: `PLG-2026050001` (ID-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementCode {
    class: EntitlementClass,
    year: u16,
    month: u8,
    sequence: NonZeroU64,
}

impl EntitlementCode {
    /// The series that a code of `class` made at `now` is drawn from; year and month are those of the business's `offset` (ID-7).
    pub fn series(class: EntitlementClass, now: Timestamp, offset: UtcOffset) -> CodeSeries {
        let month = u8::from(now.date_at(offset).month());
        CodeSeries::Entitlement { class, year: business_year(now, offset), month }
    }

    /// The code with number `sequence` of a month. None where the year is over 9999 or the month is none.
    pub fn new(class: EntitlementClass, year: u16, month: u8, sequence: NonZeroU64) -> Option<Self> {
        (year <= 9999 && (1..=12).contains(&month)).then_some(Self { class, year, month, sequence })
    }

    /// The code with number `sequence` of `series`. None where the series is of another kind.
    pub fn in_series(series: CodeSeries, sequence: NonZeroU64) -> Option<Self> {
        match series {
            CodeSeries::Entitlement { class, year, month } => Self::new(class, year, month, sequence),
            _ => None,
        }
    }

    /// The class in front of the code.
    pub fn class(self) -> EntitlementClass {
        self.class
    }
}

impl fmt::Display for EntitlementCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}{:02}{:04}", self.class, self.year, self.month, self.sequence)
    }
}

impl FromStr for EntitlementCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let parse = || {
            let (class, digits) = text.split_once('-')?;
            let (year, rest) = digits.split_at_checked(4)?;
            let (month, sequence) = rest.split_at_checked(2)?;
            let month = u8::try_from(parse_year(month)?).ok()?;
            Self::new(class.parse().ok()?, parse_year(year)?, month, parse_sequence(sequence)?)
        };
        parse().ok_or_else(|| code_error(text, "entitlement", "PLG-2026050001"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::offset;

    use super::*;

    #[test]
    fn id_2_and_id_3_look_as_specified() {
        let first = NonZeroU64::new(1).unwrap();
        assert_eq!(
            EntitlementCode::new(EntitlementClass::Plg, 2026, 5, first).unwrap().to_string(),
            "PLG-2026050001"
        );
        assert_eq!(
            ServiceRequestCode::new(2026, NonZeroU64::new(42).unwrap()).unwrap().to_string(),
            "SR-20260042"
        );
    }

    #[test]
    fn id_5_widens_past_9999() {
        let wide = ServiceRequestCode::new(2026, NonZeroU64::new(10_000).unwrap()).unwrap();
        assert_eq!(wide.to_string(), "SR-202610000");
        assert_eq!("SR-202610000".parse(), Ok(wide));
    }

    #[test]
    fn id_5_only_the_canonical_spelling_is_read() {
        for text in [
            "SR-20260000",
            "SR-2026042",
            "SR-202600042",
            "sr-20260042",
            "QT-20260042",
            "SR-2026+042",
            "SR-é0260042",
            "",
        ] {
            assert!(text.parse::<ServiceRequestCode>().is_err(), "{text}");
        }
        for text in ["PLG-2026130001", "PLG-2026000001", "XXX-2026050001", "PLG-202605001", "plg-2026050001"]
        {
            assert!(text.parse::<EntitlementCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn id_7_year_and_month_are_those_of_the_business() {
        let now: Timestamp = "2026-01-01T01:00:00Z".parse().unwrap();
        assert_eq!(ServiceRequestCode::series(now, offset!(-3)), CodeSeries::ServiceRequest { year: 2025 });
        assert_eq!(EntitlementCode::series(EntitlementClass::Svc, now, offset!(-3)).prefix(), "SVC-202512");
    }

    proptest! {
        #[test]
        fn id_5_parse_and_format_are_inverses(year in 0u16..=9999, month in 1u8..=12, class in 0usize..6, sequence in 1u64..) {
            let sequence = NonZeroU64::new(sequence).unwrap();
            let request = ServiceRequestCode::new(year, sequence).unwrap();
            prop_assert_eq!(request.to_string().parse(), Ok(request));
            let invoice = InvoiceCode::new(year, sequence).unwrap();
            prop_assert_eq!(invoice.to_string().parse(), Ok(invoice));
            let entitlement = EntitlementCode::new(EntitlementClass::VARIANTS[class], year, month, sequence).unwrap();
            prop_assert_eq!(entitlement.to_string().parse(), Ok(entitlement));
        }

        #[test]
        fn id_5_what_is_read_is_written_again(text in "(SR|QT|INV|PLG)-[0-9]{6,14}") {
            if let Ok(code) = text.parse::<ServiceRequestCode>() { prop_assert_eq!(code.to_string(), text.clone()); }
            if let Ok(code) = text.parse::<EntitlementCode>() { prop_assert_eq!(code.to_string(), text.clone()); }
        }
    }
}
