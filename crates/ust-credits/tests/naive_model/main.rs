//! The balance against a naive model, a queue of single units with dates: seeded sequences of operations over lots, holds,
//! expiries, freezes, reversals and clock moves, every figure compared after every one.

#![allow(clippy::unwrap_used)]

mod audit;
mod queue;
mod shelf;
mod walk;

use walk::walk;

/// 512 sequences in four tests, so that they run side by side.
fn walks(quarter: u64) {
    for seed in (0..512).filter(|seed| seed % 4 == quarter) {
        // Up to 512 operations; the lengths are spread so that beginnings and long histories both get their share.
        let length = if seed < 16 { 512 } else { 1 + (seed * 211) % 512 };
        walk(seed, length);
    }
}

#[test]
fn cr_2_to_cr_14_equal_a_queue_of_single_units_first_quarter() {
    walks(0);
}

#[test]
fn cr_2_to_cr_14_equal_a_queue_of_single_units_second_quarter() {
    walks(1);
}

#[test]
fn cr_2_to_cr_14_equal_a_queue_of_single_units_third_quarter() {
    walks(2);
}

#[test]
fn cr_2_to_cr_14_equal_a_queue_of_single_units_fourth_quarter() {
    walks(3);
}
