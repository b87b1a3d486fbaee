//! Orders (OD-3, OD-4).

mod error;
mod record;
mod status;

#[cfg(test)]
mod tests;

use kernel::{
    Currency, IllegalMove, Invalid, Money, OrderCode, OrderId, OrderLineId, QuoteId, Timestamp, step,
};

pub use error::{CancelOrder, FulfilOrder, RefundOrder};
pub use record::{OrderLineRecord, OrderRecord};
pub use status::{OrderCommand, OrderStatus};

use crate::{
    AcceptedQuote, Buyer, Item, Outcome, Payment, PaymentDraft, PaymentOutcome, RecordPayment,
    item::check_items,
};

/// One line of an order: what one entitlement, or several alike, are created from (OD-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Its id.
    pub id: OrderLineId,
    /// What is sold.
    pub item: Item,
}

/// An order to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDraft {
    /// The id it gets.
    pub id: OrderId,
    /// The code it gets (ID-4).
    pub code: OrderCode,
    /// Who buys.
    pub buyer: Buyer,
    /// The currency of every price.
    pub currency: Currency,
    /// The name that a shop knows it by; unique; 1 to 200 characters.
    pub external_ref: Option<String>,
    /// The quote it comes from.
    pub quote: Option<QuoteId>,
    /// What is bought: 1 to [`MAX_LINES`](crate::MAX_LINES) lines.
    pub lines: Vec<OrderLine>,
}

/// Proof that an order is paid in full and not fulfilled yet: what [`Order::fulfil`] takes.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct PaidInFull {
    order: OrderId,
}

impl PaidInFull {
    /// The order that is paid.
    pub fn order(&self) -> OrderId {
        self.order
    }
}

/// What a customer bought, and how much of it is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    id: OrderId,
    code: OrderCode,
    buyer: Buyer,
    currency: Currency,
    external_ref: Option<String>,
    quote: Option<QuoteId>,
    lines: Vec<OrderLine>,
    total: Money,
    paid: Money,
    status: OrderStatus,
    created_at: Timestamp,
    paid_at: Option<Timestamp>,
    fulfilled_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    version: i64,
}

impl Order {
    /// A pending order. One of nothing (total zero) is still pending: see [`Order::settle_if_free`].
    ///
    /// # Errors
    /// Every field that is wrong: blank or long texts, no lines or too many, quantities and prices out of bounds,
    /// two currencies, a total that is too large.
    pub fn try_new(draft: OrderDraft, now: Timestamp) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        draft.buyer.check(&mut invalid);
        if let Some(external_ref) = &draft.external_ref {
            invalid.require_text("external_ref", external_ref, 200);
        }
        if draft.lines.is_empty() {
            invalid.push("lines", "must have at least one line");
        }
        let total = check_items(draft.lines.iter().map(|line| &line.item), draft.currency, &mut invalid);
        invalid.or_ok(Self {
            id: draft.id,
            code: draft.code,
            buyer: draft.buyer,
            currency: draft.currency,
            external_ref: draft.external_ref,
            quote: draft.quote,
            lines: draft.lines,
            total,
            paid: Money::zero(draft.currency).rounded(),
            status: OrderStatus::Pending,
            created_at: now,
            paid_at: None,
            fulfilled_at: None,
            closed_at: None,
            version: 1,
        })
    }

    /// The pending order that an accepted quote becomes (OD-2). `line_id` gives each line its id.
    pub fn from_quote(
        accepted: &AcceptedQuote,
        id: OrderId,
        code: OrderCode,
        mut line_id: impl FnMut() -> OrderLineId,
        now: Timestamp,
    ) -> Result<Self, Invalid> {
        let lines =
            accepted.items().iter().map(|item| OrderLine { id: line_id(), item: item.clone() }).collect();
        let draft = OrderDraft {
            id,
            code,
            buyer: accepted.buyer().clone(),
            currency: accepted.currency(),
            external_ref: None,
            quote: Some(accepted.quote()),
            lines,
        };
        Self::try_new(draft, now)
    }

    /// Records a payment (OD-4). `known` is the payment that has the same external reference already, on whatever order.
    ///
    /// # Errors
    /// [`RecordPayment`]; nothing is changed then.
    pub fn record_payment(
        &mut self,
        known: Option<&Payment>,
        draft: PaymentDraft,
        now: Timestamp,
    ) -> Result<PaymentOutcome, RecordPayment> {
        if let Some(known) = known.filter(|known| known.external_ref == draft.external_ref) {
            if known.order == self.id && known.amount == draft.amount {
                return Ok(PaymentOutcome::AlreadyRecorded(known.clone()));
            }
            return Err(RecordPayment::ReferenceTaken {
                external_ref: draft.external_ref,
                order: known.order,
                amount: known.amount,
            });
        }
        let when_in_full = step(self.status, OrderCommand::Pay)?;
        self.check_payment(&draft, now)?;
        let due = self.due();
        let too_large = |_| RecordPayment::MoreThanDue { amount: draft.amount, due };
        let left = due.checked_sub(draft.amount).map_err(too_large)?;
        if left.is_negative() {
            return Err(RecordPayment::MoreThanDue { amount: draft.amount, due });
        }
        self.paid = self.paid.checked_add(draft.amount).map_err(too_large)?;
        let payment = Payment {
            id: draft.id,
            order: self.id,
            external_ref: draft.external_ref,
            amount: draft.amount,
            received_at: draft.received_at,
            recorded_at: now,
        };
        if !left.is_zero() {
            return Ok(PaymentOutcome::Recorded(payment));
        }
        self.status = when_in_full;
        self.paid_at = Some(now);
        Ok(PaymentOutcome::PaidInFull(payment, PaidInFull { order: self.id }))
    }

    fn check_payment(&self, draft: &PaymentDraft, now: Timestamp) -> Result<(), RecordPayment> {
        if draft.amount.currency() != self.currency {
            return Err(RecordPayment::WrongCurrency { amount: draft.amount, due: self.due() });
        }
        let mut invalid = Invalid::default();
        invalid.require_text("external_ref", &draft.external_ref, 200);
        if draft.amount.is_negative() || draft.amount.is_zero() {
            invalid.push("amount", "must be above zero");
        } else if !draft.amount.is_whole_minor() {
            let digits = self.currency.minor_digits();
            invalid.push("amount", format!("must not have more than {digits} decimals"));
        }
        if draft.received_at > now {
            invalid.push("received_at", format!("must not be later than now, {now}"));
        }
        Ok(invalid.or_ok(())?)
    }

    /// A pending order of nothing is paid in full without any payment. None where something is due.
    ///
    /// # Errors
    /// [`IllegalMove`] where the order is not pending.
    pub fn settle_if_free(&mut self, now: Timestamp) -> Result<Option<PaidInFull>, IllegalMove> {
        let next = step(self.status, OrderCommand::Pay)?;
        if !self.due().is_zero() {
            return Ok(None);
        }
        self.status = next;
        self.paid_at = Some(now);
        Ok(Some(PaidInFull { order: self.id }))
    }

    /// The proof again, for an order that was paid earlier and waits for its provisioning.
    pub fn paid_in_full(&self) -> Option<PaidInFull> {
        (self.status == OrderStatus::Paid).then_some(PaidInFull { order: self.id })
    }

    /// Notes that every line's entitlement is provisioned. Repeating changes nothing.
    ///
    /// # Errors
    /// [`FulfilOrder`]; nothing is changed then.
    pub fn fulfil(&mut self, proof: PaidInFull, now: Timestamp) -> Result<Outcome, FulfilOrder> {
        if proof.order != self.id {
            return Err(FulfilOrder::OtherOrder { paid: proof.order });
        }
        if self.status == OrderStatus::Fulfilled {
            return Ok(Outcome::Unchanged);
        }
        self.status = step(self.status, OrderCommand::Fulfil)?;
        self.fulfilled_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Gives the order up, before anything is paid. Repeating changes nothing.
    ///
    /// # Errors
    /// [`CancelOrder`]; nothing is changed then.
    pub fn cancel(&mut self, now: Timestamp) -> Result<Outcome, CancelOrder> {
        if self.status == OrderStatus::Cancelled {
            return Ok(Outcome::Unchanged);
        }
        let next = step(self.status, OrderCommand::Cancel)?;
        if !self.paid.is_zero() {
            return Err(CancelOrder::HasPayments { paid: self.paid });
        }
        self.status = next;
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Notes that what was paid, in full or in part, went back to the buyer. Repeating changes nothing.
    ///
    /// # Errors
    /// [`RefundOrder`]; nothing is changed then.
    pub fn refund(&mut self, now: Timestamp) -> Result<Outcome, RefundOrder> {
        if self.status == OrderStatus::Refunded {
            return Ok(Outcome::Unchanged);
        }
        let next = step(self.status, OrderCommand::Refund)?;
        if self.status == OrderStatus::Pending && self.paid.is_zero() {
            return Err(RefundOrder::NothingPaid);
        }
        self.status = next;
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Its id.
    pub fn id(&self) -> OrderId {
        self.id
    }

    /// Its code.
    pub fn code(&self) -> OrderCode {
        self.code
    }

    /// Who buys.
    pub fn buyer(&self) -> &Buyer {
        &self.buyer
    }

    /// The currency of every amount in it.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The name that a shop knows it by.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }

    /// The quote it comes from.
    pub fn quote(&self) -> Option<QuoteId> {
        self.quote
    }

    /// What was bought.
    pub fn lines(&self) -> &[OrderLine] {
        &self.lines
    }

    /// The sum of its lines.
    pub fn total(&self) -> Money {
        self.total
    }

    /// The sum of its payments; what was paid stays recorded after a refund.
    pub fn paid(&self) -> Money {
        self.paid
    }

    /// What is still to be paid.
    pub fn due(&self) -> Money {
        // Both are of one currency, and what is paid never passes the total.
        self.total.checked_sub(self.paid).unwrap_or(self.total)
    }

    /// Where it stands.
    pub fn status(&self) -> OrderStatus {
        self.status
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Grows with every change; for `If-Match` (AP-5).
    pub fn version(&self) -> i64 {
        self.version
    }
}
