//! `cargo xtask licences`: under what the crates stand that the product is built from, where they come from, and which
//! are there twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use cargo_metadata::{MetadataCommand, Package};
use spdx::{Expression, ParseMode};

use crate::root;

/// Licences that ask for no more than to be named; and the MPL, which asks for the sources of changed files only.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Checks the workspace and the workspace of the Rust client.
pub(crate) fn run() -> Result<ExitCode> {
    let mut wrong = Vec::new();
    for manifest in ["Cargo.toml", "apps/clients/rust/Cargo.toml"] {
        let packages = packages(&root().join(manifest))?;
        wrong.extend(packages.iter().filter_map(check));
        eprintln!("licences: {manifest}: {} crates", packages.len());
        for (name, versions) in twice(&packages) {
            eprintln!("  {name} is there {} times: {}", versions.len(), Vec::from_iter(versions).join(", "));
        }
    }
    for error in &wrong {
        eprintln!("error: {error}");
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every crate that is compiled for this machine.
fn packages(manifest: &Path) -> Result<Vec<Package>> {
    let mut metadata = MetadataCommand::new();
    metadata.manifest_path(manifest).other_options(["--locked".to_owned()]);
    let metadata = metadata.exec().context("`cargo metadata` failed")?;
    let used: BTreeSet<_> = metadata.resolve.iter().flat_map(|all| &all.nodes).map(|node| &node.id).collect();
    Ok(metadata.packages.iter().filter(|package| used.contains(&package.id)).cloned().collect())
}

/// What is wrong with a crate.
fn check(package: &Package) -> Option<String> {
    let (name, version) = (&package.name, &package.version);
    if let Some(source) = package.source.as_ref().filter(|source| !source.is_crates_io()) {
        return Some(format!("{name} {version} comes from {source}; only cargo's own registry is allowed"));
    }
    let licence = package.license.as_deref().unwrap_or_default();
    (!is_allowed(licence))
        .then(|| format!("{name} {version} stands under {licence:?}; allowed are {}", ALLOWED.join(", ")))
}

/// Whether a licence expression can be met with what is allowed.
fn is_allowed(licence: &str) -> bool {
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
        expression.evaluate(|required| required.license.id().is_some_and(|id| ALLOWED.contains(&id.name)))
    })
}

/// Crates with more than one version.
fn twice(packages: &[Package]) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages {
        versions.entry(package.name.to_string()).or_default().insert(package.version.to_string());
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn a_licence_is_allowed_where_one_of_its_choices_is() {
        for licence in
            ["MIT", "MIT OR Apache-2.0", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR ISC) AND Unicode-3.0"]
        {
            assert!(is_allowed(licence), "{licence}");
        }
        for licence in ["GPL-3.0", "MIT AND GPL-3.0-only", "AGPL-3.0 OR LGPL-2.1", "", "something own"] {
            assert!(!is_allowed(licence), "{licence}");
        }
    }
}
