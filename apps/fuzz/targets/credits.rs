//! Amounts of credits, the ledger's columns, catalog files: any text, any amounts.
#![no_main]

#[path = "../../../crates/ust-credits/tests/any_input/checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        checks::texts(text);
    }
    if let Some((one, rest)) = data.split_first_chunk() {
        if let Some((other, _)) = rest.split_first_chunk() {
            checks::numbers(i64::from_le_bytes(*one), i64::from_le_bytes(*other));
        }
    }
});
