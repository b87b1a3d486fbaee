//! Orders and filters of lists, API keys: any text.
#![no_main]

#[path = "../../../crates/service-delivery/tests/any_input/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        checks::texts(text);
    }
});
