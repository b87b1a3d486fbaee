//! Entitlements and what lies under them.
//!
//! What lies under an entitlement carries its organization too: none while it has none, filled in when one is attached.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0004_entitlements",
    up: &[
        Sql::Both(
            "CREATE TABLE entitlement (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT NOT NULL CONSTRAINT entitlement_code_key UNIQUE,
                class TEXT NOT NULL CHECK (class IN ('PLG', 'ENV', 'SVC', 'ORD', 'AFL', 'EDU')),
                organization_id {uuid} REFERENCES organization (id),
                holder_name TEXT,
                holder_email TEXT,
                order_line_id {uuid} REFERENCES order_line (id),
                product_id {uuid} REFERENCES product (id),
                support_class TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('pending', 'trialing', 'active', 'past_due', 'suspended',
                    'expired', 'cancelled')),
                trial_ends_at BIGINT,
                starts_at BIGINT,
                term_anchor BIGINT,
                term_months BIGINT CHECK (term_months > 0),
                term_ends_at BIGINT,
                past_due_since BIGINT,
                suspended_at BIGINT,
                cancel_at BIGINT,
                expired_at BIGINT,
                renewal_grace_ends_at BIGINT,
                cancelled_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL,
                CHECK (organization_id IS NOT NULL OR holder_email IS NOT NULL),
                CHECK ((holder_name IS NULL) = (holder_email IS NULL)),
                CHECK ((term_anchor IS NULL) = (term_ends_at IS NULL)),
                CHECK ((term_months IS NULL) = (term_ends_at IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX entitlement_created ON entitlement (created_at, id)"),
        Sql::Both("CREATE INDEX entitlement_status_created ON entitlement (status, created_at, id)"),
        Sql::Both("CREATE INDEX entitlement_class_created ON entitlement (class, created_at, id)"),
        Sql::Both("CREATE INDEX entitlement_organization_created ON entitlement (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX entitlement_organization_status ON entitlement (organization_id, status, created_at, id)"),
        Sql::Both("CREATE INDEX entitlement_order_line ON entitlement (order_line_id, created_at, id) WHERE order_line_id IS NOT NULL"),
        Sql::Both("CREATE INDEX entitlement_product ON entitlement (product_id, created_at, id) WHERE product_id IS NOT NULL"),
        Sql::Both("CREATE INDEX entitlement_term_ends ON entitlement (term_ends_at, id) WHERE term_ends_at IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE license (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                product_id {uuid} REFERENCES product (id),
                key TEXT NOT NULL CONSTRAINT license_key_key UNIQUE,
                sites_allowed BIGINT NOT NULL CHECK (sites_allowed > 0),
                status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'revoked')),
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX license_created ON license (created_at, id)"),
        Sql::Both("CREATE INDEX license_entitlement ON license (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX license_organization ON license (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX license_product ON license (product_id) WHERE product_id IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE license_site (
                license_id {uuid} NOT NULL REFERENCES license (id),
                site TEXT NOT NULL,
                position INTEGER NOT NULL CHECK (position >= 0),
                activated_at BIGINT NOT NULL,
                PRIMARY KEY (license_id, site)
            )",
        ),
        Sql::Both(
            "CREATE TABLE contract (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT NOT NULL CONSTRAINT contract_code_key UNIQUE,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                support_class TEXT NOT NULL,
                sla {json},
                starts_on {date} NOT NULL,
                ends_on {date} NOT NULL,
                anchor_on {date} NOT NULL,
                anchor_months BIGINT NOT NULL CHECK (anchor_months > 0),
                status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'expiring', 'expired', 'suspended', 'terminated',
                    'renewed')),
                renews_id {uuid} CONSTRAINT contract_renews_id_key UNIQUE REFERENCES contract (id),
                signed_at BIGINT,
                terminated_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL,
                CHECK (starts_on <= ends_on)
            )",
        ),
        Sql::Both("CREATE INDEX contract_created ON contract (created_at, id)"),
        Sql::Both("CREATE INDEX contract_status_created ON contract (status, created_at, id)"),
        Sql::Both("CREATE INDEX contract_ends ON contract (ends_on, id)"),
        Sql::Both("CREATE INDEX contract_entitlement ON contract (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX contract_organization ON contract (organization_id, created_at, id)"),
        // What was agreed is only ever added to.
        Sql::Both(
            "CREATE TABLE contract_version (
                contract_id {uuid} NOT NULL REFERENCES contract (id),
                position INTEGER NOT NULL CHECK (position >= 0),
                effective_on {date} NOT NULL,
                terms TEXT NOT NULL,
                value TEXT NOT NULL CHECK (value NOT LIKE '-%'),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                recorded_at BIGINT NOT NULL,
                PRIMARY KEY (contract_id, position)
            )",
        ),
        Sql::Both(
            "CREATE TABLE environment (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                name TEXT NOT NULL,
                server TEXT,
                primary_url TEXT,
                staging_url TEXT,
                platform TEXT CHECK (platform IN ('moodle', 'wordpress', 'custom')),
                backup_schedule TEXT,
                dns_records {json} NOT NULL,
                contract_id {uuid} REFERENCES contract (id),
                jira_project_key TEXT,
                status TEXT NOT NULL CHECK (status IN ('awaiting_setup', 'active', 'maintenance', 'paused', 'decommissioning',
                    'decommissioned')),
                activated_at BIGINT,
                decommissioned_at BIGINT,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX environment_created ON environment (created_at, id)"),
        Sql::Both("CREATE INDEX environment_name ON environment (name, id)"),
        Sql::Both("CREATE INDEX environment_status_created ON environment (status, created_at, id)"),
        Sql::Both("CREATE INDEX environment_entitlement ON environment (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX environment_organization ON environment (organization_id, created_at, id)"),
        Sql::Both("CREATE INDEX environment_contract ON environment (contract_id) WHERE contract_id IS NOT NULL"),
        Sql::Both(
            "CREATE TABLE download (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                product_id {uuid} REFERENCES product (id),
                title TEXT NOT NULL,
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX download_entitlement ON download (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX download_organization ON download (organization_id, created_at, id)"),
        Sql::Both(
            "CREATE TABLE document (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                title TEXT NOT NULL,
                file_key TEXT,
                file_size BIGINT CHECK (file_size >= 0),
                file_media_type TEXT,
                file_sha256 {bytes} CHECK (length(file_sha256) = 32),
                created_at BIGINT NOT NULL,
                CHECK ((file_key IS NULL) = (file_size IS NULL)),
                CHECK ((file_key IS NULL) = (file_media_type IS NULL)),
                CHECK ((file_key IS NULL) = (file_sha256 IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX document_entitlement ON document (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX document_organization ON document (organization_id, created_at, id)"),
        Sql::Both(
            "CREATE TABLE affiliate (
                id {uuid} PRIMARY KEY NOT NULL,
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                organization_id {uuid} REFERENCES organization (id),
                code TEXT NOT NULL CONSTRAINT affiliate_code_key UNIQUE,
                rate_basis_points INTEGER NOT NULL CHECK (rate_basis_points BETWEEN 0 AND 10000),
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX affiliate_entitlement ON affiliate (entitlement_id, created_at, id)"),
        Sql::Both("CREATE INDEX affiliate_organization ON affiliate (organization_id, created_at, id)"),
        Sql::Both(
            "CREATE TABLE order_link (
                entitlement_id {uuid} NOT NULL REFERENCES entitlement (id),
                order_id {uuid} NOT NULL REFERENCES sales_order (id),
                PRIMARY KEY (entitlement_id, order_id)
            )",
        ),
        Sql::Both("CREATE INDEX order_link_order ON order_link (order_id)"),
    ],
    down: &[
        Sql::Both("DROP TABLE order_link"),
        Sql::Both("DROP TABLE affiliate"),
        Sql::Both("DROP TABLE document"),
        Sql::Both("DROP TABLE download"),
        Sql::Both("DROP TABLE environment"),
        Sql::Both("DROP TABLE contract_version"),
        Sql::Both("DROP TABLE contract"),
        Sql::Both("DROP TABLE license_site"),
        Sql::Both("DROP TABLE license"),
        Sql::Both("DROP TABLE entitlement"),
    ],
};
