//! Policies in the product: documents, fleets, history, and what each field does.

mod documents;
mod fields;
mod proofs;
mod rescheduling;

use kernel::EntitlementClass;
use policy_resolver::{Document, Reading, Timestamp};
use serde_json::Value;
use service_delivery::policy_documents::{PolicyWrite, PolicyWritten};

use crate::support::World;

/// `fields` of `kind` at a place, because that was agreed.
pub(crate) fn document(kind: &str, level: &str, target: Option<&str>, fields: &Value) -> PolicyWrite {
    let fields = fields.as_object().unwrap().clone();
    writing([Document { fields, ..Document::new(kind, level, target) }])
}

pub(crate) fn writing(documents: impl IntoIterator<Item = Document>) -> PolicyWrite {
    let documents = documents.into_iter().collect();
    let reading = Reading { documents, ..Reading::default() };
    PolicyWrite { reading, reason: Some("agreed".to_owned()), keep_blocked: false }
}

impl World {
    pub(crate) async fn rule(
        &self,
        kind: &str,
        level: &str,
        target: Option<&str>,
        fields: &Value,
    ) -> PolicyWritten {
        let written =
            self.app.put_policies(&self.staff, &document(kind, level, target, fields)).await.unwrap();
        written.into_iter().next().unwrap()
    }

    pub(crate) async fn rule_ends(&self, rule: &PolicyWritten) {
        self.app.end_policy_document(&self.staff, rule.id, None, "over").await.unwrap();
    }
}

pub(crate) fn resolver_instant(at: kernel::Timestamp) -> Timestamp {
    Timestamp::from_unix_micros(at.unix_micros())
}

pub(crate) const SVC: EntitlementClass = EntitlementClass::Svc;
pub(crate) const ENV: EntitlementClass = EntitlementClass::Env;
