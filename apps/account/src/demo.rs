//! `account demo` (RN-4): a database with life in it.

mod clock;
mod company;
mod deed;
mod narrator;
mod policies;
mod story;
mod telling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kernel::ports::Clock as _;
use service_delivery::{
    ServiceDelivery,
    access::{ApiKeySecret, Grant, StaffRole},
};
use storage_seaorm::Database;

use self::company::{Scene, Summary};
use crate::{
    database,
    exit::Failure,
    keys,
    output::say,
    settings::Settings,
    system::{OsEntropy, SystemClock},
};

/// Fills the database and prints where to look.
///
/// # Errors
/// A database that is not empty.
pub(crate) async fn demo(settings: &Settings) -> Result<(), Failure> {
    let database = database::connect_or_create(settings).await?;
    database::prepare(&database, true).await?;
    let summary = company::fill(scene(settings, &database)?).await?;
    introduce(&settings.listen, &summary);
    say("  serve   account serve");
    say("");
    database.close().await;
    Ok(())
}

/// Fills the database where it is empty and prints where to look; else makes a key to look around with. A secret is shown
/// once, and none is the same everywhere.
pub(crate) async fn invite(
    settings: &Settings,
    database: &Database,
    service: &ServiceDelivery,
    listen: &str,
) -> Result<(), Failure> {
    if company::is_empty(database, SystemClock.now()).await? {
        introduce(listen, &company::fill(scene(settings, database)?).await?);
    } else {
        let (_, secret) = keys::create(service, "demo", &Grant::Staff(StaffRole::Admin), None).await?;
        greet(listen, &secret);
    }
    say("");
    Ok(())
}

fn scene(settings: &Settings, database: &Database) -> Result<Scene, Failure> {
    Ok(Scene {
        storage: Arc::new(database.clone()),
        reads: Arc::new(database.clone()),
        entropy: Arc::new(OsEntropy),
        present: SystemClock.now(),
        utc_offset: settings.utc_offset()?,
    })
}

/// Says where to look and with which key.
fn greet(listen: &str, staff: &ApiKeySecret) {
    let key = staff.reveal();
    say("");
    say("MIDDAG Account, with a demo in it.");
    say("");
    say(&format!("  look    http://{listen}/docs"));
    say(&format!("  key     {key}"));
    say("          (staff_admin; made just now and shown only here)");
    say(&format!("  try     curl -H 'Authorization: Bearer {key}' http://{listen}/v1/organizations"));
}

/// Says what there is, too.
fn introduce(listen: &str, told: &Summary) {
    greet(listen, &told.staff_key);
    let (staff, acme) = (told.staff_key.reveal(), told.acme_key.reveal());
    let curl = |about: String, key: &str, path: String| {
        say("");
        say(&format!("  {about}:"));
        say(&format!("    curl -H 'Authorization: Bearer {key}' 'http://{listen}/v1/{path}'"));
    };
    say("");
    say(&format!(
        "  {} organizations, {} entitlements, {} service requests, {} invoices: seven months of a company.",
        told.organizations, told.entitlements, told.requests, told.invoices
    ));
    curl("Everything of Acme Corp".to_owned(), staff, format!("entitlements?organization_id={}", told.acme));
    let (code, id) = &told.environment;
    curl(format!("Its managed Moodle, {code}"), staff, format!("environments/{id}"));
    let (code, id) = &told.service;
    curl(format!("Its support, {code}"), staff, format!("services/{id}"));
    let (id, left) = &told.balance;
    curl(format!("{left} credits are left of it"), staff, format!("credit-balances/{id}"));
    curl(
        format!("{} waits for Acme's approval", told.pending),
        staff,
        format!("service-requests/{}", told.pending),
    );
    curl(
        "What Acme's owner sees, with a key of its own".to_owned(),
        acme,
        "portal/service-requests".to_owned(),
    );
    say("");
}
