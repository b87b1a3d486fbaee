//! Policy documents (PO-6, PO-9).

use std::sync::Arc;

use kernel::{Invalid, PolicyDocumentId};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use service_delivery::{
    access::Caller,
    policy_documents::PolicyVersion,
    policy_schema,
    reads::{NoFilter, PolicyDocumentFilter, PolicyDocumentSort, PolicyVersionSort},
};

use super::{
    body::{PolicyBody, PolicyEnd},
    view::PolicyDocumentView,
};
use crate::{
    http::{ApiError, Body, By},
    operations::{Context, Tag, context::found},
    wire::{Instant, Key, Limit, Page, Sort, Tagged, etag, expected_version, list_query},
};

pub(crate) struct PolicyDocuments(pub(crate) Arc<Context>);

impl PolicyDocuments {
    async fn newest(&self, by: &Caller, id: PolicyDocumentId) -> Result<(i64, PolicyDocumentView), ApiError> {
        let newest = self.0.reads.policy_document(self.0.viewer(by), id).await?;
        let newest = found(newest, "policy document", id)?;
        Ok((i64::from(newest.version), PolicyDocumentView::of(newest)?))
    }
}

fn page(page: kernel::Page<PolicyVersion>) -> Result<Json<Page<PolicyDocumentView>>, ApiError> {
    let items = page.items.into_iter().map(PolicyDocumentView::of).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor: page.next.map(|cursor| cursor.0) }))
}

/// A document that can be edited, and that the same command makes once.
#[derive(ApiResponse)]
enum Written {
    /// It was made.
    #[oai(status = 201)]
    Created(
        Json<PolicyDocumentView>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
        /// Its version; send it as `If-Match` with a change.
        #[oai(header = "ETag")]
        String,
    ),
    /// The same command had made it before; nothing was changed.
    #[oai(status = 200)]
    Existing(
        Json<PolicyDocumentView>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
        /// Its version; send it as `If-Match` with a change.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Refuses words of a filter that no document can have: they must not look like ones that found nothing.
fn check_words(kind: Option<&str>, level: Option<&str>) -> Result<(), ApiError> {
    let schema = policy_schema();
    let kinds: Vec<&str> = schema.kinds().map(|kind| kind.name()).collect();
    let levels: Vec<&str> = schema.levels().iter().map(|level| level.name()).collect();
    let mut invalid = Invalid::default();
    for (filter, given, known) in [("kind", kind, kinds), ("level", level, levels)] {
        if given.is_some_and(|given| !known.contains(&given)) {
            invalid.push(filter, format!("must be one of {}", known.join(", ")));
        }
    }
    Ok(invalid.or_ok(())?)
}

#[OpenApi(prefix_path = "/v1/policy-documents", tag = "Tag::Policies")]
impl PolicyDocuments {
    /// List policy documents
    ///
    /// Each in its newest version.
    #[oai(path = "/", method = "get", operation_id = "list_policy_documents")]
    #[expect(clippy::too_many_arguments, reason = "every filter is a parameter")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this kind, of those that `/v1/policies/kinds` lists.
        kind: Query<Option<String>>,
        /// Only those at this level, of those that `/v1/policies/kinds` lists.
        level: Query<Option<String>>,
        /// Only those for this class, or the thing with this id.
        target: Query<Option<String>>,
        /// Only the one with this name.
        name: Query<Option<String>>,
        /// Only those that are valid at this instant.
        valid_at: Query<Option<Instant>>,
        sort: Query<Option<Sort<PolicyDocumentSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PolicyDocumentView>>, ApiError> {
        check_words(kind.0.as_deref(), level.0.as_deref())?;
        let filter = PolicyDocumentFilter {
            kind: kind.0,
            level: level.0,
            target: target.0,
            name: name.0,
            valid_at: valid_at.0.map(|Instant(at)| at),
        };
        let query = list_query(filter, sort, limit, cursor)?;
        page(self.0.reads.policy_documents(self.0.viewer(&by), &query).await?)
    }

    /// Create a policy document
    ///
    /// It is checked against everything in force: what is invalid, alone or together with others, is refused with all that is
    /// wrong, and so is a value that a guard above keeps from taking effect, with who guards it. Each problem begins with its
    /// code. Sent again, it changes nothing. It takes effect here at once and on every server within seconds.
    #[oai(path = "/", method = "post", operation_id = "create_policy_document")]
    async fn create(&self, By(by): By, PolicyBody(write): PolicyBody) -> Result<Written, ApiError> {
        let written = self.0.service.create_policy_document(&by, &write).await?;
        let (version, view) = self.newest(&by, written.id).await?;
        let (location, tag) = (format!("/v1/policy-documents/{}", written.id), etag(version));
        Ok(if written.changed {
            Written::Created(Json(view), location, tag)
        } else {
            Written::Existing(Json(view), location, tag)
        })
    }

    /// Show a policy document
    ///
    /// In its newest version.
    #[oai(path = "/:policy_document", method = "get", operation_id = "get_policy_document")]
    async fn show(
        &self,
        By(by): By,
        /// Its id.
        policy_document: Path<Key>,
    ) -> Result<Tagged<PolicyDocumentView>, ApiError> {
        Ok(self.newest(&by, policy_document.0.id("policy document")?).await?.into())
    }

    /// Change a policy document
    ///
    /// Writes a new version, which takes the place of the one before from now on; what held before stays known. Kind, level and
    /// target stay what they are.
    #[oai(path = "/:policy_document", method = "put", operation_id = "update_policy_document")]
    async fn update(
        &self,
        By(by): By,
        /// Its id.
        policy_document: Path<Key>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        PolicyBody(write): PolicyBody,
    ) -> Result<Tagged<PolicyDocumentView>, ApiError> {
        let id = policy_document.0.id("policy document")?;
        let expected = expected_version(if_match)?;
        self.0.service.update_policy_document(&by, id, &write, expected).await?;
        Ok(self.newest(&by, id).await?.into())
    }

    /// List the versions of a policy document
    ///
    /// The newest first.
    #[oai(path = "/:policy_document/versions", method = "get", operation_id = "list_policy_versions")]
    async fn versions(
        &self,
        By(by): By,
        /// Its id.
        policy_document: Path<Key>,
        sort: Query<Option<Sort<PolicyVersionSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PolicyDocumentView>>, ApiError> {
        let id = policy_document.0.id("policy document")?;
        let query = list_query(NoFilter, sort, limit, cursor)?;
        let versions = self.0.reads.policy_versions(self.0.viewer(&by), id, &query).await?;
        page(found(versions, "policy document", id)?)
    }

    /// End a policy document
    ///
    /// Writes a new version that is the same but for its end. A document that has not begun by then never does. Ending one that
    /// has ended changes nothing.
    #[oai(path = "/:policy_document/end", method = "post", operation_id = "end_policy_document")]
    async fn end(
        &self,
        By(by): By,
        /// Its id.
        policy_document: Path<Key>,
        Body(body): Body<PolicyEnd>,
    ) -> Result<Tagged<PolicyDocumentView>, ApiError> {
        let id = policy_document.0.id("policy document")?;
        let until = body.effective_until.map(|Instant(at)| at);
        self.0.service.end_policy_document(&by, id, until, &body.reason).await?;
        Ok(self.newest(&by, id).await?.into())
    }
}
