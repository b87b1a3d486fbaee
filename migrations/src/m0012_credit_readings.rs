//! What the past of a balance is read by, however long it is.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0012_credit_readings",
    up: &[
        // A request's entries in order; and the kinds of which a long ledger has few: what every request writes is not in it.
        Sql::Both("DROP INDEX ledger_entry_request"),
        Sql::Both(
            "CREATE INDEX ledger_entry_request ON ledger_entry (request_id, balance_id, at, sequence)
                WHERE request_id IS NOT NULL",
        ),
        Sql::Both(
            "CREATE INDEX ledger_entry_kind ON ledger_entry (balance_id, kind, at, sequence)
                WHERE kind IN ('grant', 'expire', 'adjust', 'refund', 'excess')",
        ),
        // Lots that were granted before they could be used.
        Sql::Both(
            "CREATE INDEX credit_lot_later ON credit_lot (balance_id, usable_from) WHERE usable_from > granted_at",
        ),
        // What will be gone: of everybody, and of a balance or the balances of an organization.
        Sql::Both(
            "CREATE INDEX credit_lot_ending ON credit_lot (ends_at, id) WHERE is_open AND ends_at IS NOT NULL",
        ),
        Sql::Both(
            "CREATE INDEX credit_lot_balance_ending ON credit_lot (balance_id, ends_at, id)
                WHERE is_open AND ends_at IS NOT NULL",
        ),
    ],
    down: &[
        Sql::Both("DROP INDEX credit_lot_balance_ending"),
        Sql::Both("DROP INDEX credit_lot_ending"),
        Sql::Both("DROP INDEX credit_lot_later"),
        Sql::Both("DROP INDEX ledger_entry_kind"),
        Sql::Both("DROP INDEX ledger_entry_request"),
        Sql::Both(
            "CREATE INDEX ledger_entry_request ON ledger_entry (request_id) WHERE request_id IS NOT NULL",
        ),
    ],
};
