//! Timed steps that failed: each is left alone for a while, and the others go on.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0021_timed_setbacks",
    up: &[Sql::Both(
        // Of the step that was due at that instant; `source` is the table that says when the next one is.
        "CREATE TABLE timed_setback (
            source TEXT NOT NULL,
            id {uuid} NOT NULL,
            due BIGINT NOT NULL,
            failures BIGINT NOT NULL CHECK (failures > 0),
            retry_at BIGINT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (source, id)
        )",
    )],
    down: &[Sql::Both("DROP TABLE timed_setback")],
};
