//! Money (MN-1).

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the minor unit; 0 for currencies without one.
    pub fn minor_digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency { code: code.chars().take(16).collect() })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why money could not be read or reckoned with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a code of ISO 4217.
    #[error("`{code}` is no ISO 4217 currency code; three capital letters such as BRL are expected")]
    UnknownCurrency {
        /// What was given.
        code: String,
    },
    /// Not a decimal number.
    #[error("`{text}` is no decimal amount; digits with an optional point are expected, such as 1234.50")]
    NotANumber {
        /// What was given.
        text: String,
    },
    /// Two currencies in one sum.
    #[error("{left} and {right} cannot be added: two currencies")]
    CurrencyMismatch {
        /// The currency of the left side.
        left: Currency,
        /// The currency of the right side.
        right: Currency,
    },
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
}

/// A decimal amount in one currency. May be negative (corrections).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// `amount` of `currency`, as it is: nothing is rounded.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// Reads a plain decimal text: an optional sign, digits, an optional point and digits. No exponent, no grouping.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] for anything else, [`MoneyError::Overflow`] where it has more than 28 digits.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let digits = amount.strip_prefix('-').unwrap_or(amount);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(MoneyError::NotANumber { text: amount.chars().take(32).collect() });
        }
        Decimal::from_str_exact(amount)
            .map(|amount| Self { amount, currency })
            .map_err(|_| MoneyError::Overflow)
    }

    /// The amount.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether nothing is owed either way.
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.amount.is_sign_negative() && !self.amount.is_zero()
    }

    /// Whether it is a whole number of its currency's minor units: what can be asked for and paid.
    pub fn is_whole_minor(self) -> bool {
        self.amount.normalize().scale() <= self.currency.minor_digits()
    }

    /// The sum, exactly.
    ///
    /// # Errors
    /// Two currencies, or a sum of more digits than fit.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, Decimal::checked_add)
    }

    /// The difference, exactly.
    ///
    /// # Errors
    /// Two currencies, or a difference of more digits than fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, Decimal::checked_sub)
    }

    /// `factor` times as much, exactly.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] where the product has more digits than fit.
    pub fn checked_mul(self, factor: Decimal) -> Result<Self, MoneyError> {
        if self.amount.is_zero() || factor.is_zero() {
            return Ok(Self::zero(self.currency));
        }
        let decimals = self.amount.normalize().scale() + factor.normalize().scale();
        let amount = exact(self.amount.checked_mul(factor), decimals)?;
        Ok(Self { amount, ..self })
    }

    /// Rounded half to even to the currency's minor unit: once, on an invoice line.
    pub fn rounded(self) -> Self {
        let digits = self.currency.minor_digits();
        let mut amount = self.amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
        amount.rescale(digits);
        Self { amount, ..self }
    }

    fn with(self, other: Self, f: impl Fn(Decimal, Decimal) -> Option<Decimal>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let decimals = self.amount.normalize().scale().max(other.amount.normalize().scale());
        let amount = exact(f(self.amount, other.amount), decimals)?;
        Ok(Self { amount, ..self })
    }
}

/// What was reckoned, where it has room for `decimals`: a [`Decimal`] drops decimals that do not fit, and says nothing.
fn exact(reckoned: Option<Decimal>, decimals: u32) -> Result<Decimal, MoneyError> {
    reckoned.filter(|amount| amount.scale() >= decimals).ok_or(MoneyError::Overflow)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brl(amount: &str) -> Money {
        Money::parse(amount, "BRL".parse().unwrap()).unwrap()
    }

    #[test]
    fn mn_1_two_currencies_do_not_add() {
        let usd = Money::parse("1", "USD".parse().unwrap()).unwrap();
        assert!(matches!(brl("1").checked_add(usd), Err(MoneyError::CurrencyMismatch { .. })));
    }

    #[test]
    fn mn_1_rounds_half_to_even_to_the_minor_unit() {
        assert_eq!(brl("0.125").rounded().amount().to_string(), "0.12");
        assert_eq!(brl("0.135").rounded().amount().to_string(), "0.14");
        assert_eq!(brl("7").rounded().amount().to_string(), "7.00");
        let yen = Money::parse("2.5", "JPY".parse().unwrap()).unwrap();
        assert_eq!(yen.rounded().amount().to_string(), "2");
    }

    #[test]
    fn mn_1_only_plain_decimals_are_read() {
        for text in ["", "1e3", "1,5", "+1", " 1", ".5", "5.", "--1", "0x1", "1_000"] {
            assert!(
                matches!(Money::parse(text, "BRL".parse().unwrap()), Err(MoneyError::NotANumber { .. })),
                "{text}"
            );
        }
        assert_eq!(Money::parse(&"9".repeat(40), "BRL".parse().unwrap()), Err(MoneyError::Overflow));
    }

    #[test]
    fn mn_1_overflow_is_an_error() {
        let most = Money::new(Decimal::MAX, "BRL".parse().unwrap());
        assert_eq!(most.checked_add(brl("1")), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(Decimal::TWO), Err(MoneyError::Overflow));
    }

    #[test]
    fn mn_1_no_decimal_is_dropped_where_a_result_does_not_fit() {
        let most = brl("99999999999999999999999999.99");
        assert_eq!(most.checked_mul(Decimal::from(9)), Err(MoneyError::Overflow));
        assert_eq!(brl("70000000000000000000000000000").checked_add(brl("0.01")), Err(MoneyError::Overflow));
        assert_eq!(brl("70000000000000000000000000000").checked_sub(brl("0.01")), Err(MoneyError::Overflow));
        assert_eq!(
            brl("0.000000000000001").checked_mul(brl("0.000000000000001").amount()),
            Err(MoneyError::Overflow)
        );
        // Zeros at the end are no decimals.
        assert_eq!(
            brl("70000000000000000000000000000").checked_add(brl("1.00")),
            Ok(brl("70000000000000000000000000001"))
        );
        assert_eq!(
            brl("1.50").checked_mul(Decimal::TWO).map(|money| money.to_string()),
            Ok("3.00 BRL".to_owned())
        );
        assert_eq!(brl("0").checked_mul(brl("1.25").amount()), Ok(brl("0")));
        assert_eq!(brl("1.25").checked_sub(brl("1.25")), Ok(brl("0")));
    }

    #[test]
    fn mn_1_whole_minor_units_depend_on_the_currency() {
        let of =
            |amount: &str, code: &str| Money::parse(amount, code.parse().unwrap()).unwrap().is_whole_minor();
        assert!(of("1.25", "BRL") && of("1.2500", "BRL") && of("2.0", "JPY") && of("1.255", "KWD"));
        assert!(!of("1.005", "BRL") && !of("1.5", "JPY"));
    }

    #[test]
    fn an_unknown_currency_is_named() {
        assert_eq!("XXQ".parse::<Currency>(), Err(MoneyError::UnknownCurrency { code: "XXQ".into() }));
    }
}
