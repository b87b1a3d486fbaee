//! License keys: hard to guess, easy to type (PV-5).

use std::{fmt, str::FromStr};

/// The random bytes that a key is built from: 120 bits.
pub const KEY_BYTES: usize = 15;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 25;
const GROUP: usize = 5;

/// A license key: 120 random bits and a check digit in Crockford's base 32, in five groups of five, such as
/// `0H6SM-4PW2T-7QK9C-EX8ZB-1RVG2`.
///
/// Capitals make no difference when it is read, nor do hyphens and spaces; `O` counts as `0`, `I` and `L` as `1`. The
/// check digit finds every single wrong digit and every two that changed places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LicenseKey([u8; DIGITS]);

/// Not a license key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LicenseKeyError {
    /// Too many or too few letters and digits.
    #[error("a license key has 25 letters and digits, this has {digits}")]
    Length {
        /// How many there are.
        digits: usize,
    },
    /// A character that no key has.
    #[error("`{character}` is in no license key")]
    Character {
        /// The first such character.
        character: char,
    },
    /// The check digit does not fit.
    #[error("the license key is mistyped")]
    Mistyped,
}

impl LicenseKey {
    /// The key made of these random bytes; different bytes make different keys.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        let mut digits = [0; DIGITS];
        // Five bytes are eight digits of five bits each.
        for (five, eight) in bytes.chunks_exact(5).zip(digits.chunks_exact_mut(8)) {
            let bits = five.iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
            for (place, digit) in (0u32..).zip(eight) {
                *digit = ((bits >> (35 - 5 * place)) & 31) as u8;
            }
        }
        digits[DIGITS - 1] = check(&digits[..DIGITS - 1]);
        Self(digits)
    }
}

/// The check digit: the sum of the digits, each times a weight of its own, in the field of 32 elements. As no two
/// weights are the same and none is zero, one changed digit or two exchanged ones change the sum.
fn check(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |sum, digit| times_two(sum ^ digit))
}

/// Times the generator of the field (x⁵ + x² + 1).
fn times_two(element: u8) -> u8 {
    let doubled = element << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

impl FromStr for LicenseKey {
    type Err = LicenseKeyError;

    fn from_str(text: &str) -> Result<Self, LicenseKeyError> {
        let mut digits = [0; DIGITS];
        let mut count = 0;
        for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
            let upper = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|letter| char::from(*letter) == upper);
            let value = value.and_then(|value| u8::try_from(value).ok());
            let value = value.ok_or(LicenseKeyError::Character { character })?;
            if let Some(digit) = digits.get_mut(count) {
                *digit = value;
            }
            count += 1;
        }
        if count != DIGITS {
            return Err(LicenseKeyError::Length { digits: count });
        }
        if check(&digits[..DIGITS - 1]) == digits[DIGITS - 1] {
            Ok(Self(digits))
        } else {
            Err(LicenseKeyError::Mistyped)
        }
    }
}

impl fmt::Display for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.0.map(|digit| char::from(ALPHABET[usize::from(digit & 31)]));
        for (index, group) in letters.chunks(GROUP).enumerate() {
            if index > 0 {
                f.write_str("-")?;
            }
            for letter in group {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for LicenseKey {
    /// Cut: a key does not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "LicenseKey({}…)", text.get(..GROUP).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pv_5_a_key_looks_as_promised() {
        let key = LicenseKey::from_bytes([0; KEY_BYTES]);
        assert_eq!(key.to_string(), "00000-00000-00000-00000-00000");
        let text = LicenseKey::from_bytes([0xA7; KEY_BYTES]).to_string();
        assert_eq!((text.len(), text.matches('-').count()), (29, 4));
        assert_eq!(format!("{key:?}"), "LicenseKey(00000…)");
    }

    #[test]
    fn pv_5_what_is_no_key_is_refused_with_the_reason() {
        assert_eq!("".parse::<LicenseKey>(), Err(LicenseKeyError::Length { digits: 0 }));
        assert_eq!("0".repeat(26).parse::<LicenseKey>(), Err(LicenseKeyError::Length { digits: 26 }));
        assert_eq!("U".repeat(25).parse::<LicenseKey>(), Err(LicenseKeyError::Character { character: 'U' }));
        assert_eq!("é".parse::<LicenseKey>(), Err(LicenseKeyError::Character { character: 'é' }));
        let off_by_one = format!("{}1", "0".repeat(24));
        assert_eq!(off_by_one.parse::<LicenseKey>(), Err(LicenseKeyError::Mistyped));
    }

    proptest! {
        #[test]
        fn pv_5_keys_are_read_as_they_are_typed(bytes: [u8; KEY_BYTES]) {
            let key = LicenseKey::from_bytes(bytes);
            let text = key.to_string();
            let typed = [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', ""),
                text.replace('-', " "),
                text.replace('0', "O").replace('1', "l"),
                text.replace('1', "i").replace('0', "o"),
            ];
            for typed in typed {
                prop_assert_eq!(typed.parse::<LicenseKey>(), Ok(key));
            }
        }

        #[test]
        fn pv_5_different_bytes_make_different_keys(one: [u8; KEY_BYTES], other: [u8; KEY_BYTES]) {
            prop_assert_eq!(one == other, LicenseKey::from_bytes(one) == LicenseKey::from_bytes(other));
        }

        #[test]
        fn pv_5_one_wrong_digit_or_two_exchanged_are_found(
            bytes: [u8; KEY_BYTES], at in 0usize..DIGITS, with in 0usize..DIGITS, digit in 0u8..32
        ) {
            let key = LicenseKey::from_bytes(bytes);
            let spell = |digits: [u8; DIGITS]| LicenseKey(digits).to_string();
            let mut wrong = key.0;
            wrong[at] = digit;
            if wrong != key.0 {
                prop_assert_eq!(spell(wrong).parse::<LicenseKey>(), Err(LicenseKeyError::Mistyped));
            }
            let mut exchanged = key.0;
            exchanged.swap(at, with);
            if exchanged != key.0 {
                prop_assert_eq!(spell(exchanged).parse::<LicenseKey>(), Err(LicenseKeyError::Mistyped));
            }
        }

        #[test]
        fn pv_5_no_text_makes_the_reader_panic(text in ".{0,60}") {
            let _ = text.parse::<LicenseKey>();
        }
    }
}
