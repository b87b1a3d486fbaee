//! Countries by their ISO 3166-1 code.

use std::{fmt, str::FromStr};

/// A country, by its two-letter code of ISO 3166-1 in capital letters: `BR`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(celes::Country);

/// Not a country.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no ISO 3166-1 country code; two capital letters such as BR are expected")]
pub struct CountryError {
    /// What was given, cut.
    pub text: String,
}

impl Country {
    /// The two-letter code.
    pub fn alpha2(self) -> &'static str {
        self.0.alpha2
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        self.0.long_name
    }
}

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, CountryError> {
        celes::Country::from_alpha2(text)
            .ok()
            .filter(|country| country.alpha2 == text)
            .map(Self)
            .ok_or_else(|| CountryError { text: text.chars().take(16).collect() })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn or_1_countries_are_iso_3166_alpha_2() {
        for code in ["BR", "PT", "ES", "US", "GB", "DE"] {
            assert_eq!(code.parse::<Country>().unwrap().to_string(), code);
        }
        for text in ["", "br", "BRA", "XX", "Brazil", "B", "Bé"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }
}
