//! A balance: any sequence of commands, of any amounts, at any instants.
#![no_main]

#[path = "../../../crates/ust-credits/tests/any_input/checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::history(data));
