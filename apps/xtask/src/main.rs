//! Developer tasks: `cargo xtask test | boundaries | generated | postgres`.

mod boundaries;
mod generated;
mod postgres;
mod tests_run;

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus},
};

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <task>

  test [ARGS…]          every test, with a throw-away PostgreSQL; ARGS go to `cargo test`
  boundaries            which crate may use what, and that the pure ones stay pure
  generated [--write]   whether docs/openapi.json is what the code says; --write brings it up to date
  postgres COMMAND…     runs a command with a throw-away PostgreSQL in ACCOUNT_TEST_POSTGRES_URL";

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
        ("postgres", [program, args @ ..]) => {
            let mut command = Command::new(program);
            command.args(args);
            postgres::with_server(command)
        }
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
    command
}

/// The exit code of a child, for handing on; a child that a signal ended counts as failed.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
