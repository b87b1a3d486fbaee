//! Whether an order that arrives a second time is the same order (OD-3).

use kernel::{Currency, Money, OrderCode, ProductId};

use crate::{Buyer, Order};

/// What a shop sends, as far as it decides whether it is the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderContent {
    /// Who buys.
    pub buyer: Buyer,
    /// The currency of every price.
    pub currency: Currency,
    /// What is bought, in the shop's order.
    pub lines: Vec<ItemContent>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemContent {
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: u32,
    /// The price of one piece; none where the shop leaves it to the product's price, which may have changed meanwhile.
    pub unit_price: Option<Money>,
}

/// The external reference belongs to an order of other content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("external reference {external_ref} belongs to order {order}, which differs in: {}", .differences.join(", "))]
pub struct OrderConflict {
    /// The reference.
    pub external_ref: String,
    /// The order that has it.
    pub order: OrderCode,
    /// The fields that differ.
    pub differences: Vec<String>,
}

impl Order {
    /// Compares with what a shop sent under the same external reference.
    ///
    /// # Errors
    /// [`OrderConflict`] names what differs.
    pub fn is_repeated_by(&self, content: &OrderContent) -> Result<(), OrderConflict> {
        let mut differences = Vec::new();
        if self.buyer() != &content.buyer {
            differences.push("buyer".to_owned());
        }
        if self.currency() != content.currency {
            differences.push("currency".to_owned());
        }
        if self.lines().len() != content.lines.len() {
            differences.push("lines".to_owned());
        } else {
            for (index, (have, sent)) in self.lines().iter().zip(&content.lines).enumerate() {
                let item = &have.item;
                let checks = [
                    ("product", item.product == sent.product),
                    ("quantity", item.quantity == sent.quantity),
                    ("unit_price", sent.unit_price.is_none_or(|price| price == item.unit_price)),
                ];
                for (field, same) in checks {
                    if !same {
                        differences.push(format!("lines[{index}].{field}"));
                    }
                }
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(OrderConflict {
            external_ref: self.external_ref().unwrap_or_default().to_owned(),
            order: self.code(),
            differences,
        })
    }
}
