//! Two ways past the ledger's triggers are closed: a session that plays a replica on PostgreSQL, and `REPLACE` on SQLite, which
//! deletes a row without asking the trigger that refuses to.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0013_ledger_guard",
    up: &[
        Sql::Postgres("ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_entry_is_append_only"),
        Sql::Sqlite(
            "CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_entry
                WHEN EXISTS (SELECT 1 FROM ledger_entry
                    WHERE balance_id = NEW.balance_id AND sequence = NEW.sequence)
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        ),
    ],
    down: &[
        Sql::Sqlite("DROP TRIGGER ledger_entry_no_replace"),
        Sql::Postgres("ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_is_append_only"),
    ],
};
