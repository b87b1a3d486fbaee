//! The read models: lists and pages, on the connections for reading.

mod begin;
mod coded;
mod credits;
mod cursor;
mod customers;
mod entitlements;
mod events;
mod filter;
mod invoices;
mod key;
mod list;
mod notes;
mod offer;
mod policies;
mod resources;
mod row;
mod sales;
mod seen;
mod work;

use async_trait::async_trait;
use billing::{BillingRun, Payment};
use entitlement::{CollaboratorRecord, OrganizationRecord, ProductRecord};
use kernel::{
    ApiKeyId, BillingRunId, CatalogItemId, CollaboratorId, ContractId, CreditBalanceId, EntitlementId,
    EnvironmentId, InvoiceId, LicenseId, LotId, NoteId, OrderId, OrganizationId, Page, PolicyDocumentId,
    ProductId, ServiceId, ServiceRequestId, StoreError, Timestamp,
};
use sea_orm::{ConnectionTrait, prelude::Uuid};
use service_delivery::{
    Event,
    policy_documents::{PlacedScope, PolicyPlace, PolicyVersion},
    reads::{
        ApiKeyQuery, ApiKeyRow, BalanceQuery, BalanceRow, BillingRunQuery, CatalogItemQuery, Coded,
        CollaboratorQuery, ContractDetail, ContractQuery, ContractRow, EntitlementDetail, EntitlementQuery,
        EntitlementRow, EnvironmentDetail, EnvironmentQuery, EnvironmentRow, EventQuery, ExpiryQuery,
        ExpiryRow, InvoiceDetail, InvoiceQuery, InvoiceRow, LedgerQuery, LicenseDetail, LicenseQuery,
        LicenseRow, LotQuery, LotUseQuery, LotUseRow, NotePlace, NoteQuery, NotesFollowed, OrderDetail,
        OrderQuery, OrderRow, OrganizationQuery, PaymentQuery, PolicyDocumentQuery, PolicyVersionQuery,
        ProductQuery, Reads, RequestCredits, RequestDetail, RequestQuery, RequestRow, ServiceDetail,
        ServiceQuery, ServiceRow, StatementPage, StatementQuery, Viewer, WrittenNote,
    },
};
use sr_workflow::NoteRecord;
use ust_credits::{CatalogItemRecord, Figures, LedgerEntry, LotRecord, Turnover};

use self::{filter::Filter, list::List};
use crate::Database;

/// Whether that row of `table`, which belongs to an organization, exists for the viewer.
async fn exists(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    table: &'static str,
    id: impl Into<Uuid>,
) -> Result<bool, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.into()));
    let found = List::new(table, "t.id", format!("{table} t"), filter).one(db, |_| Ok(())).await?;
    Ok(found.is_some())
}

#[async_trait]
impl Reads for Database {
    async fn organizations(
        &self,
        viewer: Viewer,
        query: &OrganizationQuery,
    ) -> Result<Page<OrganizationRecord>, StoreError> {
        customers::organizations(&self.reader(), viewer, query).await
    }

    async fn organization(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<OrganizationRecord>, StoreError> {
        customers::organization(&self.reader(), viewer, id).await
    }

    async fn collaborators(
        &self,
        viewer: Viewer,
        query: &CollaboratorQuery,
    ) -> Result<Page<CollaboratorRecord>, StoreError> {
        customers::collaborators(&self.reader(), viewer, query).await
    }

    async fn collaborator(
        &self,
        viewer: Viewer,
        id: CollaboratorId,
    ) -> Result<Option<CollaboratorRecord>, StoreError> {
        customers::collaborator(&self.reader(), viewer, id).await
    }

    async fn api_keys(&self, viewer: Viewer, query: &ApiKeyQuery) -> Result<Page<ApiKeyRow>, StoreError> {
        customers::api_keys(&self.reader(), viewer, query).await
    }

    async fn api_key(&self, viewer: Viewer, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        customers::api_key(&self.reader(), viewer, id).await
    }

    async fn products(
        &self,
        viewer: Viewer,
        query: &ProductQuery,
    ) -> Result<Page<ProductRecord>, StoreError> {
        offer::products(&self.reader(), viewer, query).await
    }

    async fn product(&self, _: Viewer, id: ProductId) -> Result<Option<ProductRecord>, StoreError> {
        offer::product(&self.reader(), id).await
    }

    async fn catalog_items(
        &self,
        viewer: Viewer,
        query: &CatalogItemQuery,
    ) -> Result<Page<CatalogItemRecord>, StoreError> {
        offer::catalog_items(&self.reader(), viewer, query).await
    }

    async fn catalog_item(
        &self,
        _: Viewer,
        id: CatalogItemId,
    ) -> Result<Option<CatalogItemRecord>, StoreError> {
        offer::catalog_item(&self.reader(), id).await
    }

    async fn orders(&self, viewer: Viewer, query: &OrderQuery) -> Result<Page<OrderRow>, StoreError> {
        sales::orders(&self.reader(), viewer, query).await
    }

    async fn order(&self, viewer: Viewer, id: OrderId) -> Result<Option<OrderDetail>, StoreError> {
        sales::order(&self.reader(), viewer, id).await
    }

    async fn payments(
        &self,
        viewer: Viewer,
        order: OrderId,
        query: &PaymentQuery,
    ) -> Result<Option<Page<Payment>>, StoreError> {
        sales::payments(&self.reader(), viewer, order, query).await
    }

    async fn invoices(&self, viewer: Viewer, query: &InvoiceQuery) -> Result<Page<InvoiceRow>, StoreError> {
        invoices::invoices(&self.reader(), viewer, query).await
    }

    async fn invoice(&self, viewer: Viewer, id: InvoiceId) -> Result<Option<InvoiceDetail>, StoreError> {
        invoices::invoice(&self.reader(), viewer, id).await
    }

    async fn billing_runs(
        &self,
        viewer: Viewer,
        query: &BillingRunQuery,
    ) -> Result<Page<BillingRun>, StoreError> {
        invoices::billing_runs(&self.reader(), viewer, query).await
    }

    async fn billing_run(&self, viewer: Viewer, id: BillingRunId) -> Result<Option<BillingRun>, StoreError> {
        invoices::billing_run(&self.reader(), viewer, id).await
    }

    async fn entitlements(
        &self,
        viewer: Viewer,
        query: &EntitlementQuery,
    ) -> Result<Page<EntitlementRow>, StoreError> {
        entitlements::entitlements(&self.reader(), viewer, query).await
    }

    async fn entitlement(
        &self,
        viewer: Viewer,
        id: EntitlementId,
    ) -> Result<Option<EntitlementDetail>, StoreError> {
        entitlements::entitlement(&self.reader(), viewer, id).await
    }

    async fn timeline(
        &self,
        viewer: Viewer,
        entitlement: EntitlementId,
        query: &EventQuery,
    ) -> Result<Option<Page<Event>>, StoreError> {
        events::timeline(&self.reader(), viewer, entitlement, query).await
    }

    async fn events(&self, viewer: Viewer, query: &EventQuery) -> Result<Page<Event>, StoreError> {
        events::events(&self.reader(), viewer, query).await
    }

    async fn licenses(&self, viewer: Viewer, query: &LicenseQuery) -> Result<Page<LicenseRow>, StoreError> {
        resources::licenses(&self.reader(), viewer, query).await
    }

    async fn license(&self, viewer: Viewer, id: LicenseId) -> Result<Option<LicenseDetail>, StoreError> {
        resources::license(&self.reader(), viewer, id).await
    }

    async fn environments(
        &self,
        viewer: Viewer,
        query: &EnvironmentQuery,
    ) -> Result<Page<EnvironmentRow>, StoreError> {
        resources::environments(&self.reader(), viewer, query).await
    }

    async fn environment(
        &self,
        viewer: Viewer,
        id: EnvironmentId,
    ) -> Result<Option<EnvironmentDetail>, StoreError> {
        resources::environment(&self.reader(), viewer, id).await
    }

    async fn contracts(
        &self,
        viewer: Viewer,
        query: &ContractQuery,
    ) -> Result<Page<ContractRow>, StoreError> {
        resources::contracts(&self.reader(), viewer, query).await
    }

    async fn contract(&self, viewer: Viewer, id: ContractId) -> Result<Option<ContractDetail>, StoreError> {
        resources::contract(&self.reader(), viewer, id).await
    }

    async fn services(&self, viewer: Viewer, query: &ServiceQuery) -> Result<Page<ServiceRow>, StoreError> {
        work::services(&self.reader(), viewer, query).await
    }

    async fn service(&self, viewer: Viewer, id: ServiceId) -> Result<Option<ServiceDetail>, StoreError> {
        work::service(&self.reader(), viewer, id).await
    }

    async fn service_requests(
        &self,
        viewer: Viewer,
        query: &RequestQuery,
    ) -> Result<Page<RequestRow>, StoreError> {
        work::service_requests(&self.reader(), viewer, query).await
    }

    async fn service_request(
        &self,
        viewer: Viewer,
        id: ServiceRequestId,
    ) -> Result<Option<RequestDetail>, StoreError> {
        work::service_request(&self.reader(), viewer, id).await
    }

    async fn notes(
        &self,
        viewer: Viewer,
        request: ServiceRequestId,
        query: &NoteQuery,
    ) -> Result<Option<Page<NoteRecord>>, StoreError> {
        notes::notes(&self.reader(), viewer, request, query).await
    }

    async fn note(
        &self,
        viewer: Viewer,
        request: ServiceRequestId,
        id: NoteId,
    ) -> Result<Option<NoteRecord>, StoreError> {
        notes::note(&self.reader(), viewer, request, id).await
    }

    async fn notes_after(
        &self,
        viewer: Viewer,
        followed: &NotesFollowed,
        after: NotePlace,
        limit: u16,
    ) -> Result<Vec<WrittenNote>, StoreError> {
        notes::notes_after(&self.reader(), viewer, followed, after, limit).await
    }

    async fn last_note(&self, _: Viewer) -> Result<NotePlace, StoreError> {
        notes::last_note(&self.reader()).await
    }

    async fn credit_balances(
        &self,
        viewer: Viewer,
        query: &BalanceQuery,
    ) -> Result<Page<BalanceRow>, StoreError> {
        credits::credit_balances(&self.reader(), viewer, query).await
    }

    async fn credit_balance(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
    ) -> Result<Option<BalanceRow>, StoreError> {
        credits::credit_balance(&self.reader(), viewer, id).await
    }

    async fn lots(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        query: &LotQuery,
    ) -> Result<Option<Page<LotRecord>>, StoreError> {
        credits::lots(&self.reader(), viewer, balance, query).await
    }

    async fn ledger(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        query: &LedgerQuery,
    ) -> Result<Option<Page<LedgerEntry>>, StoreError> {
        credits::ledger(&self.reader(), viewer, balance, query).await
    }

    async fn credit_figures(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        at: Timestamp,
    ) -> Result<Option<Figures>, StoreError> {
        credits::figures(self, viewer, id, at).await
    }

    async fn credit_statement(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        query: &StatementQuery,
    ) -> Result<Option<StatementPage>, StoreError> {
        credits::statement(self, viewer, id, query).await
    }

    async fn credit_turnovers(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        bounds: &[Timestamp],
    ) -> Result<Option<Vec<Turnover>>, StoreError> {
        credits::turnovers(self, viewer, id, bounds).await
    }

    async fn credit_expiries(
        &self,
        viewer: Viewer,
        query: &ExpiryQuery,
    ) -> Result<Page<ExpiryRow>, StoreError> {
        credits::expiries(&self.reader(), viewer, query).await
    }

    async fn request_credits(
        &self,
        viewer: Viewer,
        id: ServiceRequestId,
    ) -> Result<Option<RequestCredits>, StoreError> {
        credits::request_credits(self, viewer, id).await
    }

    async fn lot_uses(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        lot: LotId,
        query: &LotUseQuery,
    ) -> Result<Option<Page<LotUseRow>>, StoreError> {
        credits::lot_uses(&self.reader(), viewer, balance, lot, query).await
    }

    async fn policy_documents(
        &self,
        viewer: Viewer,
        query: &PolicyDocumentQuery,
    ) -> Result<Page<PolicyVersion>, StoreError> {
        policies::documents(&self.reader(), viewer, query).await
    }

    async fn policy_document(
        &self,
        viewer: Viewer,
        id: PolicyDocumentId,
    ) -> Result<Option<PolicyVersion>, StoreError> {
        policies::document(&self.reader(), viewer, id).await
    }

    async fn policy_versions(
        &self,
        viewer: Viewer,
        id: PolicyDocumentId,
        query: &PolicyVersionQuery,
    ) -> Result<Option<Page<PolicyVersion>>, StoreError> {
        policies::versions(&self.reader(), viewer, id, query).await
    }

    async fn policy_scopes(
        &self,
        viewer: Viewer,
        place: PolicyPlace,
        after: Option<EntitlementId>,
        limit: u32,
    ) -> Result<Vec<PlacedScope>, StoreError> {
        policies::scopes(&self.reader(), viewer, place, after, limit).await
    }

    async fn id_of(&self, viewer: Viewer, kind: Coded, text: &str) -> Result<Option<Uuid>, StoreError> {
        coded::id_of(&self.reader(), viewer, kind, text).await
    }
}
