//! What complexity does to a price (CT-2).

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{Credits, CreditsError};

/// How hard a piece of work is (CT-2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Complexity {
    /// × 1.
    Low,
    /// × 1.5.
    Medium,
    /// × 2.
    High,
}

impl Complexity {
    /// The multiplier in halves: 2, 3 or 4. Twice the multiplier is a whole number, so that nothing is ever inexact.
    pub const fn halves(self) -> i64 {
        match self {
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
        }
    }

    /// The multiplier as people write it: `1`, `1.5`, `2`.
    pub const fn multiplier(self) -> &'static str {
        match self {
            Self::Low => "1",
            Self::Medium => "1.5",
            Self::High => "2",
        }
    }
}

/// `base` credits times the multiplier of `complexity`: exact in units, half a unit rounds up (CT-2).
///
/// # Errors
/// [`CreditsError::Overflow`] where the price does not fit.
pub fn price(base: Credits, complexity: Complexity) -> Result<Credits, CreditsError> {
    let halves = i128::from(base.units()) * i128::from(complexity.halves());
    i64::try_from((halves + 1).div_euclid(2)).map(Credits::from_units).map_err(|_| CreditsError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ct_2_multiplies_by_one_one_and_a_half_and_two() {
        let base: Credits = "4".parse().unwrap();
        assert_eq!(price(base, Complexity::Low).unwrap().to_string(), "4");
        assert_eq!(price(base, Complexity::Medium).unwrap().to_string(), "6");
        assert_eq!(price(base, Complexity::High).unwrap().to_string(), "8");
    }

    #[test]
    fn ct_2_half_a_unit_rounds_up() {
        assert_eq!(price("0.1".parse().unwrap(), Complexity::Medium).unwrap().to_string(), "0.2");
        assert_eq!(price("0.3".parse().unwrap(), Complexity::Medium).unwrap().to_string(), "0.5");
        assert_eq!(price("0.2".parse().unwrap(), Complexity::Medium).unwrap().to_string(), "0.3");
    }

    #[test]
    fn ct_2_overflow_is_an_error_and_the_edge_is_not() {
        assert_eq!(price(Credits::MAX, Complexity::Low), Ok(Credits::MAX));
        assert_eq!(price(Credits::MAX, Complexity::Medium), Err(CreditsError::Overflow));
        assert_eq!(price(Credits::MAX, Complexity::High), Err(CreditsError::Overflow));
    }

    #[test]
    fn complexities_are_read_as_they_are_written() {
        for complexity in Complexity::VARIANTS {
            assert_eq!(complexity.to_string().parse(), Ok(*complexity));
        }
        assert!("Medium".parse::<Complexity>().is_err());
    }
}
