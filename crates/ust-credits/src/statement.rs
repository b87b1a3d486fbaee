//! Statements (CR-11).

use kernel::{Invalid, Timestamp};

use crate::{Credits, Figures, LedgerEntry, Totals};

/// A period `[from, until)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Timestamp,
    until: Timestamp,
}

impl Period {
    /// The period from `from` on, up to and without `until`.
    ///
    /// # Errors
    /// [`Invalid`] where it ends before it begins. An empty one is fine.
    pub fn try_new(from: Timestamp, until: Timestamp) -> Result<Self, Invalid> {
        if until < from {
            return Err(Invalid::field("until", format!("must not be earlier than from, {from}")));
        }
        Ok(Self { from, until })
    }

    /// Its first instant.
    pub fn from(self) -> Timestamp {
        self.from
    }

    /// The first instant after it.
    pub fn until(self) -> Timestamp {
        self.until
    }

    /// The last instant before it, whose balance is the opening; the first instant of all where there is none before.
    pub fn opening_instant(self) -> Timestamp {
        self.from.just_before()
    }

    /// Its last instant, whose balance is the closing.
    pub fn closing_instant(self) -> Timestamp {
        self.until.just_before()
    }

    /// Whether `at` lies in it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// A statement: opening, every movement, closing (CR-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The period.
    pub period: Period,
    /// As of the last instant before the period.
    pub opening: Figures,
    /// Every entry of the period in order, with those that fell due in it and were not written down yet
    /// ([`crate::CreditBalance::due_entries`]).
    pub movements: Vec<LedgerEntry>,
    /// As of the last instant of the period.
    pub closing: Figures,
}

impl Statement {
    /// Whether the movements lead from the opening to the closing, figure by figure.
    pub fn adds_up(&self) -> bool {
        let walked = self
            .movements
            .iter()
            .try_fold(self.opening.totals, |totals, entry| totals.after(&entry.movement));
        walked == Some(self.closing.totals)
    }
}

/// What happened between two instants: the difference of two totals, for monthly plots. Granted, expired and taken back
/// only grow; consumed and excess shrink where more was given back than used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnover {
    /// Granted.
    pub granted: Credits,
    /// Debited from lots, less what was given back.
    pub consumed: Credits,
    /// Expired.
    pub expired: Credits,
    /// Taken back.
    pub taken_back: Credits,
    /// In excess, less what was reversed.
    pub excess: Credits,
}

impl Turnover {
    /// What happened after `opening` up to `closing`.
    pub fn between(opening: &Totals, closing: &Totals) -> Self {
        let less = |pick: fn(&Totals) -> Credits| {
            Credits::from_units(pick(closing).units().saturating_sub(pick(opening).units()))
        };
        Self {
            granted: less(|totals| totals.granted),
            consumed: less(|totals| totals.consumed),
            expired: less(|totals| totals.expired),
            taken_back: less(|totals| totals.taken_back),
            excess: less(|totals| totals.excess),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn cr_11_a_period_is_half_open_and_does_not_end_before_it_begins() {
        let may = Period::try_new(at("2026-05-01T00:00:00Z"), at("2026-06-01T00:00:00Z")).unwrap();
        assert!(may.contains(may.from()));
        assert!(may.contains(at("2026-05-31T23:59:59.999999Z")));
        assert!(!may.contains(may.until()));
        assert_eq!(may.opening_instant(), at("2026-04-30T23:59:59.999999Z"));
        assert_eq!(may.closing_instant(), at("2026-05-31T23:59:59.999999Z"));
        let refused = Period::try_new(may.until(), may.from()).unwrap_err();
        assert_eq!(refused.0[0].path, "until");
        assert!(Period::try_new(may.from(), may.from()).is_ok());
    }
}
