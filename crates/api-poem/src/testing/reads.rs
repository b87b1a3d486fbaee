//! Read models of a storage that is down.

use async_trait::async_trait;
use billing::{BillingRun, Payment};
use entitlement::{CollaboratorRecord, OrganizationRecord, ProductRecord};
use kernel::*;
use service_delivery::{
    Event,
    policy_documents::{PlacedScope, PolicyPlace, PolicyVersion},
    reads::*,
};
use sr_workflow::NoteRecord;
use ust_credits::{CatalogItemRecord, Figures, LedgerEntry, LotRecord, Turnover};
use uuid::Uuid;

use super::NoStorage;

macro_rules! down {
    ($($name:ident($($argument:ty),*) -> $row:ty;)*) => {
        #[async_trait]
        impl Reads for NoStorage {
            $(async fn $name(&self, _: Viewer, $(_: $argument),*) -> Result<$row, StoreError> {
                Err(NoStorage::down())
            })*
        }
    };
}

down! {
    organizations(&OrganizationQuery) -> Page<OrganizationRecord>;
    organization(OrganizationId) -> Option<OrganizationRecord>;
    collaborators(&CollaboratorQuery) -> Page<CollaboratorRecord>;
    collaborator(CollaboratorId) -> Option<CollaboratorRecord>;
    api_keys(&ApiKeyQuery) -> Page<ApiKeyRow>;
    api_key(ApiKeyId) -> Option<ApiKeyRow>;
    products(&ProductQuery) -> Page<ProductRecord>;
    product(ProductId) -> Option<ProductRecord>;
    catalog_items(&CatalogItemQuery) -> Page<CatalogItemRecord>;
    catalog_item(CatalogItemId) -> Option<CatalogItemRecord>;
    orders(&OrderQuery) -> Page<OrderRow>;
    order(OrderId) -> Option<OrderDetail>;
    payments(OrderId, &PaymentQuery) -> Option<Page<Payment>>;
    invoices(&InvoiceQuery) -> Page<InvoiceRow>;
    invoice(InvoiceId) -> Option<InvoiceDetail>;
    billing_runs(&BillingRunQuery) -> Page<BillingRun>;
    billing_run(BillingRunId) -> Option<BillingRun>;
    entitlements(&EntitlementQuery) -> Page<EntitlementRow>;
    entitlement(EntitlementId) -> Option<EntitlementDetail>;
    timeline(EntitlementId, &EventQuery) -> Option<Page<Event>>;
    events(&EventQuery) -> Page<Event>;
    licenses(&LicenseQuery) -> Page<LicenseRow>;
    license(LicenseId) -> Option<LicenseDetail>;
    environments(&EnvironmentQuery) -> Page<EnvironmentRow>;
    environment(EnvironmentId) -> Option<EnvironmentDetail>;
    contracts(&ContractQuery) -> Page<ContractRow>;
    contract(ContractId) -> Option<ContractDetail>;
    services(&ServiceQuery) -> Page<ServiceRow>;
    service(ServiceId) -> Option<ServiceDetail>;
    service_requests(&RequestQuery) -> Page<RequestRow>;
    service_request(ServiceRequestId) -> Option<RequestDetail>;
    notes(ServiceRequestId, &NoteQuery) -> Option<Page<NoteRecord>>;
    note(ServiceRequestId, NoteId) -> Option<NoteRecord>;
    notes_after(&NotesFollowed, NotePlace, u16) -> Vec<WrittenNote>;
    last_note() -> NotePlace;
    credit_balances(&BalanceQuery) -> Page<BalanceRow>;
    credit_balance(CreditBalanceId) -> Option<BalanceRow>;
    lots(CreditBalanceId, &LotQuery) -> Option<Page<LotRecord>>;
    ledger(CreditBalanceId, &LedgerQuery) -> Option<Page<LedgerEntry>>;
    credit_figures(CreditBalanceId, Timestamp) -> Option<Figures>;
    credit_statement(CreditBalanceId, &StatementQuery) -> Option<StatementPage>;
    credit_turnovers(CreditBalanceId, &[Timestamp]) -> Option<Vec<Turnover>>;
    credit_expiries(&ExpiryQuery) -> Page<ExpiryRow>;
    request_credits(ServiceRequestId) -> Option<RequestCredits>;
    lot_uses(CreditBalanceId, LotId, &LotUseQuery) -> Option<Page<LotUseRow>>;
    policy_documents(&PolicyDocumentQuery) -> Page<PolicyVersion>;
    policy_document(PolicyDocumentId) -> Option<PolicyVersion>;
    policy_versions(PolicyDocumentId, &PolicyVersionQuery) -> Option<Page<PolicyVersion>>;
    policy_scopes(PolicyPlace, Option<EntitlementId>, u32) -> Vec<PlacedScope>;
    id_of(Coded, &str) -> Option<Uuid>;
}
