//! Quotes (OD-2).

mod error;
mod record;
mod status;

#[cfg(test)]
mod tests;

use kernel::{
    Currency, IllegalMove, Invalid, Money, OrderId, QuoteCode, QuoteId, ServiceRequestId, Timestamp, step,
};

pub use error::{AcceptQuote, ConvertQuote, ExpireQuote, ReviseQuote, SendQuote};
pub use record::{QuoteLineRecord, QuoteRecord};
pub use status::{QuoteCommand, QuoteStatus};

use crate::{Buyer, Item, Outcome, item::check_items};

/// A quote to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteDraft {
    /// The id it gets.
    pub id: QuoteId,
    /// The code it gets (ID-4).
    pub code: QuoteCode,
    /// Who it is for.
    pub buyer: Buyer,
    /// The currency of every price.
    pub currency: Currency,
    /// What it is about; 1 to 200 characters.
    pub title: String,
    /// The request that went beyond its contract and became this quote (SR-4).
    pub service_request: Option<ServiceRequestId>,
    /// From this instant on it is not valid any more.
    pub valid_until: Timestamp,
    /// What is offered. May be empty until the quote is sent.
    pub lines: Vec<Item>,
}

/// An accepted quote on its way to an order: what [`Order::from_quote`](crate::Order::from_quote) takes.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct AcceptedQuote {
    quote: QuoteId,
    buyer: Buyer,
    currency: Currency,
    items: Vec<Item>,
}

impl AcceptedQuote {
    /// The quote.
    pub fn quote(&self) -> QuoteId {
        self.quote
    }

    /// Who buys.
    pub fn buyer(&self) -> &Buyer {
        &self.buyer
    }

    /// The currency of every price.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// What is bought.
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}

/// What accepting did.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum AcceptOutcome {
    /// Make the order, then [`Quote::convert`], in the same transaction.
    Accepted(AcceptedQuote),
    /// It had been accepted before and is this order; nothing was changed.
    AlreadyConverted(OrderId),
}

/// What is offered to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    id: QuoteId,
    code: QuoteCode,
    buyer: Buyer,
    currency: Currency,
    title: String,
    service_request: Option<ServiceRequestId>,
    valid_until: Timestamp,
    lines: Vec<Item>,
    total: Money,
    status: QuoteStatus,
    order: Option<OrderId>,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    version: i64,
}

impl Quote {
    /// A draft.
    ///
    /// # Errors
    /// Every field that is wrong: blank or long texts, too many lines, quantities and prices out of bounds, two
    /// currencies, a total that is too large, a validity that has ended.
    pub fn try_new(draft: QuoteDraft, now: Timestamp) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        draft.buyer.check(&mut invalid);
        invalid.require_text("title", &draft.title, 200);
        let total = check_offer(&draft.lines, draft.currency, draft.valid_until, now, &mut invalid);
        invalid.or_ok(Self {
            id: draft.id,
            code: draft.code,
            buyer: draft.buyer,
            currency: draft.currency,
            title: draft.title,
            service_request: draft.service_request,
            valid_until: draft.valid_until,
            lines: draft.lines,
            total,
            status: QuoteStatus::Draft,
            order: None,
            created_at: now,
            sent_at: None,
            closed_at: None,
            version: 1,
        })
    }

    /// Replaces lines and validity of a draft.
    ///
    /// # Errors
    /// Not a draft ([`ReviseQuote::IllegalMove`]), or the fields that are wrong; nothing is changed then.
    pub fn revise(
        &mut self,
        lines: Vec<Item>,
        valid_until: Timestamp,
        now: Timestamp,
    ) -> Result<(), ReviseQuote> {
        let next = step(self.status, QuoteCommand::Revise)?;
        let mut invalid = Invalid::default();
        let total = check_offer(&lines, self.currency, valid_until, now, &mut invalid);
        invalid.or_ok(())?;
        (self.status, self.lines, self.valid_until, self.total) = (next, lines, valid_until, total);
        Ok(())
    }

    /// Offers it to the customer. Repeating changes nothing.
    ///
    /// # Errors
    /// [`SendQuote`]; nothing is changed then.
    pub fn send(&mut self, now: Timestamp) -> Result<Outcome, SendQuote> {
        if self.status == QuoteStatus::Sent {
            return Ok(Outcome::Unchanged);
        }
        let next = step(self.status, QuoteCommand::Send)?;
        if self.lines.is_empty() {
            return Err(SendQuote::NoLines);
        }
        if !self.is_valid_at(now) {
            return Err(SendQuote::NoLongerValid { valid_until: self.valid_until });
        }
        self.status = next;
        self.sent_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Takes it up. Repeating after the conversion names the order and changes nothing.
    ///
    /// # Errors
    /// [`AcceptQuote`]; nothing is changed then.
    pub fn accept(&mut self, now: Timestamp) -> Result<AcceptOutcome, AcceptQuote> {
        if let (QuoteStatus::Converted, Some(order)) = (self.status, self.order) {
            return Ok(AcceptOutcome::AlreadyConverted(order));
        }
        let next = step(self.status, QuoteCommand::Accept)?;
        if !self.is_valid_at(now) {
            return Err(AcceptQuote::NoLongerValid { valid_until: self.valid_until });
        }
        self.status = next;
        Ok(AcceptOutcome::Accepted(AcceptedQuote {
            quote: self.id,
            buyer: self.buyer.clone(),
            currency: self.currency,
            items: self.lines.clone(),
        }))
    }

    /// Notes the order that it became. Repeating with the same order changes nothing.
    ///
    /// # Errors
    /// [`ConvertQuote`]; nothing is changed then.
    pub fn convert(&mut self, order: OrderId, now: Timestamp) -> Result<Outcome, ConvertQuote> {
        if let Some(existing) = self.order {
            return if existing == order {
                Ok(Outcome::Unchanged)
            } else {
                Err(ConvertQuote::AnotherOrder { order: existing })
            };
        }
        self.status = step(self.status, QuoteCommand::Convert)?;
        self.order = Some(order);
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Turns it down; a draft is given up. Repeating changes nothing.
    ///
    /// # Errors
    /// [`IllegalMove`]; nothing is changed then.
    pub fn decline(&mut self, now: Timestamp) -> Result<Outcome, IllegalMove> {
        if self.status == QuoteStatus::Declined {
            return Ok(Outcome::Unchanged);
        }
        self.status = step(self.status, QuoteCommand::Decline)?;
        self.closed_at = Some(now);
        Ok(Outcome::Changed)
    }

    /// Notes that its validity ended, as of the instant at which it did. Repeating changes nothing.
    ///
    /// # Errors
    /// [`ExpireQuote`]; nothing is changed then.
    pub fn expire(&mut self, now: Timestamp) -> Result<Outcome, ExpireQuote> {
        if self.status == QuoteStatus::Expired {
            return Ok(Outcome::Unchanged);
        }
        let next = step(self.status, QuoteCommand::Expire)?;
        if self.is_valid_at(now) {
            return Err(ExpireQuote::StillValid { valid_until: self.valid_until });
        }
        self.status = next;
        self.closed_at = Some(self.valid_until);
        Ok(Outcome::Changed)
    }

    /// Whether its validity has not ended at `at`: it ends at the very instant `valid_until`.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        at < self.valid_until
    }

    /// Its id.
    pub fn id(&self) -> QuoteId {
        self.id
    }

    /// Its code.
    pub fn code(&self) -> QuoteCode {
        self.code
    }

    /// Who it is for.
    pub fn buyer(&self) -> &Buyer {
        &self.buyer
    }

    /// The currency of every amount in it.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// What it is about.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The request that became this quote.
    pub fn service_request(&self) -> Option<ServiceRequestId> {
        self.service_request
    }

    /// From this instant on it is not valid any more.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// What is offered.
    pub fn lines(&self) -> &[Item] {
        &self.lines
    }

    /// The sum of its lines.
    pub fn total(&self) -> Money {
        self.total
    }

    /// Where it stands.
    pub fn status(&self) -> QuoteStatus {
        self.status
    }

    /// The order that it became.
    pub fn order(&self) -> Option<OrderId> {
        self.order
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

fn check_offer(
    lines: &[Item],
    currency: Currency,
    valid_until: Timestamp,
    now: Timestamp,
    invalid: &mut Invalid,
) -> Money {
    if valid_until <= now {
        invalid.push("valid_until", "must be in the future");
    }
    check_items(lines, currency, invalid)
}
