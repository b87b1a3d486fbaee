//! One thing that is sold, as it stood at that moment.

use kernel::{Currency, Invalid, Money, MoneyError, ProductId};
use rust_decimal::Decimal;

/// The most lines that an order or a quote may have.
pub const MAX_LINES: usize = 200;

/// The most pieces that one line may have.
pub const MAX_QUANTITY: u32 = 100_000;

/// What one line of a quote or an order sells and bills: a snapshot, so that later changes of the product do not reach it. What a
/// line of an order provisions is kept beside it, by who knows products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The product.
    pub product: ProductId,
    /// Its SKU then; 1 to 64 characters.
    pub sku: String,
    /// Its name then; 1 to 200 characters.
    pub name: String,
    /// How many pieces; 1 to [`MAX_QUANTITY`].
    pub quantity: u32,
    /// The price of one piece: not negative, in whole minor units.
    pub unit_price: Money,
}

impl Item {
    /// Quantity times unit price.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] where it does not fit.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.unit_price.checked_mul(Decimal::from(self.quantity))
    }

    /// Notes in `invalid`, under `path`, what is wrong with it as a line in `currency`.
    pub(crate) fn check(&self, path: &str, currency: Currency, invalid: &mut Invalid) {
        invalid.require_text(&format!("{path}.sku"), &self.sku, 64);
        invalid.require_text(&format!("{path}.name"), &self.name, 200);
        if !(1..=MAX_QUANTITY).contains(&self.quantity) {
            invalid.push(format!("{path}.quantity"), format!("must be 1 to {MAX_QUANTITY}"));
        }
        let price = format!("{path}.unit_price");
        if self.unit_price.currency() != currency {
            invalid.push(
                price,
                format!("is in {}, the other amounts are in {currency}", self.unit_price.currency()),
            );
        } else if self.unit_price.is_negative() {
            invalid.push(price, "must not be negative");
        } else if !self.unit_price.is_whole_minor() {
            invalid.push(price, format!("must not have more than {} decimals", currency.minor_digits()));
        } else if self.total().is_err() {
            invalid.push(price, "times the quantity is too large");
        }
    }
}

/// The sum of all items, with at least the decimals of the minor unit.
pub(crate) fn total_of<'a>(
    items: impl IntoIterator<Item = &'a Item>,
    currency: Currency,
) -> Result<Money, MoneyError> {
    items
        .into_iter()
        .try_fold(Money::zero(currency), |sum, item| sum.checked_add(item.total()?))
        .map(Money::rounded)
}

/// Notes what is wrong with the lines together; their sum where nothing is.
pub(crate) fn check_items<'a>(
    items: impl IntoIterator<Item = &'a Item> + Clone,
    currency: Currency,
    invalid: &mut Invalid,
) -> Money {
    let before = invalid.0.len();
    let count = items.clone().into_iter().count();
    if count > MAX_LINES {
        invalid.push("lines", format!("must not be more than {MAX_LINES}"));
    }
    for (index, item) in items.clone().into_iter().enumerate() {
        item.check(&format!("lines[{index}]"), currency, invalid);
    }
    if invalid.0.len() > before {
        return Money::zero(currency);
    }
    total_of(items, currency).unwrap_or_else(|_| {
        invalid.push("lines", "come to a sum that is too large");
        Money::zero(currency)
    })
}
