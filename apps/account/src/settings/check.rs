//! Whether settings are right: found before anything is touched, and by `config` as by `serve`.

use anyhow::{Context as _, anyhow, ensure};
use figment::error::Kind;
use poem::http::Uri;
use service_delivery::PolicySet;
use storage_seaorm::Database;
use time::{UtcOffset, macros::format_description};

use super::{NAMES, PREFIX, Settings, is_setting, origin_of, redacted};
use crate::logs;

/// Checks each value by itself. What is wrong begins with the name of its setting.
///
/// # Errors
/// The first value that would not do, with what would.
pub(super) fn values(settings: &Settings) -> anyhow::Result<()> {
    let url = &settings.database_url;
    // What else it may be is not repeated: there may be a password in it.
    ensure!(
        Database::SCHEMES.iter().any(|scheme| url.starts_with(scheme)),
        "database_url: must begin with one of {}; such as sqlite://data/account.sqlite",
        Database::SCHEMES.join(", ")
    );
    for (name, given, least) in [
        ("database_connections", u64::from(settings.database_connections), 1),
        ("database_readers", u64::from(settings.database_readers), 1),
        ("database_wait_seconds", settings.database_wait_seconds, 1),
        ("worker_poll_seconds", settings.worker_poll_seconds, 1),
        ("stream_poll_milliseconds", settings.stream_poll_milliseconds, 10),
        ("stream_heartbeat_seconds", settings.stream_heartbeat_seconds, 1),
    ] {
        ensure!(given >= least, "{name}: {given} is too little; give {least} or more");
    }
    address("listen", &settings.listen)?;
    settings.metrics_listen.as_deref().filter(is_given).map_or(Ok(()), |to| address("metrics_listen", to))?;
    settings.otlp_endpoint.as_deref().filter(is_given).map_or(Ok(()), endpoint)?;
    offset(&settings.utc_offset)?;
    logs::filter(&settings.log_filter)?;
    settings.cors_origins.iter().try_for_each(|own| origin(own))?;
    settings.limits.read()?;
    settings.openid.read()?;
    PolicySet::try_new(&settings.policies.clone().into())?;
    Ok(())
}

fn is_given(text: &&str) -> bool {
    !text.is_empty()
}

/// An address to listen on; the name of a host will do.
fn address(name: &str, text: &str) -> anyhow::Result<()> {
    let fits = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
    ensure!(
        text.rsplit_once(':').is_some_and(fits),
        "{name}: {text:?} is no address and port such as 127.0.0.1:8080"
    );
    Ok(())
}

fn endpoint(text: &str) -> anyhow::Result<()> {
    let fits = |uri: Uri| {
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        is_web && uri.host().is_some_and(|host| !host.is_empty())
    };
    ensure!(
        text.parse::<Uri>().is_ok_and(fits),
        "otlp_endpoint: {:?} is no URL such as http://localhost:4318",
        redacted(text)
    );
    Ok(())
}

/// The business time zone that `text` stands for.
///
/// # Errors
/// Not of the form `+00:00`, or one that no place on earth has.
pub(super) fn offset(text: &str) -> anyhow::Result<UtcOffset> {
    UtcOffset::parse(text, format_description!("[offset_hour sign:mandatory]:[offset_minute]"))
        .ok()
        .filter(|offset| (-12 * 60..=14 * 60).contains(&offset.whole_minutes()))
        .with_context(|| {
            format!("utc_offset: {text:?} is no offset such as +00:00 or -03:00, from -12:00 to +14:00")
        })
}

/// An origin as browsers send it: scheme, host, and a port only where it is not the usual one.
fn origin(origin: &str) -> anyhow::Result<()> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let fits = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?', '#', '@']));
    ensure!(fits, "cors_origins: {:?} is no origin such as https://portal.example.com", redacted(origin));
    Ok(())
}

/// Refuses a variable of the environment that is named as settings are and is none: its name may be mistyped.
///
/// # Errors
/// There is no such setting, and which there are. Its value is not repeated.
pub(super) fn variable(name: &str, value: &str) -> anyhow::Result<()> {
    let Some(own) = name.strip_prefix(PREFIX) else { return Ok(()) };
    ensure!(
        is_setting(own) || is_for_others(own, value),
        "environment {name}: there is no such setting; there are {}, and {PREFIX}LIMITS__…, {PREFIX}OPENID__… \
         and {PREFIX}POLICIES__… for those in tables",
        NAMES.map(|name| format!("{PREFIX}{}", name.to_uppercase())).join(", ")
    );
    Ok(())
}

/// What is for our tests and tools; and what Kubernetes tells everybody about a service that is called `account` or `account-api`:
/// `ACCOUNT_SERVICE_HOST`, `ACCOUNT_PORT=tcp://10.0.0.1:80`, `ACCOUNT_PORT_80_TCP_ADDR`.
fn is_for_others(own: &str, value: &str) -> bool {
    own.starts_with("TEST_")
        || ["KILLS", "SEED", "SHARED_DIR", "WRITE_DOCS"].contains(&own)
        || ["SERVICE_HOST", "SERVICE_PORT", "PORT_"].iter().any(|part| own.contains(part))
        || (own.ends_with("PORT") && value.contains("://"))
}

/// What could not be read, in the words of people who write settings, each with where it comes from.
pub(super) fn readable(error: figment::Error) -> anyhow::Error {
    let each = error.into_iter().map(|one| {
        let name = one.path.join(".");
        let what = match &one.kind {
            Kind::UnknownField(own, known) => {
                let table = name.strip_suffix(own.as_str()).unwrap_or_default().trim_end_matches('.');
                let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
                format!("there is no setting {own}{place}; there are {}", known.join(", "))
            }
            Kind::UnknownVariant(found, known) => {
                format!("{name}: {found:?} is none of {}", known.join(", "))
            }
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                format!("{name}: found {found}, expected {expected}")
            }
            kind if name.is_empty() => without_the_line(&kind.to_string()),
            kind => format!("{name}: {}", without_the_line(&kind.to_string())),
        };
        match &one.metadata {
            Some(metadata) => format!("{}: {what}", origin_of(metadata, &name)),
            None => what,
        }
    });
    anyhow!("{}", each.collect::<Vec<_>>().join("\n"))
}

/// Where a file is no TOML, its reader shows the line, in which there may be a password: what is wrong, and at which line, will do.
fn without_the_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains('|'));
    lines.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rn_5_a_variable_that_is_no_setting_is_refused_by_name_and_its_value_is_not_told() {
        for name in ["ACCOUNT_LISEN", "ACCOUNT_LISTEN__X", "ACCOUNT_DATABASE", "ACCOUNT_PORT", "ACCOUNT_"] {
            let error = variable(name, "hunter2").unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("ACCOUNT_LISTEN, "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        for (name, value) in [
            ("ACCOUNT_LISTEN", "127.0.0.1:1"),
            ("ACCOUNT_LIMITS__CONNECTIONS", "1"),
            ("ACCOUNT_POLICIES__CREDITS__EXPIRY_MONTHS", "1"),
            ("ACCOUNTING_LISEN", "x"),
            ("LISEN", "x"),
            ("ACCOUNT_TEST_POSTGRES_URL", "x"),
            ("ACCOUNT_KILLS", "50"),
            ("ACCOUNT_SHARED_DIR", "/x"),
            ("ACCOUNT_SERVICE_HOST", "10.0.0.1"),
            ("ACCOUNT_API_SERVICE_PORT_HTTP", "80"),
            ("ACCOUNT_PORT", "tcp://10.0.0.1:80"),
            ("ACCOUNT_PORT_80_TCP_ADDR", "10.0.0.1"),
        ] {
            variable(name, value).unwrap();
        }
    }

    #[test]
    fn id_7_an_offset_is_one_that_some_place_has() {
        for fits in ["+00:00", "-03:00", "-12:00", "+05:45", "+14:00"] {
            offset(fits).unwrap();
        }
        for wrong in ["+25:00", "+14:01", "-12:01", "03:00", "+3", "BRT", ""] {
            assert!(offset(wrong).unwrap_err().to_string().contains("utc_offset: "), "{wrong}");
        }
    }
}
