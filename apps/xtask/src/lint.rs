//! `cargo xtask lint`: whether `docs/openapi.json` is a valid OpenAPI document, by two linters that share no code, and whether
//! its examples are right.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{root, tools};

/// Runs both linters, and validates the examples.
pub(crate) fn run() -> Result<ExitCode> {
    let (clients, document) = (root().join("apps/clients"), root().join("docs/openapi.json"));
    let home = tools::npm(&clients.join("typescript"), "typescript")?;
    let mut redocly = Command::new(home.join("node_modules/.bin/redocly"));
    redocly.arg("lint").arg(&document).arg("--config").arg(clients.join("redocly.yaml"));
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    tools::run(&mut redocly, "")?;
    let programs = tools::python(&clients.join("schemathesis/requirements.txt"), "schemathesis")?;
    tools::run(Command::new(programs.join("openapi-spec-validator")).arg(&document), "")?;
    let mut examples = Command::new(programs.join("python"));
    examples.arg(clients.join("schemathesis/examples.py")).arg(&document);
    tools::run(&mut examples, "")?;
    Ok(ExitCode::SUCCESS)
}
