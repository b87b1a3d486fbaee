use kernel::{Invalid, LifeCycle, Money, legal_commands};
use proptest::prelude::*;
use rust_decimal::Decimal;
use strum::VariantArray;

use super::*;
use crate::{ItemContent, MAX_LINES, MAX_QUANTITY, OrderContent, test_support::*};

/// The specification's table (OD-3), written out.
fn specified(from: &str, command: &str) -> Option<&'static str> {
    match (from, command) {
        ("pending", "pay") => Some("paid"),
        ("pending", "cancel") => Some("cancelled"),
        ("pending", "refund") => Some("refunded"),
        ("paid", "fulfil") => Some("fulfilled"),
        ("paid", "refund") => Some("refunded"),
        ("fulfilled", "refund") => Some("refunded"),
        _ => None,
    }
}

#[test]
fn od_3_the_table_is_the_specifications() {
    for state in OrderStatus::VARIANTS {
        for command in OrderCommand::VARIANTS {
            let next = state.next(*command).map(<&str>::from);
            assert_eq!(next, specified(state.into(), command.into()), "{state} {command}");
        }
    }
}

fn in_state(status: OrderStatus) -> Order {
    let mut order = an_order();
    let paid = |order: &mut Order| {
        let outcome = order.record_payment(None, payment("p", brl("100")), day(2)).unwrap();
        let PaymentOutcome::PaidInFull(_, proof) = outcome else { panic!("{outcome:?}") };
        proof
    };
    match status {
        OrderStatus::Pending => {}
        OrderStatus::Paid => drop(paid(&mut order)),
        OrderStatus::Fulfilled => {
            let proof = paid(&mut order);
            assert_eq!(order.fulfil(proof, day(2)), Ok(Outcome::Changed));
        }
        OrderStatus::Cancelled => assert_eq!(order.cancel(day(2)), Ok(Outcome::Changed)),
        OrderStatus::Refunded => {
            drop(paid(&mut order));
            assert_eq!(order.refund(day(3)), Ok(Outcome::Changed));
        }
    }
    assert_eq!(order.status(), status);
    order
}

/// What the verb of `command` does: whether it changed anything, or the refused move.
fn apply(order: &mut Order, command: OrderCommand) -> Result<Outcome, IllegalMove> {
    match command {
        OrderCommand::Pay => match order.record_payment(None, payment("all", order.due()), day(4)) {
            Ok(_) => Ok(Outcome::Changed),
            Err(RecordPayment::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        OrderCommand::Fulfil => match order.fulfil(PaidInFull { order: order.id() }, day(4)) {
            Ok(outcome) => Ok(outcome),
            Err(FulfilOrder::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        OrderCommand::Cancel => match order.cancel(day(4)) {
            Ok(outcome) => Ok(outcome),
            Err(CancelOrder::IllegalMove(illegal)) => Err(illegal),
            Err(CancelOrder::HasPayments { .. }) => Ok(Outcome::Unchanged),
        },
        OrderCommand::Refund => match order.refund(day(4)) {
            Ok(outcome) => Ok(outcome),
            Err(RefundOrder::IllegalMove(illegal)) => Err(illegal),
            Err(RefundOrder::NothingPaid) => Ok(Outcome::Unchanged),
        },
    }
}

#[test]
fn od_3_every_verb_obeys_the_table_and_repeating_changes_nothing() {
    for state in OrderStatus::VARIANTS {
        for command in OrderCommand::VARIANTS {
            let before = in_state(*state);
            let mut order = before.clone();
            let result = apply(&mut order, *command);
            let target = specified(state.into(), command.into());
            let repeats = matches!(
                (state, command),
                (OrderStatus::Fulfilled, OrderCommand::Fulfil)
                    | (OrderStatus::Cancelled, OrderCommand::Cancel)
                    | (OrderStatus::Refunded, OrderCommand::Refund)
            );
            // An untouched order is cancelled, not refunded.
            let guarded = (*state, *command) == (OrderStatus::Pending, OrderCommand::Refund);
            if repeats || guarded {
                assert_eq!(result, Ok(Outcome::Unchanged), "{state} {command}");
                assert_eq!(order, before);
            } else if let Some(target) = target {
                assert_eq!(result, Ok(Outcome::Changed), "{state} {command}");
                assert_eq!(<&str>::from(order.status()), target);
            } else {
                let illegal = result.unwrap_err();
                assert_eq!((illegal.state, illegal.command), (state.into(), command.into()));
                assert_eq!(illegal.legal, legal_commands(*state));
                assert_eq!(order, before);
            }
        }
    }
}

#[test]
fn od_4_the_last_payment_pays_in_full() {
    let mut order = an_order();
    assert_eq!(order.total(), brl("100"));
    let first = order.record_payment(None, payment("a", brl("99.99")), day(2)).unwrap();
    assert!(matches!(&first, PaymentOutcome::Recorded(payment) if payment.recorded_at == day(2)));
    assert_eq!((order.status(), order.due()), (OrderStatus::Pending, brl("0.01")));
    assert_eq!(order.paid_in_full(), None);
    let last = order.record_payment(None, payment("b", brl("0.01")), day(3)).unwrap();
    let PaymentOutcome::PaidInFull(_, proof) = last else { panic!("{last:?}") };
    assert_eq!((order.status(), proof.order()), (OrderStatus::Paid, order.id()));
    assert_eq!(order.paid_in_full().as_ref(), Some(&proof));
    assert_eq!(order.fulfil(proof, day(3)), Ok(Outcome::Changed));
    assert_eq!(order.paid_in_full(), None);
}

#[test]
fn od_4_the_same_payment_again_changes_nothing_even_on_a_fulfilled_order() {
    let mut order = an_order();
    let PaymentOutcome::PaidInFull(first, proof) =
        order.record_payment(None, payment("a", brl("100")), day(2)).unwrap()
    else {
        panic!()
    };
    let _ = order.fulfil(proof, day(2));
    let before = order.clone();
    let again = order.record_payment(Some(&first), payment("a", brl("100.00")), day(9));
    assert_eq!(again, Ok(PaymentOutcome::AlreadyRecorded(first.clone())));
    assert_eq!(order, before);
    let other_amount = order.record_payment(Some(&first), payment("a", brl("1")), day(9));
    assert!(matches!(other_amount, Err(RecordPayment::ReferenceTaken { .. })));
    let elsewhere = Payment { order: id(99), ..first };
    let other_order = order.record_payment(Some(&elsewhere), payment("a", brl("100")), day(9));
    assert!(matches!(other_order, Err(RecordPayment::ReferenceTaken { order, .. }) if order == id(99)));
    assert_eq!(order, before);
}

#[test]
fn od_4_no_payment_beyond_what_is_due_or_in_another_currency() {
    let mut order = an_order();
    let before = order.clone();
    let refused = |draft| an_order().record_payment(None, draft, day(2)).unwrap_err();
    assert_eq!(
        refused(payment("a", brl("100.01"))),
        RecordPayment::MoreThanDue { amount: brl("100.01"), due: brl("100") }
    );
    assert!(matches!(refused(payment("a", usd("100"))), RecordPayment::WrongCurrency { .. }));
    let most = Money::new(Decimal::MAX, currency("BRL"));
    assert!(matches!(refused(payment("a", most)), RecordPayment::MoreThanDue { .. }));
    for (draft, path) in [
        (payment("a", brl("0")), "amount"),
        (payment("a", brl("-1")), "amount"),
        (payment("a", brl("0.001")), "amount"),
        (payment(" ", brl("1")), "external_ref"),
    ] {
        let RecordPayment::Invalid(Invalid(fields)) = refused(draft) else { panic!() };
        assert_eq!(fields[0].path, path);
    }
    assert!(order.record_payment(None, payment("a", brl("101")), day(2)).is_err());
    assert_eq!(order, before);
}

#[test]
fn od_4_no_payment_is_received_before_it_happens() {
    let tomorrow = PaymentDraft { received_at: day(3), ..payment("a", brl("1")) };
    let RecordPayment::Invalid(Invalid(fields)) =
        an_order().record_payment(None, tomorrow.clone(), day(2)).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["received_at"]);
    assert!(an_order().record_payment(None, tomorrow, day(3)).is_ok());
}

#[test]
fn od_3_money_received_is_refunded_and_never_just_cancelled() {
    let mut order = an_order();
    assert_eq!(order.refund(day(2)), Err(RefundOrder::NothingPaid));
    let _ = order.record_payment(None, payment("a", brl("10")), day(2)).unwrap();
    assert_eq!(order.cancel(day(2)), Err(CancelOrder::HasPayments { paid: brl("10") }));
    assert_eq!(order.refund(day(2)), Ok(Outcome::Changed));
    assert_eq!((order.status(), order.paid()), (OrderStatus::Refunded, brl("10")));
}

#[test]
fn od_4_an_order_of_nothing_needs_no_payment() {
    let mut free = Order::try_new(order_draft(vec![item(1, brl("0"))]), day(1)).unwrap();
    assert!(free.settle_if_free(day(1)).unwrap().is_some());
    assert_eq!(free.status(), OrderStatus::Paid);
    assert!(free.settle_if_free(day(1)).is_err());
    let mut dear = an_order();
    assert_eq!(dear.settle_if_free(day(1)), Ok(None));
    assert_eq!(dear, an_order());
}

#[test]
fn od_4_only_its_own_proof_fulfils_an_order() {
    let mut order = in_state(OrderStatus::Paid);
    let foreign = PaidInFull { order: id(99) };
    assert_eq!(order.fulfil(foreign, day(3)), Err(FulfilOrder::OtherOrder { paid: id(99) }));
    assert_eq!(order.status(), OrderStatus::Paid);
}

fn paths(draft: OrderDraft) -> Vec<String> {
    Order::try_new(draft, day(1)).unwrap_err().0.into_iter().map(|field| field.path).collect()
}

#[test]
fn od_3_a_bad_order_is_refused_with_every_wrong_field() {
    let mut draft = order_draft(vec![
        Item { sku: " ".into(), name: "x".repeat(201), ..item(0, brl("1.001")) },
        item(MAX_QUANTITY + 1, usd("1")),
        item(1, brl("-1")),
        item(2, Money::new(Decimal::MAX, currency("BRL"))),
    ]);
    draft.external_ref = Some(String::new());
    draft.buyer = Buyer::Person { name: String::new(), email: "a b@c".into() };
    let expected = [
        "holder.name",
        "holder.email",
        "external_ref",
        "lines[0].sku",
        "lines[0].name",
        "lines[0].quantity",
        "lines[0].unit_price",
        "lines[1].quantity",
        "lines[1].unit_price",
        "lines[2].unit_price",
        "lines[3].unit_price",
    ];
    assert_eq!(paths(draft), expected);
    assert_eq!(paths(order_draft(vec![])), ["lines"]);
    assert_eq!(paths(order_draft(vec![item(1, brl("1")); MAX_LINES + 1])), ["lines"]);
    let half = Money::new(Decimal::MAX, currency("BRL"));
    assert_eq!(paths(order_draft(vec![item(1, half), item(1, half)])), ["lines"]);
}

fn sent(order: &Order) -> OrderContent {
    OrderContent {
        buyer: order.buyer().clone(),
        currency: order.currency(),
        lines: order
            .lines()
            .iter()
            .map(|line| ItemContent {
                product: line.item.product,
                quantity: line.item.quantity,
                unit_price: Some(line.item.unit_price),
            })
            .collect(),
    }
}

#[test]
fn od_3_the_same_order_again_is_the_one_order_and_another_is_a_conflict() {
    let order = in_state(OrderStatus::Fulfilled);
    let mut content = sent(&order);
    assert_eq!(order.is_repeated_by(&content), Ok(()));
    content.lines[0].unit_price = None;
    assert_eq!(order.is_repeated_by(&content), Ok(()), "a price left to the product is not compared");
    content.lines[1].quantity = 9;
    content.lines[1].unit_price = Some(brl("41"));
    content.buyer = Buyer::Organization(id(101));
    let conflict = order.is_repeated_by(&content).unwrap_err();
    assert_eq!(conflict.differences, ["buyer", "lines[1].quantity", "lines[1].unit_price"]);
    assert_eq!(
        conflict.to_string(),
        "external reference shop-1 belongs to order SO-20260001, which differs in: buyer, lines[1].quantity, lines[1].unit_price"
    );
    content.lines.pop();
    assert_eq!(order.is_repeated_by(&content).unwrap_err().differences, ["buyer", "lines"]);
}

#[test]
fn an_order_survives_storage_in_every_state() {
    for state in OrderStatus::VARIANTS {
        let order = in_state(*state);
        let (record, mut lines) = order.to_record();
        lines.reverse();
        assert_eq!(Order::restore(record, lines), Ok(order));
    }
    let mut draft = order_draft(vec![item(1, brl("1"))]);
    draft.buyer = Buyer::Person { name: "Ana".into(), email: "ana@example.org".into() };
    let order = Order::try_new(draft, day(1)).unwrap();
    let (record, lines) = order.to_record();
    assert_eq!((record.organization, record.holder_name.as_deref()), (None, Some("Ana")));
    assert_eq!(Order::restore(record, lines), Ok(order));
}

#[test]
fn a_corrupt_order_is_refused() {
    let corrupt = |status, spoil: fn(&mut OrderRecord, &mut Vec<OrderLineRecord>)| {
        let (mut record, mut lines) = in_state(status).to_record();
        spoil(&mut record, &mut lines);
        assert!(matches!(Order::restore(record, lines), Err(kernel::StoreError::Corrupt { .. })));
    };
    use OrderStatus::{Cancelled, Fulfilled, Paid, Pending};
    corrupt(Pending, |record, _| record.organization = None);
    corrupt(Pending, |record, _| record.holder_name = Some("x".into()));
    corrupt(Pending, |_, lines| lines.clear());
    corrupt(Pending, |_, lines| lines[0].order = id(99));
    corrupt(Pending, |_, lines| lines[0].unit_price = usd("30"));
    corrupt(Pending, |_, lines| lines[0].quantity = 3);
    corrupt(Pending, |record, _| record.paid = brl("-1"));
    corrupt(Pending, |record, _| record.paid = brl("101"));
    corrupt(Pending, |record, _| record.paid = usd("0"));
    corrupt(Pending, |record, _| record.paid = brl("100"));
    corrupt(Paid, |record, _| record.paid = brl("99"));
    corrupt(Paid, |record, _| record.paid_at = None);
    corrupt(Fulfilled, |record, _| record.fulfilled_at = None);
    corrupt(Cancelled, |record, _| record.paid = brl("1"));
    corrupt(Cancelled, |record, _| record.closed_at = None);
}

proptest! {
    #[test]
    fn od_3_random_walks_never_leave_the_table(steps in prop::collection::vec((0usize..4, 1i64..12_000), 0..24)) {
        let mut order = an_order();
        let mut received = Decimal::ZERO;
        for (n, (command, cents)) in steps.into_iter().enumerate() {
            let before = order.clone();
            let command = OrderCommand::VARIANTS[command];
            let amount = Money::new(Decimal::new(cents, 2), order.currency());
            let changed = if command == OrderCommand::Pay {
                order.record_payment(None, payment(&format!("p{n}"), amount), day(2)).is_ok()
            } else {
                matches!(apply(&mut order, command), Ok(Outcome::Changed))
            };
            if !changed {
                prop_assert_eq!(&order, &before);
            } else if order.status() != before.status() {
                prop_assert_eq!(specified(before.status().into(), command.into()), Some(order.status().into()));
            }
            if changed && command == OrderCommand::Pay {
                received += amount.amount();
            }
            prop_assert_eq!(order.paid().amount(), received);
            prop_assert!(!order.due().is_negative());
            let paid_up = order.due().is_zero();
            prop_assert_eq!(paid_up && order.status() == OrderStatus::Pending, false);
            let (record, lines) = order.to_record();
            prop_assert_eq!(Order::restore(record, lines), Ok(order.clone()));
        }
    }

    #[test]
    fn od_4_any_split_of_the_total_pays_in_full_exactly_once(parts in prop::collection::vec(1i64..500, 1..20)) {
        let total: i64 = parts.iter().sum();
        let mut order =
            Order::try_new(order_draft(vec![item(1, Money::new(Decimal::new(total, 2), currency("BRL")))]), day(1)).unwrap();
        let mut in_full = 0;
        for (n, cents) in parts.iter().enumerate() {
            let amount = Money::new(Decimal::new(*cents, 2), currency("BRL"));
            let outcome = order.record_payment(None, payment(&format!("p{n}"), amount), day(2)).unwrap();
            in_full += u32::from(matches!(outcome, PaymentOutcome::PaidInFull(..)));
        }
        prop_assert_eq!((in_full, order.status()), (1, OrderStatus::Paid));
    }
}
