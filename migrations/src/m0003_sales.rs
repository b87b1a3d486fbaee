//! Quotes, orders and payments.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0003_sales",
    up: &[
        Sql::Both(
            "CREATE TABLE quote (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT NOT NULL CONSTRAINT quote_code_key UNIQUE,
                organization_id {uuid} REFERENCES organization (id),
                holder_name TEXT,
                holder_email TEXT,
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                title TEXT NOT NULL,
                valid_until BIGINT NOT NULL,
                total TEXT NOT NULL CHECK (total NOT LIKE '-%'),
                status TEXT NOT NULL CHECK (status IN ('draft', 'sent', 'accepted', 'converted', 'declined', 'expired')),
                created_at BIGINT NOT NULL,
                sent_at BIGINT,
                closed_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                CHECK ((organization_id IS NULL) = (holder_email IS NOT NULL)),
                CHECK ((holder_name IS NULL) = (holder_email IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX quote_created ON quote (created_at, id)"),
        Sql::Both("CREATE INDEX quote_organization_created ON quote (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX quote_status_created ON quote (status, created_at, id)"),
        Sql::Both("CREATE INDEX quote_title ON quote (title, id)"),
        Sql::Both("CREATE INDEX quote_sent_until ON quote (valid_until, id) WHERE status = 'sent'"),
        Sql::Both(
            "CREATE TABLE quote_line (
                quote_id {uuid} NOT NULL REFERENCES quote (id),
                position INTEGER NOT NULL CHECK (position >= 0),
                product_id {uuid} NOT NULL REFERENCES product (id),
                sku TEXT NOT NULL,
                name TEXT NOT NULL,
                quantity BIGINT NOT NULL CHECK (quantity > 0),
                unit_price TEXT NOT NULL CHECK (unit_price NOT LIKE '-%'),
                PRIMARY KEY (quote_id, position)
            )",
        ),
        Sql::Both("CREATE INDEX quote_line_product ON quote_line (product_id)"),
        Sql::Both(
            "CREATE TABLE sales_order (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT NOT NULL CONSTRAINT sales_order_code_key UNIQUE,
                organization_id {uuid} REFERENCES organization (id),
                holder_name TEXT,
                holder_email TEXT,
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                external_ref TEXT CONSTRAINT sales_order_external_ref_key UNIQUE,
                quote_id {uuid} CONSTRAINT sales_order_quote_id_key UNIQUE REFERENCES quote (id),
                total TEXT NOT NULL CHECK (total NOT LIKE '-%'),
                paid TEXT NOT NULL CHECK (paid NOT LIKE '-%'),
                status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'fulfilled', 'cancelled', 'refunded')),
                created_at BIGINT NOT NULL,
                paid_at BIGINT,
                fulfilled_at BIGINT,
                closed_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                CHECK ((organization_id IS NULL) = (holder_email IS NOT NULL)),
                CHECK ((holder_name IS NULL) = (holder_email IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX sales_order_created ON sales_order (created_at, id)"),
        Sql::Both("CREATE INDEX sales_order_organization_created ON sales_order (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX sales_order_status_created ON sales_order (status, created_at, id)"),
        // A quote and its order name each other; the order's side came first.
        Sql::Both("ALTER TABLE quote ADD COLUMN order_id {uuid} REFERENCES sales_order (id)"),
        Sql::Both("CREATE UNIQUE INDEX quote_order_id_key ON quote (order_id)"),
        Sql::Both(
            "CREATE TABLE order_line (
                id {uuid} PRIMARY KEY NOT NULL,
                order_id {uuid} NOT NULL REFERENCES sales_order (id),
                position INTEGER NOT NULL CHECK (position >= 0),
                product_id {uuid} NOT NULL REFERENCES product (id),
                sku TEXT NOT NULL,
                name TEXT NOT NULL,
                quantity BIGINT NOT NULL CHECK (quantity > 0),
                unit_price TEXT NOT NULL CHECK (unit_price NOT LIKE '-%'),
                CONSTRAINT order_line_order_id_position_key UNIQUE (order_id, position)
            )",
        ),
        Sql::Both("CREATE INDEX order_line_product ON order_line (product_id)"),
        Sql::Both(
            "CREATE TABLE payment (
                id {uuid} PRIMARY KEY NOT NULL,
                order_id {uuid} NOT NULL REFERENCES sales_order (id),
                external_ref TEXT NOT NULL CONSTRAINT payment_external_ref_key UNIQUE,
                amount TEXT NOT NULL CHECK (amount NOT LIKE '-%'),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                received_at BIGINT NOT NULL,
                recorded_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX payment_order ON payment (order_id, recorded_at, id)"),
    ],
    down: &[
        Sql::Both("DROP TABLE payment"),
        Sql::Both("DROP TABLE order_line"),
        Sql::Both("DROP INDEX quote_order_id_key"),
        Sql::Both("ALTER TABLE quote DROP COLUMN order_id"),
        Sql::Both("DROP TABLE sales_order"),
        Sql::Both("DROP TABLE quote_line"),
        Sql::Both("DROP TABLE quote"),
    ],
};
