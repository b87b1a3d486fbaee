//! `account policy diff`.

use std::collections::BTreeSet;

use kernel::{MAX_PAGE_LIMIT, PageRequest, Timestamp};
use policy_resolver::{Roster, Snapshot, Subject};
use serde_json::{Value, json};
use service_delivery::{SETTINGS_LEVEL, policy_documents::PolicyWrite, policy_schema, reads::Viewer};

use super::{
    args::Diff,
    files, of_settings,
    show::{self, Answer, change},
    stored::{open, refused},
};
use crate::{
    database::owner,
    exit::{Failure, Kind},
    output::say,
    settings::Settings,
};

/// Prints what would be different.
pub(super) async fn diff(settings: &Settings, options: Diff) -> Result<(), Failure> {
    let (count, what, json) = if options.against.is_empty() {
        let (count, json) = with_database(settings, &options).await?;
        (count, "entitlement", json)
    } else {
        let (count, json) = between_files(settings, &options)?;
        (count, "place", json)
    };
    if options.output.json {
        say(&show::pretty(&json));
    } else {
        say(&format!("{count} {what}(s) would resolve differently"));
    }
    match count {
        0 => Ok(()),
        _ => Err(Failure::says(Kind::Different, format!("{count} {what}(s) would resolve differently"))),
    }
}

/// What importing the files would change, entitlement by entitlement.
async fn with_database(settings: &Settings, options: &Diff) -> Result<(usize, Vec<Value>), Failure> {
    let reading = files::read_all(&options.files)?.unwrap_or_default();
    let (service, database) = open(settings).await?;
    let write = PolicyWrite { reading, reason: Some("diff".to_owned()), keep_blocked: true };
    let as_of = options.as_of.given()?;
    let answer = Answer::of(options.output.json);
    let trial = service.try_policies(&owner("command line"), &write, as_of).await;
    let trial = trial.map_err(|refusal| refused(refusal, answer))?;
    let (mut count, mut all) = (0, Vec::new());
    let mut page = PageRequest::try_new(MAX_PAGE_LIMIT, None).unwrap_or_else(PageRequest::first);
    loop {
        let affected = trial.affected(&database, Viewer::staff(Timestamp::MIN), &page).await?;
        for own in affected.items {
            count += 1;
            if options.output.json {
                let changes: Vec<Value> = own
                    .changes
                    .iter()
                    .map(|changes| json!({"kind": changes.kind, "fields": show::json(&changes.fields)}))
                    .collect();
                let (id, code) = (own.entitlement.to_string(), own.code.to_string());
                all.push(json!({"entitlement": id, "code": code, "changes": changes}));
            } else {
                say(&own.code.to_string());
                for changes in &own.changes {
                    changes.fields.iter().for_each(|one| say(&format!("  {}", change(&changes.kind, one))));
                }
            }
        }
        let Some(next) = affected.next else { break };
        page = PageRequest::try_new(MAX_PAGE_LIMIT, Some(next)).unwrap_or_else(PageRequest::first);
    }
    database.close().await;
    Ok((count, all))
}

/// What is different between two sets of files: for whoever has none of the places in them, and at each of these.
fn between_files(settings: &Settings, options: &Diff) -> Result<(usize, Vec<Value>), Failure> {
    let base = of_settings(settings)?.snapshot();
    let set = |files: &[std::path::PathBuf]| -> Result<Snapshot, Failure> {
        let reading = files::read_all(files)?.unwrap_or_default();
        files::compile(&base, reading).map_err(|found| Answer::of(options.output.json).not_valid(&found))
    };
    let (before, after) = (set(&options.against)?, set(&options.files)?);
    let mut places: BTreeSet<(usize, String, String)> = BTreeSet::new();
    for document in before.documents().chain(after.documents()) {
        let level = policy_schema().levels().iter().position(|level| level.name() == document.level);
        if let (Some(level), Some(target)) = (level, &document.target)
            && document.level != SETTINGS_LEVEL
        {
            places.insert((level, document.level.clone(), target.clone()));
        }
    }
    let mut names = vec!["everywhere".to_owned()];
    let mut subjects = vec![Subject::default()];
    for (_, level, target) in &places {
        names.push(format!("{level} {target}"));
        let subject = policy_schema().subject([(level.as_str(), target.as_str())]);
        subjects.push(subject.map_err(|error| Failure::new(Kind::Usage, error))?);
    }
    let roster = Roster::of(policy_schema(), &subjects);
    let impact = before
        .impact(&after, &roster, options.as_of.instant()?)
        .map_err(|error| Failure::new(Kind::Failed, error))?;
    let (mut count, mut all) = (0, Vec::new());
    for (row, name) in (0u32..).zip(&names) {
        let changed: Vec<_> = impact.kinds.iter().filter(|kind| !kind.of_row(row).is_empty()).collect();
        if changed.is_empty() {
            continue;
        }
        count += 1;
        if options.output.json {
            let changes: Vec<Value> = changed
                .iter()
                .map(|kind| json!({"kind": kind.kind, "fields": show::json(&kind.of_row(row))}))
                .collect();
            all.push(json!({"place": name, "changes": changes}));
        } else {
            say(name);
            for kind in changed {
                kind.of_row(row).iter().for_each(|one| say(&format!("  {}", change(&kind.kind, one))));
            }
        }
    }
    Ok((count, all))
}
