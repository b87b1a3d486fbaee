//! What every operation works with.

use std::{fmt::Display, sync::Arc};

use kernel::{Invalid, ports::Clock};
use service_delivery::{
    Refusal, ServiceDelivery,
    access::Caller,
    reads::{Coded, Reads, Viewer},
};
use uuid::Uuid;

use crate::{http::ApiError, note_streams::NoteStreams, wire::Key};

/// The use cases and the read models.
pub(crate) struct Context {
    /// The use cases.
    pub(crate) service: Arc<ServiceDelivery>,
    /// The lists and pages.
    pub(crate) reads: Arc<dyn Reads>,
    /// When they are looked at.
    pub(crate) clock: Arc<dyn Clock>,
    /// Notes in real time.
    pub(crate) note_streams: NoteStreams,
}

impl Context {
    /// How `by` sees things: within their own organization, as of now.
    pub(crate) fn viewer(&self, by: &Caller) -> Viewer {
        Viewer { tenant: by.tenant(), now: self.clock.now() }
    }

    /// The id of what `key` names: an id as it is, a code looked up.
    ///
    /// # Errors
    /// Nothing of this kind is known by that code, or nothing that `by` may see.
    pub(crate) async fn id<I: From<Uuid>>(&self, by: &Caller, kind: Coded, key: &Key) -> Result<I, ApiError> {
        if let Some(id) = key.uuid() {
            return Ok(id.into());
        }
        let found = self.reads.id_of(self.viewer(by), kind, key.text()).await?;
        found.map(I::from).ok_or_else(|| Refusal::not_found(named(kind), key.text()).into())
    }

    /// As [`Context::id`], for what a body or a filter names in its field `path`.
    ///
    /// # Errors
    /// The field is wrong: nothing of this kind is known by that code, or nothing that `by` may see.
    pub(crate) async fn id_in<I: From<Uuid>>(
        &self,
        by: &Caller,
        kind: Coded,
        path: &str,
        key: Option<&Key>,
    ) -> Result<Option<I>, ApiError> {
        let Some(key) = key else { return Ok(None) };
        let mut invalid = Invalid::default();
        let id = self.noted_id(by, kind, path, key, &mut invalid).await?;
        Ok(invalid.or_ok(id)?)
    }

    /// As [`Context::id_in`], where more may be wrong: a name of nothing is noted.
    ///
    /// # Errors
    /// The storage failed.
    pub(crate) async fn noted_id<I: From<Uuid>>(
        &self,
        by: &Caller,
        kind: Coded,
        path: &str,
        key: &Key,
        invalid: &mut Invalid,
    ) -> Result<Option<I>, ApiError> {
        if let Some(id) = key.uuid() {
            return Ok(Some(id.into()));
        }
        let found = self.reads.id_of(self.viewer(by), kind, key.text()).await?;
        if found.is_none() {
            invalid.push(path, format!("there is no {} {key}", named(kind)));
        }
        Ok(found.map(I::from))
    }
}

/// What a read model found, or that there is no such thing.
///
/// # Errors
/// There is none, or none that the caller may see.
pub(crate) fn found<T>(row: Option<T>, what: &'static str, key: impl Display) -> Result<T, ApiError> {
    row.ok_or_else(|| Refusal::not_found(what, key).into())
}

fn named(kind: Coded) -> &'static str {
    match kind {
        Coded::Product => "product",
        Coded::CatalogItem => "catalog item",
        Coded::Quote => "quote",
        Coded::Order => "order",
        Coded::Entitlement => "entitlement",
        Coded::License => "license",
        Coded::Contract => "contract",
        Coded::ServiceRequest => "service request",
        Coded::Invoice => "invoice",
    }
}
