//! Why a policy is what it is (PO-7).

use poem_openapi::{
    Object,
    types::{Any, Example},
};
use policy_resolver::{FieldExplanation, Step};
use serde_json::{Value, json};

use super::PolicyRefView;
use crate::wire::Instant;

/// What one level did to a field.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PolicyStepView {
    /// The level.
    level: String,
    /// What came of it: `applied`, `overridden`, `blocked`, `inactive`, `restricts`, `not_set`, `no_document` or `no_scope`.
    outcome: String,
    /// The document concerned.
    document: Option<PolicyRefView>,
    /// What it does to the field.
    operation: Option<String>,
    /// What it allows below, where it guards the field.
    allows: Option<Vec<String>>,
    /// Whose guard blocked it.
    blocked_by: Option<PolicyRefView>,
}

impl Example for PolicyStepView {
    fn example() -> Self {
        Self {
            level: "class".to_owned(),
            outcome: "applied".to_owned(),
            document: Some(PolicyRefView::example()),
            operation: Some("set".to_owned()),
            allows: None,
            blocked_by: None,
        }
    }
}

impl From<Step<'_>> for PolicyStepView {
    fn from(step: Step<'_>) -> Self {
        Self {
            level: step.level.to_owned(),
            outcome: step.outcome.to_string(),
            document: step.document.map(PolicyRefView::from),
            operation: step.operation.map(|operation| operation.to_string()),
            allows: step.allows.map(|allows| allows.iter().map(|one| one.to_string()).collect()),
            blocked_by: step.blocked_by.map(PolicyRefView::from),
        }
    }
}

/// Why a field has its value.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PolicyFieldExplanationView {
    /// The field's path.
    path: String,
    /// Its value.
    value: Any<Value>,
    /// Why: `DEFAULT`, `SET`, `MERGED`, `ENFORCED`, `RESET` or `UNSET`.
    reason: String,
    /// What decided it; absent for the built-in default.
    decided_by: Option<PolicyRefView>,
    /// What each level did, from general to specific.
    steps: Vec<PolicyStepView>,
}

impl Example for PolicyFieldExplanationView {
    fn example() -> Self {
        Self {
            path: "expiry_months".to_owned(),
            value: Any(json!(24)),
            reason: "SET".to_owned(),
            decided_by: Some(PolicyRefView::example()),
            steps: vec![PolicyStepView::example()],
        }
    }
}

impl From<&FieldExplanation<'_>> for PolicyFieldExplanationView {
    fn from(why: &FieldExplanation<'_>) -> Self {
        Self {
            path: why.path.to_owned(),
            value: Any(why.value.to_json()),
            reason: why.reason.to_string(),
            decided_by: why.decided_by.map(PolicyRefView::from),
            steps: why.steps.iter().map(PolicyStepView::from).collect(),
        }
    }
}

/// Why a policy is what it is.
#[derive(Debug, Object)]
pub(crate) struct PolicyExplanationView {
    /// The kind.
    pub(super) kind: String,
    /// As of when.
    pub(super) as_of: Instant,
    /// Its fields.
    pub(super) fields: Vec<PolicyFieldExplanationView>,
}
