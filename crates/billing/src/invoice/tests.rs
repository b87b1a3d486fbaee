use kernel::{LifeCycle, StoreError, legal_commands};
use proptest::prelude::*;
use rust_decimal::Decimal;
use strum::VariantArray;

use super::*;
use crate::{InvoiceLineRecord, LineKind, test_support::*};

/// The specification's table (OD-5), written out.
fn specified(from: &str, command: &str) -> Option<&'static str> {
    match (from, command) {
        ("draft", "add_line") => Some("draft"),
        ("draft", "issue") => Some("issued"),
        ("draft", "void") => Some("void"),
        ("issued", "pay") => Some("paid"),
        ("issued", "mark_overdue") => Some("overdue"),
        ("issued", "void") => Some("void"),
        ("overdue", "pay") => Some("paid"),
        ("overdue", "void") => Some("void"),
        _ => None,
    }
}

#[test]
fn od_5_the_table_is_the_specifications() {
    for state in InvoiceStatus::VARIANTS {
        for command in InvoiceCommand::VARIANTS {
            let next = state.next(*command).map(<&str>::from);
            assert_eq!(next, specified(state.into(), command.into()), "{state} {command}");
        }
    }
}

/// Runs the verb of `command`, at an instant at which its other conditions hold.
fn apply(invoice: &mut Invoice, command: InvoiceCommand) -> Result<Outcome, IllegalMove> {
    match command {
        InvoiceCommand::AddLine => {
            let next = 100 + invoice.lines().len() as u128;
            match invoice.add_line(line(next, brl("5"), brl("2"))) {
                Ok(()) => Ok(Outcome::Changed),
                Err(AddInvoiceLine::IllegalMove(illegal)) => Err(illegal),
                Err(other) => panic!("{other}"),
            }
        }
        InvoiceCommand::Issue => match invoice.issue(invoice_code(), day(20), day(2)) {
            Ok(outcome) => Ok(outcome),
            Err(IssueInvoice::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        InvoiceCommand::Pay => invoice.pay(day(21)),
        InvoiceCommand::MarkOverdue => match invoice.mark_overdue(day(20)) {
            Ok(outcome) => Ok(outcome),
            Err(MarkOverdue::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        InvoiceCommand::Void => invoice.void(day(21)),
    }
}

fn in_state(status: InvoiceStatus) -> Invoice {
    use InvoiceCommand::{Issue, MarkOverdue, Pay, Void};
    let path: &[InvoiceCommand] = match status {
        InvoiceStatus::Draft => &[],
        InvoiceStatus::Issued => &[Issue],
        InvoiceStatus::Overdue => &[Issue, MarkOverdue],
        InvoiceStatus::Paid => &[Issue, Pay],
        InvoiceStatus::Void => &[Issue, Void],
    };
    let mut invoice = an_invoice("10");
    for command in path {
        assert_eq!(apply(&mut invoice, *command), Ok(Outcome::Changed));
    }
    assert_eq!(invoice.status(), status);
    invoice
}

/// Whether `command` was done already in `state`: repeating it is no error.
fn repeats(state: InvoiceStatus, command: InvoiceCommand) -> bool {
    use InvoiceStatus::{Issued, Overdue, Paid, Void};
    match command {
        InvoiceCommand::AddLine => false,
        InvoiceCommand::Issue => matches!(state, Issued | Overdue | Paid),
        InvoiceCommand::Pay => state == Paid,
        InvoiceCommand::MarkOverdue => state == Overdue,
        InvoiceCommand::Void => state == Void,
    }
}

#[test]
fn od_5_every_verb_obeys_the_table_and_repeating_changes_nothing() {
    for state in InvoiceStatus::VARIANTS {
        for command in InvoiceCommand::VARIANTS {
            let before = in_state(*state);
            let mut invoice = before.clone();
            let result = apply(&mut invoice, *command);
            if let Some(target) = specified(state.into(), command.into()) {
                assert_eq!(result, Ok(Outcome::Changed), "{state} {command}");
                assert_eq!(<&str>::from(invoice.status()), target);
            } else if repeats(*state, *command) {
                assert_eq!(result, Ok(Outcome::Unchanged), "{state} {command}");
                assert_eq!(invoice, before);
            } else {
                let illegal = result.unwrap_err();
                assert_eq!((illegal.state, illegal.command), (state.into(), command.into()));
                assert_eq!(illegal.legal, legal_commands(*state));
                assert_eq!(invoice, before);
            }
        }
    }
}

#[test]
fn id_6_a_draft_has_no_code_and_a_repeated_issue_leaves_the_new_one_unused() {
    let mut invoice = an_invoice("10");
    assert_eq!(invoice.code(), None);
    assert_eq!(invoice.can_issue(day(20), day(2)), Ok(Outcome::Changed));
    let _ = invoice.issue(invoice_code(), day(20), day(2)).unwrap();
    let second = kernel::InvoiceCode::new(2026, std::num::NonZeroU64::new(2).unwrap()).unwrap();
    assert_eq!(invoice.can_issue(day(20), day(3)), Ok(Outcome::Unchanged));
    assert_eq!(invoice.issue(second, day(20), day(25)), Ok(Outcome::Unchanged));
    assert_eq!((invoice.code(), invoice.due_at()), (Some(invoice_code()), Some(day(20))));
}

#[test]
fn od_5_an_issued_invoice_is_not_issued_again_with_another_due_date() {
    for state in [InvoiceStatus::Issued, InvoiceStatus::Overdue, InvoiceStatus::Paid] {
        let before = in_state(state);
        let mut invoice = before.clone();
        for due_at in [day(25), day(1)] {
            let Err(IssueInvoice::IllegalMove(illegal)) = invoice.issue(invoice_code(), due_at, day(3))
            else {
                panic!("{state} is issued again")
            };
            assert_eq!((illegal.state, illegal.command), (state.into(), "issue"));
        }
        assert_eq!(invoice, before);
    }
}

#[test]
fn od_5_an_issued_invoice_keeps_its_lines_whatever_happens_to_it() {
    let issued = in_state(InvoiceStatus::Issued);
    for state in [InvoiceStatus::Overdue, InvoiceStatus::Paid, InvoiceStatus::Void] {
        let later = in_state(state);
        assert_eq!((later.lines(), later.totals()), (issued.lines(), issued.totals()));
        assert_eq!((later.code(), later.issued_at()), (issued.code(), issued.issued_at()));
    }
}

#[test]
fn od_5_where_all_is_covered_issuing_settles() {
    let mut invoice = an_empty_invoice();
    invoice.add_line(line(1, brl("10"), brl("10"))).unwrap();
    assert_eq!(invoice.issue(invoice_code(), day(20), day(2)), Ok(Outcome::Changed));
    assert_eq!((invoice.status(), invoice.closed_at()), (InvoiceStatus::Paid, Some(day(2))));
}

#[test]
fn od_5_overdue_from_the_due_instant_on_and_never_where_nothing_is_owed() {
    let mut invoice = in_state(InvoiceStatus::Issued);
    let just_before: Timestamp = "2026-05-20T11:59:59.999999Z".parse().unwrap();
    assert_eq!(invoice.mark_overdue(just_before), Err(MarkOverdue::NotYet { due_at: day(20) }));
    assert_eq!(invoice.mark_overdue(day(20)), Ok(Outcome::Changed));
    let mut credit_note = an_invoice("-10");
    let _ = credit_note.issue(invoice_code(), day(20), day(2)).unwrap();
    assert_eq!(credit_note.mark_overdue(day(21)), Err(MarkOverdue::NothingOwed));
    assert_eq!(credit_note.pay(day(21)), Ok(Outcome::Changed));
}

#[test]
fn od_5_nothing_is_issued_empty_or_due_in_the_past() {
    let mut empty = an_empty_invoice();
    assert_eq!(empty.issue(invoice_code(), day(20), day(2)), Err(IssueInvoice::NoLines));
    let mut late = an_invoice("10");
    assert_eq!(
        late.issue(invoice_code(), day(1), day(2)),
        Err(IssueInvoice::DueInThePast { due_at: day(1) })
    );
    assert_eq!((empty, late), (an_empty_invoice(), an_invoice("10")));
}

#[test]
fn od_6_one_invoice_bills_a_thing_once() {
    let mut invoice = an_empty_invoice();
    invoice.add_line(line(1, brl("10"), brl("0"))).unwrap();
    let before = invoice.clone();
    let mut again = line(1, brl("20"), brl("0"));
    again.id = id(2);
    assert!(matches!(invoice.add_line(again), Err(AddInvoiceLine::BilledAlready { .. })));
    assert_eq!(invoice, before);
}

#[test]
fn mn_1_mixed_currencies_and_overflow_are_errors() {
    let mut invoice = an_empty_invoice();
    let most = Money::new(Decimal::MAX, currency("BRL"));
    invoice.add_line(line(1, most, brl("0"))).unwrap();
    let before = invoice.clone();
    assert!(matches!(
        invoice.add_line(line(2, most, brl("0"))),
        Err(AddInvoiceLine::Totals { cause: MoneyError::Overflow })
    ));
    assert!(matches!(invoice.add_line(line(3, usd("1"), usd("0"))), Err(AddInvoiceLine::Invalid(_))));
    assert!(matches!(invoice.add_line(line(4, brl("1"), usd("0"))), Err(AddInvoiceLine::Invalid(_))));
    assert_eq!(invoice, before);
}

#[test]
fn an_invoice_survives_storage_in_every_state_and_corruption_is_refused() {
    for state in InvoiceStatus::VARIANTS {
        let mut invoice = an_invoice("10");
        invoice.add_line(line(7, brl("4.505"), brl("1.333"))).unwrap();
        let (record, mut lines) = invoice.to_record();
        lines.reverse();
        assert_eq!(Invoice::restore(record, lines), Ok(invoice));
        let invoice = in_state(*state);
        let (record, lines) = invoice.to_record();
        assert!(lines.iter().all(|line| line.claims_source == (*state != InvoiceStatus::Void)));
        assert_eq!(Invoice::restore(record, lines), Ok(invoice));
    }
    let corrupt = |status, spoil: fn(&mut InvoiceRecord, &mut Vec<InvoiceLineRecord>)| {
        let (mut record, mut lines) = in_state(status).to_record();
        spoil(&mut record, &mut lines);
        assert!(matches!(Invoice::restore(record, lines), Err(StoreError::Corrupt { .. })));
    };
    use InvoiceStatus::{Draft, Issued, Paid, Void};
    corrupt(Draft, |record, _| record.code = Some(invoice_code()));
    corrupt(Draft, |_, lines| lines[0].invoice = id(99));
    corrupt(Draft, |_, lines| lines[0].due = brl("9"));
    corrupt(Draft, |_, lines| lines[0].claims_source = false);
    corrupt(Draft, |record, _| record.due = brl("9"));
    corrupt(Draft, |record, _| record.currency = currency("USD"));
    corrupt(Issued, |record, _| record.code = None);
    corrupt(Issued, |record, _| record.due_at = None);
    corrupt(Issued, |record, lines| {
        lines.clear();
        (record.value, record.due) = (brl("0"), brl("0"));
    });
    corrupt(Paid, |record, _| record.closed_at = None);
    corrupt(Void, |_, lines| lines[0].claims_source = true);
}

proptest! {
    #[test]
    fn od_5_random_walks_never_leave_the_table(steps in prop::collection::vec(0usize..5, 0..24)) {
        let mut invoice = an_invoice("10");
        for command in steps {
            let command = InvoiceCommand::VARIANTS[command];
            let before = invoice.clone();
            match apply(&mut invoice, command) {
                Ok(Outcome::Changed) => prop_assert_eq!(
                    specified(before.status().into(), command.into()), Some(invoice.status().into())),
                Ok(Outcome::Unchanged) | Err(_) => prop_assert_eq!(&invoice, &before),
            }
            prop_assert_eq!(
                invoice.code().is_some(),
                !matches!(invoice.status(), InvoiceStatus::Draft) && invoice.issued_at().is_some());
            let (record, lines) = invoice.to_record();
            prop_assert_eq!(Invoice::restore(record, lines), Ok(invoice.clone()));
        }
    }

    #[test]
    fn mn_1_value_is_covered_plus_due_on_every_line_and_in_the_totals(
        parts in prop::collection::vec((0i64..10_000_000, 0i64..=1000, 0u32..6), 1..20),
        code in prop::sample::select(vec!["BRL", "JPY", "KWD"]),
        negative in any::<bool>(),
    ) {
        let currency = currency(code);
        let mut draft = an_empty_invoice().to_record().0;
        draft.currency = currency;
        let zero = Money::zero(currency);
        (draft.value, draft.covered, draft.due) = (zero, zero, zero);
        let mut invoice = Invoice::restore(draft, vec![]).unwrap();
        for (n, (units, permille, scale)) in (1u128..).zip(parts) {
            let sign = if negative { -Decimal::ONE } else { Decimal::ONE };
            let value = Decimal::new(units, scale) * sign;
            let covered = value * Decimal::new(permille, 3);
            let mut draft = line(n, Money::new(value, currency), Money::new(covered, currency));
            draft.source.kind = if negative { LineKind::Adjustment } else { LineKind::Milestone };
            invoice.add_line(draft).unwrap();
            let made = invoice.lines().last().unwrap();
            prop_assert_eq!(made.covered().checked_add(made.due()).unwrap(), made.value());
            let half = Decimal::new(5, currency.minor_digits() + 1);
            prop_assert!((made.value().amount() - value).abs() <= half);
            prop_assert!((made.due().amount() - (value - covered)).abs() <= half);
            prop_assert!(made.due().amount().abs() <= made.value().amount().abs());
            for money in [made.value(), made.covered(), made.due()] {
                prop_assert!(money.amount().scale() <= currency.minor_digits());
                prop_assert!((money.amount() * sign) >= Decimal::ZERO);
            }
            if value == covered {
                prop_assert!(made.due().is_zero());
            }
        }
        let totals = invoice.totals();
        prop_assert_eq!(totals.covered.checked_add(totals.due).unwrap(), totals.value);
        let sum: Decimal = invoice.lines().iter().map(|line| line.due().amount()).sum();
        prop_assert_eq!(totals.due.amount(), sum);
    }
}
