//! Any input at all, as `apps/fuzz` sends it for longer.

mod checks;

use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn cr_1_any_text_is_read_or_refused(text in "\\PC{0,60}|-?[0-9]{0,24}\\.?[0-9]{0,3}|[0-9a-f=+ \\-gahcetodxs:]{0,80}|([A-Za-z0-9,.\"\n\r ]{0,20}(support|true|low|4.5)?,){5,8}true\n") {
        checks::texts(&text);
    }

    #[test]
    fn cr_1_any_amounts_are_reckoned_with(one: i64, other: i64) {
        checks::numbers(one, other);
        checks::numbers(one % 100, other % 100);
    }

    #[test]
    fn cr_10_any_commands_leave_what_the_ledger_says(bytes in vec(any::<u8>(), 0..600)) {
        checks::history(&bytes);
    }
}
