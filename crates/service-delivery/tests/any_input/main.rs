//! Any input at all, as `apps/fuzz` sends it for longer.

mod checks;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn ap_2_any_text_is_read_or_refused(text in "\\PC{0,60}|-?[a-z_]{1,20}|[A-Z0-9-]{1,30}|(https?://)?[a-z0-9.:/@\\[\\]-]{1,40}|[0-9*/, -]{1,30}|[a-z0-9.+-]{1,20}@[a-z0-9.-]{1,20}") {
        checks::texts(&text);
    }
}
