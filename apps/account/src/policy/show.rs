//! What is printed.

use policy_resolver::{Diagnostics, FieldChange};
use serde::Serialize;
use serde_json::Value;

use crate::{
    exit::{Failure, Kind},
    output::say,
};

/// JSON, for people too.
pub(super) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

pub(super) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// How it is answered.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) json: bool,
}

impl Answer {
    pub(super) fn of(json: bool) -> Self {
        Self { json }
    }

    /// Prints everything that is wrong with documents.
    pub(super) fn not_valid(self, found: &Diagnostics) -> Failure {
        self.diagnostics(found);
        Failure::says(Kind::Policies, "the documents are not valid")
    }

    /// Everything that was found; an empty list in JSON where nothing was.
    pub(super) fn diagnostics(self, found: &Diagnostics) {
        if self.json {
            say(&pretty(found));
        } else if !found.0.is_empty() {
            say(&found.to_string());
        }
    }
}

/// `credits.expiry_months: 12 → 24 (by credits/global v1)`.
pub(super) fn change(kind: &str, change: &FieldChange) -> String {
    let by = change.decided_after.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
    format!("{kind}.{}: {} → {}{by}", change.path, change.before, change.after)
}
