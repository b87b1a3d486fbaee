//! Settings (RN-5): defaults, file, environment, flags; the later one wins.

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context as _, bail, ensure};
use api_poem::Streaming;
use figment::{
    Figment, Source,
    providers::{Env, Format as _, Serialized, Toml},
    value::{Dict, Map, Value},
};
use serde::{Deserialize, Serialize};
use time::{UtcOffset, macros::format_description};

use crate::{
    cli::{Common, Serve},
    limits::LimitSettings,
    openid::OpenIdSettings,
};

const FILE: &str = "account.toml";
const PREFIX: &str = "ACCOUNT_";

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// `sqlite://<file>` or `postgres://…`.
    pub(crate) database_url: String,
    /// Connections that may write, on PostgreSQL.
    pub(crate) database_connections: u32,
    /// Connections that read, on SQLite.
    pub(crate) database_readers: u32,
    /// How long to wait for a connection to the database, in seconds.
    pub(crate) database_wait_seconds: u64,
    /// Address and port.
    pub(crate) listen: String,
    /// Whether `serve` may change the schema; by default on SQLite only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migrate: Option<bool>,
    /// The business time zone (ID-7): `+00:00`.
    pub(crate) utc_offset: String,
    /// Whether `serve` does what falls due by itself.
    pub(crate) worker: bool,
    /// How long the worker sleeps at most, in seconds.
    pub(crate) worker_poll_seconds: u64,
    /// Whether the clock can be set forward over the API (WK-3); by default in the demo only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clock_settable: Option<bool>,
    /// How long requests may take to end when the server stops, in seconds.
    pub(crate) drain_seconds: u64,
    /// Where Prometheus reads `/metrics`: an address and port of its own; none for nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_listen: Option<String>,
    /// Where spans are sent, by OTLP over HTTP: `http://localhost:4318`; none for nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) otlp_endpoint: Option<String>,
    /// The origins whose pages may call the API from a browser: `https://portal.example.com`.
    pub(crate) cors_origins: Vec<String>,
    /// How often a server looks for new notes while somebody follows them, in milliseconds.
    pub(crate) stream_poll_milliseconds: u64,
    /// How often a silent stream shows that it is alive, in seconds.
    pub(crate) stream_heartbeat_seconds: u64,
    /// How many streams one key may have open on one server.
    pub(crate) streams_per_key: usize,
    /// `text` or `json`.
    pub(crate) log_format: LogFormat,
    /// Which lines are logged: `info`, or per module `info,storage_seaorm=debug`.
    pub(crate) log_filter: String,
    /// How much a caller may ask.
    pub(crate) limits: LimitSettings,
    /// Whose signed tokens are accepted, and who is staff among those who have one.
    pub(crate) openid: OpenIdSettings,
    /// What differs from the built-in policies, for everybody: `[policies.credits]`.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub(crate) policies: serde_json::Map<String, serde_json::Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database_url: "sqlite://data/account.sqlite?mode=rwc".to_owned(),
            database_connections: 12,
            database_readers: 4,
            database_wait_seconds: 10,
            listen: "127.0.0.1:8080".to_owned(),
            migrate: None,
            utc_offset: "+00:00".to_owned(),
            worker: true,
            worker_poll_seconds: 5,
            clock_settable: None,
            drain_seconds: 30,
            metrics_listen: None,
            otlp_endpoint: None,
            cors_origins: vec![],
            stream_poll_milliseconds: 500,
            stream_heartbeat_seconds: 15,
            streams_per_key: 10,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            limits: LimitSettings::default(),
            openid: OpenIdSettings::default(),
            policies: serde_json::Map::new(),
        }
    }
}

/// The names that the environment may set.
const NAMES: [&str; 19] = [
    "database_url",
    "database_connections",
    "database_readers",
    "database_wait_seconds",
    "listen",
    "migrate",
    "utc_offset",
    "worker",
    "worker_poll_seconds",
    "clock_settable",
    "drain_seconds",
    "metrics_listen",
    "otlp_endpoint",
    "cors_origins",
    "stream_poll_milliseconds",
    "stream_heartbeat_seconds",
    "streams_per_key",
    "log_format",
    "log_filter",
];

/// The settings and where each comes from.
pub(crate) struct Loaded {
    /// What is in force.
    pub(crate) settings: Settings,
    figment: Figment,
}

impl Loaded {
    /// Reads the file, the environment and the flags.
    ///
    /// # Errors
    /// A file that is named and not there or cannot be read; a name that is not known; a value that does not fit.
    pub(crate) fn read(common: &Common, serve: Option<&Serve>) -> anyhow::Result<Self> {
        let figment = Self::sources(common, serve)?;
        let settings: Settings = figment.extract().context("the settings are not right")?;
        parse_offset(&settings.utc_offset)?;
        settings.limits.read()?;
        settings.openid.read()?;
        settings.cors_origins.iter().try_for_each(|origin| check_origin(origin))?;
        Ok(Self { settings, figment })
    }

    fn sources(common: &Common, serve: Option<&Serve>) -> anyhow::Result<Figment> {
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        figment = match &common.config {
            Some(file) if !file.is_file() => bail!("there is no settings file {}", file.display()),
            Some(file) => figment.merge(Toml::file_exact(file)),
            None if Path::new(FILE).is_file() => figment.merge(Toml::file_exact(FILE)),
            None => figment,
        };
        let figment = figment
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(Env::prefixed(PREFIX).filter(|name| is_setting(name.as_str())).split("__"));
        Ok(figment.merge(Flags(flags(common, serve))))
    }

    /// One line per setting: its value and where it comes from. Secrets do not show.
    pub(crate) fn explained(&self) -> Vec<String> {
        let shown = serde_json::to_value(&self.settings).unwrap_or_default();
        let mut lines = Vec::new();
        for name in NAMES {
            let value = match shown.get(name) {
                Some(serde_json::Value::String(text)) => format!("{:?}", redacted(text)),
                Some(value) => value.to_string(),
                None if name == "clock_settable" => "(true in the demo, else false)".to_owned(),
                None if name == "migrate" => "(true on SQLite, else false)".to_owned(),
                None => "(none)".to_owned(),
            };
            lines.push(format!("{name} = {value}  # {}", self.origin(name)));
        }
        for table in ["limits", "openid"] {
            for (own, value) in shown[table].as_object().into_iter().flatten() {
                let name = format!("{table}.{own}");
                lines.push(format!("{name} = {value}  # {}", self.origin(&name)));
            }
        }
        for (kind, fields) in &self.settings.policies {
            for (field, value) in fields.as_object().into_iter().flatten() {
                let name = format!("policies.{kind}.{field}");
                lines.push(format!("{name} = {value}  # {}", self.origin(&name)));
            }
        }
        lines
    }

    fn origin(&self, name: &str) -> String {
        let Some(metadata) = self.figment.find_metadata(name) else { return "default".to_owned() };
        match &metadata.source {
            Some(Source::File(path)) => format!("file {}", path.display()),
            Some(Source::Code(_)) | None if metadata.name.contains("Settings") => "default".to_owned(),
            _ if metadata.name.contains("environment") && name == "database_url" => {
                let own = std::env::var_os("ACCOUNT_DATABASE_URL").is_some();
                format!("environment {}", if own { "ACCOUNT_DATABASE_URL" } else { "DATABASE_URL" })
            }
            _ if metadata.name.contains("environment") => {
                format!("environment {PREFIX}{}", name.to_uppercase().replace('.', "__"))
            }
            _ => metadata.name.to_string(),
        }
    }
}

fn is_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || ["policies", "limits__", "openid__"].iter().any(|table| name.starts_with(table))
}

impl Settings {
    /// Whether the database is a file.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.database_url.starts_with("sqlite:")
    }

    /// The business time zone.
    ///
    /// # Errors
    /// Not of the form `+00:00`.
    pub(crate) fn utc_offset(&self) -> anyhow::Result<UtcOffset> {
        parse_offset(&self.utc_offset)
    }

    /// How long requests may take to end when the server stops.
    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// How notes are followed in real time.
    pub(crate) fn streaming(&self) -> Streaming {
        Streaming {
            poll: Duration::from_millis(self.stream_poll_milliseconds.max(10)),
            heartbeat: Duration::from_secs(self.stream_heartbeat_seconds.max(1)),
            per_key: self.streams_per_key,
            ..Streaming::default()
        }
    }

    /// How long the worker sleeps at most.
    pub(crate) fn worker_poll(&self) -> Duration {
        Duration::from_secs(self.worker_poll_seconds.max(1))
    }

    /// The database's URL without its password.
    pub(crate) fn shown_database_url(&self) -> String {
        redacted(&self.database_url)
    }
}

fn parse_offset(text: &str) -> anyhow::Result<UtcOffset> {
    UtcOffset::parse(text, format_description!("[offset_hour sign:mandatory]:[offset_minute]"))
        .with_context(|| format!("utc_offset: {text:?} is no offset such as +00:00 or -03:00"))
}

/// An origin as browsers send it: scheme, host, and a port only where it is not the usual one.
fn check_origin(origin: &str) -> anyhow::Result<()> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let fits = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?', '#', '@']));
    ensure!(fits, "cors_origins: {origin:?} is no origin such as https://portal.example.com");
    Ok(())
}

/// The flags that were given.
struct Flags(Dict);

impl figment::Provider for Flags {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named("flag")
    }

    fn data(&self) -> Result<Map<figment::Profile, Dict>, figment::Error> {
        Ok(Map::from([(figment::Profile::Default, self.0.clone())]))
    }
}

fn flags(common: &Common, serve: Option<&Serve>) -> Dict {
    let mut dict = Dict::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            dict.insert(name.to_owned(), value);
        }
    };
    set("database_url", common.database_url.clone().map(Value::from));
    set("log_format", common.log_format.clone().map(Value::from));
    set("listen", serve.and_then(|serve| serve.listen.clone()).map(Value::from));
    set("worker", serve.and_then(|serve| serve.worker).map(Value::from));
    set("migrate", serve.and_then(|serve| serve.migrate).map(Value::from));
    dict
}

/// A URL without the password in it.
fn redacted(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:…@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=…"),
        _ => pair.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(hidden).collect::<Vec<_>>().join("&"));
    query.map_or_else(
        || format!("{scheme}://{authority}{path}"),
        |query| format!("{scheme}://{authority}{path}?{query}"),
    )
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, common: Common) -> anyhow::Result<Loaded> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, text).unwrap();
        Loaded::read(&Common { config: Some(file), ..common }, None)
    }

    #[test]
    fn rn_5_flags_win_over_the_file_and_the_file_over_the_default() {
        let flags = Common { database_url: Some("sqlite://b.sqlite".to_owned()), ..Common::default() };
        let loaded =
            with_file("database_url = \"sqlite://a.sqlite\"\nutc_offset = \"-03:00\"", flags).unwrap();
        assert_eq!(loaded.settings.database_url, "sqlite://b.sqlite");
        assert_eq!(loaded.settings.utc_offset().unwrap().whole_hours(), -3);
        let lines = loaded.explained().join("\n");
        assert!(lines.contains("database_url = \"sqlite://b.sqlite\"  # flag"), "{lines}");
        assert!(lines.contains("utc_offset = \"-03:00\"  # file "), "{lines}");
        assert!(lines.contains("drain_seconds = 30  # default"), "{lines}");
    }

    #[test]
    fn rn_5_what_is_not_known_or_does_not_fit_is_refused() {
        for text in [
            "databse_url = \"x\"",
            "drain_seconds = \"x\"",
            "utc_offset = \"BRT\"",
            "log_format = \"xml\"",
            "limits.body_bites = 1",
            "limits.connections = 0",
            "openid.issuers = []",
            "openid.issuer = \"https://id.example.com\"",
            "cors_origins = [\"*\"]",
            "cors_origins = [\"https://portal.example.com/\"]",
        ] {
            assert!(with_file(text, Common::default()).is_err(), "{text}");
        }
        let nowhere = Common { config: Some("/nowhere/a.toml".into()), ..Common::default() };
        assert!(Loaded::read(&nowhere, None).is_err());
    }

    #[test]
    fn rn_5_secrets_never_print() {
        for (url, shown) in [
            ("postgres://me:s3:cr@et@host:1/db", "postgres://me:…@host:1/db"),
            ("postgres://me@host/db?password=s3cret&a=b", "postgres://me@host/db?password=…&a=b"),
            ("postgres:///db?host=/tmp", "postgres:///db?host=/tmp"),
            ("sqlite://data/a@b.sqlite?mode=rwc", "sqlite://data/a@b.sqlite?mode=rwc"),
            ("sqlite::memory:", "sqlite::memory:"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[test]
    fn policies_are_a_table_of_kinds() {
        let loaded = with_file("[policies.credits]\non_exhausted = \"block\"", Common::default()).unwrap();
        assert_eq!(loaded.settings.policies["credits"]["on_exhausted"], "block");
        assert!(loaded.explained().join("\n").contains("policies.credits.on_exhausted = \"block\"  # file "));
    }
}
