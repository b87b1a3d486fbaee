//! Invoice lines: what is asked for, for what, and what is covered already (OD-5, OD-7).

use kernel::{
    ContractId, Currency, Invalid, InvoiceId, InvoiceLineId, MilestoneId, Money, MoneyError, OrderLineId,
    ServiceRequestId,
};
use rust_decimal::Decimal;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// What an invoice line bills (OD-5).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum LineKind {
    /// A line of an order.
    OrderLine,
    /// A service request.
    ServiceRequest,
    /// Credits used beyond what was prepaid, where they are not on the line of their request.
    ExcessCredits,
    /// The requests of a milestone, together (PJ-4).
    Milestone,
    /// A period of a contract.
    ContractPeriod,
    /// A correction of an earlier invoice: the only kind that may be negative.
    Adjustment,
}

/// The one thing that a line bills. At most one line of an invoice that is not void has it (OD-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineSource {
    /// What kind of thing.
    pub kind: LineKind,
    /// Its id.
    pub id: Uuid,
}

impl LineSource {
    /// A line of an order.
    pub fn order_line(id: OrderLineId) -> Self {
        Self { kind: LineKind::OrderLine, id: id.as_uuid() }
    }

    /// A service request.
    pub fn service_request(id: ServiceRequestId) -> Self {
        Self { kind: LineKind::ServiceRequest, id: id.as_uuid() }
    }

    /// The excess of a service request, billed apart from it.
    pub fn excess_credits(id: ServiceRequestId) -> Self {
        Self { kind: LineKind::ExcessCredits, id: id.as_uuid() }
    }

    /// A milestone.
    pub fn milestone(id: MilestoneId) -> Self {
        Self { kind: LineKind::Milestone, id: id.as_uuid() }
    }

    /// A contract whose value is billed once. A contract billed in periods needs an id for each of them.
    pub fn contract(id: ContractId) -> Self {
        Self { kind: LineKind::ContractPeriod, id: id.as_uuid() }
    }

    /// A correction; it is its own source, so that one line can be corrected more than once.
    pub fn adjustment(id: InvoiceLineId) -> Self {
        Self { kind: LineKind::Adjustment, id: id.as_uuid() }
    }
}

/// An invoice line to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLineDraft {
    /// The id it gets.
    pub id: InvoiceLineId,
    /// What it bills.
    pub source: LineSource,
    /// The line of an earlier invoice that an adjustment corrects.
    pub corrects: Option<InvoiceLineId>,
    /// For the customer to read; 1 to 500 characters.
    pub description: String,
    /// How much of it: pieces, credits, months; above zero.
    pub quantity: Decimal,
    /// The full value, not rounded yet.
    pub value: Money,
    /// The part paid by prepaid credits or by payments already recorded, not rounded yet: between zero and the value.
    pub covered: Money,
}

/// A line of an invoice, in whole minor units. Value = covered + due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLine {
    id: InvoiceLineId,
    source: LineSource,
    corrects: Option<InvoiceLineId>,
    description: String,
    quantity: Decimal,
    value: Money,
    covered: Money,
    due: Money,
}

impl InvoiceLine {
    /// Rounds, here and nowhere else (MN-1): the value and what is due, each once, half to even, to the minor unit;
    /// what is covered is the difference. So what is asked for is never off by more than half a minor unit,
    /// and nothing is asked for what is fully covered.
    ///
    /// # Errors
    /// Every field that is wrong: a blank or long description, a quantity of zero or less, two currencies, a negative
    /// value on anything but an adjustment, more covered than the value, amounts that are too large.
    pub fn try_new(draft: InvoiceLineDraft, currency: Currency) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("description", &draft.description, 500);
        if draft.quantity <= Decimal::ZERO {
            invalid.push("quantity", "must be above zero");
        }
        let adjustment = draft.source.kind == LineKind::Adjustment;
        if draft.corrects.is_some() && !adjustment {
            invalid.push("corrects", "is for adjustments only");
        }
        if draft.value.is_negative() && !adjustment {
            invalid.push("value", "must not be negative, but for an adjustment");
        }
        for (path, money) in [("value", draft.value), ("covered", draft.covered)] {
            if money.currency() != currency {
                invalid.push(path, format!("is in {}, the invoice is in {currency}", money.currency()));
            }
        }
        let amounts = split(draft.value, draft.covered);
        if invalid.0.is_empty() {
            match &amounts {
                Err(error) => invalid.push("value", error.to_string()),
                Ok(None) => invalid.push("covered", "must be between zero and the value"),
                Ok(Some(_)) => {}
            }
        }
        let (value, covered, due) =
            amounts.ok().flatten().unwrap_or((draft.value, draft.covered, Money::zero(currency)));
        let InvoiceLineDraft { id, source, corrects, description, quantity, .. } = draft;
        invalid.or_ok(Self { id, source, corrects, description, quantity, value, covered, due })
    }

    /// Its id.
    pub fn id(&self) -> InvoiceLineId {
        self.id
    }

    /// What it bills.
    pub fn source(&self) -> LineSource {
        self.source
    }

    /// The line that an adjustment corrects.
    pub fn corrects(&self) -> Option<InvoiceLineId> {
        self.corrects
    }

    /// For the customer to read.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How much of it.
    pub fn quantity(&self) -> Decimal {
        self.quantity
    }

    /// The full value.
    pub fn value(&self) -> Money {
        self.value
    }

    /// The part that is paid already, by prepaid credits or by payments.
    pub fn covered(&self) -> Money {
        self.covered
    }

    /// What is asked for.
    pub fn due(&self) -> Money {
        self.due
    }
}

/// Value, covered and due, rounded; none where covered is not between zero and the value.
fn split(value: Money, covered: Money) -> Result<Option<(Money, Money, Money)>, MoneyError> {
    let due = value.checked_sub(covered)?;
    let opposite = |part: Money| {
        (value.is_negative() && !part.is_negative() && !part.is_zero())
            || (!value.is_negative() && part.is_negative())
    };
    if opposite(due) || opposite(covered) {
        return Ok(None);
    }
    let (value, due) = (value.rounded(), due.rounded());
    Ok(Some((value, value.checked_sub(due)?, due)))
}

/// An invoice line as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the accessor's of the same name")]
pub struct InvoiceLineRecord {
    pub id: InvoiceLineId,
    pub invoice: InvoiceId,
    /// From 0; unique within the invoice.
    pub position: i32,
    pub source: LineSource,
    /// Whether the invoice is not void. The source is unique among the rows where this is true (OD-6).
    pub claims_source: bool,
    pub corrects: Option<InvoiceLineId>,
    pub description: String,
    pub quantity: Decimal,
    /// In the invoice's currency, as the two below.
    pub value: Money,
    pub covered: Money,
    pub due: Money,
}

impl From<InvoiceLineRecord> for InvoiceLine {
    fn from(record: InvoiceLineRecord) -> Self {
        let InvoiceLineRecord { id, source, corrects, description, quantity, value, covered, due, .. } =
            record;
        Self { id, source, corrects, description, quantity, value, covered, due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::*;

    fn made(value: &str, covered: &str) -> (String, String, String) {
        let line = InvoiceLine::try_new(line(1, brl(value), brl(covered)), currency("BRL")).unwrap();
        let text = |money: Money| money.amount().to_string();
        (text(line.value()), text(line.covered()), text(line.due()))
    }

    fn refused(draft: InvoiceLineDraft) -> Vec<String> {
        let Invalid(fields) = InvoiceLine::try_new(draft, currency("BRL")).unwrap_err();
        fields.into_iter().map(|field| field.path).collect()
    }

    #[test]
    fn od_7_the_line_shows_value_covered_and_due() {
        assert_eq!(made("451.125", "401"), ("451.12".into(), "401.00".into(), "50.12".into()));
        assert_eq!(made("0.125", "0"), ("0.12".into(), "0.00".into(), "0.12".into()));
        assert_eq!(made("0.135", "0.135"), ("0.14".into(), "0.14".into(), "0.00".into()));
        // The due is rounded by itself; covered takes what is left.
        assert_eq!(made("0.25", "0.125"), ("0.25".into(), "0.13".into(), "0.12".into()));
    }

    #[test]
    fn od_7_covered_is_between_zero_and_the_value() {
        assert_eq!(refused(line(1, brl("1"), brl("1.01"))), ["covered"]);
        assert_eq!(refused(line(1, brl("1"), brl("-0.01"))), ["covered"]);
        let adjustment = |value, covered| {
            let mut draft = line(1, brl(value), brl(covered));
            draft.source.kind = LineKind::Adjustment;
            draft
        };
        assert!(InvoiceLine::try_new(adjustment("-5", "-2"), currency("BRL")).is_ok());
        assert_eq!(refused(adjustment("-5", "-5.01")), ["covered"]);
        assert_eq!(refused(adjustment("-5", "0.01")), ["covered"]);
    }

    #[test]
    fn od_5_only_an_adjustment_is_negative_or_corrects() {
        let mut draft = line(1, brl("-1"), brl("0"));
        draft.corrects = Some(id(9));
        draft.description = " ".into();
        draft.quantity = Decimal::ZERO;
        assert_eq!(refused(draft), ["description", "quantity", "corrects", "value"]);
    }

    #[test]
    fn mn_1_a_difference_that_does_not_fit_is_an_error() {
        let mut draft =
            line(1, Money::new(Decimal::MIN, currency("BRL")), Money::new(Decimal::MAX, currency("BRL")));
        draft.source.kind = LineKind::Adjustment;
        assert_eq!(refused(draft), ["value"]);
    }
}
