//! The command line of `account policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kernel::ports::Clock as _;
use policy_resolver::{Format, Timestamp};

use crate::{
    exit::{Failure, Kind},
    system::SystemClock,
};

const EXIT_CODES: &str = "Exit codes: 0 done, and for diff: nothing would be different; 1 failed; 2 wrong usage or \
settings; 3 the database cannot be reached; 4 the schema is at another version; 7 documents are not valid (or have \
warnings, with --deny-warnings); 8 policies would be different.";

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Check documents: those in files, or those in the database where no file is named.
    #[command(after_help = EXIT_CODES)]
    Validate(Validate),
    /// Print what holds for somebody.
    #[command(after_help = EXIT_CODES)]
    Resolve(Resolve),
    /// Print why it holds.
    #[command(after_help = EXIT_CODES)]
    Explain(Explain),
    /// Print what would be different if files were imported, or between two sets of files; exit code 8 where anything would.
    #[command(after_help = EXIT_CODES)]
    Diff(Diff),
    /// Print the documents in the database.
    #[command(after_help = EXIT_CODES)]
    Export(Export),
    /// Put the documents of files in force, all or none. One that is the same as before gets no new version.
    #[command(after_help = EXIT_CODES)]
    Import(Import),
}

#[derive(Args, Debug)]
pub(crate) struct Output {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AsOf {
    /// As of this instant, as RFC 3339; now, where it is absent.
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
}

impl AsOf {
    /// The instant.
    pub(super) fn instant(&self) -> Result<Timestamp, Failure> {
        match &self.as_of {
            Some(text) => {
                text.parse().map_err(|error| Failure::says(Kind::Usage, format!("--as-of: {error}")))
            }
            None => Ok(Timestamp::from_unix_micros(SystemClock.now().unix_micros())),
        }
    }

    /// The instant, where one was given.
    pub(super) fn given(&self) -> Result<Option<kernel::Timestamp>, Failure> {
        let parse = |text: &String| {
            text.parse().map_err(|error| Failure::says(Kind::Usage, format!("--as-of: {error}")))
        };
        self.as_of.as_ref().map(parse).transpose()
    }
}

/// For whom. With files, targets are meant as they stand there; in the database an entitlement brings its own places.
#[derive(Args, Debug, Default)]
pub(crate) struct Whom {
    /// The entitlement: its code or id.
    #[arg(long)]
    pub(crate) entitlement: Option<String>,
    /// The class: PLG, ENV, SVC, ORD, AFL or EDU.
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// The organization: its id.
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// The product: its id.
    #[arg(long, value_name = "ID")]
    pub(crate) product: Option<String>,
    /// The support class, which chooses the defaults of the SLA: free, basic, flex, business, enterprise or government.
    #[arg(long)]
    pub(crate) support_class: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// Files in JSON, TOML or YAML.
    pub(crate) files: Vec<PathBuf>,
    /// Exit code 7 where there are warnings, too.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Resolve {
    /// Files in JSON, TOML or YAML; the database, where none is named.
    pub(crate) files: Vec<PathBuf>,
    /// Only this kind; may be given several times.
    #[arg(long)]
    pub(crate) kind: Vec<String>,
    #[command(flatten)]
    pub(crate) subject: Whom,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Files in JSON, TOML or YAML; the database, where none is named.
    pub(crate) files: Vec<PathBuf>,
    /// Only this kind; may be given several times.
    #[arg(long)]
    pub(crate) kind: Vec<String>,
    /// Only this field, by its path.
    #[arg(long, value_name = "PATH")]
    pub(crate) field: Option<String>,
    #[command(flatten)]
    pub(crate) subject: Whom,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// Files in JSON, TOML or YAML: what would be in force.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Compare with this file instead of the database; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) as_of: AsOf,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A format of files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FileFormat {
    Json,
    Toml,
    Yaml,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Json => Self::Json,
            FileFormat::Toml => Self::Toml,
            FileFormat::Yaml => Self::Yaml,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Every version, not only the newest: to read, not to import.
    #[arg(long)]
    pub(crate) history: bool,
    /// In which format.
    #[arg(long, value_enum, default_value = "yaml")]
    pub(crate) format: FileFormat,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Files in JSON, TOML or YAML.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Why, for documents that do not say it themselves.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Who, as it is recorded.
    #[arg(long, default_value = "command line")]
    pub(crate) author: String,
    /// Keep values that a guard keeps from taking effect, until it ends, instead of refusing them.
    #[arg(long)]
    pub(crate) keep_blocked: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}
