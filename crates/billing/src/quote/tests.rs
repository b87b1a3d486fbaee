use kernel::{LifeCycle, OrderLineId, StoreError, legal_commands};
use proptest::prelude::*;
use strum::VariantArray;

use super::*;
use crate::{MAX_LINES, Order, test_support::*};

/// The specification's table (OD-2), written out.
fn specified(from: &str, command: &str) -> Option<&'static str> {
    match (from, command) {
        ("draft", "revise") => Some("draft"),
        ("draft", "send") => Some("sent"),
        ("draft", "decline") => Some("declined"),
        ("sent", "accept") => Some("accepted"),
        ("sent", "decline") => Some("declined"),
        ("sent", "expire") => Some("expired"),
        ("accepted", "convert") => Some("converted"),
        _ => None,
    }
}

#[test]
fn od_2_the_table_is_the_specifications() {
    for state in QuoteStatus::VARIANTS {
        for command in QuoteCommand::VARIANTS {
            let next = state.next(*command).map(<&str>::from);
            assert_eq!(next, specified(state.into(), command.into()), "{state} {command}");
        }
    }
}

/// Runs the verb of `command`, at an instant at which its other conditions hold.
fn apply(quote: &mut Quote, command: QuoteCommand) -> Result<Outcome, IllegalMove> {
    match command {
        QuoteCommand::Revise => match quote.revise(vec![item(1, brl("5"))], day(10), day(2)) {
            Ok(()) => Ok(Outcome::Changed),
            Err(ReviseQuote::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        QuoteCommand::Send => match quote.send(day(2)) {
            Ok(outcome) => Ok(outcome),
            Err(SendQuote::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        QuoteCommand::Accept => match quote.accept(day(3)) {
            Ok(AcceptOutcome::Accepted(_)) => Ok(Outcome::Changed),
            Ok(AcceptOutcome::AlreadyConverted(_)) => Ok(Outcome::Unchanged),
            Err(AcceptQuote::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        QuoteCommand::Convert => match quote.convert(id(1), day(3)) {
            Ok(outcome) => Ok(outcome),
            Err(ConvertQuote::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
        QuoteCommand::Decline => quote.decline(day(3)),
        QuoteCommand::Expire => match quote.expire(day(10)) {
            Ok(outcome) => Ok(outcome),
            Err(ExpireQuote::IllegalMove(illegal)) => Err(illegal),
            Err(other) => panic!("{other}"),
        },
    }
}

fn in_state(status: QuoteStatus) -> Quote {
    use QuoteCommand::{Accept, Convert, Decline, Expire, Send};
    let path: &[QuoteCommand] = match status {
        QuoteStatus::Draft => &[],
        QuoteStatus::Sent => &[Send],
        QuoteStatus::Accepted => &[Send, Accept],
        QuoteStatus::Converted => &[Send, Accept, Convert],
        QuoteStatus::Declined => &[Send, Decline],
        QuoteStatus::Expired => &[Send, Expire],
    };
    let mut quote = a_quote();
    for command in path {
        assert_eq!(apply(&mut quote, *command), Ok(Outcome::Changed));
    }
    assert_eq!(quote.status(), status);
    quote
}

#[test]
fn od_2_every_verb_obeys_the_table_and_repeating_changes_nothing() {
    for state in QuoteStatus::VARIANTS {
        for command in QuoteCommand::VARIANTS {
            let before = in_state(*state);
            let mut quote = before.clone();
            let result = apply(&mut quote, *command);
            let repeats = matches!(
                (state, command),
                (QuoteStatus::Sent, QuoteCommand::Send)
                    | (QuoteStatus::Converted, QuoteCommand::Accept | QuoteCommand::Convert)
                    | (QuoteStatus::Declined, QuoteCommand::Decline)
                    | (QuoteStatus::Expired, QuoteCommand::Expire)
            );
            if let Some(target) = specified(state.into(), command.into()) {
                assert_eq!(result, Ok(Outcome::Changed), "{state} {command}");
                assert_eq!(<&str>::from(quote.status()), target);
            } else if repeats {
                assert_eq!(result, Ok(Outcome::Unchanged), "{state} {command}");
                assert_eq!(quote, before);
            } else {
                let illegal = result.unwrap_err();
                assert_eq!((illegal.state, illegal.command), (state.into(), command.into()));
                assert_eq!(illegal.legal, legal_commands(*state));
                assert_eq!(quote, before);
            }
        }
    }
}

#[test]
fn od_2_accepting_yields_the_order() {
    let mut quote = in_state(QuoteStatus::Sent);
    let AcceptOutcome::Accepted(accepted) = quote.accept(day(3)).unwrap() else { panic!() };
    let mut next = 0;
    let line_id = || {
        next += 1;
        id::<OrderLineId>(next)
    };
    let order = Order::from_quote(&accepted, id(1), order_code(), line_id, day(3)).unwrap();
    assert_eq!(quote.convert(order.id(), day(3)), Ok(Outcome::Changed));
    assert_eq!(
        (order.quote(), order.total(), order.buyer()),
        (Some(quote.id()), quote.total(), quote.buyer())
    );
    let items: Vec<_> = order.lines().iter().map(|line| line.item.clone()).collect();
    assert_eq!(items, quote.lines());
    assert_eq!(quote.accept(day(4)), Ok(AcceptOutcome::AlreadyConverted(order.id())));
    assert_eq!(quote.convert(id(77), day(4)), Err(ConvertQuote::AnotherOrder { order: order.id() }));
}

#[test]
fn od_2_validity_ends_at_its_very_instant() {
    let mut quote = in_state(QuoteStatus::Sent);
    let last: Timestamp = "2026-05-10T11:59:59.999999Z".parse().unwrap();
    assert_eq!(quote.expire(last), Err(ExpireQuote::StillValid { valid_until: day(10) }));
    assert!(quote.clone().accept(last).is_ok());
    assert_eq!(quote.accept(day(10)), Err(AcceptQuote::NoLongerValid { valid_until: day(10) }));
    assert_eq!(quote.expire(day(20)), Ok(Outcome::Changed));
    assert_eq!(quote.to_record().0.closed_at, Some(day(10)), "as of the instant at which it was due");
}

#[test]
fn od_2_a_quote_is_sent_with_lines_and_in_time() {
    let mut empty = Quote::try_new(quote_draft(vec![]), day(1)).unwrap();
    assert_eq!(empty.send(day(2)), Err(SendQuote::NoLines));
    empty.revise(vec![item(1, brl("5"))], day(12), day(2)).unwrap();
    assert_eq!(empty.total(), brl("5"));
    assert_eq!(empty.clone().send(day(12)), Err(SendQuote::NoLongerValid { valid_until: day(12) }));
    assert_eq!(empty.send(day(11)), Ok(Outcome::Changed));
}

#[test]
fn od_2_a_bad_quote_is_refused_with_every_wrong_field() {
    let mut draft = quote_draft(vec![item(1, usd("5")); MAX_LINES + 1]);
    draft.title = String::new();
    draft.valid_until = day(1);
    let Invalid(fields) = Quote::try_new(draft, day(1)).unwrap_err();
    let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).take(4).collect();
    assert_eq!(paths, ["title", "valid_until", "lines", "lines[0].unit_price"]);
    let mut quote = a_quote();
    assert!(matches!(quote.revise(vec![item(0, brl("1"))], day(10), day(2)), Err(ReviseQuote::Invalid(_))));
    assert_eq!(quote, a_quote());
}

#[test]
fn a_quote_survives_storage_in_every_state_and_corruption_is_refused() {
    for state in QuoteStatus::VARIANTS {
        let quote = in_state(*state);
        let (record, mut lines) = quote.to_record();
        lines.reverse();
        assert_eq!(Quote::restore(record, lines), Ok(quote));
    }
    let corrupt = |status, spoil: fn(&mut QuoteRecord, &mut Vec<QuoteLineRecord>)| {
        let (mut record, mut lines) = in_state(status).to_record();
        spoil(&mut record, &mut lines);
        assert!(matches!(Quote::restore(record, lines), Err(StoreError::Corrupt { .. })));
    };
    corrupt(QuoteStatus::Draft, |record, _| record.holder_email = Some("a@b".into()));
    corrupt(QuoteStatus::Draft, |record, _| record.total = brl("61"));
    corrupt(QuoteStatus::Draft, |record, _| record.order = Some(id(1)));
    corrupt(QuoteStatus::Draft, |_, lines| lines[0].quote = id(99));
    corrupt(QuoteStatus::Draft, |_, lines| lines[0].unit_price = usd("30"));
    corrupt(QuoteStatus::Converted, |record, _| record.order = None);
    corrupt(QuoteStatus::Expired, |record, _| record.closed_at = None);
    corrupt(QuoteStatus::Sent, |record, lines| {
        lines.clear();
        record.total = brl("0");
    });
}

proptest! {
    #[test]
    fn od_2_random_walks_never_leave_the_table(steps in prop::collection::vec(0usize..6, 0..24)) {
        let mut quote = a_quote();
        for command in steps {
            let command = QuoteCommand::VARIANTS[command];
            let before = quote.clone();
            match apply(&mut quote, command) {
                Ok(Outcome::Changed) => prop_assert_eq!(
                    specified(before.status().into(), command.into()), Some(quote.status().into())),
                Ok(Outcome::Unchanged) | Err(_) => prop_assert_eq!(&quote, &before),
            }
            let (record, lines) = quote.to_record();
            prop_assert_eq!(Quote::restore(record, lines), Ok(quote.clone()));
        }
    }
}
