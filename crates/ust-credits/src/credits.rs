//! Amounts of credits (CR-1).

use std::{fmt, str::FromStr};

use policy_resolver::kinds::CreditAmount;

/// Internal units in one credit (CR-1).
pub const UNITS_PER_CREDIT: i64 = 10;

/// The most credits that one figure of people may be: 100 million credits, a thousand million units. It bounds a grant, a catalog
/// item's price, an estimate and an actual, each before complexity. The sums of a balance count in 64 bits, and hold billions of
/// the largest.
pub const MAX_FIGURE: Credits = Credits::from_units(1_000_000_000);

/// Why an amount of credits could not be read or reckoned with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditsError {
    /// Not a plain decimal number.
    #[error("`{text}` is no amount of credits; digits with at most one decimal are expected, such as 4.5")]
    NotANumber {
        /// What was given, cut.
        text: String,
    },
    /// More than one decimal: refused, not rounded (CR-1).
    #[error("`{text}` has more than one decimal; credits have at most one, such as 4.5")]
    TooPrecise {
        /// What was given, cut.
        text: String,
    },
    /// A minus sign where amounts cannot be negative.
    #[error("`{text}` is negative; an amount of credits without a sign is expected, such as 4.5")]
    Negative {
        /// What was given, cut.
        text: String,
    },
    /// The result does not fit (CR-1).
    #[error("the amount of credits is too large")]
    Overflow,
}

/// An amount of credits, in whole units inside (10 units are 1 credit), `"4.5"` outside (CR-1).
///
/// The type holds any sign, for differences; [`FromStr`] reads amounts of at least 0 only.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credits(i64);

impl Credits {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(i64::MAX);

    /// The amount of `units` units, a tenth of a credit each.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The amount in units, a tenth of a credit each.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Whether this is 0.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this is over 0.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether this is under 0.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`CreditsError::Overflow`] where it does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, CreditsError> {
        self.0.checked_add(other.0).map(Self).ok_or(CreditsError::Overflow)
    }

    /// The difference; negative where `other` is larger.
    ///
    /// # Errors
    /// [`CreditsError::Overflow`] where it does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, CreditsError> {
        self.0.checked_sub(other.0).map(Self).ok_or(CreditsError::Overflow)
    }

    /// `factor` times this amount.
    ///
    /// # Errors
    /// [`CreditsError::Overflow`] where it does not fit.
    pub fn checked_mul(self, factor: i64) -> Result<Self, CreditsError> {
        self.0.checked_mul(factor).map(Self).ok_or(CreditsError::Overflow)
    }

    /// What is left after taking `other` away, at least 0.
    pub fn minus_down_to_zero(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// The sum of many amounts.
    ///
    /// # Errors
    /// [`CreditsError::Overflow`] where it does not fit.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, CreditsError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Reads an amount that may carry a minus sign, for differences.
    ///
    /// # Errors
    /// As [`FromStr`], save that a minus sign is read.
    pub fn parse_signed(text: &str) -> Result<Self, CreditsError> {
        let cut = || text.chars().take(32).collect::<String>();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(CreditsError::NotANumber { text: cut() });
        }
        if fraction.len() > 1 {
            return Err(CreditsError::TooPrecise { text: cut() });
        }
        let units = [whole, fraction].concat().parse::<i64>().map_err(|_| CreditsError::Overflow)?;
        Ok(Self(if negative { -units } else { units }))
    }
}

impl FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, CreditsError> {
        let amount = Self::parse_signed(text)?;
        if text.starts_with('-') {
            return Err(CreditsError::Negative { text: text.chars().take(32).collect() });
        }
        Ok(amount)
    }
}

impl From<CreditAmount> for Credits {
    fn from(amount: CreditAmount) -> Self {
        Self(amount.units())
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let per_credit = UNITS_PER_CREDIT.unsigned_abs();
        match units % per_credit {
            0 => write!(f, "{sign}{}", units / per_credit),
            tenths => write!(f, "{sign}{}.{tenths}", units / per_credit),
        }
    }
}

impl fmt::Debug for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cr_1_one_credit_is_ten_units() {
        assert_eq!("4.5".parse(), Ok(Credits::from_units(45)));
        assert_eq!("4".parse(), Ok(Credits::from_units(40)));
        assert_eq!("0.0".parse(), Ok(Credits::ZERO));
        assert_eq!(Credits::from_units(45).to_string(), "4.5");
        assert_eq!(Credits::from_units(-5).to_string(), "-0.5");
        assert_eq!(Credits::from_units(40).to_string(), "4");
        assert_eq!(Credits::parse_signed("-0.5"), Ok(Credits::from_units(-5)));
    }

    #[test]
    fn cr_1_amounts_of_policies_are_the_same_amounts() {
        let amount: CreditAmount = "4.5".parse().unwrap();
        assert_eq!(Credits::from(amount), Credits::from_units(45));
    }

    #[test]
    fn cr_1_a_second_decimal_is_refused_not_rounded() {
        for text in ["4.55", "4.50", "0.00", "1.0000000000"] {
            assert_eq!(text.parse::<Credits>(), Err(CreditsError::TooPrecise { text: text.into() }));
        }
    }

    #[test]
    fn cr_1_only_plain_decimals_are_read() {
        for text in
            ["", ".", "4.", ".5", "+4", " 4", "4 ", "4,5", "1e3", "--4", "0x1", "1_0", "٤", "4.-5", "NaN"]
        {
            assert!(matches!(text.parse::<Credits>(), Err(CreditsError::NotANumber { .. })), "{text}");
        }
        for text in ["-4", "-0", "-0.5"] {
            assert!(matches!(text.parse::<Credits>(), Err(CreditsError::Negative { .. })), "{text}");
        }
    }

    #[test]
    fn cr_1_overflow_is_an_error_never_a_wrap() {
        assert_eq!("922337203685477580.7".parse(), Ok(Credits::MAX));
        assert_eq!("922337203685477580.8".parse::<Credits>(), Err(CreditsError::Overflow));
        assert_eq!("9".repeat(60).parse::<Credits>(), Err(CreditsError::Overflow));
        assert_eq!(Credits::MAX.checked_add(Credits::from_units(1)), Err(CreditsError::Overflow));
        assert_eq!(
            Credits::from_units(i64::MIN).checked_sub(Credits::from_units(1)),
            Err(CreditsError::Overflow)
        );
        assert_eq!(Credits::MAX.checked_mul(2), Err(CreditsError::Overflow));
        assert_eq!(Credits::sum([Credits::MAX, Credits::MAX]), Err(CreditsError::Overflow));
        assert_eq!(Credits::from_units(i64::MIN).to_string(), "-922337203685477580.8");
        assert_eq!(Credits::from_units(i64::MIN).minus_down_to_zero(Credits::MAX), Credits::ZERO);
    }

    proptest! {
        #[test]
        fn cr_1_reading_inverts_writing(units in 0..i64::MAX) {
            let amount = Credits::from_units(units);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            prop_assert_eq!(Credits::parse_signed(&Credits::from_units(-units).to_string()), Ok(Credits::from_units(-units)));
        }

        #[test]
        fn cr_1_no_text_makes_it_panic(text in "[-+.0-9a-z ]{0,24}|.*") {
            if let Ok(amount) = text.parse::<Credits>() { prop_assert!(!amount.is_negative()); }
            let _ = Credits::parse_signed(&text);
        }
    }
}
