//! What a change would do, before it is made (PO-8).

use std::sync::Arc;

use kernel::{Cursor, EntitlementCode, EntitlementId, Page, PageRequest, StoreError, Timestamp};
use policy_resolver::{FieldChange, Roster, Snapshot};

use super::PolicyPlace;
use crate::{
    policies::{PolicyScope, PolicySet, instant},
    reads::{Reads, Viewer},
};

/// How many entitlements are looked at together.
const CHUNK: u32 = 5_000;

/// An entitlement, and for whom policies are resolved there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedScope {
    /// Its id.
    pub entitlement: EntitlementId,
    /// Its code.
    pub code: EntitlementCode,
    /// Its place at each level.
    pub scope: PolicyScope,
}

/// What would be different in one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct KindChange {
    /// The kind.
    pub kind: String,
    /// The fields, each before and after.
    pub fields: Vec<FieldChange>,
}

/// An entitlement for which a change would make a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct AffectedEntitlement {
    /// Its id.
    pub entitlement: EntitlementId,
    /// Its code.
    pub code: EntitlementCode,
    /// What would be different, kind by kind.
    pub changes: Vec<KindChange>,
}

/// A change that is being tried.
#[derive(Debug)]
pub struct WhatIf {
    before: Arc<Snapshot>,
    after: Snapshot,
    at: Timestamp,
    place: PolicyPlace,
}

impl WhatIf {
    /// `after` instead of `before`, as of `at`; only what lies under `place` can be different.
    pub fn new(before: Arc<Snapshot>, after: Snapshot, at: Timestamp, place: PolicyPlace) -> Self {
        Self { before, after, at, place }
    }

    /// As of when.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The set that the change would make.
    pub fn after(&self) -> &Snapshot {
        &self.after
    }

    /// The entitlements that would resolve differently, in the order of their ids.
    ///
    /// # Errors
    /// The storage fails; a cursor that was not given out here.
    pub async fn affected(
        &self,
        reads: &dyn Reads,
        viewer: Viewer,
        page: &PageRequest,
    ) -> Result<Page<AffectedEntitlement>, StoreError> {
        let cursor = page.cursor().map(|Cursor(text)| text.parse().map_err(|_| StoreError::InvalidCursor));
        let mut seen: Option<EntitlementId> = cursor.transpose()?;
        let limit = usize::from(page.limit());
        let mut items: Vec<AffectedEntitlement> = Vec::new();
        loop {
            let chunk = reads.policy_scopes(viewer, self.place, seen, CHUNK).await?;
            let Some(last) = chunk.last() else { return Ok(Page { items, next: None }) };
            seen = Some(last.entitlement);
            items.extend(self.of_these(&chunk));
            // One more than asked for tells whether there is another page.
            if items.len() > limit {
                items.truncate(limit);
                let next = items.last().map(|item| Cursor(item.entitlement.to_string()));
                return Ok(Page { items, next });
            }
        }
    }

    fn of_these(&self, chunk: &[PlacedScope]) -> Vec<AffectedEntitlement> {
        let mut roster = Roster::new(self.before.schema());
        for own in chunk {
            roster.push(&PolicySet::subject(&own.scope));
        }
        let impact = self.before.impact(&self.after, &roster, instant(self.at)).unwrap_or_default();
        let mut affected = Vec::new();
        for (row, own) in (0u32..).zip(chunk) {
            let changes: Vec<KindChange> = impact
                .kinds
                .iter()
                .map(|kind| KindChange { kind: kind.kind.clone(), fields: kind.of_row(row).to_vec() })
                .filter(|change| !change.fields.is_empty())
                .collect();
            if !changes.is_empty() {
                affected.push(AffectedEntitlement { entitlement: own.entitlement, code: own.code, changes });
            }
        }
        affected
    }
}
