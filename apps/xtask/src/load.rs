//! `cargo xtask bench http` and `cargo xtask kills`.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::{cargo, postgres, root};

/// Builds the program as it is shipped, and runs `load` on it with a durable PostgreSQL.
pub(crate) fn run(what: &str, args: &[String]) -> Result<ExitCode> {
    let built = cargo().args(["build", "--release", "-p", "account", "-p", "load"]).status()?;
    ensure!(built.success(), "the release build failed");
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let release = folder.join("release");
    let mut command = Command::new(release.join("load"));
    command.arg(what).arg(release.join("account")).args(args);
    postgres::with_durable_server(command)
}
