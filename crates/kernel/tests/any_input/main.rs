//! Any input at all, as `apps/fuzz` sends it for longer.

mod checks;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn id_5_any_text_is_read_or_refused(text in "\\PC{0,40}|[A-Z]{2,3}-[0-9]{3,24}|-?[0-9]{0,32}\\.?[0-9]{0,32}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{4,20}(Z|[+-][0-9]{2}:[0-9]{2})") {
        checks::texts(&text);
    }

    #[test]
    fn mn_1_any_numbers_are_reckoned_with(one: i64, other: i64, scale: u32) {
        checks::numbers(one, other, scale);
    }
}
