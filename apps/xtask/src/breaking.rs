//! `cargo xtask breaking`: what in `docs/openapi.json` would break callers that were made for an earlier snapshot of it.

mod compare;
#[cfg(test)]
mod tests;

use std::{fs, process::ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{git, root};

const DOCUMENT: &str = "docs/openapi.json";

/// Compares with the snapshot at `reference`, or at the newest release.
pub(crate) fn run(reference: Option<&str>) -> Result<ExitCode> {
    let newest = || git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]).ok();
    let Some(reference) = reference.map(str::to_owned).or_else(newest) else {
        eprintln!("breaking: nothing is released yet; `cargo xtask breaking REF` compares with any commit");
        return Ok(ExitCode::SUCCESS);
    };
    let reference = reference.trim();
    let text = git(&["show", &format!("{reference}:{DOCUMENT}")])?;
    let before =
        serde_json::from_str(&text).with_context(|| format!("{DOCUMENT} at {reference} is no JSON"))?;
    let text =
        fs::read_to_string(root().join(DOCUMENT)).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let after = serde_json::from_str(&text).with_context(|| format!("{DOCUMENT} is no JSON"))?;
    let breaks = compare::breaks(&before, &after);
    for found in &breaks {
        eprintln!("breaking: {found}");
    }
    if breaks.is_empty() {
        eprintln!("breaking: nothing, since {reference}");
    } else if announced(&before, &after) {
        eprintln!("{} in all since {reference}; the version says so", breaks.len());
    } else {
        bail!("{} in all since {reference}, under the same version: raise it in Cargo.toml", breaks.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the version says that callers have to look: another major one, or another minor one before 1.
fn announced(before: &Value, after: &Value) -> bool {
    let version = |document: &Value| -> Vec<String> {
        let text = document["info"]["version"].as_str().unwrap_or_default();
        let parts = if text.starts_with("0.") { 2 } else { 1 };
        text.split('.').take(parts).map(str::to_owned).collect()
    };
    version(before) != version(after)
}
