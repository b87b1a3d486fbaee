//! `cargo xtask boundaries`: the shape of the workspace, enforced.

mod check;
mod graph;
mod rules;
mod source;

use std::process::ExitCode;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use crate::root;

/// Checks the workspace and prints everything that breaks a rule.
pub(crate) fn run() -> Result<ExitCode> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    let crates = graph::from_metadata(&metadata);
    let mut violations = check::check(&crates);
    for member in &crates {
        if rules::rule_of(&member.name).is_some_and(|rule| rule.kind == rules::Kind::Pure) {
            violations.extend(source::scan_crate(&member.name, &member.folder)?);
        }
    }
    if violations.is_empty() {
        eprintln!("boundaries: {} crates, every arrow allowed", crates.len());
        return Ok(ExitCode::SUCCESS);
    }
    for violation in &violations {
        eprintln!("error: {violation}");
    }
    eprintln!("\nThe rules are in apps/xtask/src/boundaries/rules.rs, the reasons in docs/ARCHITECTURE.md.");
    Ok(ExitCode::FAILURE)
}
