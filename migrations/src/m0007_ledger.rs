//! What balances hold for requests, and their ledgers. All amounts are units, a tenth of a credit each.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0007_ledger",
    up: &[
        // A request is written after its credits are held, in the same transaction: balances are locked before requests.
        Sql::Both(
            "CREATE TABLE credit_hold (
                request_id {uuid} PRIMARY KEY NOT NULL
                    REFERENCES service_request (id) DEFERRABLE INITIALLY DEFERRED,
                balance_id {uuid} NOT NULL REFERENCES credit_balance (id),
                state TEXT NOT NULL CHECK (state IN ('open', 'released', 'settled', 'reversed')),
                requested BIGINT NOT NULL CHECK (requested >= 0),
                held TEXT NOT NULL,
                overdraft_held BIGINT NOT NULL CHECK (overdraft_held >= 0),
                shortfall BIGINT NOT NULL CHECK (shortfall >= 0),
                debited TEXT NOT NULL,
                overdrawn BIGINT NOT NULL CHECK (overdrawn >= 0),
                excess BIGINT NOT NULL CHECK (excess >= 0),
                settled_at BIGINT,
                settled_actual BIGINT CHECK (settled_actual >= 0),
                settled_debited BIGINT CHECK (settled_debited >= 0),
                settled_overdrawn BIGINT CHECK (settled_overdrawn >= 0),
                settled_excess BIGINT CHECK (settled_excess >= 0),
                settled_released BIGINT CHECK (settled_released >= 0),
                changed_at BIGINT NOT NULL,
                CHECK (settled_actual = settled_debited + settled_overdrawn + settled_excess)
            )",
        ),
        Sql::Both("CREATE INDEX credit_hold_balance ON credit_hold (balance_id, changed_at, request_id)"),
        Sql::Both("CREATE INDEX credit_hold_overdrawn ON credit_hold (balance_id) WHERE overdrawn > 0"),
        Sql::Both(
            "CREATE TABLE ledger_entry (
                balance_id {uuid} NOT NULL REFERENCES credit_balance (id),
                sequence BIGINT NOT NULL CHECK (sequence > 0),
                at BIGINT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN
                    ('grant', 'reserve', 'release', 'debit', 'expire', 'adjust', 'refund', 'excess')),
                request_id {uuid} REFERENCES service_request (id) DEFERRABLE INITIALLY DEFERRED,
                amount BIGINT NOT NULL CHECK (amount >= 0),
                movement TEXT NOT NULL,
                granted BIGINT NOT NULL CHECK (granted >= 0),
                available BIGINT NOT NULL CHECK (available >= 0),
                held BIGINT NOT NULL CHECK (held >= 0),
                consumed BIGINT NOT NULL CHECK (consumed >= 0),
                expired BIGINT NOT NULL CHECK (expired >= 0),
                taken_back BIGINT NOT NULL CHECK (taken_back >= 0),
                overdraft BIGINT NOT NULL CHECK (overdraft >= 0),
                overdraft_held BIGINT NOT NULL CHECK (overdraft_held >= 0),
                excess BIGINT NOT NULL CHECK (excess >= 0),
                shortfall BIGINT NOT NULL CHECK (shortfall >= 0),
                actor_kind TEXT NOT NULL,
                actor_id {uuid},
                actor_name TEXT NOT NULL,
                cause TEXT NOT NULL,
                PRIMARY KEY (balance_id, sequence)
            )",
        ),
        Sql::Both("CREATE INDEX ledger_entry_balance_at ON ledger_entry (balance_id, at, sequence)"),
        Sql::Both("CREATE INDEX ledger_entry_request ON ledger_entry (request_id) WHERE request_id IS NOT NULL"),
        Sql::Postgres(
            "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation'; END $$",
        ),
        Sql::Postgres(
            "CREATE TRIGGER ledger_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()",
        ),
        Sql::Sqlite(
            "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        ),
        Sql::Sqlite(
            "CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        ),
    ],
    down: &[
        Sql::Sqlite("DROP TRIGGER ledger_entry_no_delete"),
        Sql::Sqlite("DROP TRIGGER ledger_entry_no_update"),
        Sql::Postgres("DROP TRIGGER ledger_entry_is_append_only ON ledger_entry"),
        Sql::Postgres("DROP FUNCTION refuse_ledger_change()"),
        Sql::Both("DROP TABLE ledger_entry"),
        Sql::Both("DROP TABLE credit_hold"),
    ],
};
