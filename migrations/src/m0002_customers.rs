//! Organizations with their people and keys, and what MIDDAG sells.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0002_customers",
    up: &[
        Sql::Both(
            "CREATE TABLE organization (
                id {uuid} PRIMARY KEY NOT NULL,
                name TEXT NOT NULL,
                legal_name TEXT NOT NULL,
                tax_id TEXT,
                country TEXT NOT NULL CHECK (length(country) = 2),
                locale TEXT NOT NULL,
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                billing_email TEXT NOT NULL,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX organization_created ON organization (created_at, id)"),
        Sql::Both("CREATE INDEX organization_name ON organization (name, id)"),
        Sql::Both(
            "CREATE TABLE collaborator (
                id {uuid} PRIMARY KEY NOT NULL,
                organization_id {uuid} NOT NULL REFERENCES organization (id),
                name TEXT NOT NULL,
                email TEXT NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin', 'owner')),
                scopes TEXT NOT NULL,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL
            )",
        ),
        Sql::Both(
            "CREATE UNIQUE INDEX collaborator_organization_id_email_key ON collaborator (organization_id, lower(email))",
        ),
        Sql::Both(
            "CREATE INDEX collaborator_organization_created ON collaborator (organization_id, created_at, id)",
        ),
        Sql::Both("CREATE INDEX collaborator_organization_name ON collaborator (organization_id, name, id)"),
        Sql::Both(
            "CREATE TABLE api_key (
                id {uuid} PRIMARY KEY NOT NULL,
                name TEXT NOT NULL,
                lookup TEXT NOT NULL CONSTRAINT api_key_lookup_key UNIQUE,
                secret_hash {bytes} NOT NULL CHECK (length(secret_hash) = 32),
                staff_role TEXT,
                organization_id {uuid} REFERENCES organization (id),
                organization_role TEXT,
                scopes TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT,
                revoked_at BIGINT,
                CHECK ((staff_role IS NULL) = (organization_id IS NOT NULL)),
                CHECK ((organization_role IS NULL) = (organization_id IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX api_key_created ON api_key (created_at, id)"),
        Sql::Both("CREATE INDEX api_key_organization_created ON api_key (organization_id, created_at, id)"),
        Sql::Both(
            "CREATE TABLE product (
                id {uuid} PRIMARY KEY NOT NULL,
                sku TEXT NOT NULL CONSTRAINT product_sku_key UNIQUE,
                class TEXT NOT NULL CHECK (class IN ('PLG', 'ENV', 'SVC', 'ORD', 'AFL', 'EDU')),
                name TEXT NOT NULL,
                price TEXT NOT NULL CHECK (price NOT LIKE '-%'),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                term_months BIGINT CHECK (term_months > 0),
                trial_days BIGINT NOT NULL CHECK (trial_days >= 0),
                support_class TEXT NOT NULL,
                tier_name TEXT,
                tier_rank INTEGER,
                service_type TEXT,
                service_mode TEXT CHECK (service_mode IN ('ongoing', 'project')),
                credits_included BIGINT NOT NULL CHECK (credits_included >= 0),
                sites_allowed BIGINT CHECK (sites_allowed > 0),
                active BOOLEAN NOT NULL,
                version BIGINT NOT NULL CHECK (version > 0),
                created_at BIGINT NOT NULL,
                CHECK ((tier_name IS NULL) = (tier_rank IS NULL)),
                CHECK ((service_type IS NULL) = (service_mode IS NULL))
            )",
        ),
        Sql::Both("CREATE INDEX product_created ON product (created_at, id)"),
        Sql::Both("CREATE INDEX product_name ON product (name, id)"),
        Sql::Both(
            "CREATE TABLE catalog_item (
                id {uuid} PRIMARY KEY NOT NULL,
                code TEXT NOT NULL CONSTRAINT catalog_item_code_key UNIQUE,
                name TEXT NOT NULL,
                service_type TEXT NOT NULL,
                description TEXT NOT NULL,
                base_credits BIGINT NOT NULL CHECK (base_credits > 0),
                usual_complexity TEXT NOT NULL CHECK (usual_complexity IN ('low', 'medium', 'high')),
                active BOOLEAN NOT NULL,
                version BIGINT NOT NULL CHECK (version > 0)
            )",
        ),
        Sql::Both("CREATE INDEX catalog_item_name ON catalog_item (name, id)"),
    ],
    down: &[
        Sql::Both("DROP TABLE catalog_item"),
        Sql::Both("DROP TABLE product"),
        Sql::Both("DROP TABLE api_key"),
        Sql::Both("DROP TABLE collaborator"),
        Sql::Both("DROP TABLE organization"),
    ],
};
