//! Credit balances and their lots. All amounts are units, a tenth of a credit each.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0005_credits",
    up: &[
        Sql::Both(
            "CREATE TABLE credit_balance (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL CONSTRAINT credit_balance_entitlement_id_key UNIQUE REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                frozen BOOLEAN NOT NULL,
                forfeited_at BIGINT,
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
                last_sequence BIGINT NOT NULL CHECK (last_sequence >= 0),
                last_at BIGINT NOT NULL,
                next_due BIGINT,
                low_balance_armed BOOLEAN NOT NULL,
                version BIGINT NOT NULL CHECK (version > 0),
                CHECK (granted = available + held + consumed + expired + taken_back)
            )",
        ),
        Sql::Both("CREATE INDEX credit_balance_organization ON credit_balance (organization_id, id)"),
        Sql::Both("CREATE INDEX credit_balance_due ON credit_balance (next_due, id) WHERE next_due IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE credit_lot (
                id {uuid} PRIMARY KEY NOT NULL,
                balance_id {uuid} NOT NULL REFERENCES credit_balance (id),
                source TEXT NOT NULL CHECK (source IN ('included', 'purchase', 'manual', 'refund', 'rollover')),
                amount BIGINT NOT NULL CHECK (amount > 0),
                available BIGINT NOT NULL CHECK (available >= 0),
                held BIGINT NOT NULL CHECK (held >= 0),
                consumed BIGINT NOT NULL CHECK (consumed >= 0),
                expired BIGINT NOT NULL CHECK (expired >= 0),
                taken_back BIGINT NOT NULL CHECK (taken_back >= 0),
                granted_at BIGINT NOT NULL,
                usable_from BIGINT NOT NULL,
                expires_at BIGINT,
                ends_at BIGINT,
                reference TEXT,
                is_open BOOLEAN NOT NULL CHECK (is_open = (available > 0 OR held > 0)),
                CONSTRAINT credit_lot_balance_id_reference_key UNIQUE (balance_id, reference),
                CHECK (amount = available + held + consumed + expired + taken_back),
                CHECK (usable_from >= granted_at)
            )",
        ),
        Sql::Both("CREATE INDEX credit_lot_balance_queue ON credit_lot (balance_id, granted_at, id)"),
        // What every reservation reads: the lots with something left, not the many that are used up. An index over the amounts
        // themselves would have to be written with every change of theirs.
        Sql::Both("CREATE INDEX credit_lot_open ON credit_lot (balance_id, granted_at, id) WHERE is_open"),
        // Room beside rows that change all the time, so that their indexes need not.
        Sql::Postgres("ALTER TABLE credit_balance SET (fillfactor = 50)"),
        Sql::Postgres("ALTER TABLE credit_lot SET (fillfactor = 70)"),
        Sql::Both("ALTER TABLE environment ADD COLUMN credit_balance_id {uuid} REFERENCES credit_balance (id)"),
        Sql::Both(
            "CREATE INDEX environment_credit_balance ON environment (credit_balance_id) WHERE credit_balance_id IS NOT NULL",
        ),
    ],
    down: &[
        Sql::Both("DROP INDEX environment_credit_balance"),
        Sql::Both("ALTER TABLE environment DROP COLUMN credit_balance_id"),
        Sql::Both("DROP TABLE credit_lot"),
        Sql::Both("DROP TABLE credit_balance"),
    ],
};
