//! What happens by itself: when requests are due, whose turn it is, and how far a settable clock is ahead.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0009_timed_steps",
    up: &[
        Sql::Both("ALTER TABLE service_request ADD COLUMN next_due BIGINT"),
        // Under which policy is not known here: they are looked at once, and scheduled as they should be.
        Sql::Both(
            "UPDATE service_request SET next_due = moved_at
                WHERE (status IN ('draft', 'pending_approval') AND estimated_credits IS NOT NULL
                        AND credit_balance_id IS NOT NULL AND NOT hold_given_back)
                    OR (status = 'completed' AND accepted_at IS NULL)",
        ),
        Sql::Both(
            "CREATE INDEX service_request_next_due ON service_request (next_due, id) WHERE next_due IS NOT NULL",
        ),
        Sql::Both("DROP INDEX service_request_resting"),
        // Whoever has locked the row takes the steps; one at a time, so that they are taken in order.
        Sql::Both("CREATE TABLE worker_turn (lane TEXT PRIMARY KEY NOT NULL)"),
        Sql::Both("INSERT INTO worker_turn (lane) VALUES ('timed_steps')"),
        Sql::Both(
            "CREATE TABLE clock_offset (
                id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
                ahead BIGINT NOT NULL CHECK (ahead >= 0)
            )",
        ),
        Sql::Both("INSERT INTO clock_offset (id, ahead) VALUES (1, 0)"),
    ],
    down: &[
        Sql::Both("DROP TABLE clock_offset"),
        Sql::Both("DROP TABLE worker_turn"),
        Sql::Both(
            "CREATE INDEX service_request_resting ON service_request (moved_at, id)
                WHERE status IN ('draft', 'pending_approval')",
        ),
        Sql::Both("DROP INDEX service_request_next_due"),
        Sql::Both("ALTER TABLE service_request DROP COLUMN next_due"),
    ],
};
