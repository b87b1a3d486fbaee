//! A kind's fields, as data.

use serde::{Deserialize, Serialize};

use crate::{Operation, Operations, Value, ValueType};

/// One field of a kind: a leaf; a dot in its path separates sections.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// Its path in the kind: `notice_days`, `response_minutes.urgent`.
    pub path: String,
    /// What it means.
    pub doc: String,
    /// Its type, with bounds.
    #[serde(flatten)]
    pub value_type: ValueType,
    /// Whether it can explicitly be none.
    pub optional: bool,
    /// The unit of its numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The built-in default.
    pub default: Value,
    /// Which operations documents may use.
    pub operations: Operations,
    /// The group that is taken whole from one level (PO-4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Field {
    /// What is legal for a type where the declaration does not say otherwise.
    pub(crate) fn usual_operations(value_type: &ValueType, optional: bool, grouped: bool) -> Operations {
        let mut operations = vec![Operation::Set, Operation::Reset];
        if value_type.is_list() && !grouped {
            operations.extend([Operation::Append, Operation::Remove]);
        }
        if optional {
            operations.push(Operation::Unset);
        }
        Operations::of(&operations)
    }
}

/// What must hold between two fields after merging (PO-9). A field that is none satisfies every rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// The left field is at most the right one.
    AtMost {
        /// A field's path.
        left: String,
        /// A field's path.
        right: String,
    },
    /// The left field is less than the right one.
    LessThan {
        /// A field's path.
        left: String,
        /// A field's path.
        right: String,
    },
}

impl Rule {
    /// `left` is at most `right`.
    pub fn at_most(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self::AtMost { left: left.into(), right: right.into() }
    }

    /// `left` is less than `right`.
    pub fn less_than(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self::LessThan { left: left.into(), right: right.into() }
    }

    /// The paths of both fields.
    pub fn fields(&self) -> (&str, &str) {
        let (Self::AtMost { left, right } | Self::LessThan { left, right }) = self;
        (left, right)
    }

    /// Whether two values satisfy the rule.
    pub fn holds(&self, left: &Value, right: &Value) -> bool {
        match (self, left.compare(right)) {
            (_, None) => true,
            (Self::AtMost { .. }, Some(order)) => order.is_le(),
            (Self::LessThan { .. }, Some(order)) => order.is_lt(),
        }
    }

    /// The rule in words.
    pub fn describe(&self) -> String {
        match self {
            Self::AtMost { left, right } => format!("{left} is at most {right}"),
            Self::LessThan { left, right } => format!("{left} is less than {right}"),
        }
    }
}
