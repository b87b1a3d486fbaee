//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::policy::Policy;

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 wrong usage or settings; 3 the database cannot be reached; \
4 the schema is at another version; 5 the address cannot be listened on; 6 an audit found differences; \
7 policy documents are not valid; 8 policies would be different.";

/// MIDDAG Account: customers, entitlements, credits, work and invoices.
#[derive(Debug, Parser)]
#[command(name = "account", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Default)]
pub(crate) struct Common {
    /// The settings file; `account.toml` where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// `sqlite://<file>` or `postgres://…`; also DATABASE_URL.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// `text` or `json`, on the standard error stream.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API.
    Serve(Serve),
    /// Do what falls due by itself, in a process of its own: as many as wanted, beside servers or instead of theirs.
    Worker,
    /// Bring the schema up to date, take steps back, or say where it stands.
    Migrate {
        #[command(subcommand)]
        step: Option<Migrate>,
    },
    /// Fill an empty database with a believable company.
    Demo,
    /// Replay every ledger and name each difference (CR-9, CR-10).
    Verify,
    /// Print the OpenAPI document; needs no database.
    Openapi,
    /// Print the settings in force and where each comes from; secrets are not shown.
    Config,
    /// Policy documents, in files and in the database.
    Policy {
        #[command(subcommand)]
        action: Policy,
    },
    /// API keys.
    Key {
        #[command(subcommand)]
        action: Key,
    },
}

#[derive(Args, Debug, Default)]
pub(crate) struct Serve {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Bring the schema up to date before serving; on by default for SQLite.
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) migrate: Option<bool>,
    /// Do what falls due by itself in this server; on by default.
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) worker: Option<bool>,
    /// Migrate, fill the database with the demo where it is empty, and print where to look and a fresh key.
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Clone, Copy, Debug, Default, Subcommand)]
pub(crate) enum Migrate {
    /// Take every missing step (the default).
    #[default]
    Up,
    /// Take the last steps back, with all data in them.
    Down {
        /// How many.
        steps: u32,
    },
    /// Say where the schema stands; exit code 4 where it is behind or ahead.
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print its secret: the only time it is shown.
    Create(CreateKey),
    /// Refuse a key from now on.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Show every key, without secrets.
    List,
}

#[derive(Args, Debug)]
pub(crate) struct CreateKey {
    /// What the key is for.
    #[arg(long)]
    pub(crate) name: String,
    /// staff_admin, staff_delivery or staff_finance; with --organization: owner, admin, member or guest.
    #[arg(long)]
    pub(crate) role: String,
    /// Binds the key to this organization, by id.
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// What a member or guest may see or do; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE", requires = "organization")]
    pub(crate) scopes: Vec<String>,
    /// From when on the key is refused, as an RFC 3339 instant.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) expires_at: Option<String>,
}
