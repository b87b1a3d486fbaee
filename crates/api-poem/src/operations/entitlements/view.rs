//! What entitlements look like to staff.

use entitlement::{
    ContractStatus, EntitlementStatus, EnvironmentStatus, Holder, LicenseStatus, Provisioned, SupportClass,
};
use kernel::{EntitlementClass, Limited as _, Standing};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{EntitlementDetail, EntitlementRow};
use uuid::Uuid;

use crate::{
    operations::{
        example,
        named::{HolderRef, OrderRef, OrganizationRef, ProductRef},
    },
    wire::{Instant, Word},
};

fn holder(Holder { name, email }: Holder) -> HolderRef {
    HolderRef { name, email: email.to_string() }
}

/// An entitlement in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct EntitlementSummary {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Its class.
    class: Word<EntitlementClass>,
    /// Where it is in its life.
    status: Word<EntitlementStatus>,
    /// What that allows now.
    standing: Word<Standing>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// Who holds it.
    holder: Option<HolderRef>,
    /// What it was made from.
    product: Option<ProductRef>,
    /// When its trial ends or ended.
    trial_ends_at: Option<Instant>,
    /// When it began for real.
    starts_at: Option<Instant>,
    /// The end of what is paid for.
    ends_at: Option<Instant>,
    /// For when a cancellation was asked for. It is shown, and no timed step carries it out yet.
    cancel_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

impl From<EntitlementRow> for EntitlementSummary {
    fn from(row: EntitlementRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            class: row.class.into(),
            status: row.status.into(),
            standing: row.standing.into(),
            support_class: row.support_class.into(),
            organization: row.organization.map(OrganizationRef::from),
            holder: row.holder.map(holder),
            product: row.product.map(ProductRef::from),
            trial_ends_at: row.trial_ends_at.map(Instant),
            starts_at: row.starts_at.map(Instant),
            ends_at: row.ends_at.map(Instant),
            cancel_at: row.cancel_at.map(Instant),
            created_at: row.created_at.into(),
        }
    }
}

/// An entitlement with all that lies under it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct EntitlementView {
    /// Its id.
    id: Uuid,
    /// Its code.
    code: String,
    /// Its class.
    class: Word<EntitlementClass>,
    /// Where it is in its life.
    status: Word<EntitlementStatus>,
    /// What that allows now.
    standing: Word<Standing>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// Who holds it.
    holder: Option<HolderRef>,
    /// What it was made from.
    product: Option<ProductRef>,
    /// The order that bought it.
    order: Option<OrderRef>,
    /// What lies under it.
    provisioned: ProvisionedView,
    /// When its trial ends or ended.
    trial_ends_at: Option<Instant>,
    /// When it began for real.
    starts_at: Option<Instant>,
    /// The end of what is paid for; absent where it does not end.
    ends_at: Option<Instant>,
    /// Since when something is unpaid.
    past_due_since: Option<Instant>,
    /// Since when it rests.
    suspended_at: Option<Instant>,
    /// For when a cancellation was asked for. It is shown, and no timed step carries it out yet.
    cancel_at: Option<Instant>,
    /// When it expired.
    expired_at: Option<Instant>,
    /// From when on no renewal brings it back.
    renewal_grace_ends_at: Option<Instant>,
    /// When it was cancelled.
    cancelled_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

impl From<EntitlementDetail> for EntitlementView {
    fn from(detail: EntitlementDetail) -> Self {
        let EntitlementDetail { entitlement: row, standing, organization, product, order, provisioned } =
            detail;
        Self {
            id: row.id.as_uuid(),
            code: row.code.to_string(),
            class: row.class.into(),
            status: row.status.into(),
            standing: standing.into(),
            support_class: row.support_class.into(),
            organization: organization.map(OrganizationRef::from),
            holder: row.holder.map(holder),
            product: product.map(ProductRef::from),
            order: order.map(OrderRef::from),
            provisioned: ProvisionedView::of(provisioned, standing),
            trial_ends_at: row.trial_ends_at.map(Instant),
            starts_at: row.starts_at.map(Instant),
            ends_at: row.term.map(|term| Instant(term.ends_at)),
            past_due_since: row.past_due_since.map(Instant),
            suspended_at: row.suspended_at.map(Instant),
            cancel_at: row.cancel_at.map(Instant),
            expired_at: row.expired_at.map(Instant),
            renewal_grace_ends_at: row.renewal_grace_ends_at.map(Instant),
            cancelled_at: row.cancelled_at.map(Instant),
            created_at: row.created_at.into(),
        }
    }
}

macro_rules! limited {
    ($($(#[$doc:meta])* $name:ident: $status:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Object)]
        pub(crate) struct $name {
            /// Its id.
            id: Uuid,
            /// The status that the world sees.
            status: Word<$status>,
            /// Its own status, without what the entitlement's makes of it.
            own_status: Word<$status>,
        }

        impl $name {
            fn of(id: impl Into<Uuid>, own: $status, standing: Standing) -> Self {
                Self { id: id.into(), status: own.seen(standing).into(), own_status: own.into() }
            }
        }
    )*};
}

limited! {
    /// A license under an entitlement.
    ProvisionedLicense: LicenseStatus;
    /// An environment under an entitlement.
    ProvisionedEnvironment: EnvironmentStatus;
    /// A contract under an entitlement.
    ProvisionedContract: ContractStatus;
}

/// What lies under an entitlement.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ProvisionedView {
    /// Its licenses.
    licenses: Vec<ProvisionedLicense>,
    /// Its environments.
    environments: Vec<ProvisionedEnvironment>,
    /// Its contracts.
    contracts: Vec<ProvisionedContract>,
    /// The ids of its services.
    service_ids: Vec<Uuid>,
    /// The id of its own credit balance.
    credit_balance_id: Option<Uuid>,
    /// The ids of its affiliate records.
    affiliate_ids: Vec<Uuid>,
    /// The ids of its downloads.
    download_ids: Vec<Uuid>,
    /// The ids of its documents.
    document_ids: Vec<Uuid>,
    /// The ids of the orders it is linked to.
    order_ids: Vec<Uuid>,
    /// The ids of the invoices it is linked to.
    invoice_ids: Vec<Uuid>,
}

fn ids<I: Into<Uuid>>(ids: Vec<I>) -> Vec<Uuid> {
    ids.into_iter().map(I::into).collect()
}

impl ProvisionedView {
    fn of(under: Provisioned, standing: Standing) -> Self {
        let licenses = under.licenses.into_iter();
        let environments = under.environments.into_iter();
        let contracts = under.contracts.into_iter();
        Self {
            licenses: licenses.map(|(id, own)| ProvisionedLicense::of(id, own, standing)).collect(),
            environments: environments
                .map(|(id, own)| ProvisionedEnvironment::of(id, own, standing))
                .collect(),
            contracts: contracts.map(|(id, own)| ProvisionedContract::of(id, own, standing)).collect(),
            service_ids: ids(under.services),
            credit_balance_id: under.credit_balance.map(Uuid::from),
            affiliate_ids: ids(under.affiliates),
            download_ids: ids(under.downloads),
            document_ids: ids(under.documents),
            order_ids: ids(under.orders),
            invoice_ids: ids(under.invoices),
        }
    }
}

impl Example for EntitlementView {
    fn example() -> Self {
        let (named, at) = (example::entitlement(), example::instant());
        Self {
            id: named.id,
            code: named.code,
            class: Word(EntitlementClass::Svc),
            status: Word(EntitlementStatus::Active),
            standing: Word(Standing::Live),
            support_class: Word(SupportClass::Business),
            organization: Some(example::organization()),
            holder: None,
            product: Some(example::product()),
            order: Some(OrderRef { id: example::id(4), code: "SO-20260001".to_owned() }),
            provisioned: ProvisionedView {
                service_ids: vec![example::id(8)],
                credit_balance_id: Some(example::id(9)),
                ..ProvisionedView::of(Provisioned::default(), Standing::Live)
            },
            trial_ends_at: None,
            starts_at: Some(at),
            ends_at: Some(Instant(at.0.plus_days(365))),
            past_due_since: None,
            suspended_at: None,
            cancel_at: None,
            expired_at: None,
            renewal_grace_ends_at: None,
            cancelled_at: None,
            created_at: at,
        }
    }
}
