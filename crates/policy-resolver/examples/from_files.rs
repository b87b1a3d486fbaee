//! Documents from files: checked, resolved, explained, and a change tried before it is made.
//!
//! `cargo run -p policy-resolver --example from_files`
#![allow(clippy::print_stdout)]

use std::{error::Error, fs, path::Path};

use policy_resolver::{
    Document, Format, Reading, Roster, Schema, Timestamp, kinds::CreditPolicy, read, write,
};

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Schema::standard();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/documents");
    let mut reading = Reading::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(format) = Format::of_file_name(&path.to_string_lossy()) {
            reading = reading.and(read(&fs::read_to_string(&path)?, format));
        }
    }
    let set = schema.compile_reading(reading, None)?;

    let now: Timestamp = "2026-05-01T12:00:00Z".parse()?;
    let acme =
        schema.subject([("class", "ENV"), ("organization", "acme"), ("entitlement", "ENV-2026050001")])?;
    let policy = set.resolve::<CreditPolicy>(&acme, now)?;
    match policy.expiry_months {
        Some(months) => println!("credits of Acme expire after {months} months\n"),
        None => println!("credits of Acme never expire\n"),
    }
    println!("{}\n", set.explain_field("credits", "on_exhausted", &acme, now)?);
    println!("{}\n", set.blocked_diagnostics(&acme, now));
    println!("{}\n", set.lint(now));

    let change = Document::new("credits", "class", Some("ENV")).set("pre_approved_up_to", "2");
    println!("{}", write(std::slice::from_ref(&change), Format::Yaml)?);
    let globex = schema.subject([("class", "ENV"), ("organization", "globex")])?;
    let roster = Roster::of(&schema, &[acme, globex]);
    for kind in set.impact(&set.with([change])?, &roster, now)?.kinds {
        for (row, changes) in kind.iter() {
            for change in changes {
                let who = roster.target(row, "organization").unwrap_or("nobody");
                println!("{who}: {}.{} {} -> {}", kind.kind, change.path, change.before, change.after);
            }
        }
    }
    Ok(())
}
