//! Everything that happened (EN-6, UI-1).

use std::sync::Arc;

use kernel::OrganizationId;
use poem_openapi::{OpenApi, param::Query, payload::Json};
use service_delivery::{
    SubjectKind,
    reads::{EventFilter, EventSort},
};
use uuid::Uuid;

use super::{Context, Tag, entitlements::EventView};
use crate::{
    http::{ApiError, By},
    wire::{Instant, Limit, Page, Sort, Word, list_query},
};

pub(crate) struct Events(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/events", tag = "Tag::Events")]
impl Events {
    /// List what happened
    ///
    /// To anything: who, when, why, before and after.
    #[oai(path = "/", method = "get", operation_id = "list_events")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only what happened to the thing with this id.
        subject_id: Query<Option<Uuid>>,
        /// Only what happened to things of this kind.
        subject_kind: Query<Option<Word<SubjectKind>>>,
        /// Only what happened to things of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only what happened then or later.
        from: Query<Option<Instant>>,
        /// Only what happened before then.
        until: Query<Option<Instant>>,
        sort: Query<Option<Sort<EventSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<EventView>>, ApiError> {
        let filter = EventFilter {
            subject: subject_id.0,
            subject_kind: subject_kind.0.map(|Word(kind)| kind),
            organization: organization_id.0.map(OrganizationId::new),
            from: from.0.map(|Instant(at)| at),
            until: until.0.map(|Instant(at)| at),
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.events(self.0.viewer(&by), &query).await?)))
    }
}

#[cfg(test)]
mod tests {
    use kernel::{EntitlementClass, ServiceMode};
    use poem::http::Method;
    use service_delivery::access::{Grant, StaffRole};

    use crate::testing::World;

    #[tokio::test]
    async fn en_6_staff_see_everything_that_happened() {
        let world = World::new().await;
        let (acme, bolt) = (world.organization("Acme").await, world.organization("Bolt").await);
        let product = world.service_product("SVC-1", ServiceMode::Ongoing).await;
        world.entitlement(acme, EntitlementClass::Svc, Some(product)).await;
        let names = async |query: &str| {
            let mut names = world.walk(&format!("/v1/events?{query}"), 2, "name").await;
            names.dedup();
            names
        };
        let all = names("").await;
        assert!(all.iter().any(|name| name.starts_with("entitlement.")), "{all:?}");
        assert_eq!(names(&format!("organization_id={bolt}")).await, ["organization.created"]);
        assert_eq!(names(&format!("subject_id={bolt}")).await, ["organization.created"]);
        let kind = names("subject_kind=product").await;
        assert!(!kind.is_empty() && kind.iter().all(|name| name.starts_with("product.")), "{kind:?}");
        assert_eq!(names("from=2026-05-02T00:00:00Z").await, [""; 0]);
        assert_eq!(names("until=2026-05-02T00:00:00Z").await, all);
        let (status, csv) = world.raw(&world.staff, Method::GET, "/v1/events.csv").await;
        assert_eq!(status, 200);
        assert!(csv.starts_with("id,at,name,"), "{csv}");
        // Among them are the events of what only finance sees.
        let delivery = world.key(Grant::Staff(StaffRole::Delivery)).await;
        assert_eq!(world.raw(&delivery, Method::GET, "/v1/events").await.0, 403);
    }
}
