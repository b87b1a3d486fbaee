//! API keys that are rotated, and when they were used last (OR-5).

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0015_key_rotation",
    up: &[
        Sql::Both("ALTER TABLE api_key ADD COLUMN rotated_at BIGINT"),
        // The secret before the last rotation, and until when it is accepted.
        Sql::Both("ALTER TABLE api_key ADD COLUMN previous_hash {bytes}"),
        Sql::Both("ALTER TABLE api_key ADD COLUMN previous_until BIGINT"),
        Sql::Both("ALTER TABLE api_key ADD COLUMN last_used_at BIGINT"),
    ],
    down: &[
        Sql::Both("ALTER TABLE api_key DROP COLUMN last_used_at"),
        Sql::Both("ALTER TABLE api_key DROP COLUMN previous_until"),
        Sql::Both("ALTER TABLE api_key DROP COLUMN previous_hash"),
        Sql::Both("ALTER TABLE api_key DROP COLUMN rotated_at"),
    ],
};
