//! Typed ids (ID-1): a UUIDv7 in a newtype of its own per entity.

use std::{fmt, str::FromStr};

use uuid::Uuid;

macro_rules! entity_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made for this kind of entity.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, for storage and wire formats.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

entity_ids! {
    /// A customer company or institution.
    OrganizationId,
    /// A person who belongs to an organization.
    CollaboratorId,
    /// Something MIDDAG sells.
    ProductId,
    /// What a customer may use.
    EntitlementId,
    /// The key to a plugin.
    LicenseId,
    /// A managed installation.
    EnvironmentId,
    /// The agreement under a service entitlement.
    ContractId,
    /// A file that a customer may download.
    DownloadId,
    /// A stored file.
    DocumentId,
    /// A referrer's record.
    AffiliateId,
    /// A container of work under a service entitlement.
    ServiceId,
    /// One engagement under a service.
    ProjectId,
    /// A checkpoint of a project.
    MilestoneId,
    /// One piece of work asked for.
    ServiceRequestId,
    /// A note on a service request.
    NoteId,
    /// A file attached to a service request.
    AttachmentId,
    /// A kind of work with a fixed price in credits.
    CatalogItemId,
    /// An account of credits.
    CreditBalanceId,
    /// Credits granted together.
    LotId,
    /// A quote.
    QuoteId,
    /// An order.
    OrderId,
    /// A line of an order.
    OrderLineId,
    /// A payment recorded against an order.
    PaymentId,
    /// An invoice.
    InvoiceId,
    /// A line of an invoice.
    InvoiceLineId,
    /// One run that gathers what is billable.
    BillingRunId,
    /// A domain event.
    EventId,
    /// An API key.
    ApiKeyId,
    /// Whoever calls: the id of their key, of the collaborator, or of the member of staff.
    CallerId,
    /// A policy document, through all its versions.
    PolicyDocumentId,
}
