//! Events (EV-1).

use async_trait::async_trait;
use kernel::StoreError;
use sea_orm::ActiveValue::{NotSet, Set};
use service_delivery::{Event, Journal, PolicyRef};

use crate::{entity::event, rows::Reading, unit_of_work::Transaction};

#[async_trait]
impl Journal for Transaction {
    async fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        if let Some(first) = events.first() {
            self.later(first.id.as_uuid()).await?.insert_all(events.iter().map(row));
        }
        Ok(())
    }
}

fn row(event: &Event) -> event::ActiveModel {
    let Event { id, at, name, actor, cause, subject, before, after, policies } = event;
    event::ActiveModel {
        seq: NotSet,
        id: Set(id.as_uuid()),
        at: Set(at.unix_micros()),
        name: Set(name.clone()),
        actor_kind: Set(actor.kind.to_string()),
        actor_id: Set(actor.id),
        actor_name: Set(actor.name.clone()),
        cause: Set(cause.clone()),
        subject_kind: Set(subject.kind.to_string()),
        subject_id: Set(subject.id),
        subject_code: Set(subject.code.clone()),
        entitlement_id: Set(subject.entitlement.map(Into::into)),
        organization_id: Set(subject.organization.map(Into::into)),
        before: Set(before.clone()),
        after: Set(after.clone()),
        policies: Set(policies_column(policies)),
    }
}

/// `[["credits/global", 3], …]`.
fn policies_column(policies: &[PolicyRef]) -> Option<serde_json::Value> {
    let pairs = policies.iter().map(|own| serde_json::json!([own.document, own.version]));
    (!policies.is_empty()).then(|| pairs.collect())
}

/// What [`policies_column`] wrote.
pub(crate) fn read_policies(
    read: &Reading,
    column: Option<serde_json::Value>,
) -> Result<Vec<PolicyRef>, StoreError> {
    let Some(column) = column else { return Ok(vec![]) };
    let pairs: Vec<(String, u32)> = serde_json::from_value(column).map_err(|error| read.corrupt(error))?;
    Ok(pairs.into_iter().map(|(document, version)| PolicyRef { document, version }).collect())
}
