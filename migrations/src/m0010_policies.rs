//! Policy documents with every version, and which of them decided what an event tells of.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0010_policies",
    up: &[
        // Whoever has locked the row writes policies; its revision grows by one with every version.
        Sql::Both(
            "CREATE TABLE policy_set (
                id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
                revision BIGINT NOT NULL CHECK (revision >= 0)
            )",
        ),
        Sql::Both("INSERT INTO policy_set (id, revision) VALUES (1, 0)"),
        Sql::Both(
            "CREATE TABLE policy_document (
                id {uuid} PRIMARY KEY NOT NULL,
                name TEXT NOT NULL CONSTRAINT policy_document_name_key UNIQUE,
                kind TEXT NOT NULL,
                level TEXT NOT NULL,
                target TEXT,
                revision BIGINT NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX policy_document_place ON policy_document (level, target, kind)"),
        // Versions are added, never changed. The content is a text, so that it stays as it was written.
        Sql::Both(
            "CREATE TABLE policy_version (
                revision BIGINT PRIMARY KEY NOT NULL CHECK (revision > 0),
                document_id {uuid} NOT NULL REFERENCES policy_document (id),
                version BIGINT NOT NULL CHECK (version > 0),
                recorded_at BIGINT NOT NULL,
                actor_kind TEXT NOT NULL,
                actor_id {uuid},
                actor_name TEXT NOT NULL,
                reason TEXT NOT NULL,
                effective_from BIGINT,
                effective_until BIGINT,
                content TEXT NOT NULL,
                CONSTRAINT policy_version_document_id_version_key UNIQUE (document_id, version)
            )",
        ),
        Sql::Both("ALTER TABLE event ADD COLUMN policies {json}"),
    ],
    down: &[
        Sql::Both("ALTER TABLE event DROP COLUMN policies"),
        Sql::Both("DROP TABLE policy_version"),
        Sql::Both("DROP TABLE policy_document"),
        Sql::Both("DROP TABLE policy_set"),
    ],
};
