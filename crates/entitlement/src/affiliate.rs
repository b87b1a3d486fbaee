//! Referrers (PV-8), as far as provisioning makes them.

use std::{fmt, str::FromStr};

use kernel::{AffiliateId, EntitlementId, Timestamp};

/// Letters and digits that cannot be mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 8;

/// A referral code: eight of Crockford's letters and digits, such as `7QK9CEX8`. Unique.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReferralCode([u8; DIGITS]);

/// Not a referral code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no referral code; eight letters and digits are expected, such as 7QK9CEX8")]
pub struct ReferralCodeError {
    /// What was given, cut.
    pub text: String,
}

impl ReferralCode {
    /// The code made of these random bytes: 40 bits.
    pub fn from_bytes(bytes: [u8; 5]) -> Self {
        let bits = bytes.iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let mut digits = [0; DIGITS];
        for (place, digit) in (0u32..).zip(&mut digits) {
            *digit = ALPHABET[((bits >> (35 - 5 * place)) & 31) as usize];
        }
        Self(digits)
    }
}

impl FromStr for ReferralCode {
    type Err = ReferralCodeError;

    fn from_str(text: &str) -> Result<Self, ReferralCodeError> {
        let upper = text.to_ascii_uppercase();
        <[u8; DIGITS]>::try_from(upper.as_bytes())
            .ok()
            .filter(|digits| digits.iter().all(|digit| ALPHABET.contains(digit)))
            .map(Self)
            .ok_or_else(|| ReferralCodeError { text: text.chars().take(16).collect() })
    }
}

impl fmt::Display for ReferralCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for ReferralCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReferralCode({self})")
    }
}

/// A share of a referred order, in hundredths of a percent: 1000 are 10 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommissionRate(u16);

impl CommissionRate {
    /// That many hundredths of a percent, 0 to 10000; none beyond.
    pub fn from_basis_points(points: u16) -> Option<Self> {
        (points <= 10_000).then_some(Self(points))
    }

    /// Hundredths of a percent.
    pub fn basis_points(self) -> u16 {
        self.0
    }
}

/// A referrer's record (PV-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffiliateRecord {
    /// Its id.
    pub id: AffiliateId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// What the referred name.
    pub code: ReferralCode,
    /// What the referrer gets.
    pub rate: CommissionRate,
    /// When it was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pv_8_a_rate_is_a_share() {
        assert_eq!(CommissionRate::from_basis_points(1_000).map(CommissionRate::basis_points), Some(1_000));
        assert_eq!(CommissionRate::from_basis_points(10_001), None);
    }

    proptest! {
        #[test]
        fn pv_8_reading_a_referral_code_inverts_writing(bytes: [u8; 5]) {
            let code = ReferralCode::from_bytes(bytes);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert_eq!(code.to_string().to_lowercase().parse(), Ok(code));
        }

        #[test]
        fn pv_8_no_text_makes_the_reader_panic(text in ".{0,12}") {
            let _ = text.parse::<ReferralCode>();
        }
    }
}
