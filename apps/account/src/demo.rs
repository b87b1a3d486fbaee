//! `account demo` (RN-4): a database with life in it.

use service_delivery::access::{ApiKeySecret, Grant, StaffRole};
use storage_seaorm::Database;

use crate::{database, exit::Failure, keys, output::say, settings::Settings};

/// Fills the database and prints where to look.
pub(crate) async fn demo(settings: &Settings) -> Result<(), Failure> {
    let database = database::connect(settings).await?;
    database::prepare(&database, true).await?;
    let secret = fill(&database).await?;
    invite(&settings.listen, &secret);
    database.close().await;
    Ok(())
}

/// Fills the database where it is empty, and makes a key to look around with. Every run makes a key of its own: a secret
/// is shown once, and none is the same everywhere.
pub(crate) async fn fill(database: &Database) -> Result<ApiKeySecret, Failure> {
    let (_, secret) = keys::create(database, "demo", Grant::Staff(StaffRole::Admin), None).await?;
    Ok(secret)
}

/// Says where to look and with which key.
pub(crate) fn invite(listen: &str, secret: &ApiKeySecret) {
    let key = secret.reveal();
    say("");
    say("MIDDAG Account, with a demo in it.");
    say("");
    say(&format!("  look    http://{listen}/docs"));
    say(&format!("  key     {key}"));
    say("          (staff_admin; made just now and shown only here)");
    say(&format!("  try     curl -H 'Authorization: Bearer {key}' http://{listen}/v1/organizations"));
    say("");
}
