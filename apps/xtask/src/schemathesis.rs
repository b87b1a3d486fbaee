//! `cargo xtask schemathesis`: the whole document against a real server, with values that nobody thought of.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::{demo, demo::Demo, exit_code, root, tools};

/// Seconds for each of the two keys: what every change has to stand.
const SHORT: u32 = 60;
/// Seconds for each key, by hand.
const LONG: u32 = 1_800;

/// Fuzzes as staff and as a customer. No answer may be 5xx or outside its schema, and the ledgers stay right.
pub(crate) fn run(long: bool) -> Result<ExitCode> {
    let folder = root().join("apps/clients/schemathesis");
    let programs = tools::python(&folder.join("requirements.txt"), "schemathesis")?;
    // A clock that is set to the end of all days would end every key and every term: nothing would be left to try. And no
    // caller is as quick as this one.
    let settings = [
        ("ACCOUNT_CLOCK_SETTABLE", "false"),
        ("ACCOUNT_LIMITS__REQUESTS_PER_KEY", "0"),
        ("ACCOUNT_LIMITS__REQUESTS_PER_ADDRESS", "0"),
    ];
    let server = Demo::start(&demo::binary()?, None, &settings)?;
    for (who, key) in [("staff", &server.staff), ("a customer", &server.customer)] {
        eprintln!("as {who}:");
        let mut command = Command::new(programs.join("schemathesis"));
        command.arg("--config-file").arg(folder.join("schemathesis.toml")).arg("run");
        command.arg(format!("{}/openapi.json", server.url));
        command.args(["--header", &format!("Authorization: Bearer {key}")]);
        command.args(["--max-time", &if long { LONG } else { SHORT }.to_string()]);
        if !long {
            command.args(["--seed", "1"]);
        }
        command.current_dir(root().join("target")).env("PYTHONDONTWRITEBYTECODE", "1");
        let status = command.status().context("cannot run schemathesis")?;
        if !status.success() {
            let errors = server
                .log()
                .lines()
                .filter(|line| line.contains("ERROR"))
                .take(20)
                .collect::<Vec<_>>()
                .join("\n");
            eprintln!("what the server logged as errors:\n{errors}");
            return Ok(exit_code(status));
        }
    }
    server.verify()?;
    Ok(ExitCode::SUCCESS)
}
