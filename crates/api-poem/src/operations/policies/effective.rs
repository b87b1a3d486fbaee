//! What the policies come to for an entitlement.

use std::sync::Arc;

use kernel::{EntitlementId, Timestamp};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::{Any, Example},
};
use policy_resolver::{ResolveError, Snapshot, Subject};
use serde_json::{Map, Value, json};
use service_delivery::{
    PolicySet, Refusal, access::Caller, policy_documents::PolicyPlace, policy_schema, reads::Coded,
};

use super::{
    PolicyRefView,
    explanation::{PolicyExplanationView, PolicyFieldExplanationView},
    rules::resolver_instant,
};
use crate::{
    http::{ApiError, By},
    operations::{Context, Tag, context::found, example},
    wire::{Instant, Key},
};

/// What holds for an entitlement.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct EffectivePoliciesView {
    /// As of when.
    as_of: Instant,
    /// The values of each kind.
    policies: Any<Map<String, Value>>,
    /// The documents that decided any field.
    documents: Vec<PolicyRefView>,
}

impl Example for EffectivePoliciesView {
    fn example() -> Self {
        let EffectivePolicyView { kind, as_of, values, documents } = EffectivePolicyView::example();
        Self { as_of, policies: Any(Map::from_iter([(kind, values.0)])), documents }
    }
}

/// What holds for an entitlement in one kind.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct EffectivePolicyView {
    /// The kind.
    kind: String,
    /// As of when.
    as_of: Instant,
    /// The values of its fields.
    values: Any<Value>,
    /// The documents that decided any of them.
    documents: Vec<PolicyRefView>,
}

impl Example for EffectivePolicyView {
    fn example() -> Self {
        Self {
            kind: "credits".to_owned(),
            as_of: example::instant(),
            values: Any(json!({"expiry_months": 24, "low_balance_at": "5"})),
            documents: vec![PolicyRefView::example()],
        }
    }
}

/// What is asked about: the documents in force, for an entitlement, at an instant.
struct Question {
    set: Arc<Snapshot>,
    subject: Subject,
    at: Timestamp,
}

impl Question {
    fn answer(&self, kind: &str) -> Result<(Value, Vec<PolicyRefView>), ApiError> {
        let at = resolver_instant(self.at);
        let values = self.set.values(kind, &self.subject, at).map_err(unresolved)?;
        let documents = self.set.decided_by(kind, &self.subject, at).map_err(unresolved)?;
        Ok((values.to_json(), documents.iter().map(PolicyRefView::from).collect()))
    }
}

/// Why nothing was resolved, as the caller's or our fault.
pub(crate) fn unresolved(error: ResolveError) -> ApiError {
    match error {
        ResolveError::UnknownKind { kind } => Refusal::not_found("kind of policy", kind).into(),
        ResolveError::UnknownField { path, .. } => {
            ApiError::field("field", format!("there is no field {path}"))
        }
        other => Refusal::Fault { detail: other.to_string() }.into(),
    }
}

pub(crate) struct EntitlementPolicies(pub(crate) Arc<Context>);

impl EntitlementPolicies {
    async fn question(
        &self,
        by: &Caller,
        key: &Key,
        Query(as_of): Query<Option<Instant>>,
    ) -> Result<Question, ApiError> {
        let id: EntitlementId = self.0.id(by, Coded::Entitlement, key).await?;
        let viewer = self.0.viewer(by);
        let own = self.0.reads.policy_scopes(viewer, PolicyPlace::Entitlement(id), None, 1).await?;
        let own = found(own.first(), "entitlement", key)?;
        let at = as_of.map_or(viewer.now, |Instant(at)| at);
        Ok(Question { set: self.0.service.policies_in_force()?, subject: PolicySet::subject(&own.scope), at })
    }
}

#[OpenApi(prefix_path = "/v1/entitlements", tag = "Tag::Policies")]
impl EntitlementPolicies {
    /// Show the policies of an entitlement
    ///
    /// What holds for it, or held at an instant, in every kind. A past instant is answered with the documents that were known
    /// then, for the organization and product that it has now.
    #[oai(path = "/:entitlement/policies", method = "get", operation_id = "get_entitlement_policies")]
    async fn all(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        /// As of this instant; now, where it is absent.
        as_of: Query<Option<Instant>>,
    ) -> Result<Json<EffectivePoliciesView>, ApiError> {
        let question = self.question(&by, &entitlement, as_of).await?;
        let mut policies = Map::new();
        let mut documents = Vec::new();
        for kind in policy_schema().kinds() {
            let (values, decided) = question.answer(kind.name())?;
            policies.insert(kind.name().to_owned(), values);
            documents.extend(decided);
        }
        Ok(Json(EffectivePoliciesView { as_of: question.at.into(), policies: Any(policies), documents }))
    }

    /// Show a policy of an entitlement
    ///
    /// What holds for it, or held at an instant, in one kind.
    #[oai(path = "/:entitlement/policies/:kind", method = "get", operation_id = "get_entitlement_policy")]
    async fn one(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        /// The kind.
        kind: Path<String>,
        /// As of this instant; now, where it is absent.
        as_of: Query<Option<Instant>>,
    ) -> Result<Json<EffectivePolicyView>, ApiError> {
        let question = self.question(&by, &entitlement, as_of).await?;
        let (values, documents) = question.answer(&kind)?;
        let as_of = question.at.into();
        Ok(Json(EffectivePolicyView { kind: kind.0, as_of, values: Any(values), documents }))
    }

    /// Explain a policy of an entitlement
    ///
    /// Why each field, or one, has its value: what decided it, and what every level did, down to the last document that lost.
    #[oai(
        path = "/:entitlement/policies/:kind/explanation",
        method = "get",
        operation_id = "explain_entitlement_policy"
    )]
    async fn explain(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
        /// The kind.
        kind: Path<String>,
        /// Only this field, by its path.
        field: Query<Option<String>>,
        /// As of this instant; now, where it is absent.
        as_of: Query<Option<Instant>>,
    ) -> Result<Json<PolicyExplanationView>, ApiError> {
        let question = self.question(&by, &entitlement, as_of).await?;
        let (set, subject, at) = (&question.set, &question.subject, resolver_instant(question.at));
        let fields = match field.0 {
            Some(path) => {
                let why = set.explain_field(&kind, &path, subject, at).map_err(unresolved)?;
                vec![PolicyFieldExplanationView::from(&why)]
            }
            None => {
                let why = set.explain(&kind, subject, at).map_err(unresolved)?;
                why.fields.iter().map(PolicyFieldExplanationView::from).collect()
            }
        };
        Ok(Json(PolicyExplanationView { kind: kind.0, as_of: question.at.into(), fields }))
    }
}
