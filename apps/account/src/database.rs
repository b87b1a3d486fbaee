//! The database: opened, and at the version that this program expects.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use kernel::CallerId;
use service_delivery::access::{Caller, Grant, StaffRole};
use storage_seaorm::{Database, Options, SchemaState};
use uuid::Uuid;

use crate::{
    exit::{Failure, Kind},
    settings::Settings,
};

/// Connects to a database that is there.
///
/// # Errors
/// It cannot be reached; a SQLite file is missing, which is not made: its name may be mistyped.
pub(crate) async fn connect(settings: &Settings) -> Result<Database, Failure> {
    open(settings, false).await
}

/// Connects. A SQLite file is made where it is missing, and so is its folder: for the commands that bring the schema too.
///
/// # Errors
/// It cannot be reached or made.
pub(crate) async fn connect_or_create(settings: &Settings) -> Result<Database, Failure> {
    if let Some(folder) = sqlite_folder(&settings.database_url) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    open(settings, true).await
}

async fn open(settings: &Settings, create: bool) -> Result<Database, Failure> {
    let options = Options {
        connections: settings.database_connections,
        readers: settings.database_readers,
        acquire_timeout: Duration::from_secs(settings.database_wait_seconds),
        create,
        ..Options::default()
    };
    Database::connect(&settings.database_url, &options).await.map_err(|error| {
        let context = format!("cannot open the database {}", settings.shown_database_url());
        Failure::new(Kind::Database, anyhow::Error::from(error).context(context))
    })
}

/// Whoever has the database may do everything. Events name them `name`.
pub(crate) fn owner(name: &str) -> Caller {
    Caller { id: CallerId::new(Uuid::nil()), name: name.to_owned(), grant: Grant::Staff(StaffRole::Admin) }
}

/// Brings the schema up to date where that is allowed.
///
/// # Errors
/// A schema at another version, with what to do.
pub(crate) async fn prepare(database: &Database, migrate: bool) -> Result<(), Failure> {
    if migrate && matches!(database.schema_state().await?, SchemaState::Behind { .. }) {
        tracing::info!("bringing the schema up to date");
        database.migrate_up(None).await?;
    }
    let state = database.schema_state().await?;
    match &state {
        SchemaState::UpToDate => Ok(()),
        _ => Err(Failure::says(Kind::Schema, describe(&state))),
    }
}

/// Where the schema stands, and what to do about it.
pub(crate) fn describe(state: &SchemaState) -> String {
    match state {
        SchemaState::UpToDate => "the schema is up to date".to_owned(),
        SchemaState::Behind { pending } => {
            format!(
                "the schema lacks {} step(s): {}; run `account migrate`",
                pending.len(),
                pending.join(", ")
            )
        }
        SchemaState::Ahead { unknown } => format!(
            "the schema has {} step(s) that this version does not know: {}; run a newer version, or take them back with that",
            unknown.len(),
            unknown.join(", ")
        ),
    }
}

fn sqlite_folder(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Path::new(path).parent().filter(|folder| !path.starts_with(":memory:") && !folder.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_have_a_folder() {
        assert_eq!(sqlite_folder("sqlite://data/a.sqlite?mode=rwc"), Some(Path::new("data")));
        assert_eq!(sqlite_folder("sqlite:///var/lib/a.sqlite"), Some(Path::new("/var/lib")));
        assert_eq!(sqlite_folder("sqlite://a.sqlite"), None);
        assert_eq!(sqlite_folder("sqlite::memory:"), None);
        assert_eq!(sqlite_folder("postgres://h/d"), None);
    }
}
