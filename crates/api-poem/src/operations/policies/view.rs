//! What policy documents look like to staff.

use kernel::Actor;
use poem_openapi::{
    Object,
    types::{Any, Example},
};
use policy_resolver::{Diagnostic, Field, KindSchema};
use serde_json::{Map, Value, json};
use service_delivery::policy_documents::{AffectedEntitlement, KindChange, PolicyVersion};
use uuid::Uuid;

use super::PolicyRefView;
use crate::{
    http::ApiError,
    operations::{by::ActorView, example, named::EntitlementRef},
    wire::Instant,
};

/// One version of a policy document.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PolicyDocumentView {
    /// The document's id.
    id: Uuid,
    /// What it is called in explanations and events.
    name: String,
    /// The kind whose fields it changes.
    kind: String,
    /// The level at which it stands.
    level: String,
    /// What it stands for there: a class, or an id; absent at the global level.
    target: Option<String>,
    /// The version, counted from 1.
    version: u32,
    /// When this version was written; before, the earlier one held.
    recorded_at: Instant,
    /// Who wrote it.
    author: ActorView,
    /// Why.
    reason: String,
    /// From when it is valid; absent for always.
    effective_from: Option<Instant>,
    /// Until when it is valid, that instant not included; absent for ever.
    effective_until: Option<Instant>,
    /// By field: what levels below may do.
    guard: Any<Map<String, Value>>,
    /// By field: a plain value, or one operation.
    fields: Any<Map<String, Value>>,
}

impl PolicyDocumentView {
    pub(super) fn of(version: PolicyVersion) -> Result<Self, ApiError> {
        let (guard, fields) = version.guard_and_fields()?;
        Ok(Self {
            id: version.document.as_uuid(),
            name: version.name,
            kind: version.kind,
            level: version.level,
            target: version.target,
            version: version.version,
            recorded_at: version.recorded_at.into(),
            author: version.author.into(),
            reason: version.reason,
            effective_from: version.effective_from.map(Instant),
            effective_until: version.effective_until.map(Instant),
            guard: Any(guard),
            fields: Any(fields),
        })
    }
}

impl Example for PolicyDocumentView {
    fn example() -> Self {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        Self {
            id: example::id(30),
            name: "credits/class/SVC".to_owned(),
            kind: "credits".to_owned(),
            level: "class".to_owned(),
            target: Some("SVC".to_owned()),
            version: 3,
            recorded_at: example::instant(),
            author: Actor::staff(example::id(11), "finance").into(),
            reason: "the terms of 2026".to_owned(),
            effective_from: Some(example::instant()),
            effective_until: None,
            guard: Any(object(json!({"on_exhausted": "enforced"}))),
            fields: Any(object(json!({"expiry_months": 24, "low_balance_at": "5"}))),
        }
    }
}

/// Something that is wrong with documents, or worth knowing.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct DiagnosticView {
    /// What sort of thing; stable, for programs.
    code: String,
    /// How bad it is: `note`, `warning` or `error`.
    severity: String,
    /// Where: a field's path, `fields.notice_days`.
    path: String,
    /// In words.
    message: String,
    /// What stands there, where that helps.
    found: Option<String>,
    /// What would be right, where that is known.
    expected: Option<String>,
    /// The documents concerned.
    documents: Vec<PolicyRefView>,
}

impl Example for DiagnosticView {
    fn example() -> Self {
        Self {
            code: "out_of_range".to_owned(),
            severity: "error".to_owned(),
            path: "fields.expiry_months".to_owned(),
            message: "must be at least 1".to_owned(),
            found: Some("0".to_owned()),
            expected: Some("a whole number from 1 to 1200".to_owned()),
            documents: vec![PolicyRefView::example()],
        }
    }
}

impl From<&Diagnostic> for DiagnosticView {
    fn from(own: &Diagnostic) -> Self {
        Self {
            code: own.code.to_string(),
            severity: own.severity.to_string(),
            path: own.path.clone(),
            message: own.message.clone(),
            found: own.found.clone(),
            expected: own.expected.clone(),
            documents: own.documents.iter().map(PolicyRefView::from).collect(),
        }
    }
}

/// A field that would be different.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PolicyFieldChangeView {
    /// The field's path.
    path: String,
    /// Its value now.
    before: Any<Value>,
    /// Its value then.
    after: Any<Value>,
    /// Why it has its value.
    reason_before: String,
    /// Why it would have its value.
    reason_after: String,
    /// What decides now; absent for the built-in default.
    decided_before: Option<PolicyRefView>,
    /// What would decide.
    decided_after: Option<PolicyRefView>,
}

impl Example for PolicyFieldChangeView {
    fn example() -> Self {
        Self {
            path: "expiry_months".to_owned(),
            before: Any(json!(12)),
            after: Any(json!(24)),
            reason_before: "DEFAULT".to_owned(),
            reason_after: "SET".to_owned(),
            decided_before: None,
            decided_after: Some(PolicyRefView::example()),
        }
    }
}

/// A kind in which something would be different.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PolicyKindChangeView {
    /// The kind.
    kind: String,
    /// The fields.
    fields: Vec<PolicyFieldChangeView>,
}

impl Example for PolicyKindChangeView {
    fn example() -> Self {
        Self { kind: "credits".to_owned(), fields: vec![PolicyFieldChangeView::example()] }
    }
}

impl From<KindChange> for PolicyKindChangeView {
    fn from(change: KindChange) -> Self {
        let fields = change.fields.into_iter().map(|field| PolicyFieldChangeView {
            path: field.path,
            before: Any(field.before.to_json()),
            after: Any(field.after.to_json()),
            reason_before: field.reason_before.to_string(),
            reason_after: field.reason_after.to_string(),
            decided_before: field.decided_before.as_ref().map(PolicyRefView::from),
            decided_after: field.decided_after.as_ref().map(PolicyRefView::from),
        });
        Self { kind: change.kind, fields: fields.collect() }
    }
}

/// An entitlement for which a change would make a difference.
#[derive(Debug, Object)]
pub(crate) struct AffectedEntitlementView {
    /// The entitlement.
    entitlement: EntitlementRef,
    /// What would be different.
    changes: Vec<PolicyKindChangeView>,
}

impl From<AffectedEntitlement> for AffectedEntitlementView {
    fn from(affected: AffectedEntitlement) -> Self {
        Self {
            entitlement: EntitlementRef {
                id: affected.entitlement.as_uuid(),
                code: affected.code.to_string(),
            },
            changes: affected.changes.into_iter().map(PolicyKindChangeView::from).collect(),
        }
    }
}

/// A field of a kind.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PolicyFieldView {
    /// Its path.
    path: String,
    /// What it means.
    description: String,
    /// Its type and bounds.
    value_type: Any<Value>,
    /// The unit of its numbers.
    unit: Option<String>,
    /// Whether it can explicitly be none.
    optional: bool,
    /// The built-in default.
    default: Any<Value>,
    /// What documents may do to it.
    operations: Vec<String>,
    /// The group that is taken whole from one level.
    group: Option<String>,
}

impl Example for PolicyFieldView {
    fn example() -> Self {
        Self {
            path: "expiry_months".to_owned(),
            description: "How long granted credits can be used.".to_owned(),
            value_type: Any(json!({"type": "integer", "min": 1, "max": 1200})),
            unit: Some("months".to_owned()),
            optional: true,
            default: Any(json!(12)),
            operations: vec!["set".to_owned(), "reset".to_owned(), "unset".to_owned()],
            group: None,
        }
    }
}

impl From<&Field> for PolicyFieldView {
    fn from(field: &Field) -> Self {
        Self {
            path: field.path.clone(),
            description: field.doc.clone(),
            value_type: Any(serde_json::to_value(&field.value_type).unwrap_or_default()),
            unit: field.unit.clone(),
            optional: field.optional,
            default: Any(field.default.to_json()),
            operations: field.operations.iter().map(|operation| operation.to_string()).collect(),
            group: field.group.clone(),
        }
    }
}

/// A kind of policy.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PolicyKindView {
    /// Its name in documents.
    name: String,
    /// What it decides.
    description: String,
    /// Its fields.
    fields: Vec<PolicyFieldView>,
}

impl Example for PolicyKindView {
    fn example() -> Self {
        Self {
            name: "credits".to_owned(),
            description: "How credits are granted, used and expire.".to_owned(),
            fields: vec![PolicyFieldView::example()],
        }
    }
}

impl From<&KindSchema> for PolicyKindView {
    fn from(kind: &KindSchema) -> Self {
        Self {
            name: kind.name().to_owned(),
            description: kind.doc().to_owned(),
            fields: kind.fields().iter().map(PolicyFieldView::from).collect(),
        }
    }
}
