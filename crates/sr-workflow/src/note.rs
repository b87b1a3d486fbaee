//! Notes on a service request (SR-10).

use kernel::{Actor, ActorKind, Invalid, NoteId, ServiceRequestId, StoreError, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::text::MAX_NOTE;

/// Who sees a note (SR-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum NoteVisibility {
    /// Customer and staff.
    Client,
    /// Staff only, never the customer.
    Internal,
}

/// Why a note was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The body is blank or too long.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A customer wrote a note that customers never see (SR-10).
    #[error("customers write client notes only")]
    ClientNotesOnly,
}

/// The row of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRecord {
    /// Its id.
    pub id: NoteId,
    /// The request it is on.
    pub request: ServiceRequestId,
    /// Who sees it.
    pub visibility: NoteVisibility,
    /// Who wrote it.
    pub author: Actor,
    /// What it says, at most [`MAX_NOTE`] characters.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
}

/// A note. Written once, never changed; allowed in every state of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    record: NoteRecord,
}

impl Note {
    /// A new note. Blanks around the body are dropped.
    ///
    /// # Errors
    /// [`NoteError::ClientNotesOnly`] where a customer asks for an internal one, [`NoteError::Invalid`] naming `body`.
    pub fn try_new(record: NoteRecord) -> Result<Self, NoteError> {
        if record.author.kind == ActorKind::Customer && record.visibility == NoteVisibility::Internal {
            return Err(NoteError::ClientNotesOnly);
        }
        check(&record)?;
        Ok(Self { record: NoteRecord { body: record.body.trim().to_owned(), ..record } })
    }

    /// Rebuilds a note from its row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a body out of bounds.
    pub fn restore(record: NoteRecord) -> Result<Self, StoreError> {
        check(&record).map_err(|invalid| StoreError::corrupt("note", record.id, invalid))?;
        Ok(Self { record })
    }

    /// The row, for storage and views.
    pub fn record(&self) -> &NoteRecord {
        &self.record
    }

    /// The id.
    pub fn id(&self) -> NoteId {
        self.record.id
    }

    /// Whether customers see it.
    pub fn is_for_clients(&self) -> bool {
        self.record.visibility == NoteVisibility::Client
    }
}

fn check(record: &NoteRecord) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.require_text("body", &record.body, MAX_NOTE);
    invalid.or_ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn a_note(author: Actor, visibility: NoteVisibility, body: &str) -> NoteRecord {
        NoteRecord {
            id: NoteId::new(Uuid::from_u128(1)),
            request: ServiceRequestId::new(Uuid::from_u128(2)),
            visibility,
            author,
            body: body.into(),
            at: Timestamp::from_unix_micros(0).unwrap(),
        }
    }

    fn customer() -> Actor {
        Actor::customer(Uuid::from_u128(3), "Ana")
    }

    #[test]
    fn sr_10_customers_write_client_notes_only() {
        let internal = a_note(customer(), NoteVisibility::Internal, "psst");
        assert_eq!(Note::try_new(internal), Err(NoteError::ClientNotesOnly));
        assert!(Note::try_new(a_note(customer(), NoteVisibility::Client, "hello")).unwrap().is_for_clients());
        for visibility in NoteVisibility::VARIANTS {
            for author in [Actor::staff(Uuid::nil(), "Bo"), Actor::system("demo")] {
                assert!(Note::try_new(a_note(author, *visibility, "hello")).is_ok());
            }
        }
    }

    #[test]
    fn a_body_is_neither_blank_nor_endless_and_loses_the_blanks_around_it() {
        let note = |body: &str| Note::try_new(a_note(customer(), NoteVisibility::Client, body));
        for body in ["", " \n", &"x".repeat(MAX_NOTE + 1)] {
            let Err(NoteError::Invalid(Invalid(fields))) = note(body) else { panic!("taken: {body:.9}") };
            assert_eq!(fields[0].path, "body");
        }
        assert_eq!(note(" hello\n").unwrap().record().body, "hello");
        assert!(note(&"ü".repeat(MAX_NOTE)).is_ok());
    }

    #[test]
    fn a_corrupt_row_is_refused_and_a_sound_one_comes_back() {
        assert!(matches!(
            Note::restore(a_note(customer(), NoteVisibility::Client, "")),
            Err(StoreError::Corrupt { .. })
        ));
        let note = Note::try_new(a_note(customer(), NoteVisibility::Client, "hello")).unwrap();
        assert_eq!(Note::restore(note.record().clone()), Ok(note));
    }
}
