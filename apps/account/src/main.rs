//! MIDDAG Account: the server and its command line.

mod cli;
mod clock;
mod database;
mod demo;
mod exit;
mod keys;
mod limits;
mod logs;
mod metrics;
mod migrate;
mod openid;
mod output;
mod policies;
mod policy;
mod process;
mod serve;
mod settings;
mod shutdown;
mod system;
mod verify;
mod worker;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    exit::{Failure, Kind},
    settings::Loaded,
};

/// A request is many small pieces of memory, and what one thread takes, another gives back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    if matches!(cli.command, Command::Openapi) {
        output::print(&api_poem::openapi_document());
        return Ok(());
    }
    let serve = if let Command::Serve(serve) = &cli.command { Some(serve) } else { None };
    let loaded = Loaded::read(&cli.common, serve).map_err(|error| Failure::new(Kind::Usage, error))?;
    if matches!(cli.command, Command::Config) {
        loaded.explained().iter().for_each(|line| output::say(line));
        return Ok(());
    }
    let settings = loaded.settings;
    // Ends after the runtime: what is known by then is still sent.
    let _traces = logs::start(&settings).map_err(|error| Failure::new(Kind::Usage, error))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => serve::serve(&settings, options.demo).await,
            Command::Worker => worker::worker(&settings).await,
            Command::Migrate { step } => migrate::migrate(&settings, step.unwrap_or_default()).await,
            Command::Demo => demo::demo(&settings).await,
            Command::Verify => verify::verify(&settings).await,
            Command::Key { action } => keys::run(&settings, action).await,
            Command::Policy { action } => policy::run(&settings, action).await,
            Command::Openapi | Command::Config => Ok(()),
        }
    })
}
