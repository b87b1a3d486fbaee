//! Invoices and the runs that gather them.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0008_invoices",
    up: &[
        Sql::Both(
            "CREATE TABLE billing_run (
                id {uuid} PRIMARY KEY NOT NULL,
                at BIGINT NOT NULL,
                actor_kind TEXT NOT NULL,
                actor_id {uuid},
                actor_name TEXT NOT NULL,
                invoices BIGINT NOT NULL CHECK (invoices >= 0),
                lines BIGINT NOT NULL CHECK (lines >= 0),
                skipped {json} NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX billing_run_at ON billing_run (at, id)"),
        // The run is recorded at the end of its transaction, after its invoices.
        Sql::Both(
            "CREATE TABLE invoice (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT CONSTRAINT invoice_code_key UNIQUE,
                organization_id {uuid} NOT NULL REFERENCES organization (id),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                billing_run_id {uuid} REFERENCES billing_run (id) DEFERRABLE INITIALLY DEFERRED,
                value TEXT NOT NULL,
                covered TEXT NOT NULL,
                due TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('draft', 'issued', 'overdue', 'paid', 'void')),
                created_at BIGINT NOT NULL,
                issued_at BIGINT,
                due_at BIGINT,
                closed_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                CHECK (status IN ('draft', 'void') OR code IS NOT NULL)
            )",
        ),
        Sql::Both("CREATE INDEX invoice_created ON invoice (created_at, id)"),
        Sql::Both("CREATE INDEX invoice_organization_created ON invoice (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX invoice_status_created ON invoice (status, created_at, id)"),
        Sql::Both("CREATE INDEX invoice_due ON invoice (due_at, id) WHERE due_at IS NOT NULL"),
        Sql::Both("CREATE INDEX invoice_billing_run ON invoice (billing_run_id) WHERE billing_run_id IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE invoice_line (
                id {uuid} PRIMARY KEY NOT NULL,
                invoice_id {uuid} NOT NULL REFERENCES invoice (id),
                position INTEGER NOT NULL CHECK (position >= 0),
                source_kind TEXT NOT NULL CHECK (source_kind IN
                    ('order_line', 'service_request', 'excess_credits', 'milestone', 'contract_period', 'adjustment')),
                source_id {uuid} NOT NULL,
                claims_source BOOLEAN NOT NULL,
                corrects_id {uuid} REFERENCES invoice_line (id),
                description TEXT NOT NULL,
                quantity TEXT NOT NULL,
                value TEXT NOT NULL,
                covered TEXT NOT NULL,
                due TEXT NOT NULL,
                CONSTRAINT invoice_line_invoice_id_position_key UNIQUE (invoice_id, position)
            )",
        ),
        // Each thing is billed once, whatever runs at the same time.
        Sql::Both(
            "CREATE UNIQUE INDEX invoice_line_source_kind_source_id_key ON invoice_line (source_kind, source_id)
                WHERE claims_source",
        ),
        Sql::Both("CREATE INDEX invoice_line_corrects ON invoice_line (corrects_id) WHERE corrects_id IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE invoice_link (
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                invoice_id {uuid} NOT NULL REFERENCES invoice (id),
                PRIMARY KEY (entitlement_id, invoice_id)
            )",
        ),
        Sql::Both("CREATE INDEX invoice_link_invoice ON invoice_link (invoice_id)"),
    ],
    down: &[
        Sql::Both("DROP TABLE invoice_link"),
        Sql::Both("DROP TABLE invoice_line"),
        Sql::Both("DROP TABLE invoice"),
        Sql::Both("DROP TABLE billing_run"),
    ],
};
