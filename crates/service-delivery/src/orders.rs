//! Orders and their payments (OD-3, OD-4): paid in full, everything is provisioned, or nothing is.

use billing::{
    Buyer, Item, ItemContent, Order, OrderContent, OrderDraft, OrderLine, Outcome, PaidInFull, PaymentDraft,
    PaymentOutcome,
};
use entitlement::Product;
use kernel::{Currency, Invalid, Money, OrderCode, OrderId, PaymentId, ProductId, StoreError, Timestamp};
use serde_json::{Value, json};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    provisioning::Bought,
    retry::retrying,
    step::{Step, found},
};

/// The most entitlements that one order may create: all of them are created in one transaction.
pub const MAX_PIECES: u64 = 500;

/// What is to be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOrder {
    /// Who buys.
    pub buyer: Buyer,
    /// The currency of every price.
    pub currency: Currency,
    /// The name that a shop knows it by; sending the same order twice under it yields the one order.
    pub external_ref: Option<String>,
    /// What is bought.
    pub lines: Vec<OrderedItem>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedItem {
    /// The product.
    pub product: ProductId,
    /// How many pieces; each becomes an entitlement of its own.
    pub quantity: u32,
    /// The price of one piece; the product's where none is given.
    pub unit_price: Option<Money>,
}

/// A payment that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedPayment {
    /// The name that the outside world knows it by.
    pub external_ref: String,
    /// How much.
    pub amount: Money,
    /// When it was received; now where none is given.
    pub received_at: Option<Timestamp>,
}

/// Something that may have been there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made<T> {
    /// It was made now.
    New(T),
    /// The same command had made it before; nothing was changed.
    Existing(T),
}

impl<T> Made<T> {
    /// The thing, made now or before.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(thing) | Self::Existing(thing) => thing,
        }
    }
}

impl ServiceDelivery {
    /// Takes an order. One that costs nothing is paid in full, and provisioned, at once.
    ///
    /// # Errors
    /// Every field that is wrong: products that are unknown or not on sale, prices in another currency, no lines; an
    /// external reference that belongs to another order.
    pub async fn create_order(&self, by: &Caller, new: &CreateOrder) -> Result<Made<OrderId>, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create order").await?;
            if let Some(existing) = step.order_sent_before(new).await? {
                step.commit().await?;
                return Ok(Made::Existing(existing));
            }
            let (lines, products) = step.price_lines(new).await?;
            let code = step.next_code(OrderCode::series(step.now, self.utc_offset), OrderCode::in_series).await?;
            let draft = OrderDraft {
                id: step.id(),
                code,
                buyer: new.buyer.clone(),
                currency: new.currency,
                external_ref: new.external_ref.clone(),
                quote: None,
                lines,
            };
            let mut order = Order::try_new(draft, step.now)?;
            match step.insert_order(&order, &products).await {
                // The same order came in at the same moment; the next attempt finds it.
                Err(StoreError::Duplicate { .. }) if new.external_ref.is_some() => {
                    return Err(StoreError::Conflict.into());
                }
                inserted => inserted?,
            }
            let after = json!({"status": "pending", "total": order.total().to_string(), "external_ref": new.external_ref});
            step.record("order.created", subject(&order), Value::Null, after);
            if let Some(proof) = order.settle_if_free(step.now)? {
                step.fulfil(&mut order, proof, &products).await?;
                step.uow.billing().save_order(&order).await?;
            }
            step.commit().await?;
            Ok(Made::New(order.id()))
        })
        .await
    }

    /// Gives an order up, before anything is paid. Repeating it changes nothing.
    ///
    /// # Errors
    /// No such order, payments recorded, a state that does not allow it.
    pub async fn cancel_order(&self, by: &Caller, id: OrderId) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "cancel order").await?;
            let mut order = step.lock_order(id).await?;
            let before = order.status().to_string();
            if order.cancel(step.now)? == Outcome::Changed {
                step.uow.billing().save_order(&order).await?;
                let after = json!({"status": order.status().to_string()});
                step.record("order.cancelled", subject(&order), json!({"status": before}), after);
            }
            step.commit().await
        })
        .await
    }

    /// Records a payment (OD-4). When the order is paid in full, every line's entitlements are created and provisioned in the
    /// same transaction, of the products as they were ordered: all of it or none of it.
    ///
    /// # Errors
    /// No such order, more than is due, another currency, a reference of another payment, a state that takes no payments.
    pub async fn record_payment(
        &self,
        by: &Caller,
        id: OrderId,
        payment: &ReceivedPayment,
    ) -> Result<Made<PaymentId>, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "record payment").await?;
            let mut order = step.lock_order(id).await?;
            let known = step.uow.billing().payment_by_external_ref(&payment.external_ref).await?;
            let draft = PaymentDraft {
                id: step.id(),
                external_ref: payment.external_ref.clone(),
                amount: payment.amount,
                received_at: payment.received_at.unwrap_or(step.now),
            };
            let (paid, proof) = match order.record_payment(known.as_ref(), draft, step.now)? {
                PaymentOutcome::AlreadyRecorded(paid) => {
                    let existing = paid.id;
                    step.commit().await?;
                    return Ok(Made::Existing(existing));
                }
                PaymentOutcome::Recorded(paid) => (paid, None),
                PaymentOutcome::PaidInFull(paid, proof) => (paid, Some(proof)),
            };
            match step.uow.billing().insert_payment(&paid).await {
                // Another order is paid under the same reference at the same moment; the next attempt finds it.
                Err(StoreError::Duplicate { .. }) => return Err(StoreError::Conflict.into()),
                inserted => inserted?,
            }
            let after = json!({"amount": paid.amount.to_string(), "external_ref": paid.external_ref, "due": order.due().to_string()});
            step.record("payment.recorded", subject(&order), Value::Null, after);
            if let Some(proof) = proof {
                let products = step.products_of(&order).await?;
                step.fulfil(&mut order, proof, &products).await?;
            }
            step.uow.billing().save_order(&order).await?;
            step.commit().await?;
            Ok(Made::New(paid.id))
        })
        .await
    }
}

impl Step<'_> {
    async fn lock_order(&mut self, id: OrderId) -> Result<Order, Refusal> {
        let order = self.uow.billing().lock_order(id).await?;
        let order = order.filter(|order| self.caller.sees(order.buyer().organization()));
        found(order, "order", id)
    }

    /// The order that has the same external reference already, where it is the same order.
    async fn order_sent_before(&mut self, new: &CreateOrder) -> Result<Option<OrderId>, Refusal> {
        let Some(external_ref) = &new.external_ref else { return Ok(None) };
        let Some(order) = self.uow.billing().lock_order_by_external_ref(external_ref).await? else {
            return Ok(None);
        };
        let lines = new.lines.iter().map(|line| ItemContent {
            product: line.product,
            quantity: line.quantity,
            unit_price: line.unit_price,
        });
        let content =
            OrderContent { buyer: new.buyer.clone(), currency: new.currency, lines: lines.collect() };
        order.is_repeated_by(&content)?;
        Ok(Some(order.id()))
    }

    /// The lines with their products' names and prices as they are now; every product that is not for sale is named.
    async fn price_lines(&mut self, new: &CreateOrder) -> Result<(Vec<OrderLine>, Vec<Product>), Refusal> {
        let mut invalid = Invalid::default();
        if let Buyer::Organization(id) = new.buyer
            && self.uow.entitlements().organization(id).await?.is_none()
        {
            invalid.push("organization_id", format!("there is no organization {id}"));
        }
        let (mut lines, mut products) = (Vec::new(), Vec::new());
        for (index, line) in new.lines.iter().enumerate() {
            let path = format!("lines[{index}].product");
            match self.uow.entitlements().product(line.product).await? {
                None => invalid.push(path, format!("there is no product {}", line.product)),
                Some(product) if !product.is_active() => {
                    invalid.push(path, format!("{} is not on sale any more", product.record().sku));
                }
                Some(product) => {
                    let item = Item {
                        product: product.id(),
                        sku: product.record().sku.to_string(),
                        name: product.name().to_owned(),
                        quantity: line.quantity,
                        unit_price: line.unit_price.unwrap_or(product.price()),
                    };
                    lines.push(OrderLine { id: self.id(), item });
                    products.push(product);
                }
            }
        }
        if new.lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>() > MAX_PIECES {
            invalid.push("lines", format!("must not be for more than {MAX_PIECES} pieces together"));
        }
        Ok(invalid.or_ok((lines, products))?)
    }

    /// Stores a new order, wherever it comes from, together with what it sells: later changes of the products do not reach it.
    /// `products` are those of the lines, in their order.
    async fn insert_order(&mut self, order: &Order, products: &[Product]) -> Result<(), StoreError> {
        self.uow.billing().insert_order(order).await?;
        for (line, product) in order.lines().iter().zip(products) {
            self.uow.entitlements().insert_sold_product(line.id, product).await?;
        }
        Ok(())
    }

    /// The products of the lines as they were sold; as they are now where an older server, which did not keep that, took the order.
    async fn products_of(&mut self, order: &Order) -> Result<Vec<Product>, Refusal> {
        let mut products = Vec::new();
        for line in order.lines() {
            let product = match self.uow.entitlements().sold_product(line.id).await? {
                Some(sold) => Some(sold),
                None => self.uow.entitlements().product(line.item.product).await?,
            };
            products.push(found(product, "product", line.item.product)?);
        }
        Ok(products)
    }

    /// Creates and provisions one entitlement per piece of every line. `products` are those of the lines as they were sold, in
    /// their order.
    async fn fulfil(
        &mut self,
        order: &mut Order,
        proof: PaidInFull,
        products: &[Product],
    ) -> Result<(), Refusal> {
        for (line, product) in order.lines().to_vec().iter().zip(products) {
            for _ in 0..line.item.quantity {
                self.provision_bought(&Bought { order, line: line.id, product }).await?;
            }
        }
        let _ = order.fulfil(proof, self.now)?;
        let after = json!({"status": order.status().to_string()});
        self.record("order.fulfilled", subject(order), json!({"status": "pending"}), after);
        Ok(())
    }
}

fn subject(order: &Order) -> Subject {
    Subject::new(SubjectKind::Order, order.id()).coded(order.code()).of(order.buyer().organization())
}
