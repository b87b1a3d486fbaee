//! Billing runs (OD-6): from what is billable to draft invoices.

use std::collections::{BTreeMap, HashMap};

use kernel::{Actor, BillingRunId, Currency, InvoiceLineId, Money, OrganizationId, Timestamp};
use rust_decimal::Decimal;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{InvoiceLine, InvoiceLineDraft, InvoiceTotals, LineSource};

/// Something that may be billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billable {
    /// What it is.
    pub source: LineSource,
    /// Who is billed; nobody can be where it is none.
    pub organization: Option<OrganizationId>,
    /// For the customer to read; 1 to 500 characters.
    pub description: String,
    /// How much of it: pieces, credits, months; above zero.
    pub quantity: Decimal,
    /// What it is worth; none where no base credit value is known.
    pub amounts: Option<BillableAmounts>,
}

/// What a billable thing is worth, not rounded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillableAmounts {
    /// The full value; not negative.
    pub value: Money,
    /// The part paid by prepaid credits or by payments already recorded: between zero and the value.
    pub covered: Money,
}

/// Why something was not billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SkipReason {
    /// It belongs to no organization that could be billed.
    NoOrganization,
    /// Its credits have no value in money: no base credit value was set.
    NoBaseCreditValue,
    /// It was given twice, with different content; the first was billed.
    GivenTwice,
    /// What it is worth does not fit.
    AmountTooLarge,
    /// Its amounts, quantity or description make no invoice line, or do not fit into the invoice's sums.
    Unbillable,
}

/// Something that a run left out; it is tried again by the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is.
    pub source: LineSource,
    /// Why.
    pub reason: SkipReason,
    /// The reason for people to read.
    pub detail: String,
}

/// The lines of one draft invoice to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePlan {
    /// Who is billed.
    pub organization: OrganizationId,
    /// The currency of every line.
    pub currency: Currency,
    /// What is billed, in the order given; the ids are fresh.
    pub lines: Vec<InvoiceLineDraft>,
}

/// What a run makes of what is billable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathering {
    /// One invoice per organization and currency, by organization, then currency code.
    pub invoices: Vec<InvoicePlan>,
    /// What was left out, in the order given.
    pub skipped: Vec<Skipped>,
}

impl Gathering {
    /// How many lines all invoices have together.
    pub fn lines(&self) -> usize {
        self.invoices.iter().map(|invoice| invoice.lines.len()).sum()
    }
}

struct Group {
    currency: Currency,
    totals: InvoiceTotals,
    lines: Vec<InvoiceLineDraft>,
}

/// Groups what is billable into one invoice per organization and currency, each thing once, and reports what cannot be
/// billed. One thing that cannot be billed keeps nothing else from it. `line_id` gives each line its id.
pub fn gather(billables: &[Billable], mut line_id: impl FnMut() -> InvoiceLineId) -> Gathering {
    let mut groups: BTreeMap<(OrganizationId, &'static str), Group> = BTreeMap::new();
    let mut seen: HashMap<LineSource, &Billable> = HashMap::new();
    let mut skipped = Vec::new();
    for billable in billables {
        let mut skip = |reason, detail: String| {
            skipped.push(Skipped { source: billable.source, reason, detail });
        };
        match seen.get(&billable.source) {
            Some(first) if *first == billable => continue,
            Some(_) => {
                skip(SkipReason::GivenTwice, "it was given twice, with different content".to_owned());
                continue;
            }
            None => seen.insert(billable.source, billable),
        };
        let Some(organization) = billable.organization else {
            skip(SkipReason::NoOrganization, "no organization can be billed for it".to_owned());
            continue;
        };
        let Some(amounts) = billable.amounts else {
            skip(SkipReason::NoBaseCreditValue, "no base credit value was set for its credits".to_owned());
            continue;
        };
        let currency = amounts.value.currency();
        let draft = InvoiceLineDraft {
            id: line_id(),
            source: billable.source,
            corrects: None,
            description: billable.description.clone(),
            quantity: billable.quantity,
            value: amounts.value,
            covered: amounts.covered,
        };
        let line = match InvoiceLine::try_new(draft.clone(), currency) {
            Ok(line) => line,
            Err(invalid) => {
                skip(SkipReason::Unbillable, invalid.to_string());
                continue;
            }
        };
        let key = (organization, currency.code());
        let totals = groups.get(&key).map_or_else(|| InvoiceTotals::zero(currency), |group| group.totals);
        match totals.with(&line) {
            Err(error) => skip(SkipReason::Unbillable, format!("in the invoice's sums: {error}")),
            Ok(totals) => {
                let group =
                    groups.entry(key).or_insert_with(|| Group { currency, totals, lines: Vec::new() });
                group.totals = totals;
                group.lines.push(draft);
            }
        }
    }
    let invoices = groups
        .into_iter()
        .map(|((organization, _), group)| InvoicePlan {
            organization,
            currency: group.currency,
            lines: group.lines,
        })
        .collect();
    Gathering { invoices, skipped }
}

/// The record of one run. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingRun {
    /// Its id.
    pub id: BillingRunId,
    /// When it ran.
    pub at: Timestamp,
    /// Who started it.
    pub actor: Actor,
    /// How many invoices it made.
    pub invoices: u32,
    /// How many lines they have.
    pub lines: u32,
    /// What it left out.
    pub skipped: Vec<Skipped>,
}

impl BillingRun {
    /// The record of the run that came to `gathering`.
    pub fn new(id: BillingRunId, at: Timestamp, actor: Actor, gathering: &Gathering) -> Self {
        Self {
            id,
            at,
            actor,
            invoices: u32::try_from(gathering.invoices.len()).unwrap_or(u32::MAX),
            lines: u32::try_from(gathering.lines()).unwrap_or(u32::MAX),
            skipped: gathering.skipped.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Invoice, InvoiceDraft, test_support::*};

    fn billable(number: u128, organization: Option<u128>, value: Option<Money>) -> Billable {
        Billable {
            source: LineSource::service_request(id(number)),
            organization: organization.map(id),
            description: format!("SR-2026{number:04}"),
            quantity: Decimal::ONE,
            amounts: value.map(|value| BillableAmounts { value, covered: Money::zero(value.currency()) }),
        }
    }

    fn gathered(billables: &[Billable]) -> Gathering {
        let mut next = 0;
        gather(billables, || {
            next += 1;
            id(next)
        })
    }

    #[test]
    fn od_6_one_draft_per_organization_and_currency() {
        let gathering = gathered(&[
            billable(1, Some(20), Some(usd("1"))),
            billable(2, Some(10), Some(brl("2"))),
            billable(3, Some(20), Some(brl("3"))),
            billable(4, Some(20), Some(usd("4"))),
        ]);
        let shape: Vec<_> = gathering
            .invoices
            .iter()
            .map(|plan| {
                let values: Vec<_> = plan.lines.iter().map(|line| line.value.to_string()).collect();
                (plan.organization, plan.currency.code(), values.join(", "))
            })
            .collect();
        let expected = [
            (id(10), "BRL", "2 BRL".to_owned()),
            (id(20), "BRL", "3 BRL".to_owned()),
            (id(20), "USD", "1 USD, 4 USD".to_owned()),
        ];
        assert_eq!(shape, expected);
        assert!(gathering.skipped.is_empty());
    }

    #[test]
    fn od_6_what_cannot_be_billed_is_reported_and_keeps_nothing_else_from_it() {
        let most = Money::new(Decimal::MAX, currency("BRL"));
        let mut overdrawn = billable(5, Some(10), Some(brl("1")));
        overdrawn.amounts = Some(BillableAmounts { value: brl("1"), covered: brl("2") });
        let gathering = gathered(&[
            billable(1, None, Some(brl("1"))),
            billable(2, Some(10), None),
            billable(3, Some(10), Some(brl("1"))),
            billable(3, Some(10), Some(brl("1"))),
            billable(3, Some(11), Some(brl("1"))),
            billable(4, Some(10), Some(most)),
            overdrawn,
            billable(6, Some(10), Some(brl("-1"))),
            billable(7, Some(10), Some(brl("7"))),
        ]);
        let sources: Vec<_> = gathering.invoices[0].lines.iter().map(|line| line.source.id).collect();
        assert_eq!(sources, [3, 7].map(uuid::Uuid::from_u128));
        let reasons: Vec<_> = gathering.skipped.iter().map(|skipped| skipped.reason).collect();
        use SkipReason::{GivenTwice, NoBaseCreditValue, NoOrganization, Unbillable};
        let expected = [NoOrganization, NoBaseCreditValue, GivenTwice, Unbillable, Unbillable, Unbillable];
        assert_eq!(reasons, expected);
        let run = BillingRun::new(id(1), day(1), Actor::system("billing run"), &gathering);
        assert_eq!((run.invoices, run.lines, run.skipped.len()), (1, 2, 6));
    }

    #[test]
    fn od_6_nothing_billable_makes_no_invoice() {
        assert_eq!(gathered(&[]), Gathering::default());
    }

    proptest! {
        #[test]
        fn od_6_each_thing_ends_in_exactly_one_place_and_every_plan_is_a_legal_draft(
            things in prop::collection::vec((1u128..30, prop::option::of(1u128..4), prop::option::of(0i64..9_999_999), any::<bool>()), 0..60)
        ) {
            let billables: Vec<_> = things
                .into_iter()
                .map(|(number, organization, cents, dollars)| {
                    let money = cents.map(|units| {
                        Money::new(Decimal::new(units, 4), currency(if dollars { "USD" } else { "BRL" }))
                    });
                    billable(number, organization, money)
                })
                .collect();
            let gathering = gathered(&billables);
            let mut sources: Vec<_> = gathering.invoices.iter().flat_map(|plan| &plan.lines).map(|line| line.source).collect();
            sources.extend(
                gathering.skipped.iter().filter(|skip| skip.reason != SkipReason::GivenTwice).map(|skip| skip.source));
            sources.sort();
            let mut given: Vec<_> = billables.iter().map(|billable| billable.source).collect();
            given.sort();
            given.dedup();
            prop_assert_eq!(sources, given);
            for plan in &gathering.invoices {
                prop_assert!(!plan.lines.is_empty());
                let draft = InvoiceDraft {
                    id: id(1), organization: plan.organization, currency: plan.currency, billing_run: None };
                let mut invoice = Invoice::new(draft, day(1));
                for line in &plan.lines {
                    prop_assert_eq!(invoice.add_line(line.clone()), Ok(()));
                }
            }
            prop_assert_eq!(gathered(&billables), gathering, "the same again comes to the same");
        }
    }
}
