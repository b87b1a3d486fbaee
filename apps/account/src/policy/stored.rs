//! Documents in the database.

use std::{path::PathBuf, sync::Arc};

use entitlement::SupportClass;
use kernel::{EntitlementClass, EntitlementId, PolicyDocumentId};
use policy_resolver::{Document, Snapshot, Subject, write};
use serde_json::json;
use service_delivery::{
    PolicySet, Refusal, SETTINGS_LEVEL, ServiceDelivery,
    policy_documents::{PolicyPlace, PolicyWrite},
    policy_schema,
    reads::{Coded, Reads as _, Viewer},
};
use storage_seaorm::Database;
use uuid::Uuid;

use super::{
    args::{Export, Import, Whom},
    files, of_settings,
    show::{self, Answer},
};
use crate::{
    clock::ServerClock,
    database,
    exit::{Failure, Kind},
    output::say,
    policies, serve,
    settings::Settings,
};

/// The use cases on the database, with the policies that are stored there.
pub(super) async fn open(settings: &Settings) -> Result<(Arc<ServiceDelivery>, Database), Failure> {
    let database = database::connect(settings).await?;
    database::prepare(&database, false).await?;
    let clock = ServerClock::start(settings.clock_settable.unwrap_or(false), &database).await?;
    let service = serve::compose(settings, &database, &clock)?;
    policies::start(&service, &database).await?;
    Ok((service, database))
}

/// What is in force, and the database.
pub(super) async fn in_force(settings: &Settings) -> Result<(Arc<Snapshot>, Database), Failure> {
    let (service, database) = open(settings).await?;
    let set = service.policies_in_force().map_err(|refusal| refused(refusal, Answer { json: false }))?;
    Ok((set, database))
}

/// A refusal, in full; what is wrong with documents is printed where JSON is asked for.
pub(super) fn refused(refusal: Refusal, answer: Answer) -> Failure {
    match refusal {
        Refusal::Invalid(invalid) if answer.json => {
            let item = |one: &kernel::FieldError| json!({"path": one.path, "problem": one.problem});
            say(&show::pretty(&invalid.0.iter().map(item).collect::<Vec<_>>()));
            Failure::says(Kind::Policies, "the documents are not valid")
        }
        Refusal::Invalid(invalid) => {
            let lines: Vec<String> = invalid.0.iter().map(ToString::to_string).collect();
            Failure::says(Kind::Policies, format!("the documents are not valid\n{}", lines.join("\n")))
        }
        Refusal::Store(error) => error.into(),
        other => Failure::new(Kind::Failed, other),
    }
}

/// The documents that are asked about, and for whom.
pub(super) async fn question(
    settings: &Settings,
    named: &[PathBuf],
    whom: &Whom,
    answer: Answer,
) -> Result<(Arc<Snapshot>, Subject), Failure> {
    if let Some(reading) = files::read_all(named)? {
        let set = files::compile(&of_settings(settings)?.snapshot(), reading)
            .map_err(|found| answer.not_valid(&found))?;
        return Ok((Arc::new(set), subject_of(whom)?));
    }
    let (set, database) = in_force(settings).await?;
    let subject = match &whom.entitlement {
        None => subject_of(whom)?,
        Some(key) => {
            let viewer = Viewer::staff(kernel::Timestamp::MIN);
            let id = match Uuid::parse_str(key) {
                Ok(id) => Some(id),
                Err(_) => database.id_of(viewer, Coded::Entitlement, key).await?,
            };
            let place = PolicyPlace::Entitlement(EntitlementId::new(id.unwrap_or_default()));
            let own = database.policy_scopes(viewer, place, None, 1).await?;
            let own = own
                .first()
                .ok_or_else(|| Failure::says(Kind::Usage, format!("there is no entitlement {key}")))?;
            PolicySet::subject(&own.scope)
        }
    };
    database.close().await;
    Ok((set, subject))
}

fn subject_of(whom: &Whom) -> Result<Subject, Failure> {
    if let Some(class) = &whom.class
        && class.parse::<EntitlementClass>().is_err()
    {
        return Err(Failure::says(Kind::Usage, format!("there is no class {class}")));
    }
    let places = [
        ("class", &whom.class),
        ("organization", &whom.organization),
        ("product", &whom.product),
        ("entitlement", &whom.entitlement),
    ];
    let there = places.into_iter().filter_map(|(level, target)| Some((level, target.as_deref()?)));
    let subject = policy_schema().subject(there).map_err(|error| Failure::new(Kind::Usage, error))?;
    let Some(class) = &whom.support_class else { return Ok(subject) };
    if class.parse::<SupportClass>().is_err() {
        return Err(Failure::says(Kind::Usage, format!("there is no support class {class}")));
    }
    Ok(subject.with_profile(policy_schema(), class))
}

/// Prints what is stored.
pub(super) async fn export(settings: &Settings, options: Export) -> Result<(), Failure> {
    let (set, database) = in_force(settings).await?;
    let stored = set.documents().filter(|document| document.level != SETTINGS_LEVEL);
    let mut documents: Vec<Document> = stored.cloned().collect();
    documents.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
    if !options.history {
        // Of each, the last one stays.
        documents.reverse();
        documents.dedup_by(|older, newest| older.id == newest.id);
        documents.reverse();
    }
    let text = write(&documents, options.format.into()).map_err(|found| Failure::new(Kind::Failed, found))?;
    say(text.trim_end());
    database.close().await;
    Ok(())
}

/// Puts the documents of files in force.
pub(super) async fn import(settings: &Settings, options: Import) -> Result<(), Failure> {
    let reading = files::read_all(&options.files)?.unwrap_or_default();
    let (service, database) = open(settings).await?;
    let write = PolicyWrite { reading, reason: options.reason, keep_blocked: options.keep_blocked };
    let answer = Answer::of(options.output.json);
    let written = service.put_policies(&database::owner(&options.author), &write).await;
    let written = written.map_err(|refusal| refused(refusal, answer))?;
    if answer.json {
        let item = |id: PolicyDocumentId, name: &str, version: u32, changed: bool| json!({"id": id.to_string(), "name": name, "version": version, "changed": changed});
        let all: Vec<_> =
            written.iter().map(|one| item(one.id, &one.name, one.version, one.changed)).collect();
        say(&show::pretty(&all));
    } else {
        for one in &written {
            let what = if one.changed { "written" } else { "unchanged" };
            say(&format!("{} v{}: {what}", one.name, one.version));
        }
    }
    database.close().await;
    Ok(())
}
