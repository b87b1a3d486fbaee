//! Commands that their senders have named, each with its first answer (AP-4).

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0014_commands",
    up: &[
        // Hashes of who sent what to which operation under which name, and of what it said. The answer is sealed with that name,
        // which is stored nowhere.
        Sql::Both(
            "CREATE TABLE command (
                id {bytes} PRIMARY KEY NOT NULL,
                content {bytes} NOT NULL,
                answer {bytes} NOT NULL,
                at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX command_at ON command (at)"),
    ],
    down: &[Sql::Both("DROP TABLE command")],
};
