//! Read models: what lists and pages show, with queries of their own. No aggregate is loaded to show a row.

mod credits;
mod customers;
mod entitlements;
mod events;
mod named;
mod notes;
mod offer;
mod policies;
mod query;
mod resources;
mod sales;
mod work;

use async_trait::async_trait;
use billing::{BillingRun, Payment};
use entitlement::{CollaboratorRecord, OrganizationRecord, ProductRecord};
use kernel::{
    ApiKeyId, BillingRunId, CatalogItemId, CollaboratorId, ContractId, CreditBalanceId, EntitlementId,
    EnvironmentId, InvoiceId, LicenseId, LotId, NoteId, OrderId, OrganizationId, Page, PolicyDocumentId,
    ProductId, ServiceId, ServiceRequestId, StoreError, Timestamp,
};
use sr_workflow::NoteRecord;
use ust_credits::{CatalogItemRecord, Figures, LedgerEntry, LotRecord, Turnover};
use uuid::Uuid;

use crate::policy_documents::{PlacedScope, PolicyPlace, PolicyVersion};

pub use credits::{
    BalanceFilter, BalanceQuery, BalanceRow, BalanceSort, ExpiryFilter, ExpiryQuery, ExpiryRow, ExpirySort,
    LedgerFilter, LedgerQuery, LedgerSort, LotFilter, LotQuery, LotSort, LotUseQuery, LotUseRow, LotUseSort,
    MovementRow, RequestCredits, StatementPage, StatementQuery,
};
pub use customers::{
    ApiKeyFilter, ApiKeyQuery, ApiKeyRow, ApiKeySort, CollaboratorFilter, CollaboratorQuery,
    CollaboratorSort, OrganizationFilter, OrganizationQuery, OrganizationSort,
};
pub use entitlements::{
    EntitlementDetail, EntitlementFilter, EntitlementQuery, EntitlementRow, EntitlementSort,
};
pub use events::{EventFilter, EventQuery, EventSort};
pub use named::{
    Above, CatalogItemName, Coded, InvoiceName, OrderName, OrganizationName, ProductName, RequestName,
};
pub use notes::{NoteFilter, NotePlace, NotePlaceError, NoteQuery, NoteSort, NotesFollowed, WrittenNote};
pub use offer::{
    CatalogItemFilter, CatalogItemQuery, CatalogItemSort, ProductFilter, ProductQuery, ProductSort,
};
pub use policies::{
    PolicyDocumentFilter, PolicyDocumentQuery, PolicyDocumentSort, PolicyVersionQuery, PolicyVersionSort,
};
pub use query::{ListQuery, NoFilter, SortBy, SortError, Sorted};
pub use resources::{
    ContractDetail, ContractFilter, ContractQuery, ContractRow, ContractSort, EnvironmentDetail,
    EnvironmentFilter, EnvironmentQuery, EnvironmentRow, EnvironmentSort, LicenseDetail, LicenseFilter,
    LicenseQuery, LicenseRow, LicenseSort,
};
pub use sales::{
    BillingRunQuery, BillingRunSort, InvoiceDetail, InvoiceFilter, InvoiceQuery, InvoiceRow, InvoiceSort,
    OrderDetail, OrderFilter, OrderLineDetail, OrderQuery, OrderRow, OrderSort, PaymentQuery, PaymentSort,
};
pub use work::{
    CustomerRequestSort, RequestDetail, RequestFilter, RequestPlace, RequestQuery, RequestRow, RequestSort,
    ServiceDetail, ServiceFilter, ServiceQuery, ServiceRow, ServiceSort, WorkFigures,
};

/// The only organization whose data exist for somebody; none for staff, who see all (OR-6).
pub type Tenant = Option<OrganizationId>;

/// Who looks, and when: every query is limited to the tenant and shows what is the case at the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Whose data they see.
    pub tenant: Tenant,
    /// The instant that statuses and figures are shown as of (EN-5, CR-8).
    pub now: Timestamp,
}

impl Viewer {
    /// Staff, who see all.
    pub fn staff(now: Timestamp) -> Self {
        Self { tenant: None, now }
    }

    /// Somebody for whom the data of `organization` exist and no others.
    pub fn of(organization: OrganizationId, now: Timestamp) -> Self {
        Self { tenant: Some(organization), now }
    }
}

/// Every list and every single item.
///
/// What a viewer may not see does not exist for them (OR-6): it is missing from lists, and `None` where it is asked for.
/// A list under something (the notes of a request) is `None` where that is not there; all others are pages, empty ones
/// too. A cursor that another list or another order gave out is [`StoreError::InvalidCursor`].
#[async_trait]
pub trait Reads: Send + Sync {
    /// Organizations.
    async fn organizations(
        &self,
        viewer: Viewer,
        query: &OrganizationQuery,
    ) -> Result<Page<OrganizationRecord>, StoreError>;
    /// An organization.
    async fn organization(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<OrganizationRecord>, StoreError>;
    /// Collaborators.
    async fn collaborators(
        &self,
        viewer: Viewer,
        query: &CollaboratorQuery,
    ) -> Result<Page<CollaboratorRecord>, StoreError>;
    /// A collaborator.
    async fn collaborator(
        &self,
        viewer: Viewer,
        id: CollaboratorId,
    ) -> Result<Option<CollaboratorRecord>, StoreError>;
    /// API keys, without anything of their secrets.
    async fn api_keys(&self, viewer: Viewer, query: &ApiKeyQuery) -> Result<Page<ApiKeyRow>, StoreError>;
    /// An API key.
    async fn api_key(&self, viewer: Viewer, id: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError>;

    /// Products. Customers see those on sale.
    async fn products(&self, viewer: Viewer, query: &ProductQuery)
    -> Result<Page<ProductRecord>, StoreError>;
    /// A product, on sale or not.
    async fn product(&self, viewer: Viewer, id: ProductId) -> Result<Option<ProductRecord>, StoreError>;
    /// Catalog items. Customers see those that may be chosen.
    async fn catalog_items(
        &self,
        viewer: Viewer,
        query: &CatalogItemQuery,
    ) -> Result<Page<CatalogItemRecord>, StoreError>;
    /// A catalog item, active or not.
    async fn catalog_item(
        &self,
        viewer: Viewer,
        id: CatalogItemId,
    ) -> Result<Option<CatalogItemRecord>, StoreError>;

    /// Orders.
    async fn orders(&self, viewer: Viewer, query: &OrderQuery) -> Result<Page<OrderRow>, StoreError>;
    /// An order with its lines and payments.
    async fn order(&self, viewer: Viewer, id: OrderId) -> Result<Option<OrderDetail>, StoreError>;
    /// The payments of an order.
    async fn payments(
        &self,
        viewer: Viewer,
        order: OrderId,
        query: &PaymentQuery,
    ) -> Result<Option<Page<Payment>>, StoreError>;
    /// Invoices. Customers see no drafts.
    async fn invoices(&self, viewer: Viewer, query: &InvoiceQuery) -> Result<Page<InvoiceRow>, StoreError>;
    /// An invoice with its lines. Customers see no drafts.
    async fn invoice(&self, viewer: Viewer, id: InvoiceId) -> Result<Option<InvoiceDetail>, StoreError>;
    /// Billing runs; there are none for customers.
    async fn billing_runs(
        &self,
        viewer: Viewer,
        query: &BillingRunQuery,
    ) -> Result<Page<BillingRun>, StoreError>;
    /// A billing run; there is none for customers.
    async fn billing_run(&self, viewer: Viewer, id: BillingRunId) -> Result<Option<BillingRun>, StoreError>;

    /// Entitlements.
    async fn entitlements(
        &self,
        viewer: Viewer,
        query: &EntitlementQuery,
    ) -> Result<Page<EntitlementRow>, StoreError>;
    /// An entitlement with what lies under it.
    async fn entitlement(
        &self,
        viewer: Viewer,
        id: EntitlementId,
    ) -> Result<Option<EntitlementDetail>, StoreError>;
    /// The events of an entitlement and of what lies under it (EN-6); for its customer also those from before it was
    /// attached to them.
    async fn timeline(
        &self,
        viewer: Viewer,
        entitlement: EntitlementId,
        query: &EventQuery,
    ) -> Result<Option<Page<crate::Event>>, StoreError>;
    /// All events.
    async fn events(&self, viewer: Viewer, query: &EventQuery) -> Result<Page<crate::Event>, StoreError>;

    /// Licenses.
    async fn licenses(&self, viewer: Viewer, query: &LicenseQuery) -> Result<Page<LicenseRow>, StoreError>;
    /// A license with its activations.
    async fn license(&self, viewer: Viewer, id: LicenseId) -> Result<Option<LicenseDetail>, StoreError>;
    /// Environments. Customers see those that were handed over (PV-3).
    async fn environments(
        &self,
        viewer: Viewer,
        query: &EnvironmentQuery,
    ) -> Result<Page<EnvironmentRow>, StoreError>;
    /// An environment. Customers see it once it was handed over (PV-3).
    async fn environment(
        &self,
        viewer: Viewer,
        id: EnvironmentId,
    ) -> Result<Option<EnvironmentDetail>, StoreError>;
    /// Contracts.
    async fn contracts(&self, viewer: Viewer, query: &ContractQuery)
    -> Result<Page<ContractRow>, StoreError>;
    /// A contract with its versions.
    async fn contract(&self, viewer: Viewer, id: ContractId) -> Result<Option<ContractDetail>, StoreError>;

    /// Services.
    async fn services(&self, viewer: Viewer, query: &ServiceQuery) -> Result<Page<ServiceRow>, StoreError>;
    /// A service with the figures of its requests.
    async fn service(&self, viewer: Viewer, id: ServiceId) -> Result<Option<ServiceDetail>, StoreError>;
    /// Service requests.
    async fn service_requests(
        &self,
        viewer: Viewer,
        query: &RequestQuery,
    ) -> Result<Page<RequestRow>, StoreError>;
    /// A service request. What customers must not see of it (SR-10) is for whoever shows it to leave out.
    async fn service_request(
        &self,
        viewer: Viewer,
        id: ServiceRequestId,
    ) -> Result<Option<RequestDetail>, StoreError>;
    /// The notes on a request. Customers get client notes, whatever the filter says (SR-10).
    async fn notes(
        &self,
        viewer: Viewer,
        request: ServiceRequestId,
        query: &NoteQuery,
    ) -> Result<Option<Page<NoteRecord>>, StoreError>;
    /// A note on a request. Customers get client notes (SR-10).
    async fn note(
        &self,
        viewer: Viewer,
        request: ServiceRequestId,
        id: NoteId,
    ) -> Result<Option<NoteRecord>, StoreError>;
    /// Up to `limit` notes of `followed` after `after`, in the one order in which all notes can be followed: none that is written
    /// later stands before one that was read. Customers get client notes on requests of theirs (SR-10).
    async fn notes_after(
        &self,
        viewer: Viewer,
        followed: &NotesFollowed,
        after: NotePlace,
        limit: u16,
    ) -> Result<Vec<WrittenNote>, StoreError>;
    /// The place of the last note there is: after it is only what is new.
    async fn last_note(&self, viewer: Viewer) -> Result<NotePlace, StoreError>;

    /// Credit balances, with their figures at the viewer's instant.
    async fn credit_balances(
        &self,
        viewer: Viewer,
        query: &BalanceQuery,
    ) -> Result<Page<BalanceRow>, StoreError>;
    /// A credit balance, with its figures at the viewer's instant.
    async fn credit_balance(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
    ) -> Result<Option<BalanceRow>, StoreError>;
    /// The lots of a balance. What is available in one whose time is over counts as expired, written down or not (CR-8).
    async fn lots(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        query: &LotQuery,
    ) -> Result<Option<Page<LotRecord>>, StoreError>;
    /// The ledger of a balance, as it is written.
    async fn ledger(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        query: &LedgerQuery,
    ) -> Result<Option<Page<LedgerEntry>>, StoreError>;
    /// The figures of a credit balance as of any instant (CR-11): the same for ever for a past one; for one to come, what is
    /// left where nothing happens but what falls due.
    async fn credit_figures(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        at: Timestamp,
    ) -> Result<Option<Figures>, StoreError>;
    /// The statement of a credit balance for a period (CR-11).
    async fn credit_statement(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        query: &StatementQuery,
    ) -> Result<Option<StatementPage>, StoreError>;
    /// What happened to a credit balance from each of the instants up to the next one, so far.
    async fn credit_turnovers(
        &self,
        viewer: Viewer,
        id: CreditBalanceId,
        bounds: &[Timestamp],
    ) -> Result<Option<Vec<Turnover>>, StoreError>;
    /// Credits that expire from now on.
    async fn credit_expiries(
        &self,
        viewer: Viewer,
        query: &ExpiryQuery,
    ) -> Result<Page<ExpiryRow>, StoreError>;
    /// Which lots pay for a service request.
    async fn request_credits(
        &self,
        viewer: Viewer,
        id: ServiceRequestId,
    ) -> Result<Option<RequestCredits>, StoreError>;
    /// What a lot of a credit balance pays for.
    async fn lot_uses(
        &self,
        viewer: Viewer,
        balance: CreditBalanceId,
        lot: LotId,
        query: &LotUseQuery,
    ) -> Result<Option<Page<LotUseRow>>, StoreError>;

    /// Policy documents, each in its newest version; there are none for customers.
    async fn policy_documents(
        &self,
        viewer: Viewer,
        query: &PolicyDocumentQuery,
    ) -> Result<Page<PolicyVersion>, StoreError>;
    /// The newest version of a policy document; there is none for customers.
    async fn policy_document(
        &self,
        viewer: Viewer,
        id: PolicyDocumentId,
    ) -> Result<Option<PolicyVersion>, StoreError>;
    /// Every version of a policy document; there is none for customers.
    async fn policy_versions(
        &self,
        viewer: Viewer,
        id: PolicyDocumentId,
        query: &PolicyVersionQuery,
    ) -> Result<Option<Page<PolicyVersion>>, StoreError>;
    /// Up to `limit` entitlements under `place` in the order of their ids, after `after`.
    async fn policy_scopes(
        &self,
        viewer: Viewer,
        place: PolicyPlace,
        after: Option<EntitlementId>,
        limit: u32,
    ) -> Result<Vec<PlacedScope>, StoreError>;

    /// The id of what people know as `text`: its code, SKU or key. None where the text is no code of that kind, where there
    /// is no such thing, or none for this viewer.
    async fn id_of(&self, viewer: Viewer, kind: Coded, text: &str) -> Result<Option<Uuid>, StoreError>;
}
