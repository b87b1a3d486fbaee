//! Notes: listed on their request, and followed while they are being written (SR-10).

use std::{fmt, str::FromStr};

use kernel::{OrganizationId, ServiceRequestId};
use sr_workflow::{NoteRecord, NoteVisibility};

use super::{ListQuery, RequestName, query::sort_by};

/// Which notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Seen by these.
    pub visibility: Option<NoteVisibility>,
}

sort_by! {
    /// The orders of notes; the oldest come first.
    NoteSort, ascending At:
    /// By when they were written.
    At,
}

/// A page of notes.
pub type NoteQuery = ListQuery<NoteFilter, NoteSort>;

/// The place of a note in the one order in which all notes can be followed: whoever has read up to a place and goes on after it
/// misses none and gets none twice, on whichever server. Its text is opaque to callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotePlace {
    /// The transaction that wrote it, where the database has several at once; else 0.
    pub transaction: i64,
    /// Its place among the notes of that transaction.
    pub position: i64,
}

impl fmt::Display for NotePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.transaction, self.position)
    }
}

/// Not the place of any note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not the id of an event of this stream")]
pub struct NotePlaceError;

impl FromStr for NotePlace {
    type Err = NotePlaceError;

    fn from_str(text: &str) -> Result<Self, NotePlaceError> {
        let number = |text: &str| text.parse().ok().filter(|number| *number >= 0);
        let (transaction, position) = text.split_once('-').ok_or(NotePlaceError)?;
        let place = number(transaction).zip(number(position)).ok_or(NotePlaceError)?;
        Ok(Self { transaction: place.0, position: place.1 })
    }
}

/// Which notes are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotesFollowed {
    /// On that request.
    pub request: Option<ServiceRequestId>,
    /// On requests of that organization.
    pub organization: Option<OrganizationId>,
    /// Seen by these.
    pub visibility: Option<NoteVisibility>,
}

impl NotesFollowed {
    /// Whether that note is one of them.
    pub fn has(&self, written: &WrittenNote) -> bool {
        self.request.is_none_or(|request| request == written.note.request)
            && self.organization.is_none_or(|organization| written.organization == Some(organization))
            && self.visibility.is_none_or(|visibility| written.note.visibility == visibility)
    }
}

/// A note, and what whoever follows has to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenNote {
    /// Where it stands in the order.
    pub place: NotePlace,
    /// The note.
    pub note: NoteRecord,
    /// The request that it is on.
    pub request: RequestName,
    /// Whose that is.
    pub organization: Option<OrganizationId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_nothing_else_is_one() {
        let place = NotePlace { transaction: 7, position: i64::MAX };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "7", "7-", "-1-2", "1--2", "a-b", "1-2-3", "9223372036854775808-1"] {
            assert_eq!(text.parse::<NotePlace>(), Err(NotePlaceError), "{text}");
        }
    }

    #[test]
    fn places_are_ordered_by_their_transaction_first() {
        let place = |transaction, position| NotePlace { transaction, position };
        assert!(place(1, 9) < place(2, 1) && place(2, 1) < place(2, 2));
    }
}
