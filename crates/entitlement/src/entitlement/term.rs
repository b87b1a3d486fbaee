//! Terms that keep their anchor day (TM-2).

use std::num::NonZeroU32;

use kernel::Timestamp;
use time::{Date, UtcOffset};

/// The time that is paid for. Every end is reckoned from the first start, so that the 31st stays the 31st where the
/// month has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The start of the first term.
    pub anchor: Timestamp,
    /// Calendar months from the anchor to the end, over all terms so far; at least 1.
    pub months: u32,
    /// The end: the first instant that is not paid for.
    pub ends_at: Timestamp,
}

impl Term {
    /// The first term, of `months` from `start`, in the calendar at `offset`.
    pub fn first(start: Timestamp, months: NonZeroU32, offset: UtcOffset) -> Self {
        let months = months.get();
        Self { anchor: start, months, ends_at: end(start, months, offset) }
    }

    /// The term `months` longer; none where its end would be beyond the calendar.
    pub fn renewed(self, months: NonZeroU32, offset: UtcOffset) -> Option<Self> {
        let months = self.months.checked_add(months.get())?;
        let ends_at = end(self.anchor, months, offset);
        // At the calendar's own bound months are clamped.
        (ends_at.date_at(offset) < Date::MAX).then_some(Self { months, ends_at, ..self })
    }
}

fn end(anchor: Timestamp, months: u32, offset: UtcOffset) -> Timestamp {
    anchor.plus_months(i32::try_from(months).unwrap_or(i32::MAX), offset)
}
