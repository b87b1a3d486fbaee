//! Developer tasks behind `cargo xtask`.

mod boundaries;
mod breaking;
mod clients;
mod demo;
mod generated;
mod licences;
mod lint;
mod load;
mod package;
mod postgres;
mod schemathesis;
mod tests_run;
mod tools;

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus},
};

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "\
usage: cargo xtask <task>

  test [ARGS…]          every test, with a throw-away PostgreSQL; ARGS go to `cargo test`
  boundaries            which crate may use what, and that the pure ones stay pure
  generated [--write]   whether docs/openapi.json is what the code says; --write brings it up to date
  lint                  whether docs/openapi.json is a valid OpenAPI document, by two linters
  breaking [REF]        what in docs/openapi.json breaks callers of the newest release, or of commit REF
  clients               the clients of docs/clients.md: generated, compiled, and at work on both databases
  schemathesis [--long] the whole API tried with values that nobody thought of: 2 minutes, or an hour with --long
  licences              what the crates stand under, where they come from, and which are there twice
  package               whether `policy-resolver` is packaged with all that its tests need, outside of the workspace
  postgres COMMAND…     runs a command with a throw-away PostgreSQL in ACCOUNT_TEST_POSTGRES_URL
  bench http [SECONDS]  how fast the server is (release build), on both databases, beside pgbench
  kills [ROUNDS]        kill -9, SIGTERM and rolling restarts under load (release build), on both databases";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    match run(&task, &rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &str, rest: &[String]) -> Result<ExitCode> {
    match (task, rest) {
        ("test", args) => tests_run::test(args),
        ("boundaries", []) => boundaries::run(),
        ("generated", []) => generated::check(),
        ("generated", [flag]) if flag == "--write" => generated::write(),
        ("lint", []) => lint::run(),
        ("breaking", []) => breaking::run(None),
        ("breaking", [reference]) => breaking::run(Some(reference)),
        ("clients", []) => clients::run(),
        ("schemathesis", []) => schemathesis::run(false),
        ("schemathesis", [flag]) if flag == "--long" => schemathesis::run(true),
        ("licences", []) => licences::run(),
        ("package", []) => package::run(),
        ("postgres", [program, args @ ..]) => {
            let mut command = Command::new(program);
            command.args(args);
            without_own_package(&mut command);
            postgres::with_server(command)
        }
        ("bench", [http, args @ ..]) if http == "http" => load::run("bench", args),
        ("kills", args) => load::run("kills", args),
        _ => bail!("{USAGE}"),
    }
}

/// The folder of the workspace: as cargo says at run time, as the binary may come from a cache of another checkout.
fn root() -> PathBuf {
    let here =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_owned()
}

/// The cargo that runs this, working in the workspace's folder.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    without_own_package(&mut command);
    command
}

/// Takes away what `cargo run` has said of this package: some build scripts look at it, and would run again together with all that
/// depends on them.
fn without_own_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// What git answers.
fn git(args: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(root()).args(args).output().context("cannot run git")?;
    if !output.status.success() {
        bail!("git {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git did not answer UTF-8")
}

/// The exit code of a child, for handing on; a child that a signal ended counts as failed.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
