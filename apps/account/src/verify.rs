//! `account verify` (CR-9, CR-10).

use crate::{
    database,
    exit::{Failure, Kind},
    output::say,
    settings::Settings,
};

/// Replays every ledger and prints each difference from what is stored, one a line.
///
/// # Errors
/// Differences were found.
pub(crate) async fn verify(settings: &Settings) -> Result<(), Failure> {
    let database = database::connect(settings).await?;
    database::prepare(&database, false).await?;
    let audited = database
        .audit(&mut |finding| {
            let entitlement =
                finding.entitlement.map_or_else(|| "no entitlement".to_owned(), |code| code.to_string());
            say(&format!("{entitlement} (balance {}): {}", finding.balance, finding.difference));
        })
        .await?;
    database.close().await;
    let looked_at = format!("{} balances, {} ledger entries", audited.balances, audited.entries);
    match audited.findings {
        0 => say(&format!("{looked_at}: every balance is what its ledger says")),
        found => return Err(Failure::says(Kind::Audit, format!("{looked_at}: {found} differences"))),
    }
    Ok(())
}
