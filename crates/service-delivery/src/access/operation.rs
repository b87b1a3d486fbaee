//! The one table of who may do what (OR-3, OR-4, OR-6).

use entitlement::{
    Access::{self, Read, Write},
    Scope,
};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::StaffRole::{self, Admin, Delivery, Finance};

const EVERYONE: &[StaffRole] = &[Admin, Delivery, Finance];
const DELIVERY: &[StaffRole] = &[Admin, Delivery];
const FINANCE: &[StaffRole] = &[Admin, Finance];
const ADMIN: &[StaffRole] = &[Admin];
const NOBODY: &[StaffRole] = &[];

/// Who may do an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The staff roles that may.
    pub staff: &'static [StaffRole],
    /// What a collaborator needs, within their own organization; none where customers may not at all.
    pub organization: Option<(Scope, Access)>,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident: $staff:expr, $organization:expr;)*) => {
        /// Everything that can be asked of the API, one variant per operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
        #[strum(serialize_all = "snake_case")]
        #[expect(missing_docs, reason = "each is the operation's id in the OpenAPI document")]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// The row of this operation.
            pub fn requirement(self) -> Requirement {
                match self { $(Self::$name => Requirement { staff: $staff, organization: $organization },)* }
            }
        }
    };
}

operations! {
    // Organizations and people
    ListOrganizations: EVERYONE, None;
    GetOrganization: EVERYONE, None;
    CreateOrganization: ADMIN, None;
    UpdateOrganization: ADMIN, None;
    ListCollaborators: EVERYONE, Some((Scope::Team, Read));
    GetCollaborator: EVERYONE, Some((Scope::Team, Read));
    AddCollaborator: ADMIN, Some((Scope::Team, Write));
    UpdateCollaborator: ADMIN, Some((Scope::Team, Write));
    RemoveCollaborator: ADMIN, Some((Scope::Team, Write));
    ListApiKeys: ADMIN, None;
    GetApiKey: ADMIN, None;
    RotateApiKey: ADMIN, None;
    CreateApiKey: ADMIN, None;
    RevokeApiKey: ADMIN, None;

    // Products, orders, invoices
    ListProducts: EVERYONE, None;
    GetProduct: EVERYONE, None;
    CreateProduct: ADMIN, None;
    UpdateProduct: ADMIN, None;
    DeactivateProduct: ADMIN, None;
    ReactivateProduct: ADMIN, None;
    ListOrders: FINANCE, None;
    GetOrder: FINANCE, None;
    CreateOrder: FINANCE, None;
    CancelOrder: FINANCE, None;
    RecordPayment: FINANCE, None;
    ListInvoices: FINANCE, None;
    GetInvoice: FINANCE, None;
    IssueInvoice: FINANCE, None;
    PayInvoice: FINANCE, None;
    ListBillingRuns: FINANCE, None;
    GetBillingRun: FINANCE, None;
    StartBillingRun: FINANCE, None;

    // Entitlements and what lies under them
    ListEntitlements: EVERYONE, None;
    GetEntitlement: EVERYONE, None;
    GetEntitlementTimeline: EVERYONE, None;
    ListEvents: ADMIN, None;
    CreateEntitlement: ADMIN, None;
    PreviewEntitlementChange: EVERYONE, None;
    SuspendEntitlement: FINANCE, None;
    ReactivateEntitlement: FINANCE, None;
    ExpireEntitlement: FINANCE, None;
    CancelEntitlement: FINANCE, None;
    AttachOrganization: ADMIN, None;
    ListLicenses: EVERYONE, None;
    GetLicense: EVERYONE, None;
    ActivateLicense: EVERYONE, Some((Scope::Entitlements, Write));
    DeactivateLicense: EVERYONE, Some((Scope::Entitlements, Write));
    ValidateLicense: EVERYONE, Some((Scope::Entitlements, Read));
    ListEnvironments: EVERYONE, None;
    GetEnvironment: EVERYONE, None;
    ConfigureEnvironment: DELIVERY, None;
    ActivateEnvironment: DELIVERY, None;
    StartEnvironmentMaintenance: DELIVERY, None;
    EndEnvironmentMaintenance: DELIVERY, None;
    ListContracts: EVERYONE, None;
    GetContract: EVERYONE, None;

    // Policies
    ListPolicyDocuments: EVERYONE, None;
    GetPolicyDocument: EVERYONE, None;
    ListPolicyVersions: EVERYONE, None;
    CreatePolicyDocument: ADMIN, None;
    UpdatePolicyDocument: ADMIN, None;
    EndPolicyDocument: ADMIN, None;
    TryPolicyDocument: EVERYONE, None;
    LintPolicies: EVERYONE, None;
    ListPolicyKinds: EVERYONE, None;
    GetEntitlementPolicies: EVERYONE, None;
    GetEntitlementPolicy: EVERYONE, None;
    ExplainEntitlementPolicy: EVERYONE, None;

    // Work
    ListServices: EVERYONE, None;
    GetService: EVERYONE, None;
    UpdateService: DELIVERY, None;
    ApproveService: DELIVERY, None;
    ActivateService: DELIVERY, None;
    StartService: DELIVERY, None;
    HoldService: DELIVERY, None;
    ResumeService: DELIVERY, None;
    DeliverService: DELIVERY, None;
    ReworkService: DELIVERY, None;
    CloseService: DELIVERY, None;
    CancelService: DELIVERY, None;
    ListServiceRequests: EVERYONE, None;
    GetServiceRequest: EVERYONE, None;
    CreateServiceRequest: DELIVERY, None;
    UpdateServiceRequest: DELIVERY, None;
    EstimateServiceRequest: DELIVERY, None;
    AgreeCreditValue: DELIVERY, None;
    SubmitServiceRequest: DELIVERY, None;
    ApproveServiceRequest: DELIVERY, None;
    RejectServiceRequest: DELIVERY, None;
    ConvertServiceRequestToQuote: DELIVERY, None;
    AssignServiceRequest: DELIVERY, None;
    StartServiceRequest: DELIVERY, None;
    HoldServiceRequest: DELIVERY, None;
    ResumeServiceRequest: DELIVERY, None;
    CompleteServiceRequest: DELIVERY, None;
    ReopenServiceRequest: DELIVERY, None;
    CancelServiceRequest: DELIVERY, None;
    ListNotes: DELIVERY, None;
    AddNote: DELIVERY, None;
    GetNote: DELIVERY, None;
    StreamNotes: DELIVERY, None;
    StreamServiceRequestNotes: DELIVERY, None;

    // Credits
    ListCatalogItems: EVERYONE, Some((Scope::Requests, Read));
    GetCatalogItem: EVERYONE, Some((Scope::Requests, Read));
    GetCatalogItemPrice: EVERYONE, Some((Scope::Requests, Read));
    ExportCatalogItems: EVERYONE, None;
    ImportCatalogItems: ADMIN, None;
    CreateCatalogItem: ADMIN, None;
    UpdateCatalogItem: ADMIN, None;
    DeactivateCatalogItem: ADMIN, None;
    ActivateCatalogItem: ADMIN, None;
    ListCreditBalances: EVERYONE, None;
    GetCreditBalance: EVERYONE, None;
    ListLots: EVERYONE, None;
    ListLedgerEntries: EVERYONE, None;
    GetCreditBalanceAsOf: EVERYONE, None;
    GetCreditStatement: EVERYONE, None;
    ExportCreditStatement: EVERYONE, None;
    ListMonthlyCreditTotals: EVERYONE, None;
    ListLotUses: EVERYONE, None;
    ListCreditExpiries: EVERYONE, None;
    PreviewCredits: EVERYONE, None;
    GetServiceRequestCredits: EVERYONE, None;
    GrantCredits: FINANCE, None;
    AdjustCredits: FINANCE, None;
    WithdrawLot: FINANCE, None;
    CorrectCredits: FINANCE, None;
    FreezeCreditBalance: FINANCE, None;
    UnfreezeCreditBalance: FINANCE, None;

    // The clock (WK-3)
    GetClock: EVERYONE, None;
    SetClock: ADMIN, None;

    // What the customer has: operations and types of their own (AP-6)
    PortalGetOrganization: NOBODY, Some((Scope::Team, Read));
    PortalListTeam: NOBODY, Some((Scope::Team, Read));
    PortalGetTeamMember: NOBODY, Some((Scope::Team, Read));
    PortalAddTeamMember: NOBODY, Some((Scope::Team, Write));
    PortalUpdateTeamMember: NOBODY, Some((Scope::Team, Write));
    PortalRemoveTeamMember: NOBODY, Some((Scope::Team, Write));
    PortalListEntitlements: NOBODY, Some((Scope::Entitlements, Read));
    PortalGetEntitlement: NOBODY, Some((Scope::Entitlements, Read));
    PortalGetEntitlementTerms: NOBODY, Some((Scope::Entitlements, Read));
    PortalListLicenses: NOBODY, Some((Scope::Entitlements, Read));
    PortalGetLicense: NOBODY, Some((Scope::Entitlements, Read));
    PortalListContracts: NOBODY, Some((Scope::Entitlements, Read));
    PortalGetContract: NOBODY, Some((Scope::Entitlements, Read));
    PortalListEnvironments: NOBODY, Some((Scope::Environments, Read));
    PortalGetEnvironment: NOBODY, Some((Scope::Environments, Read));
    PortalListServices: NOBODY, Some((Scope::Requests, Read));
    PortalGetService: NOBODY, Some((Scope::Requests, Read));
    PortalApproveService: NOBODY, Some((Scope::Requests, Write));
    PortalAcceptDelivery: NOBODY, Some((Scope::Requests, Write));
    PortalRejectDelivery: NOBODY, Some((Scope::Requests, Write));
    PortalListCatalogItems: NOBODY, Some((Scope::Requests, Read));
    PortalGetCatalogItem: NOBODY, Some((Scope::Requests, Read));
    PortalListOrders: NOBODY, Some((Scope::Billing, Read));
    PortalGetOrder: NOBODY, Some((Scope::Billing, Read));
    PortalListInvoices: NOBODY, Some((Scope::Billing, Read));
    PortalGetInvoice: NOBODY, Some((Scope::Billing, Read));

    // The customer's own requests: operations and types of their own (AP-6)
    PortalListServiceRequests: NOBODY, Some((Scope::Requests, Read));
    PortalGetServiceRequest: NOBODY, Some((Scope::Requests, Read));
    PortalCreateServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalSubmitServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalApproveServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalRejectServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalAcceptServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalReopenServiceRequest: NOBODY, Some((Scope::Requests, Write));
    PortalCancelServiceRequest: NOBODY, Some((Scope::Requests, Write));
    // What is left, and what became of it, is money: `billing`. What work would cost is asked before it is asked for: `requests`.
    PortalListCreditBalances: NOBODY, Some((Scope::Billing, Read));
    PortalGetCreditBalance: NOBODY, Some((Scope::Billing, Read));
    PortalGetCreditBalanceAsOf: NOBODY, Some((Scope::Billing, Read));
    PortalListLots: NOBODY, Some((Scope::Billing, Read));
    PortalGetCreditStatement: NOBODY, Some((Scope::Billing, Read));
    PortalExportCreditStatement: NOBODY, Some((Scope::Billing, Read));
    PortalListMonthlyCreditTotals: NOBODY, Some((Scope::Billing, Read));
    PortalListCreditExpiries: NOBODY, Some((Scope::Billing, Read));
    PortalPreviewCredits: NOBODY, Some((Scope::Requests, Read));
    PortalListNotes: NOBODY, Some((Scope::Requests, Read));
    PortalAddNote: NOBODY, Some((Scope::Requests, Write));
    PortalGetNote: NOBODY, Some((Scope::Requests, Read));
    PortalStreamNotes: NOBODY, Some((Scope::Requests, Read));
    PortalStreamServiceRequestNotes: NOBODY, Some((Scope::Requests, Read));
}
