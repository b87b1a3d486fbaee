//! `account migrate`.

use storage_seaorm::SchemaState;

use crate::{
    cli::Migrate,
    database,
    exit::{Failure, Kind},
    output::say,
    settings::Settings,
};

/// Changes the schema, or says where it stands.
pub(crate) async fn migrate(settings: &Settings, step: Migrate) -> Result<(), Failure> {
    let database = database::connect_or_create(settings).await?;
    let before = database.schema_state().await?;
    if matches!((step, &before), (Migrate::Up | Migrate::Down { .. }, SchemaState::Ahead { .. })) {
        return Err(Failure::says(Kind::Schema, database::describe(&before)));
    }
    match step {
        Migrate::Up => {
            database.migrate_up(None).await?;
            if let SchemaState::Behind { pending } = before {
                pending.iter().for_each(|name| say(&format!("taken: {name}")));
            }
        }
        Migrate::Down { steps } => database.migrate_down(Some(steps)).await?,
        Migrate::Status => {}
    }
    let state = database.schema_state().await?;
    let ends_well = !matches!(step, Migrate::Status) || state == SchemaState::UpToDate;
    if !ends_well {
        return Err(Failure::says(Kind::Schema, database::describe(&state)));
    }
    say(&database::describe(&state));
    database.close().await;
    Ok(())
}
