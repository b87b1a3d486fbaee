//! Notes on requests (SR-10).

use kernel::{NoteId, ServiceRequestId};
use serde_json::{Value, json};
use sr_workflow::{Note, NoteRecord, NoteVisibility};

use crate::{Refusal, ServiceDelivery, Subject, SubjectKind, access::Caller, retry::retrying};

impl ServiceDelivery {
    /// Writes a note on a request. Customers write client notes only.
    ///
    /// # Errors
    /// No such request; a blank or too long body; an internal note by a customer.
    pub async fn add_note(
        &self,
        by: &Caller,
        request: ServiceRequestId,
        visibility: NoteVisibility,
        body: &str,
    ) -> Result<NoteId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "add note").await?;
            let request = step.lock_request(request).await?;
            let note = Note::try_new(NoteRecord {
                id: step.id(),
                request: request.id(),
                visibility,
                author: step.actor.clone(),
                body: body.to_owned(),
                at: step.now,
            })?;
            step.uow.work().insert_note(&note).await?;
            let row = request.record();
            let subject = Subject::new(SubjectKind::Note, note.id()).coded(row.code);
            let subject = subject.under(row.entitlement).of(row.organization);
            step.record("note.added", subject, Value::Null, json!({"visibility": visibility.to_string()}));
            step.commit().await?;
            Ok(note.id())
        })
        .await
    }
}
