//! `account policy`: policy documents in files and in the database, for people and for CI.

mod args;
mod compare;
mod files;
mod show;
mod stored;

use policy_resolver::{Severity, Snapshot};
use service_delivery::{PolicySet, SETTINGS_LEVEL, policy_schema};

pub(crate) use args::Policy;

use self::{
    args::{Explain, Resolve, Validate},
    show::Answer,
};
use crate::{
    exit::{Failure, Kind},
    output::say,
    settings::Settings,
};

/// Does what `action` says.
pub(crate) async fn run(settings: &Settings, action: Policy) -> Result<(), Failure> {
    match action {
        Policy::Validate(options) => validate(settings, options).await,
        Policy::Resolve(options) => resolve(settings, options).await,
        Policy::Explain(options) => explain(settings, options).await,
        Policy::Diff(options) => compare::diff(settings, options).await,
        Policy::Export(options) => stored::export(settings, options).await,
        Policy::Import(options) => stored::import(settings, options).await,
    }
}

/// The settings alone, or why they are not right.
fn of_settings(settings: &Settings) -> Result<PolicySet, Failure> {
    PolicySet::try_new(&settings.policies.clone().into())
        .map_err(|invalid| Failure::new(Kind::Usage, invalid))
}

async fn validate(settings: &Settings, options: Validate) -> Result<(), Failure> {
    let answer = Answer::of(options.output.json);
    let set = match files::read_all(&options.files)? {
        None => stored::in_force(settings).await?.0,
        Some(reading) => match files::compile(&of_settings(settings)?.snapshot(), reading) {
            Ok(set) => std::sync::Arc::new(set),
            Err(found) => return Err(answer.not_valid(&found)),
        },
    };
    let mut found = set.warnings().clone();
    found.0.extend(set.lint(options.as_of.instant()?).0);
    answer.diagnostics(&found);
    if options.deny_warnings && found.iter().any(|own| own.severity >= Severity::Warning) {
        return Err(Failure::says(Kind::Policies, "the documents are valid, with warnings"));
    }
    if !answer.json {
        let count = set.documents().filter(|own| own.level != SETTINGS_LEVEL).count();
        say(&format!("valid: {count} version(s) of documents"));
    }
    Ok(())
}

async fn resolve(settings: &Settings, options: Resolve) -> Result<(), Failure> {
    let answer = Answer::of(options.output.json);
    let (set, subject) = stored::question(settings, &options.files, &options.subject, answer).await?;
    let at = options.as_of.instant()?;
    let mut all = serde_json::Map::new();
    for kind in kinds(&set, &options.kind)? {
        let values = set.values(&kind, &subject, at).map_err(anyhow::Error::from)?;
        if options.output.json {
            all.insert(kind, values.to_json());
        } else {
            values.iter().for_each(|(path, value)| say(&format!("{kind}.{path} = {value}")));
        }
    }
    if options.output.json {
        say(&show::pretty(&all));
    }
    Ok(())
}

async fn explain(settings: &Settings, options: Explain) -> Result<(), Failure> {
    let answer = Answer::of(options.output.json);
    let (set, subject) = stored::question(settings, &options.files, &options.subject, answer).await?;
    let at = options.as_of.instant()?;
    let usage = |error: policy_resolver::ResolveError| Failure::new(Kind::Usage, error);
    if let Some(path) = &options.field {
        let [kind] = options.kind.as_slice() else {
            return Err(Failure::says(Kind::Usage, "--field goes with exactly one --kind"));
        };
        let why = set.explain_field(kind, path, &subject, at).map_err(usage)?;
        say(&if options.output.json { show::pretty(&why) } else { why.to_string() });
        return Ok(());
    }
    let mut all = Vec::new();
    for kind in kinds(&set, &options.kind)? {
        let why = set.explain(&kind, &subject, at).map_err(usage)?;
        if options.output.json {
            all.push(show::json(&why));
        } else {
            say(&why.to_string());
        }
    }
    if options.output.json {
        say(&show::pretty(&all));
    }
    Ok(())
}

/// The kinds that were asked for; all, where none was.
fn kinds(set: &Snapshot, asked: &[String]) -> Result<Vec<String>, Failure> {
    if let Some(unknown) = asked.iter().find(|kind| set.schema().kind(kind).is_none()) {
        let known: Vec<&str> = policy_schema().kinds().map(policy_resolver::KindSchema::name).collect();
        let message = format!("there is no kind {unknown}; there are {}", known.join(", "));
        return Err(Failure::says(Kind::Usage, message));
    }
    if asked.is_empty() {
        return Ok(policy_schema().kinds().map(|kind| kind.name().to_owned()).collect());
    }
    Ok(asked.to_vec())
}
