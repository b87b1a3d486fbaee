//! Entitlements (EN-1 … EN-6).

mod body;
mod event;
mod preview;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use entitlement::{EntitlementStatus, SupportClass};
use kernel::{EntitlementClass, EntitlementId, OrganizationId};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::{
    EntitlementChange, SubjectKind,
    access::Caller,
    reads::{Coded, EntitlementFilter, EntitlementSort, EventFilter, EventSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found, reason::Reason};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Instant, Key, Limit, Page, Sort, Tagged, Word, list_query},
};
use body::{AttachOrganization, CancelEntitlement, NewEntitlement, reason};
pub(crate) use event::EventView;
use preview::{Change, ChangePreview};
use view::{EntitlementSummary, EntitlementView};

pub(crate) struct Entitlements(pub(crate) Arc<Context>);

impl Entitlements {
    async fn shown(&self, by: &Caller, id: EntitlementId) -> Result<(i64, EntitlementView), ApiError> {
        let detail = found(self.0.reads.entitlement(self.0.viewer(by), id).await?, "entitlement", id)?;
        Ok((detail.entitlement.version, detail.into()))
    }

    async fn change(
        &self,
        by: &Caller,
        key: &Key,
        change: EntitlementChange,
        reason: &str,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        let id = self.0.id(by, Coded::Entitlement, key).await?;
        self.0.service.change_entitlement(by, id, change, reason).await?;
        Ok(self.shown(by, id).await?.into())
    }
}

#[OpenApi(prefix_path = "/v1/entitlements", tag = "Tag::Entitlements")]
impl Entitlements {
    /// List entitlements
    ///
    /// What customers may use: each with its class, its product and where it stands.
    #[oai(path = "/", method = "get", operation_id = "list_entitlements")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this class.
        class: Query<Option<Word<EntitlementClass>>>,
        /// Only those in this state; may be repeated.
        status: Query<Option<Vec<Word<EntitlementStatus>>>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those made from this product, by id or SKU.
        product: Query<Option<Key>>,
        /// Only those with this support.
        support_class: Query<Option<Word<SupportClass>>>,
        /// Only those whose term ends at this instant or later.
        ends_from: Query<Option<Instant>>,
        /// Only those whose term ends before this instant.
        ends_until: Query<Option<Instant>>,
        /// Only those with all of these words, or words that begin so, in their code, or in their holder's name or e-mail address.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<EntitlementSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<EntitlementSummary>>, ApiError> {
        let filter = EntitlementFilter {
            class: class.0.map(|Word(class)| class),
            status: Word::list(status.0),
            organization: organization_id.0.map(OrganizationId::new),
            product: self.0.id_in(&by, Coded::Product, "product", product.0.as_ref()).await?,
            support_class: support_class.0.map(|Word(class)| class),
            ends_from: ends_from.0.map(|Instant(at)| at),
            ends_until: ends_until.0.map(|Instant(at)| at),
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.entitlements(self.0.viewer(&by), &query).await?)))
    }

    /// Make an entitlement without an order
    ///
    /// A gift, a promotion, a person's own. It is active, and provisioned, at once.
    #[oai(path = "/", method = "post", operation_id = "create_entitlement")]
    async fn create(
        &self,
        By(by): By,
        Body(body): Body<NewEntitlement>,
    ) -> Result<Created<EntitlementView>, ApiError> {
        let new = body.read(&self.0, &by).await?;
        let id = self.0.service.create_entitlement(&by, &new).await?;
        let (version, view) = self.shown(&by, id).await?;
        Ok(Created::tagged(format!("/v1/entitlements/{id}"), version, view))
    }

    /// Show an entitlement
    ///
    /// With all that lies under it.
    #[oai(path = "/:entitlement", method = "get", operation_id = "get_entitlement")]
    async fn show(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        let id = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// List what happened to an entitlement
    ///
    /// And to all that lies under it: who, when, why, before and after.
    #[oai(path = "/:entitlement/timeline", method = "get", operation_id = "get_entitlement_timeline")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn timeline(
        &self,
        By(by): By,
        /// The entitlement's id or code.
        entitlement: Path<Key>,
        /// Only what happened to the thing with this id.
        subject_id: Query<Option<Uuid>>,
        /// Only what happened to things of this kind.
        subject_kind: Query<Option<Word<SubjectKind>>>,
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
            organization: None,
            from: from.0.map(|Instant(at)| at),
            until: until.0.map(|Instant(at)| at),
        };
        let query = list_query(filter, sort, limit, cursor)?;
        let id = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        let page = self.0.reads.timeline(self.0.viewer(&by), id, &query).await?;
        Ok(Json(Page::of(found(page, "entitlement", entitlement.0)?)))
    }

    /// Preview a change of an entitlement
    ///
    /// What it would touch, and how. Changes nothing.
    #[oai(path = "/:entitlement/preview", method = "get", operation_id = "preview_entitlement_change")]
    async fn preview(
        &self,
        By(by): By,
        /// The entitlement's id or code.
        entitlement: Path<Key>,
        /// What would be done to it.
        change: Query<Change>,
    ) -> Result<Json<ChangePreview>, ApiError> {
        let id = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        Ok(Json(self.0.service.preview_entitlement_change(&by, id, change.0.into()).await?.into()))
    }

    /// Suspend an entitlement
    ///
    /// Everything under it rests until it is reactivated.
    #[oai(path = "/:entitlement/suspend", method = "post", operation_id = "suspend_entitlement")]
    async fn suspend(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        self.change(&by, &entitlement, EntitlementChange::Suspend, &reason(&body.reason)?).await
    }

    /// Reactivate an entitlement
    ///
    /// Everything under it is as it was before.
    #[oai(path = "/:entitlement/reactivate", method = "post", operation_id = "reactivate_entitlement")]
    async fn reactivate(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        self.change(&by, &entitlement, EntitlementChange::Reactivate, &reason(&body.reason)?).await
    }

    /// Expire an entitlement
    ///
    /// It ends, and a renewal within the days of grace brings it back. Requests that have not begun are closed, and
    /// their credits released.
    #[oai(path = "/:entitlement/expire", method = "post", operation_id = "expire_entitlement")]
    async fn expire(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        self.change(&by, &entitlement, EntitlementChange::Expire, &reason(&body.reason)?).await
    }

    /// Cancel an entitlement
    ///
    /// For good: when the cancellation policy says, which may be the end of the term (`cancel_at` says when), or at once. What is
    /// to take effect later is recorded and shown; no timed step carries it out yet: cancel it then with `at_once`.
    #[oai(path = "/:entitlement/cancel", method = "post", operation_id = "cancel_entitlement")]
    async fn cancel(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        Body(body): Body<CancelEntitlement>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        let (change, reason) = body.read()?;
        self.change(&by, &entitlement, change, &reason).await
    }

    /// Attach an entitlement to an organization
    ///
    /// Once, where it has none: what lies under it goes with it, code and history stay. Repeating it changes nothing.
    #[oai(path = "/:entitlement/attach-organization", method = "post", operation_id = "attach_organization")]
    async fn attach(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        Body(body): Body<AttachOrganization>,
    ) -> Result<Tagged<EntitlementView>, ApiError> {
        let id = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        self.0.service.attach_organization(&by, id, body.organization()).await?;
        Ok(self.shown(&by, id).await?.into())
    }
}
