//! Steps written as SQL, with the few words in which the two databases differ left open.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// One statement of a step.
pub(crate) enum Sql {
    /// For both databases. `{uuid}`, `{json}`, `{date}`, `{bytes}` and `{sequence}` stand for the types in which they differ.
    Both(&'static str),
    /// For PostgreSQL only.
    Postgres(&'static str),
    /// For SQLite only.
    Sqlite(&'static str),
    /// One after the other.
    Each(&'static [Sql]),
}

/// A step of the schema: what takes it, and what takes it back.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) up: &'static [Sql],
    pub(crate) down: &'static [Sql],
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    /// A step is taken whole or not at all, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, self.up).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, self.down).await
    }
}

async fn run(manager: &SchemaManager<'_>, statements: &[Sql]) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    for statement in statements {
        let text = match statement {
            Sql::Both(text) => with_types(text, postgres),
            Sql::Postgres(text) if postgres => (*text).to_owned(),
            Sql::Sqlite(text) if !postgres => (*text).to_owned(),
            Sql::Each(statements) => {
                Box::pin(run(manager, statements)).await?;
                continue;
            }
            _ => continue,
        };
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

fn with_types(text: &str, postgres: bool) -> String {
    const TYPES: [(&str, &str, &str); 6] = [
        (" TEXT", " TEXT COLLATE \"C\"", " TEXT"),
        ("{uuid}", "UUID", "BLOB"),
        ("{json}", "JSONB", "TEXT"),
        ("{date}", "DATE", "TEXT"),
        ("{bytes}", "BYTEA", "BLOB"),
        (
            "{sequence}",
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "INTEGER PRIMARY KEY AUTOINCREMENT",
        ),
    ];
    TYPES.iter().fold(text.to_owned(), |text, (placeholder, on_postgres, on_sqlite)| {
        text.replace(placeholder, if postgres { on_postgres } else { on_sqlite })
    })
}
