//! Codes and events: what every domain writes.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0001_platform",
    up: &[
        // The last number of each series. On PostgreSQL only the gapless series live here, the others are sequences.
        Sql::Both("CREATE TABLE code_counter (series TEXT PRIMARY KEY, last BIGINT NOT NULL CHECK (last > 0))"),
        // No foreign keys: an event outlives what it tells of, and writing one must not lock anything.
        Sql::Both(
            "CREATE TABLE event (
                seq {sequence},
                id {uuid} NOT NULL CONSTRAINT event_id_key UNIQUE,
                at BIGINT NOT NULL,
                name TEXT NOT NULL,
                actor_kind TEXT NOT NULL,
                actor_id {uuid},
                actor_name TEXT NOT NULL,
                cause TEXT NOT NULL,
                subject_kind TEXT NOT NULL,
                subject_id {uuid} NOT NULL,
                subject_code TEXT,
                entitlement_id {uuid},
                organization_id {uuid},
                before {json} NOT NULL,
                after {json} NOT NULL
            )",
        ),
        Sql::Both("CREATE INDEX event_entitlement_seq ON event (entitlement_id, seq) WHERE entitlement_id IS NOT NULL"),
        Sql::Both("CREATE INDEX event_organization_seq ON event (organization_id, seq) WHERE organization_id IS NOT NULL"),
        Sql::Both("CREATE INDEX event_subject_seq ON event (subject_id, seq)"),
    ],
    down: &[
        Sql::Both("DROP TABLE event"),
        Sql::Both("DROP TABLE code_counter"),
        Sql::Postgres(
            "DO $$ DECLARE series TEXT; BEGIN
                FOR series IN SELECT relname FROM pg_class
                    WHERE relkind = 'S' AND relnamespace = current_schema()::text::regnamespace AND starts_with(relname, 'code_seq_')
                LOOP EXECUTE format('DROP SEQUENCE %I', series); END LOOP;
            END $$",
        ),
    ],
};
