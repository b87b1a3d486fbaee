//! Credit balances (CR-2 … CR-14).

mod view;

use std::sync::Arc;

use kernel::{CreditBalanceId, EntitlementId, OrganizationId};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    GrantCredits,
    access::Caller,
    reads::{BalanceFilter, BalanceRow, BalanceSort, Coded, LedgerFilter, LedgerSort, LotFilter, LotSort},
};
use ust_credits::{EntryKind, LotSource};
use uuid::Uuid;

use self::view::{CreditBalanceView, CreditsGranted, LedgerEntryView, LotView};
use super::{Context, Tag, context::found};
use crate::{
    http::{ApiError, Body, By},
    wire::{Credits, Instant, Key, Limit, Page, Repeatable, Sort, Word, list_query},
};

const BALANCE: &str = "credit balance";

/// Credits to be granted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewGrant {
    /// How much; over 0.
    amount: Credits,
    /// Where they come from; `manual` where it is absent.
    source: Option<Word<LotSource>>,
    /// From when on they can be used; at once where it is absent.
    usable_from: Option<Instant>,
    /// When they expire; as CreditPolicy says where it is absent.
    expires_at: Option<Instant>,
    /// What the outside calls this grant; the same one twice is one grant.
    external_ref: Option<String>,
    /// Why.
    #[oai(validator(min_length = 1, max_length = 2000))]
    reason: String,
}

impl Example for NewGrant {
    fn example() -> Self {
        Self {
            amount: Credits(ust_credits::Credits::from_units(100)),
            source: Some(Word(LotSource::Purchase)),
            usable_from: None,
            expires_at: None,
            external_ref: Some("shop-4711".to_owned()),
            reason: "10 credits bought in the shop".to_owned(),
        }
    }
}

impl From<NewGrant> for GrantCredits {
    fn from(body: NewGrant) -> Self {
        Self {
            amount: body.amount.0,
            source: body.source.map_or(LotSource::Manual, |Word(source)| source),
            usable_from: body.usable_from.map(|Instant(at)| at),
            expires_at: body.expires_at.map(|Instant(at)| at),
            external_ref: body.external_ref,
            reason: body.reason,
        }
    }
}

pub(crate) struct CreditBalances(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-balances", tag = "Tag::CreditBalances")]
impl CreditBalances {
    /// List credit balances
    ///
    /// Each with what is available, held, consumed and expired at this instant.
    #[oai(path = "/", method = "get", operation_id = "list_credit_balances")]
    async fn list(
        &self,
        By(by): By,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only the one under this entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        sort: Query<Option<Sort<BalanceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<CreditBalanceView>>, ApiError> {
        let entitlement = entitlement.0.as_ref();
        let entitlement: Option<EntitlementId> =
            self.0.id_in(&by, Coded::Entitlement, "entitlement", entitlement).await?;
        let filter = BalanceFilter { organization: organization_id.0.map(OrganizationId::new), entitlement };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.credit_balances(self.0.viewer(&by), &query).await?)))
    }

    /// Show a credit balance
    ///
    /// With what is available, held, consumed and expired at this instant.
    #[oai(path = "/:credit_balance", method = "get", operation_id = "get_credit_balance")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
    ) -> Result<Json<CreditBalanceView>, ApiError> {
        let row = self.row(&by, credit_balance.id(BALANCE)?, &credit_balance).await?;
        Ok(Json(row.into()))
    }

    /// List the lots of a credit balance
    ///
    /// In the order in which they are used.
    #[oai(path = "/:credit_balance/lots", method = "get", operation_id = "list_lots")]
    async fn lots(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// Only those with something left in them, or only the others.
        open: Query<Option<bool>>,
        sort: Query<Option<Sort<LotSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LotView>>, ApiError> {
        let query = list_query(LotFilter { open: open.0 }, sort, limit, cursor)?;
        let page = self.0.reads.lots(self.0.viewer(&by), credit_balance.id(BALANCE)?, &query).await?;
        Ok(Json(Page::of(found(page, BALANCE, &credit_balance.0)?)))
    }

    /// List the ledger of a credit balance
    ///
    /// Every entry as it was written; none is ever changed.
    #[oai(path = "/:credit_balance/ledger", method = "get", operation_id = "list_ledger_entries")]
    #[expect(clippy::too_many_arguments, reason = "one per filter")]
    async fn ledger(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// Only entries of one of these kinds.
        kind: Query<Option<Vec<Word<EntryKind>>>>,
        /// Only those about this service request: its id or code.
        service_request: Query<Option<Key>>,
        /// Only those of this instant or later.
        from: Query<Option<Instant>>,
        /// Only those before this instant.
        until: Query<Option<Instant>>,
        sort: Query<Option<Sort<LedgerSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LedgerEntryView>>, ApiError> {
        let request = service_request.0.as_ref();
        let request = self.0.id_in(&by, Coded::ServiceRequest, "service_request", request).await?;
        let filter = LedgerFilter {
            kind: kind.0.into_iter().flatten().map(|Word(kind)| kind).collect(),
            request,
            from: from.0.map(|Instant(at)| at),
            until: until.0.map(|Instant(at)| at),
        };
        let query = list_query(filter, sort, limit, cursor)?;
        let page = self.0.reads.ledger(self.0.viewer(&by), credit_balance.id(BALANCE)?, &query).await?;
        Ok(Json(Page::of(found(page, BALANCE, &credit_balance.0)?)))
    }

    /// Grant credits
    ///
    /// They become a lot of their own; an overdraft is repaid from it first. Under the same `external_ref` the same grant is
    /// made once, however often it is sent.
    #[oai(path = "/:credit_balance/grant", method = "post", operation_id = "grant_credits")]
    async fn grant(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        Body(body): Body<NewGrant>,
    ) -> Result<Repeatable<CreditsGranted>, ApiError> {
        let id = credit_balance.id(BALANCE)?;
        let made = self.0.service.grant_credits(&by, id, &body.into()).await?;
        let granted = CreditsGranted::new(made.into_inner(), self.row(&by, id, &credit_balance).await?);
        Ok(Repeatable::at(&made, format!("/v1/credit-balances/{id}/lots"), granted))
    }
}

impl CreditBalances {
    async fn row(&self, by: &Caller, id: CreditBalanceId, key: &Key) -> Result<BalanceRow, ApiError> {
        found(self.0.reads.credit_balance(self.0.viewer(by), id).await?, BALANCE, key)
    }
}

#[cfg(test)]
mod tests {
    use entitlement::{Role, Scope};
    use kernel::ServiceMode;
    use poem::http::Method;
    use serde_json::{Value, json};
    use service_delivery::access::{Grant, StaffRole};

    use crate::testing::World;

    #[tokio::test]
    async fn cr_2_credits_are_granted_and_told_lot_by_lot_and_entry_by_entry() {
        let world = World::new().await;
        let acme = world.organization("Acme").await;
        let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
        world.proposed_service(world.organization("Other").await, ServiceMode::Project).await;
        let path = format!("/v1/credit-balances/{balance}");
        let shown = world.get(&path).await.is(200);
        assert_eq!((&shown["usable"], &shown["balance"]), (&json!("10"), &json!("10")));
        assert_eq!(shown["organization"]["name"], "Acme");
        let code = shown["entitlement"]["code"].as_str().unwrap();
        for filter in [format!("organization_id={acme}"), format!("entitlement={code}")] {
            let found = world.walk(&format!("/v1/credit-balances?{filter}"), 1, "id").await;
            assert_eq!(found, [balance.to_string()]);
        }
        assert_eq!(world.walk("/v1/credit-balances?sort=created_at", 1, "id").await.len(), 2);
        let unknown = world.get("/v1/credit-balances?entitlement=SVC-2026059999").await;
        assert_eq!(unknown.wrong_fields(), ["entitlement"]);

        world.at("2026-05-02T12:00:00Z");
        let grant = json!({
            "amount": "4.5", "source": "purchase", "usable_from": "2026-06-01T00:00:00Z",
            "expires_at": "2026-07-01T00:00:00Z", "external_ref": "shop-1", "reason": "bought",
        });
        let made = world.post(&format!("{path}/grant"), &grant).await.is(201);
        assert_eq!(made["credit_balance"]["upcoming"], "4.5");
        assert_eq!(made["credit_balance"]["totals"]["available"], "14.5");
        assert_eq!(world.post(&format!("{path}/grant"), &grant).await.is(200), made);
        let other = json!({"amount": "5", "external_ref": "shop-1", "reason": "bought"});
        assert_eq!(world.post(&format!("{path}/grant"), &other).await.problem(409), "external-ref-taken");

        let lots = world.get(&format!("{path}/lots")).await.is(200);
        assert_eq!(lots["items"][1]["id"], made["lot_id"]);
        assert_eq!(lots["items"][1]["expires_at"], "2026-07-01T00:00:00Z");
        assert_eq!(
            world.walk(&format!("{path}/lots?open=true&sort=-granted_at"), 1, "source").await,
            ["purchase", "included"]
        );
        assert_eq!(world.walk(&format!("{path}/ledger"), 1, "cause").await, ["bought", "create entitlement"]);
        let ledger = format!(
            "{path}/ledger?kind=grant&kind=debit&from=2026-05-02T00:00:00Z&until=2026-05-03T00:00:00Z"
        );
        let entries = world.get(&ledger).await.is(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), 1);
        assert_eq!(entries["items"][0]["lots"][0]["available"], "4.5");
        assert_eq!(entries["items"][0]["actor"]["kind"], "staff");
    }

    #[tokio::test]
    async fn what_is_no_grant_is_refused_and_grants_nothing() {
        let world = World::new().await;
        let (_, balance) =
            world.proposed_service(world.organization("Acme").await, ServiceMode::Ongoing).await;
        let path = format!("/v1/credit-balances/{balance}/grant");
        for (body, fields) in [
            (json!({"amount": "0", "reason": "x"}), vec!["amount"]),
            (json!({"amount": "1.25", "reason": "x"}), vec!["amount"]),
            (json!({"amount": "-1", "reason": "x"}), vec!["amount"]),
            (json!({"amount": "1", "reason": ""}), vec!["reason"]),
            (json!({"amount": "1", "reason": "x", "expires_at": "2026-05-01T00:00:00Z"}), vec!["expires_at"]),
            (json!({"source": "stolen", "lot": 1}), vec!["amount", "reason", "lot", "source"]),
        ] {
            assert_eq!(world.post(&path, &body).await.wrong_fields(), fields, "{body}");
        }
        let most = json!({"amount": "922337203685477580.7", "reason": "x"});
        assert_eq!(world.post(&path, &most).await.problem(422), "amount-too-large");
        assert_eq!(
            world.get(&format!("/v1/credit-balances/{balance}")).await.is(200)["totals"]["granted"],
            "10"
        );
        let id = uuid::Uuid::from_u128(7);
        let small = json!({"amount": "1", "reason": "x"});
        world.post(&format!("/v1/credit-balances/{id}/grant"), &small).await.is(404);
        for part in ["", "/lots", "/ledger"] {
            world.get(&format!("/v1/credit-balances/{id}{part}")).await.is(404);
            world.get(&format!("/v1/credit-balances/nothing{part}")).await.is(404);
        }
    }

    #[tokio::test]
    async fn or_4_finance_grants_credits_and_nobody_else() {
        let world = World::new().await;
        let acme = world.organization("Acme").await;
        let (_, balance) = world.proposed_service(acme, ServiceMode::Ongoing).await;
        let path = format!("/v1/credit-balances/{balance}/grant");
        let body: Value = json!({"amount": "1", "reason": "x"});
        let delivery = world.key(Grant::Staff(StaffRole::Delivery)).await;
        let owner = world.customer(acme, Role::Owner, &[Scope::Billing]).await;
        for key in [&delivery, &owner] {
            world.ask(key, Method::POST, &path, Some(&body)).await.is(403);
        }
        let finance = world.key(Grant::Staff(StaffRole::Finance)).await;
        world.ask(&finance, Method::POST, &path, Some(&body)).await.is(201);
    }
}
