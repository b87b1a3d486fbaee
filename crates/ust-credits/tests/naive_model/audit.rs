//! What the audit finds (CR-9, CR-10): every corruption that is planted, by name.

use kernel::{CreditBalanceId, Timestamp};
use ust_credits::{Credits, Difference, HoldRecord, LedgerEntry, SettlementRecord};
use uuid::Uuid;

use crate::{
    shelf::Shelf,
    walk::{Dice, walk},
};

fn plus(amount: &mut Credits, units: i64) {
    *amount = Credits::from_units(amount.units() + units);
}

/// A shelf with a history that has something of everything.
fn a_shelf() -> Shelf {
    walk(3, 400).shelf
}

fn entry(shelf: &mut Shelf, index: usize) -> &mut LedgerEntry {
    &mut shelf.ledger[index]
}

#[test]
fn cr_9_a_wrong_balance_row_is_named() {
    let mut shelf = a_shelf();
    plus(&mut shelf.balance.as_mut().unwrap().totals.consumed, 1);
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Balance { figure: "consumed", .. }]), "{found:?}");

    let mut shelf = a_shelf();
    shelf.balance.as_mut().unwrap().last_sequence += 1;
    assert!(matches!(shelf.audit()[..], [Difference::Balance { figure: "last_sequence", .. }]));
}

#[test]
fn cr_9_a_wrong_lot_is_named() {
    let mut shelf = a_shelf();
    let id = *shelf.lots.keys().nth(5).unwrap();
    let lot = shelf.lots.get_mut(&id).unwrap();
    plus(&mut lot.consumed, 1);
    let found = shelf.audit();
    assert!(found.iter().any(|difference| matches!(difference, Difference::Row { .. })), "{found:?}");
    assert!(
        found.iter().any(|difference| matches!(
            difference,
            Difference::Lot { lot, figure: "consumed", stored, replayed } if *lot == id && *stored == replayed + 1
        )),
        "{found:?}"
    );
}

#[test]
fn cr_9_amounts_swapped_between_two_lots_are_named() {
    let mut shelf = a_shelf();
    let ids: Vec<_> = shelf.lots.keys().copied().collect();
    let used: Vec<_> = ids.into_iter().filter(|id| shelf.lots[id].consumed.units() > 0).take(2).collect();
    for (id, units) in used.iter().zip([-1, 1]) {
        let lot = shelf.lots.get_mut(id).unwrap();
        plus(&mut lot.consumed, units);
        plus(&mut lot.taken_back, -units);
        plus(&mut lot.taken_back, 0);
    }
    let named: Vec<_> = shelf
        .audit()
        .into_iter()
        .filter_map(|difference| match difference {
            Difference::Lot { lot, .. } => Some(lot),
            _ => None,
        })
        .collect();
    assert!(used.iter().all(|id| named.contains(id)));
}

#[test]
fn cr_9_missing_and_extra_rows_are_named() {
    let mut shelf = a_shelf();
    let id = *shelf.lots.keys().next().unwrap();
    shelf.lots.remove(&id);
    assert!(
        shelf
            .audit()
            .iter()
            .any(|difference| matches!(difference, Difference::Lot { lot, .. } if *lot == id))
    );

    let mut shelf = a_shelf();
    let carries = |hold: &ust_credits::HoldRecord| !hold.debited.is_empty() || !hold.held.is_empty();
    let id = shelf.holds.values().find(|hold| carries(hold)).unwrap().request;
    shelf.holds.remove(&id);
    let found = shelf.audit();
    assert!(
        found
            .iter()
            .any(|difference| matches!(difference, Difference::Hold { request, .. } if *request == id)),
        "{found:?}"
    );
}

#[test]
fn cr_9_a_wrong_hold_is_named() {
    let mut shelf = a_shelf();
    let id = shelf.holds.values().find(|hold| !hold.debited.is_empty()).unwrap().request;
    let hold = shelf.holds.get_mut(&id).unwrap();
    plus(&mut hold.debited.0[0].amount, 1);
    let found = shelf.audit();
    assert!(
        matches!(found[..], [Difference::Hold { request, figure: "debited", .. }] if request == id),
        "{found:?}"
    );
}

#[test]
fn cr_9_what_falls_due_next_is_compared() {
    let next_due = |shelf: &Shelf| shelf.balance.as_ref().unwrap().next_due;
    let dated = (3..).map(|seed| walk(seed, 100).shelf).find(|shelf| next_due(shelf).is_some()).unwrap();
    let due = next_due(&dated).unwrap();
    for wrong in [None, Some(due.just_before()), Some(Timestamp::MAX)] {
        let mut shelf = dated.clone();
        shelf.balance.as_mut().unwrap().next_due = wrong;
        let found = shelf.audit();
        assert!(
            matches!(&found[..], [Difference::Balance { figure: "next_due", replayed, .. }]
            if *replayed == due.to_string()),
            "{found:?}"
        );
    }
    let mut shelf = (3..).map(|seed| walk(seed, 4).shelf).find(|shelf| next_due(shelf).is_none()).unwrap();
    shelf.balance.as_mut().unwrap().next_due = Some(due);
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Balance { figure: "next_due", .. }]), "{found:?}");
}

/// The holds that were settled with something.
fn settled(shelf: &Shelf) -> Vec<HoldRecord> {
    let made = |hold: &&HoldRecord| hold.settlement.is_some_and(|made| made.actual.is_positive());
    shelf.holds.values().filter(made).cloned().collect()
}

#[test]
fn cr_9_a_settlement_that_is_not_as_it_was_made_is_named() {
    type Plant = fn(&mut SettlementRecord);
    let plants: [(&[&str], Plant); 7] = [
        (&["settled_actual"], |made| plus(&mut made.actual, 1)),
        (&["settled_actual", "settled_debited"], |made| plus(&mut made.debited, 1)),
        (&["settled_released"], |made| plus(&mut made.released, 1)),
        (&["settled_debited"], |made| {
            plus(&mut made.actual, 1);
            plus(&mut made.debited, 1);
        }),
        (&["settled_overdrawn"], |made| {
            plus(&mut made.actual, 1);
            plus(&mut made.overdrawn, 1);
        }),
        (&["settled_excess"], |made| {
            plus(&mut made.actual, 1);
            plus(&mut made.excess, 1);
        }),
        (&["settled_debited", "settled_excess"], |made| {
            plus(&mut made.debited, -1);
            plus(&mut made.excess, 1);
        }),
    ];
    // Settled again, corrected, reversed, repaid: every way of it is among so many.
    let mut corrected = 0;
    for seed in 0..4 {
        let sound = walk(seed, 300).shelf;
        for hold in settled(&sound) {
            let made = hold.settlement.unwrap();
            corrected +=
                usize::from(hold.reversible() < Credits::sum([made.debited, made.overdrawn]).unwrap());
            for (named, plant) in plants {
                let mut shelf = sound.clone();
                plant(shelf.holds.get_mut(&hold.request).unwrap().settlement.as_mut().unwrap());
                let found = shelf.audit();
                let expected: Vec<_> = named.iter().map(|figure| (hold.request, *figure)).collect();
                let mut figures: Vec<_> = found
                    .iter()
                    .map(|difference| match difference {
                        Difference::Hold { request, lot: None, figure, .. } => (*request, *figure),
                        other => panic!("seed {seed}: {other}"),
                    })
                    .collect();
                figures.sort_unstable();
                assert_eq!(figures, expected, "seed {seed}: {made:?}");
            }
            let mut shelf = sound.clone();
            shelf.holds.get_mut(&hold.request).unwrap().settlement = None;
            assert!(!shelf.audit().is_empty(), "seed {seed}: no settlement is left of {made:?}");
        }
    }
    assert!(corrected > 0);
}

#[test]
fn cr_9_a_wrong_entry_is_named_once() {
    let mut shelf = a_shelf();
    plus(&mut entry(&mut shelf, 40).totals.expired, 1);
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Total { sequence: 41, figure: "expired", .. }]), "{found:?}");

    let mut shelf = a_shelf();
    plus(&mut entry(&mut shelf, 40).amount, 1);
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Amount { sequence: 41, .. }]), "{found:?}");

    let mut shelf = a_shelf();
    entry(&mut shelf, 40).at = Timestamp::MIN;
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Backwards { sequence: 41, .. }]), "{found:?}");

    let mut shelf = a_shelf();
    entry(&mut shelf, 40).balance = CreditBalanceId::new(Uuid::from_u128(1 << 90));
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Stranger { sequence: 41, .. }]), "{found:?}");

    let mut shelf = a_shelf();
    let last = shelf.ledger.len() - 1;
    plus(&mut entry(&mut shelf, last).totals.taken_back, 1);
    let found = shelf.audit();
    assert!(matches!(found[..], [Difference::Total { figure: "taken_back", .. }]), "{found:?}");
}

#[test]
fn cr_9_a_movement_that_makes_credits_is_named() {
    let mut shelf = a_shelf();
    let index = shelf.ledger.iter().position(|entry| !entry.movement.lots.is_empty()).unwrap();
    entry(&mut shelf, index).movement.lots[0].available += 1;
    let found = shelf.audit();
    assert!(found.iter().any(|difference| matches!(difference, Difference::Unbalanced { .. })), "{found:?}");
    assert!(found.iter().any(|difference| matches!(difference, Difference::Lot { .. })), "{found:?}");
}

#[test]
fn cr_9_a_deleted_entry_is_named() {
    let mut shelf = a_shelf();
    shelf.ledger.remove(40);
    let found = shelf.audit();
    assert!(
        found.iter().any(|difference| matches!(difference, Difference::Sequence { expected: 41, found: 42 })),
        "{found:?}"
    );
}

#[test]
fn cr_8_credits_left_in_a_lot_that_is_over_are_named() {
    let mut shelf = a_shelf();
    let lot = shelf.lots.values_mut().find(|lot| lot.expired.units() > 0).unwrap();
    let id = lot.id;
    plus(&mut lot.available, 1);
    plus(&mut lot.expired, -1);
    let found = shelf.audit();
    assert!(
        found.iter().any(|difference| matches!(difference, Difference::Overdue { lot, .. } if *lot == id)),
        "{found:?}"
    );
}

#[test]
fn cr_9_no_single_change_of_an_amount_goes_unseen() {
    let mut dice = Dice::new(7);
    let sound = a_shelf();
    for _ in 0..200 {
        let mut shelf = sound.clone();
        let index = dice.below(shelf.ledger.len() as u64) as usize;
        let units = 1 + dice.below(5) as i64;
        let entry = entry(&mut shelf, index);
        match (dice.below(4), entry.movement.lots.first_mut()) {
            (0, Some(change)) => change.available -= units,
            (1, Some(change)) => change.held += units,
            (2, Some(change)) => {
                (change.consumed, change.available) = (change.consumed + units, change.available - units)
            }
            (_, _) => plus(&mut entry.totals.granted, units),
        }
        assert!(!shelf.audit().is_empty(), "entry {index}");
    }
}
