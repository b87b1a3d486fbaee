//! Looking at what is stored.

use billing::{Invoice, Order, Quote};
use entitlement::{Contract, Entitlement, Environment, License, Provisioned};
use kernel::{
    ContractId, CreditBalanceId, EntitlementId, EnvironmentId, InvoiceId, LicenseId, OrderId, QuoteId,
    ServiceId, ServiceRequestId,
};
use service_delivery::Storage;
use sr_workflow::{Service, ServiceRequest};
use ust_credits::{CreditBalance, Credits, Touching};
use uuid::Uuid;

use super::World;

/// Every table with rows of its own, and whether these count their changes.
const TABLES: [(&str, bool); 36] = [
    ("event", false),
    ("organization", true),
    ("collaborator", true),
    ("api_key", false),
    ("product", true),
    ("catalog_item", true),
    ("quote", true),
    ("quote_line", false),
    ("sales_order", true),
    ("order_line", false),
    ("sold_product", false),
    ("payment", false),
    ("entitlement", true),
    ("license", true),
    ("license_site", false),
    ("contract", true),
    ("contract_version", false),
    ("environment", true),
    ("download", false),
    ("document", false),
    ("affiliate", false),
    ("order_link", false),
    ("credit_balance", true),
    ("credit_lot", false),
    ("credit_hold", false),
    ("ledger_entry", false),
    ("service", true),
    ("service_request", true),
    ("note", false),
    ("invoice", true),
    ("invoice_line", false),
    ("invoice_link", false),
    ("billing_run", false),
    ("code_counter", false),
    ("policy_document", false),
    ("policy_version", false),
];

impl World {
    /// The number of rows of every table, and of changes to them.
    pub(crate) async fn fingerprint(&self) -> String {
        let parts: Vec<String> = TABLES
            .iter()
            .map(|(table, versioned)| {
                let changes = if *versioned { "coalesce(sum(version), 0)" } else { "0" };
                format!("(SELECT '{table} ' || count(*) || '/' || {changes} || ' ' FROM {table})")
            })
            .collect();
        self.db.text(&format!("SELECT {}", parts.join(" || "))).await.unwrap().unwrap()
    }

    /// Rows of `table` for which `condition` holds.
    pub(crate) async fn count(&self, table: &str, condition: &str) -> i64 {
        self.db.number(&format!("SELECT count(*) FROM {table} WHERE {condition}")).await.unwrap()
    }

    /// The ids in `table`, in their order.
    pub(crate) async fn ids<I: From<Uuid>>(&self, table: &str) -> Vec<I> {
        let id = if self.db.admin_url().is_some() { "id::text" } else { "hex(id)" };
        let sql = format!("SELECT string_agg({id}, ' ' ORDER BY id) FROM {table}");
        let ids = self.db.text(&sql).await.unwrap().unwrap_or_default();
        ids.split_whitespace().map(|id| I::from(id.parse().unwrap())).collect()
    }

    /// How often an event of that name was written.
    pub(crate) async fn events(&self, name: &str) -> i64 {
        self.count("event", &format!("name = '{name}'")).await
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        let mut uow = self.db.begin().await.unwrap();
        uow.billing().lock_order(id).await.unwrap().unwrap()
    }

    pub(crate) async fn quote(&self, id: QuoteId) -> Quote {
        let mut uow = self.db.begin().await.unwrap();
        uow.billing().lock_quote(id).await.unwrap().unwrap()
    }

    pub(crate) async fn invoice(&self, id: InvoiceId) -> Invoice {
        let mut uow = self.db.begin().await.unwrap();
        uow.billing().lock_invoice(id).await.unwrap().unwrap()
    }

    /// The entitlements that an order brought, line by line.
    pub(crate) async fn entitlements_of(&self, order: OrderId) -> Vec<EntitlementId> {
        let lines = self.order(order).await.lines().to_vec();
        let mut uow = self.db.begin().await.unwrap();
        let mut all = Vec::new();
        for line in lines {
            all.extend(uow.entitlements().entitlements_of(line.id).await.unwrap());
        }
        all
    }

    pub(crate) async fn entitlement(&self, id: EntitlementId) -> Entitlement {
        let mut uow = self.db.begin().await.unwrap();
        uow.entitlements().share_entitlement(id).await.unwrap().unwrap()
    }

    pub(crate) async fn under_entitlement(&self, id: EntitlementId) -> Provisioned {
        let mut uow = self.db.begin().await.unwrap();
        uow.entitlements().resources_of(id).await.unwrap()
    }

    pub(crate) async fn environment(&self, id: EnvironmentId) -> Environment {
        let mut uow = self.db.begin().await.unwrap();
        uow.entitlements().environment(id).await.unwrap().unwrap()
    }

    pub(crate) async fn contract(&self, id: ContractId) -> Contract {
        let mut uow = self.db.begin().await.unwrap();
        uow.entitlements().contract(id).await.unwrap().unwrap()
    }

    pub(crate) async fn license(&self, id: LicenseId) -> License {
        let mut uow = self.db.begin().await.unwrap();
        uow.entitlements().license(id).await.unwrap().unwrap()
    }

    pub(crate) async fn services_under(&self, id: EntitlementId) -> Vec<Service> {
        let mut uow = self.db.begin().await.unwrap();
        uow.work().services_under(id).await.unwrap()
    }

    pub(crate) async fn service(&self, id: ServiceId) -> Service {
        let mut uow = self.db.begin().await.unwrap();
        uow.share_service(id).await.unwrap().unwrap().service
    }

    pub(crate) async fn request(&self, id: ServiceRequestId) -> ServiceRequest {
        let mut uow = self.db.begin().await.unwrap();
        uow.work().request(id).await.unwrap().unwrap()
    }

    /// The state of a request, in a word.
    pub(crate) async fn status(&self, id: ServiceRequestId) -> String {
        self.request(id).await.status().to_string()
    }

    /// A balance, with what it holds for `request`.
    pub(crate) async fn balance_for(&self, id: CreditBalanceId, request: ServiceRequestId) -> CreditBalance {
        let mut uow = self.db.begin().await.unwrap();
        uow.credits().lock_balance(id, &Touching::request(request)).await.unwrap().unwrap()
    }

    pub(crate) async fn balance(&self, id: CreditBalanceId) -> CreditBalance {
        let mut uow = self.db.begin().await.unwrap();
        uow.credits().lock_balance(id, &Touching::nothing()).await.unwrap().unwrap()
    }

    /// What is available, held and consumed, in credits: `"30 10 0"`.
    pub(crate) async fn figures(&self, id: CreditBalanceId) -> String {
        let totals = *self.balance(id).await.totals();
        format!("{} {} {}", totals.available, totals.held, totals.consumed)
    }

    /// What is held for a request; nothing where there is no hold.
    pub(crate) async fn held(&self, id: CreditBalanceId, request: ServiceRequestId) -> Credits {
        let balance = self.balance_for(id, request).await;
        balance.hold(request).map_or(Credits::ZERO, |hold| hold.held.total())
    }

    /// Replays every ledger, which must find nothing.
    pub(crate) async fn audit(&self) {
        let mut findings = Vec::new();
        self.db.audit(&mut |finding| findings.push(finding)).await.unwrap();
        assert_eq!(findings, [], "the ledgers add up");
    }
}
