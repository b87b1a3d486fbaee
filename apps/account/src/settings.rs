//! Settings (RN-5): defaults, file, environment, flags; the later one wins.

mod check;

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context as _, bail};
use api_poem::Streaming;
use figment::{
    Figment, Metadata, Source,
    providers::{Env, Format as _, Serialized, Toml},
    value::{Dict, Map, Value},
};
use serde::{Deserialize, Serialize};
use time::UtcOffset;

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
    /// `sqlite://<file>`, `postgres://…` or `postgresql://…`.
    pub(crate) database_url: String,
    /// Connections that may write, on PostgreSQL; 1 or more.
    pub(crate) database_connections: u32,
    /// Connections that read, on SQLite; 1 or more.
    pub(crate) database_readers: u32,
    /// How long to wait for a connection to the database, in seconds; 1 or more.
    pub(crate) database_wait_seconds: u64,
    /// Address and port.
    pub(crate) listen: String,
    /// Whether `serve` may change the schema; by default on SQLite only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migrate: Option<bool>,
    /// The business time zone (ID-7): `+00:00`; from `-12:00` to `+14:00`.
    pub(crate) utc_offset: String,
    /// Whether `serve` does what falls due by itself.
    pub(crate) worker: bool,
    /// How long the worker sleeps at most, in seconds; 1 or more.
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
    /// How often a server looks for new notes while somebody follows them, in milliseconds; 10 or more.
    pub(crate) stream_poll_milliseconds: u64,
    /// How often a silent stream shows that it is alive, in seconds; 1 or more.
    pub(crate) stream_heartbeat_seconds: u64,
    /// How many streams one key may have open on one server: one more ends the oldest.
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
    /// A file that is named and not there or cannot be read; a name that is not known; a value that does not fit. Nothing that
    /// passes is refused later: whoever begins with it may change things.
    pub(crate) fn read(common: &Common, serve: Option<&Serve>) -> anyhow::Result<Self> {
        let figment = Self::sources(common, serve)?;
        let settings: Settings =
            figment.extract().map_err(check::readable).context("the settings are not right")?;
        let loaded = Self { settings, figment };
        check::values(&loaded.settings).map_err(|wrong| loaded.placed(wrong))?;
        Ok(loaded)
    }

    /// What is wrong, which begins with the name of its setting, and where that comes from.
    fn placed(&self, wrong: anyhow::Error) -> anyhow::Error {
        let text = wrong.to_string();
        let mut name = text.split(':').next().unwrap_or_default();
        while self.figment.find_metadata(name).is_none()
            && let Some((table, _)) = name.rsplit_once('.')
        {
            name = table;
        }
        wrong.context(self.origin(name))
    }

    fn sources(common: &Common, serve: Option<&Serve>) -> anyhow::Result<Figment> {
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        figment = match &common.config {
            Some(file) if !file.is_file() => bail!("there is no settings file {}", file.display()),
            Some(file) => figment.merge(Toml::file_exact(file)),
            None if Path::new(FILE).is_file() => figment.merge(Toml::file_exact(FILE)),
            None => figment,
        };
        for (name, value) in std::env::vars_os() {
            check::variable(&name.to_string_lossy(), &value.to_string_lossy())?;
        }
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
        let metadata = self.figment.find_metadata(name);
        metadata.map_or_else(|| "default".to_owned(), |metadata| origin_of(metadata, name))
    }
}

/// Where the setting `name` comes from, given what brought it.
fn origin_of(metadata: &Metadata, name: &str) -> String {
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
    /// Not of the form `+00:00`, or one that no place has.
    pub(crate) fn utc_offset(&self) -> anyhow::Result<UtcOffset> {
        check::offset(&self.utc_offset)
    }

    /// How long requests may take to end when the server stops.
    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// How notes are followed in real time.
    pub(crate) fn streaming(&self) -> Streaming {
        Streaming {
            poll: Duration::from_millis(self.stream_poll_milliseconds),
            heartbeat: Duration::from_secs(self.stream_heartbeat_seconds),
            per_key: self.streams_per_key,
            ..Streaming::default()
        }
    }

    /// How long the worker sleeps at most.
    pub(crate) fn worker_poll(&self) -> Duration {
        Duration::from_secs(self.worker_poll_seconds)
    }

    /// The database's URL without its password.
    pub(crate) fn shown_database_url(&self) -> String {
        redacted(&self.database_url)
    }
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

/// A URL without the password in it. More is hidden than has to be rather than less: a password may hold what separates the parts of
/// a URL, as it should not, and then nobody knows where it ends. That of a file has none.
pub(crate) fn redacted(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    if scheme == "sqlite" {
        return text.to_owned();
    }
    let shown = match (rest.find(':'), rest.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => format!("{scheme}://{}:…{}", &rest[..colon], &rest[at..]),
        _ => text.to_owned(),
    };
    let Some((before, query)) = shown.split_once('?') else { return shown };
    let mut pairs = Vec::new();
    for pair in query.split('&') {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        // Names may be written in another way, such as `pass%77ord`.
        if name.to_ascii_lowercase().contains("pass") || name.contains('%') {
            pairs.push(format!("{name}=…"));
            break;
        }
        pairs.push(pair.to_owned());
    }
    format!("{before}?{}", pairs.join("&"))
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
            ("postgres://me:pa/ss@host/db", "postgres://me:…@host/db"),
            ("postgresql://me:pa?s/s#@host/db?a=b", "postgresql://me:…@host/db?a=b"),
            ("postgres://me:s3cret@host/db?a=b@c", "postgres://me:…@c"),
            ("postgres://me@host/db?a=b&password=s3cret", "postgres://me@host/db?a=b&password=…"),
            ("postgres://me@host/db?password=s3&cr@et", "postgres://me@host/db?password=…"),
            ("postgres://me@host:1/db?PassWord=s3cr@et", "postgres://me@host:…@et"),
            ("postgres://host/db?user=me&pass%77ord=s3cret", "postgres://host/db?user=me&pass%77ord=…"),
            ("postgres://me@host:1/db", "postgres://me@host:1/db"),
            ("https://me:s3/cret@collector:4318", "https://me:…@collector:4318"),
            ("postgres:///db?host=/tmp", "postgres:///db?host=/tmp"),
            ("sqlite://data/a@b.sqlite?mode=rwc", "sqlite://data/a@b.sqlite?mode=rwc"),
            ("sqlite::memory:", "sqlite::memory:"),
        ] {
            assert_eq!(redacted(url), shown);
        }
        // Nor where they cannot be read.
        for text in [
            "database_url = \"postgres://me:hunter2@host/db",
            "database_url = \"mysql://me:hunter2@host/db\"",
            "database_url = \"host=db password=hunter2\"",
            "otlp_endpoint = \"ftp://me:hunter2@host\"",
            "cors_origins = [\"https://me:hunter2@host\"]",
        ] {
            let error = format!("{:#}", with_file(text, Common::default()).err().unwrap());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn rn_5_what_is_wrong_is_named_with_its_place_and_what_would_be_right() {
        for (text, named) in [
            ("lisen = \"x\"", "there is no setting lisen; there are database_url, "),
            (
                "[limits]\nbody_bites = 1",
                "there is no setting body_bites in [limits]; there are body_bytes, ",
            ),
            ("log_format = \"xml\"", "log_format: \"xml\" is none of text, json"),
            ("drain_seconds = \"x\"", "drain_seconds: found string \"x\", expected "),
            ("listen = ", "line 1"),
            ("database_url = \"mysql://x\"", "database_url: must begin with one of sqlite:, postgres://, "),
            ("database_readers = 0", "database_readers: 0 is too little; give 1 or more"),
            ("database_wait_seconds = 0", "database_wait_seconds: 0 is too little; give 1 or more"),
            ("stream_poll_milliseconds = 9", "stream_poll_milliseconds: 9 is too little; give 10 or more"),
            ("listen = \"abc\"", "listen: \"abc\" is no address and port such as 127.0.0.1:8080"),
            ("listen = \":8080\"", "listen: \":8080\" is no address"),
            ("metrics_listen = \"127.0.0.1:http\"", "metrics_listen: \"127.0.0.1:http\" is no address"),
            ("otlp_endpoint = \"abc\"", "otlp_endpoint: \"abc\" is no URL such as http://localhost:4318"),
            ("log_filter = \"nonsense===\"", "log_filter: \"nonsense===\" is no filter such as info"),
            ("utc_offset = \"+25:00\"", "utc_offset: \"+25:00\" is no offset such as +00:00"),
            ("[policies.credits]\nnope = 1", "policies.credits.nope"),
            ("[policies.nope]\nx = 1", "policies.nope"),
            ("[limits]\nconnections = 0", "limits.connections: "),
        ] {
            let error = format!("{:#}", with_file(text, Common::default()).err().unwrap());
            assert!(
                error.contains(named) && error.contains("file ") && error.contains("a.toml: "),
                "{error}"
            );
            assert!(!error.contains("\"default.") && !error.contains("`one of"), "{error}");
        }
        let flag = Common { database_url: Some("mysql://x".to_owned()), ..Common::default() };
        let error = format!("{:#}", with_file("", flag).err().unwrap());
        assert!(error.starts_with("flag: database_url: "), "{error}");
    }

    #[test]
    fn rn_5_what_serves_is_accepted() {
        for text in [
            "listen = \"localhost:8080\"",
            "listen = \"[::1]:0\"",
            "metrics_listen = \"\"",
            "otlp_endpoint = \"\"",
            "otlp_endpoint = \"https://collector.example.com/otlp/\"",
            "database_url = \"postgresql:///db?host=/tmp\"",
            "database_url = \"sqlite::memory:\"",
            "log_filter = \"warn,api_poem=debug\"",
        ] {
            assert!(with_file(text, Common::default()).is_ok(), "{text}");
        }
    }

    #[test]
    fn policies_are_a_table_of_kinds() {
        let loaded = with_file("[policies.credits]\non_exhausted = \"block\"", Common::default()).unwrap();
        assert_eq!(loaded.settings.policies["credits"]["on_exhausted"], "block");
        assert!(loaded.explained().join("\n").contains("policies.credits.on_exhausted = \"block\"  # file "));
    }
}
