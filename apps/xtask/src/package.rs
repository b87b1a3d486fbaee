//! Whether `policy-resolver`, which others use by itself, still works outside of the workspace: packaged as for a registry,
//! unpacked elsewhere, and tested there with what the package brings.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::{cargo, exit_code, root};

const NAME: &str = "policy-resolver";

/// What is tested: with all that it has, and with nothing that can be left out (which the examples in its documents need).
const TESTED: [&[&str]; 2] =
    [&["--all-features"], &["--no-default-features", "--lib", "--tests", "--examples"]];

/// Packages, unpacks and tests it.
pub(crate) fn run() -> Result<ExitCode> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec()?;
    let package = metadata.packages.iter().find(|package| package.name == NAME);
    let package = package.with_context(|| format!("there is no {NAME}"))?;
    let name = format!("{NAME}-{}", package.version);
    // What is compiled stays, so that the next time is short.
    let target = metadata.target_directory.join("packaged");

    // The tests below build it: there is no need to build it twice.
    let packaged = cargo()
        .args(["package", "--quiet", "--package", NAME, "--no-verify", "--allow-dirty", "--target-dir"])
        .arg(&target)
        .status()?;
    if !packaged.success() {
        return Ok(exit_code(packaged));
    }
    let elsewhere = tempfile::tempdir()?;
    let archive = target.join("package").join(format!("{name}.crate"));
    let unpacked = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(elsewhere.path()).status();
    if !unpacked.context("cannot run tar")?.success() {
        bail!("cannot unpack {archive}");
    }
    for features in TESTED {
        eprintln!("{name}, outside of the workspace: cargo test {}", features.join(" "));
        let status = cargo()
            .current_dir(elsewhere.path().join(&name))
            .env("CARGO_TARGET_DIR", &target)
            .args(["test", "--quiet"])
            .args(features)
            .status()?;
        if !status.success() {
            return Ok(exit_code(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}
