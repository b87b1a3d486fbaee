//! What one ledger entry moves, and its compact text.

use std::{fmt, str::FromStr};

use kernel::LotId;
use uuid::Uuid;

use crate::Credits;

/// What one entry changes in one lot, in units. Differences: any sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotChange {
    /// The lot.
    pub lot: LotId,
    /// Change of the amount granted: over 0 once, when the lot is made.
    pub granted: i64,
    /// Change of what is available.
    pub available: i64,
    /// Change of what is held.
    pub held: i64,
    /// Change of what is consumed.
    pub consumed: i64,
    /// Change of what is expired.
    pub expired: i64,
    /// Change of what is taken back.
    pub taken_back: i64,
}

impl LotChange {
    /// No change of `lot` yet.
    pub const fn of(lot: LotId) -> Self {
        Self { lot, granted: 0, available: 0, held: 0, consumed: 0, expired: 0, taken_back: 0 }
    }

    /// Whether what comes into the lot equals what its parts change by (CR-10).
    pub fn adds_up(&self) -> bool {
        let parts = [self.available, self.held, self.consumed, self.expired, self.taken_back];
        parts.iter().map(|part| i128::from(*part)).sum::<i128>() == i128::from(self.granted)
    }

    fn is_nothing(&self) -> bool {
        *self == Self::of(self.lot)
    }

    fn letters(&self) -> [(char, i64); 6] {
        [
            ('g', self.granted),
            ('a', self.available),
            ('h', self.held),
            ('c', self.consumed),
            ('e', self.expired),
            ('t', self.taken_back),
        ]
    }
}

/// Everything one ledger entry changes: per lot, and in the figures that no lot carries. In units, any sign.
///
/// Its text ([`fmt::Display`] and [`FromStr`], inverses) is made for one short column:
/// `0196…:a-45h+45 0197…:a-5h+5 s+20`. A lot is its id in 32 hexadecimal digits, a colon, and for each of **g**ranted, **a**vailable,
/// **h**eld, **c**onsumed, **e**xpired, **t**aken back that changes its letter and its signed units; **o**verdraft, overdraft
/// **p**romised to reservations (`overdraft_held`), e**x**cess and **s**hortfall stand without a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Changes per lot, in order of use. A lot may occur more than once.
    pub lots: Vec<LotChange>,
    /// Change of the overdraft.
    pub overdraft: i64,
    /// Change of the overdraft that open reservations count on.
    pub overdraft_held: i64,
    /// Change of the excess.
    pub excess: i64,
    /// Change of what open reservations could not hold.
    pub shortfall: i64,
}

impl Movement {
    /// Whether nothing moves.
    pub fn is_nothing(&self) -> bool {
        self.lots.iter().all(LotChange::is_nothing)
            && [self.overdraft, self.overdraft_held, self.excess, self.shortfall] == [0; 4]
    }

    fn letters(&self) -> [(char, i64); 4] {
        [('o', self.overdraft), ('p', self.overdraft_held), ('x', self.excess), ('s', self.shortfall)]
    }
}

/// A text that is no movement or no list of lot amounts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no encoded movement of credits")]
pub struct MovementError {
    /// The part that cannot be read, cut.
    pub text: String,
}

fn unreadable(text: &str) -> MovementError {
    MovementError { text: text.chars().take(80).collect() }
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for change in self.lots.iter().filter(|change| !change.is_nothing()) {
            write!(f, "{separator}{}:", change.lot.as_uuid().simple())?;
            for (letter, units) in change.letters().into_iter().filter(|(_, units)| *units != 0) {
                write!(f, "{letter}{units:+}")?;
            }
            separator = " ";
        }
        for (letter, units) in self.letters().into_iter().filter(|(_, units)| *units != 0) {
            write!(f, "{separator}{letter}{units:+}")?;
            separator = " ";
        }
        Ok(())
    }
}

/// Reads `a-45h+45`, handing each letter with its units to `set`, which says whether it knows the letter and meets it first.
fn read_letters(text: &str, mut set: impl FnMut(char, i64) -> bool) -> Option<()> {
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..)?;
        if !after.starts_with(['+', '-']) {
            return None;
        }
        let digits = after[1..].find(|c: char| !c.is_ascii_digit()).map_or(after.len(), |at| at + 1);
        let (number, next) = after.split_at(digits);
        let units = number.parse::<i64>().ok().filter(|units| *units != 0)?;
        if !set(letter, units) {
            return None;
        }
        rest = next;
    }
    (!text.is_empty()).then_some(())
}

fn put(slot: &mut i64, units: i64) -> bool {
    std::mem::replace(slot, units) == 0
}

impl FromStr for Movement {
    type Err = MovementError;

    fn from_str(text: &str) -> Result<Self, MovementError> {
        let mut movement = Self::default();
        for part in text.split(' ').filter(|_| !text.is_empty()) {
            let read = match part.split_once(':') {
                Some((lot, letters)) => read_lot(lot).and_then(|lot| {
                    let mut change = LotChange::of(lot);
                    read_letters(letters, |letter, units| match letter {
                        'g' => put(&mut change.granted, units),
                        'a' => put(&mut change.available, units),
                        'h' => put(&mut change.held, units),
                        'c' => put(&mut change.consumed, units),
                        'e' => put(&mut change.expired, units),
                        't' => put(&mut change.taken_back, units),
                        _ => false,
                    })?;
                    movement.lots.push(change);
                    Some(())
                }),
                None => read_letters(part, |letter, units| match letter {
                    'o' => put(&mut movement.overdraft, units),
                    'p' => put(&mut movement.overdraft_held, units),
                    'x' => put(&mut movement.excess, units),
                    's' => put(&mut movement.shortfall, units),
                    _ => false,
                }),
            };
            read.ok_or_else(|| unreadable(part))?;
        }
        Ok(movement)
    }
}

fn read_lot(text: &str) -> Option<LotId> {
    (text.len() == 32).then(|| Uuid::try_parse(text).ok().map(LotId::new)).flatten()
}

/// An amount in one lot: held by a request, or debited for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotAmount {
    /// The lot.
    pub lot: LotId,
    /// The amount, over 0.
    pub amount: Credits,
}

/// Amounts in lots, in order of use.
///
/// Its text ([`fmt::Display`] and [`FromStr`], inverses) is made for one short column: `0196…=45 0197…=5`, ids in 32
/// hexadecimal digits and amounts in units; empty for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotAmounts(pub Vec<LotAmount>);

impl LotAmounts {
    /// The sum, kept within bounds: the amounts are parts of lots, whose sum fits.
    pub fn total(&self) -> Credits {
        Credits::from_units(self.0.iter().fold(0i64, |sum, part| sum.saturating_add(part.amount.units())))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes another use, together with the last one where that was of the same lot.
    pub(crate) fn push(&mut self, lot: LotId, amount: Credits) {
        match self.0.last_mut() {
            Some(last) if last.lot == lot => {
                last.amount = Credits::from_units(last.amount.units().saturating_add(amount.units()));
            }
            _ => self.0.push(LotAmount { lot, amount }),
        }
    }
}

impl fmt::Display for LotAmounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}={}", part.lot.as_uuid().simple(), part.amount.units())?;
        }
        Ok(())
    }
}

impl FromStr for LotAmounts {
    type Err = MovementError;

    fn from_str(text: &str) -> Result<Self, MovementError> {
        text.split(' ')
            .filter(|_| !text.is_empty())
            .map(|part| {
                let read = || {
                    let (lot, units) = part.split_once('=')?;
                    let units =
                        units.parse::<i64>().ok().filter(|units| *units > 0 && !part.contains('+'))?;
                    Some(LotAmount { lot: read_lot(lot)?, amount: Credits::from_units(units) })
                };
                read().ok_or_else(|| unreadable(part))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lot(number: u128) -> LotId {
        LotId::new(Uuid::from_u128(number))
    }

    #[test]
    fn a_movement_is_short_and_readable() {
        let movement = Movement {
            lots: vec![LotChange { available: -45, held: 45, ..LotChange::of(lot(0xab)) }],
            shortfall: 20,
            ..Movement::default()
        };
        assert_eq!(movement.to_string(), "000000000000000000000000000000ab:a-45h+45 s+20");
        assert_eq!(movement.to_string().parse(), Ok(movement));
        assert_eq!("".parse(), Ok(Movement::default()));
    }

    #[test]
    fn what_is_no_movement_is_refused() {
        let id = "000000000000000000000000000000ab";
        for text in
            [" ", "o", "o5", "o+", "o+5o+5", "o+5 o+5", "q+5", "é+5", "o+0", ":a+5", "o+99999999999999999999"]
        {
            assert!(text.parse::<Movement>().is_err(), "{text}");
        }
        for letters in ["", "o+5", "a+5a+5", "a+5 ", "a", "a+5é"] {
            assert!(format!("{id}:{letters}").parse::<Movement>().is_err(), "{letters}");
        }
        for amounts in ["=5", "0196=5", " ", "x"] {
            assert!(amounts.parse::<LotAmounts>().is_err(), "{amounts}");
        }
        for units in ["", "0", "-5", "+5", "5 ", "99999999999999999999"] {
            assert!(format!("{id}={units}").parse::<LotAmounts>().is_err(), "{units}");
        }
    }

    fn changes() -> impl Strategy<Value = LotChange> {
        (any::<u128>(), any::<[i64; 6]>()).prop_map(
            |(id, [granted, available, held, consumed, expired, taken_back])| LotChange {
                lot: lot(id),
                granted,
                available,
                held,
                consumed,
                expired,
                taken_back,
            },
        )
    }

    proptest! {
        #[test]
        fn movements_are_read_as_they_are_written(lots in prop::collection::vec(changes(), 0..4), rest in any::<[i64; 4]>()) {
            let [overdraft, overdraft_held, excess, shortfall] = rest;
            let lots: Vec<_> = lots.into_iter().filter(|change| !change.is_nothing()).collect();
            let movement = Movement { lots, overdraft, overdraft_held, excess, shortfall };
            prop_assert_eq!(movement.to_string().parse(), Ok(movement));
        }

        #[test]
        fn lot_amounts_are_read_as_they_are_written(amounts in prop::collection::vec((any::<u128>(), 1..i64::MAX), 0..5)) {
            let amounts = LotAmounts(
                amounts.into_iter().map(|(id, units)| LotAmount { lot: lot(id), amount: Credits::from_units(units) }).collect(),
            );
            prop_assert_eq!(amounts.to_string().parse(), Ok(amounts));
        }

        #[test]
        fn no_text_makes_reading_panic(text in "[0-9a-f]{32}[:=][ghacetopxs+0-9 -]{0,20}|.*") {
            let _ = text.parse::<Movement>();
            let _ = text.parse::<LotAmounts>();
        }
    }
}
