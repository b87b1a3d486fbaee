//! Whose entries they are, in a ledger of any length.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0022_ledger_actors",
    up: &[Sql::Both(
        "CREATE INDEX ledger_entry_actor ON ledger_entry (balance_id, actor_id, at, sequence)
            WHERE actor_id IS NOT NULL",
    )],
    down: &[Sql::Both("DROP INDEX ledger_entry_actor")],
};
