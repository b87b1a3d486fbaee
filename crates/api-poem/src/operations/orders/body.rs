//! What is sent about orders.

use billing::Buyer;
use kernel::{Currency, Invalid, OrganizationId};
use poem_openapi::{Object, types::Example};
use service_delivery::{CreateOrder, OrderedItem, ReceivedPayment, access::Caller, reads::Coded};
use uuid::Uuid;

use crate::{
    http::ApiError,
    operations::{Context, example, named::HolderBody},
    wire::{Instant, Key, Money},
};

/// What is to be bought, by an organization or by a person.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewOrder {
    /// The organization that buys.
    organization_id: Option<Uuid>,
    /// The person who buys, where no organization does.
    holder: Option<HolderBody>,
    /// The currency of every price: three capital letters of ISO 4217.
    currency: String,
    /// The name that a shop knows it by: up to 200 characters; sending the same order twice under it yields the one order.
    #[oai(validator(max_length = 200))]
    external_ref: Option<String>,
    /// What is bought: at most 500 pieces together.
    #[oai(validator(max_items = 200))]
    lines: Vec<NewOrderLine>,
}

/// One line of it.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct NewOrderLine {
    /// The product, by id or SKU.
    product: Key,
    /// How many pieces, 1 or more; each becomes an entitlement of its own.
    quantity: u32,
    /// The price of one piece, with no more decimals than its currency has; the product's where it is absent.
    unit_price: Option<Money>,
}

impl Example for NewOrder {
    fn example() -> Self {
        Self {
            organization_id: Some(example::id(1)),
            holder: None,
            currency: "BRL".to_owned(),
            external_ref: Some("shop-10023".to_owned()),
            lines: vec![NewOrderLine {
                product: Key::from(example::id(3)),
                quantity: 1,
                unit_price: Some(Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() }),
            }],
        }
    }
}

impl NewOrder {
    /// The order meant; codes are looked up as `by`.
    pub(crate) async fn read(self, context: &Context, by: &Caller) -> Result<CreateOrder, ApiError> {
        let mut invalid = Invalid::default();
        let buyer = match (self.organization_id, self.holder) {
            (Some(organization), None) => Some(Buyer::Organization(OrganizationId::new(organization))),
            (None, Some(HolderBody { name, email })) => Some(Buyer::Person { name, email }),
            _ => {
                invalid.push("organization_id", "either this or holder must be there");
                None
            }
        };
        let currency = self
            .currency
            .parse::<Currency>()
            .map_err(|error| invalid.push("currency", error.to_string()))
            .ok();
        let mut lines = Vec::with_capacity(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            let path = format!("lines[{index}]");
            let unit_price = match &line.unit_price {
                Some(price) => price.read(&format!("{path}.unit_price"), &mut invalid),
                None => None,
            };
            let path = format!("{path}.product");
            let product = context.noted_id(by, Coded::Product, &path, &line.product, &mut invalid).await?;
            let quantity = line.quantity;
            lines.extend(product.map(|product| OrderedItem { product, quantity, unit_price }));
        }
        match (buyer, currency) {
            (Some(buyer), Some(currency)) => {
                Ok(invalid.or_ok(CreateOrder { buyer, currency, external_ref: self.external_ref, lines })?)
            }
            _ => Err(invalid.into()),
        }
    }
}

/// A payment that was received.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewPayment {
    /// The name that the outside world knows it by: up to 200 characters; sending it twice under that name records it once.
    #[oai(validator(max_length = 200))]
    external_ref: String,
    /// How much.
    amount: Money,
    /// When it was received; now, where it is absent.
    received_at: Option<Instant>,
}

impl Example for NewPayment {
    fn example() -> Self {
        Self {
            external_ref: "pix-7f3a".to_owned(),
            amount: Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() },
            received_at: Some(example::instant()),
        }
    }
}

impl NewPayment {
    pub(crate) fn read(self) -> Result<ReceivedPayment, Invalid> {
        let mut invalid = Invalid::default();
        let received_at = self.received_at.map(|Instant(at)| at);
        match self.amount.read("amount", &mut invalid) {
            Some(amount) => {
                invalid.or_ok(ReceivedPayment { external_ref: self.external_ref, amount, received_at })
            }
            None => Err(invalid),
        }
    }
}
