//! Codes, ids, instants and money: any text, any numbers.
#![no_main]

#[path = "../../../crates/kernel/tests/any_input/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        checks::texts(text);
    }
    if let Some((one, rest)) = data.split_first_chunk() {
        if let Some((other, rest)) = rest.split_first_chunk() {
            let scale = u32::from(rest.first().copied().unwrap_or_default());
            checks::numbers(i64::from_le_bytes(*one), i64::from_le_bytes(*other), scale);
        }
    }
});
