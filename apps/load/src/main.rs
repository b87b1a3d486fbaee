//! `cargo xtask bench http` and `cargo xtask kills` run this, with a PostgreSQL where one is to be had.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use load::{bare::Tools, bench, drain, kills, place::Place, rolling};

const USAGE: &str = "\
usage: load <what> <the program> [number]

  bench PROGRAM [SECONDS]   rates and times over HTTP, beside pgbench with the bare SQL of the same writes; 15 s each
  kills PROGRAM [ROUNDS]    kill -9 under load, 20 times; then SIGTERM under load, and rolling restarts of two servers

LOAD_POSTGRES_URL names a server's maintenance database, LOAD_POSTGRES_BIN the folder with psql and pgbench; without them
only SQLite is looked at.";

fn main() -> ExitCode {
    match run(&env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (what, program, number) = match arguments {
        [what, program] => (what, program, None),
        [what, program, number] => (what, program, Some(number.parse().context("a number is needed")?)),
        _ => bail!("{USAGE}"),
    };
    let program =
        Path::new(program).canonicalize().with_context(|| format!("there is no program {program}"))?;
    let tools = match (env::var("LOAD_POSTGRES_URL"), env::var("LOAD_POSTGRES_BIN")) {
        (Ok(url), Ok(bin)) => Some(Tools::new(&PathBuf::from(bin), &url)?),
        _ => None,
    };
    match what.as_str() {
        "bench" => {
            let plan = bench::Plan { clients: 16, balances: 1_000, seconds: number.unwrap_or(15) };
            bench::bench(&program, tools.as_ref(), plan, &mut say)
        }
        "kills" => all_kills(&program, tools.as_ref(), usize::try_from(number.unwrap_or(20))?),
        _ => bail!("{USAGE}"),
    }
}

fn all_kills(program: &Path, tools: Option<&Tools>, rounds: usize) -> Result<()> {
    let place = |name: &str| -> Result<Place> {
        let tools = tools.context("no PostgreSQL")?;
        tools.create_database(name, None)?;
        Place::new(program, Some(&tools.url(name)))
    };
    say(format!("SQLite: {:?}", kills::kills(&Place::new(program, None)?, rounds)?));
    say(format!(
        "SQLite: {} acknowledged through SIGTERMs",
        drain::drain(&Place::new(program, None)?, rounds)?
    ));
    if tools.is_some() {
        say(format!("PostgreSQL: {:?}", kills::kills(&place("kills")?, rounds)?));
        say(format!("PostgreSQL: {} acknowledged through SIGTERMs", drain::drain(&place("stops")?, rounds)?));
        say(format!("PostgreSQL: {:?}", rolling::rolling(&place("rolls")?, rounds)?));
    }
    Ok(())
}

fn say(line: String) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
