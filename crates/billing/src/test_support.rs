//! Builders for tests that read like a story.

use std::num::NonZeroU64;

use kernel::{
    Currency, InvoiceCode, InvoiceId, InvoiceLineId, Money, OrderCode, OrderId, OrderLineId, OrganizationId,
    PaymentId, ProductId, QuoteCode, QuoteId, Timestamp,
};
use uuid::Uuid;

use crate::{
    Buyer, Invoice, InvoiceDraft, InvoiceLineDraft, Item, LineKind, LineSource, Order, OrderDraft, OrderLine,
    PaymentDraft, Quote, QuoteDraft,
};

pub(crate) fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(number))
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

pub(crate) fn brl(amount: &str) -> Money {
    Money::parse(amount, currency("BRL")).unwrap()
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::parse(amount, currency("USD")).unwrap()
}

/// The `day`th of May 2026, at noon.
pub(crate) fn day(day: u8) -> Timestamp {
    format!("2026-05-{day:02}T12:00:00Z").parse().unwrap()
}

pub(crate) fn acme() -> OrganizationId {
    id(100)
}

pub(crate) fn item(quantity: u32, unit_price: Money) -> Item {
    Item {
        product: id::<ProductId>(7),
        sku: "SUP-FLEX".into(),
        name: "Support flex".into(),
        quantity,
        unit_price,
    }
}

pub(crate) fn order_code() -> OrderCode {
    OrderCode::new(2026, NonZeroU64::MIN).unwrap()
}

pub(crate) fn invoice_code() -> InvoiceCode {
    InvoiceCode::new(2026, NonZeroU64::MIN).unwrap()
}

pub(crate) fn order_draft(items: Vec<Item>) -> OrderDraft {
    let lines = (0..).zip(items).map(|(n, item)| OrderLine { id: id::<OrderLineId>(1000 + n), item });
    OrderDraft {
        id: id::<OrderId>(1),
        code: order_code(),
        buyer: Buyer::Organization(acme()),
        currency: currency("BRL"),
        external_ref: Some("shop-1".into()),
        quote: None,
        lines: lines.collect(),
    }
}

/// A pending order of 100.00 BRL.
pub(crate) fn an_order() -> Order {
    Order::try_new(order_draft(vec![item(2, brl("30")), item(1, brl("40"))]), day(1)).unwrap()
}

pub(crate) fn payment(external_ref: &str, amount: Money) -> PaymentDraft {
    PaymentDraft { id: id::<PaymentId>(5), external_ref: external_ref.into(), amount, received_at: day(1) }
}

pub(crate) fn quote_draft(lines: Vec<Item>) -> QuoteDraft {
    QuoteDraft {
        id: id::<QuoteId>(2),
        code: QuoteCode::new(2026, NonZeroU64::MIN).unwrap(),
        buyer: Buyer::Organization(acme()),
        currency: currency("BRL"),
        title: "Support".into(),
        service_request: None,
        valid_until: day(10),
        lines,
    }
}

/// A draft of 60.00 BRL, valid until the 10th.
pub(crate) fn a_quote() -> Quote {
    Quote::try_new(quote_draft(vec![item(2, brl("30"))]), day(1)).unwrap()
}

pub(crate) fn line(number: u128, value: Money, covered: Money) -> InvoiceLineDraft {
    InvoiceLineDraft {
        id: id::<InvoiceLineId>(number),
        source: LineSource { kind: LineKind::ServiceRequest, id: Uuid::from_u128(number) },
        corrects: None,
        description: format!("Work {number}"),
        quantity: rust_decimal::Decimal::ONE,
        value,
        covered,
    }
}

pub(crate) fn an_empty_invoice() -> Invoice {
    let draft = InvoiceDraft {
        id: id::<InvoiceId>(3),
        organization: acme(),
        currency: currency("BRL"),
        billing_run: None,
    };
    Invoice::new(draft, day(1))
}

/// A draft that asks for `due`.
pub(crate) fn an_invoice(due: &str) -> Invoice {
    let mut invoice = an_empty_invoice();
    let mut draft = line(1, brl(due), brl("0"));
    draft.source.kind = LineKind::Adjustment;
    invoice.add_line(draft).unwrap();
    invoice
}
