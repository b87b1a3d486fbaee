//! What is sent about entitlements.

use entitlement::SupportClass;
use kernel::{EntitlementClass, Invalid, OrganizationId};
use poem_openapi::{Object, types::Example};
use service_delivery::{CreateEntitlement, EntitlementChange, access::Caller, reads::Coded};
use uuid::Uuid;

use crate::{
    http::ApiError,
    operations::{Context, example, named::HolderBody},
    wire::{Key, Word},
};

/// The most characters of a reason.
const MAX_REASON: usize = 2_000;

/// An entitlement that no order asks for.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewEntitlement {
    /// Its class: it decides what is provisioned.
    class: Word<EntitlementClass>,
    /// Whose it is.
    organization_id: Option<Uuid>,
    /// Who holds it; needed where there is no organization.
    holder: Option<HolderBody>,
    /// The product it is made from, by id or SKU; needed for PLG and SVC.
    product: Option<Key>,
    /// The support that comes with it; the product's, else `free`, where it is absent.
    support_class: Option<Word<SupportClass>>,
}

impl Example for NewEntitlement {
    fn example() -> Self {
        Self {
            class: Word(EntitlementClass::Svc),
            organization_id: Some(example::id(1)),
            holder: None,
            product: Some(Key::from(example::id(3))),
            support_class: Some(Word(SupportClass::Business)),
        }
    }
}

impl NewEntitlement {
    /// The entitlement meant; a SKU is looked up as `by`.
    pub(crate) async fn read(self, context: &Context, by: &Caller) -> Result<CreateEntitlement, ApiError> {
        let product = context.id_in(by, Coded::Product, "product", self.product.as_ref()).await?;
        Ok(CreateEntitlement {
            class: self.class.0,
            organization: self.organization_id.map(OrganizationId::new),
            holder: self.holder.map(|HolderBody { name, email }| (name, email)),
            product,
            support_class: self.support_class.map(|Word(class)| class),
        })
    }
}

/// A cancellation.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct CancelEntitlement {
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    reason: String,
    /// At once, whatever the cancellation policy says about the end of the term and days of notice; false where absent.
    at_once: Option<bool>,
}

impl Example for CancelEntitlement {
    fn example() -> Self {
        Self { reason: "asked for by the customer".to_owned(), at_once: Some(false) }
    }
}

impl CancelEntitlement {
    pub(crate) fn read(self) -> Result<(EntitlementChange, String), Invalid> {
        let change = EntitlementChange::Cancel { at_once: self.at_once.unwrap_or_default() };
        Ok((change, reason(&self.reason)?))
    }
}

/// The reason that goes into the event.
pub(crate) fn reason(text: &str) -> Result<String, Invalid> {
    let mut invalid = Invalid::default();
    invalid.require_text("reason", text, MAX_REASON);
    invalid.or_ok(text.trim().to_owned())
}

/// The organization that gets an entitlement.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct AttachOrganization {
    /// Its id.
    organization_id: Uuid,
}

impl Example for AttachOrganization {
    fn example() -> Self {
        Self { organization_id: example::id(1) }
    }
}

impl AttachOrganization {
    pub(crate) fn organization(&self) -> OrganizationId {
        OrganizationId::new(self.organization_id)
    }
}
