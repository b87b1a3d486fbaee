//! What is promised to a customer, and what holds for their credits: all that they see of policies (PO-7, SL-1).

use std::sync::Arc;

use entitlement::{ContractStatus, SupportClass};
use kernel::EntitlementId;
use poem_openapi::{Object, OpenApi, param::Path, payload::Json, types::Example};
use policy_resolver::kinds::{CreditAmount, CreditPolicy, DebitOn, OnExhausted, SlaPolicy};
use service_delivery::{
    PolicySet,
    access::Caller,
    policy_documents::PolicyPlace,
    reads::{Coded, ContractFilter, ContractQuery, ContractRow},
};

use super::{
    super::{
        Context, Tag,
        context::found,
        example,
        policies::{resolver_instant, unresolved},
    },
    contracts::PortalSlaView,
};
use crate::{
    http::{ApiError, By},
    wire::{Credits, Instant, Key, Word},
};

/// What holds for one of our entitlements.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalTermsView {
    /// As of when.
    as_of: Instant,
    /// The support class.
    support_class: Word<SupportClass>,
    /// The code of the contract in force, in which the promised times were agreed; absent where they were not agreed in one.
    contract: Option<String>,
    /// The promised times.
    sla: PortalSlaView,
    /// What holds for credits.
    credits: PortalCreditTermsView,
}

/// What holds for credits.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalCreditTermsView {
    /// Months until credits expire that are granted from now on; absent where they never do.
    expiry_months: Option<u32>,
    /// Days after expiry during which they can still be used.
    grace_days: u32,
    /// What happens to work for which the credits do not suffice.
    on_exhausted: Word<OnExhausted>,
    /// How far the balance may go below zero, where it may.
    overdraft_limit: Option<Credits>,
    /// Requests estimated up to this need no approval of ours.
    pre_approved_up_to: Credits,
    /// A request estimated above this needs our approval in any case; absent where there is no such limit.
    per_request_limit: Option<Credits>,
    /// Requests of one month above this sum need our approval in any case; absent where there is no such limit.
    monthly_limit: Option<Credits>,
    /// We get a notice when the balance falls to this; absent where we get none.
    low_balance_at: Option<Credits>,
    /// When work is paid with credits.
    debit_on: Word<DebitOn>,
    /// Days after completion on which work counts as accepted.
    accept_after_days: u32,
    /// Days after which a draft that nobody moves gives its credits back; absent where it never does.
    draft_hold_days: Option<u32>,
    /// What an hour of work outside of the catalog costs.
    credits_per_hour: Credits,
}

impl From<&CreditPolicy> for PortalCreditTermsView {
    fn from(policy: &CreditPolicy) -> Self {
        let credits = |amount: CreditAmount| Credits(amount.into());
        Self {
            expiry_months: policy.expiry_months,
            grace_days: policy.grace_days,
            on_exhausted: Word(policy.on_exhausted),
            overdraft_limit: (policy.on_exhausted == OnExhausted::Overdraft)
                .then(|| credits(policy.overdraft_limit)),
            pre_approved_up_to: credits(policy.pre_approved_up_to),
            per_request_limit: policy.per_request_limit.map(credits),
            monthly_limit: policy.monthly_limit.map(credits),
            low_balance_at: policy.low_balance_at.map(credits),
            debit_on: Word(policy.debit_on),
            accept_after_days: policy.accept_after_days,
            draft_hold_days: policy.draft_hold_days,
            credits_per_hour: credits(policy.credits_per_hour),
        }
    }
}

impl Example for PortalTermsView {
    fn example() -> Self {
        Self {
            as_of: example::instant(),
            support_class: Word(SupportClass::Business),
            contract: Some("CT-20260001".to_owned()),
            sla: SlaPolicy::for_support_class(SupportClass::Business).into(),
            credits: (&CreditPolicy::default()).into(),
        }
    }
}

pub(crate) struct PortalTerms(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal/entitlements", tag = "Tag::Portal")]
impl PortalTerms {
    /// Show the terms of one of our entitlements
    ///
    /// What is promised for our requests, as agreed in the contract in force or, without one, as it holds now; and what holds
    /// for our credits now.
    #[oai(path = "/:entitlement/terms", method = "get", operation_id = "portal_get_entitlement_terms")]
    async fn terms(
        &self,
        By(by): By,
        /// Its id or code.
        entitlement: Path<Key>,
    ) -> Result<Json<PortalTermsView>, ApiError> {
        let id: EntitlementId = self.0.id(&by, Coded::Entitlement, &entitlement).await?;
        let viewer = self.0.viewer(&by);
        let own = self.0.reads.policy_scopes(viewer, PolicyPlace::Entitlement(id), None, 1).await?;
        let scope = found(own.first(), "entitlement", &entitlement.0)?.scope;
        let set = self.0.service.policies_in_force()?;
        let (subject, at) = (PolicySet::subject(&scope), resolver_instant(viewer.now));
        let credits: &CreditPolicy = set.resolve(&subject, at).map_err(unresolved)?;
        let mut terms = PortalTermsView {
            as_of: viewer.now.into(),
            support_class: Word(scope.support_class),
            contract: None,
            sla: set.resolve::<SlaPolicy>(&subject, at).map_err(unresolved)?.clone().into(),
            credits: credits.into(),
        };
        if let Some((contract, sla)) = self.agreed(&by, id).await? {
            terms.support_class = Word(contract.support_class);
            terms.contract = Some(contract.code.to_string());
            terms.sla = sla.into();
        }
        Ok(Json(terms))
    }
}

impl PortalTerms {
    /// The contract in force, with what it promises; the newest one, where there are several.
    async fn agreed(
        &self,
        by: &Caller,
        id: EntitlementId,
    ) -> Result<Option<(ContractRow, SlaPolicy)>, ApiError> {
        let viewer = self.0.viewer(by);
        let filter = ContractFilter {
            entitlement: Some(id),
            status: vec![ContractStatus::Active, ContractStatus::Expiring],
            ..ContractFilter::default()
        };
        let query = ContractQuery { filter, ..ContractQuery::default() };
        let Some(newest) = self.0.reads.contracts(viewer, &query).await?.items.into_iter().next() else {
            return Ok(None);
        };
        let signed = found(self.0.reads.contract(viewer, newest.id).await?, "contract", newest.id)?;
        Ok(signed.contract.sla.map(|sla| (newest, sla)))
    }
}

#[cfg(test)]
mod tests {
    use entitlement::{Role, Scope};
    use kernel::{EntitlementClass, ServiceMode};
    use poem::http::Method;
    use serde_json::{Value, json};

    use crate::testing::World;

    #[tokio::test]
    async fn sl_1_customers_see_what_is_promised_and_what_holds_for_their_credits_and_nothing_else() {
        let world = World::new().await;
        let acme = world.organization("Acme").await;
        world.proposed_service(acme, ServiceMode::Ongoing).await;
        let hosting = world.entitlement(acme, EntitlementClass::Env, None).await;
        let member = world.customer(acme, Role::Member, &[Scope::Entitlements]).await;
        let terms = async |key: &str, of: &str| {
            world.ask(key, Method::GET, &format!("/v1/portal/entitlements/{of}/terms"), None).await
        };
        let support = "SVC-2026050001";
        let agreed = terms(&member, support).await.is(200);
        assert_eq!(
            (&agreed["contract"], &agreed["support_class"]),
            (&json!("CT-20260001"), &json!("business"))
        );
        assert_eq!(agreed["sla"]["priorities"].as_array().unwrap().len(), 4);
        assert_eq!(
            (&agreed["credits"]["expiry_months"], &agreed["credits"]["on_exhausted"]),
            (&json!(12), &json!("bill_excess"))
        );
        assert_eq!(agreed["credits"].get("overdraft_limit"), None);
        let before = terms(&member, &hosting.to_string()).await.is(200);
        assert_eq!(before.get("contract"), None, "there is no contract");

        for (kind, fields) in [
            (
                "sla",
                json!({"priorities": ["high"], "response_minutes": {"high": 17}, "uptime_percent": "99.5"}),
            ),
            (
                "credits",
                json!({
                    "expiry_months": {"unset": true}, "on_exhausted": "overdraft", "overdraft_limit": "5",
                    "base_credit_value": {"amount": "4711", "currency": "BRL"},
                }),
            ),
        ] {
            let body = json!({
                "kind": kind, "level": "organization", "target": acme.to_string(), "reason": "Unspeakable",
                "fields": fields,
            });
            world.post("/v1/policy-documents", &body).await.is(201);
        }
        let after = terms(&member, &hosting.to_string()).await;
        let said = after.body.to_string();
        let after = after.is(200);
        assert_eq!(after["sla"]["priorities"], json!(["high"]));
        assert_eq!(after["sla"]["response_minutes"]["high"], 17);
        assert_eq!(after["sla"]["uptime_percent"], "99.5");
        assert_eq!(after["credits"].get("expiry_months"), None, "they never expire");
        assert_eq!(after["credits"]["overdraft_limit"], "5");
        for hidden in ["4711", "Unspeakable", "escalation", "document", "staff_"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
        let still = terms(&member, support).await.is(200);
        assert_eq!(still["sla"], agreed["sla"], "what was signed stays");
        assert_eq!(still["credits"], after["credits"]);
    }

    #[tokio::test]
    async fn or_6_terms_are_shown_to_those_whose_they_are() {
        let world = World::new().await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let own = world.entitlement(acme, EntitlementClass::Env, None).await;
        let path = format!("/v1/portal/entitlements/{own}/terms");
        let without = world.customer(acme, Role::Member, &[Scope::Requests]).await;
        assert_eq!(world.ask(&without, Method::GET, &path, None).await.problem(403), "forbidden");
        assert_eq!(world.get(&path).await.problem(403), "forbidden", "staff have operations of their own");
        let foreign = world.customer(other, Role::Owner, &[]).await;
        for of in [own.to_string(), "ENV-2026050001".to_owned(), "ENV-2026059999".to_owned()] {
            let path = format!("/v1/portal/entitlements/{of}/terms");
            assert_eq!(world.ask(&foreign, Method::GET, &path, None).await.problem(404), "not-found");
        }
        let owner = world.customer(acme, Role::Owner, &[]).await;
        let shown: Value = world.ask(&owner, Method::GET, &path, None).await.is(200);
        assert_eq!(shown["as_of"], "2026-05-01T12:00:00Z");
    }
}
